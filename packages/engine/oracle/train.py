"""Gradients, losses and training curves of small models in PyTorch: what the engine's own training is tested against.

Usage: python3 oracle/train.py > src/train/testing/oracle.json

Everything is made by rule (weights, tokens), so the file holds results alone: f32 little-endian in base64.
Computed in float64 from f32 weights. Adapters are W + alpha / rank * B A, as Hu et al. 2021.
"""

import base64
import json
import math
import struct

import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

MASK = 0xFFFFFFFF


def fnv(text):
    value = 0x811C9DC5
    for character in text.encode():
        value = ((value ^ character) * 0x01000193) & MASK
    return value


def uniform(seed, count):
    """mulberry32, `count` numbers in [0, 1)."""
    out = []
    for _ in range(count):
        seed = (seed + 0x6D2B79F5) & MASK
        t = seed
        t = ((t ^ (t >> 15)) * (t | 1)) & MASK
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & MASK)) & MASK
        t &= MASK
        out.append(((t ^ (t >> 14)) & MASK) / 4294967296)
    return out


def made(name, shape, scale, shift=0.0):
    count = math.prod(shape)
    values = [shift + scale * (2 * u - 1) for u in uniform(fnv(name), count)]
    rounded = struct.unpack(f"<{count}f", struct.pack(f"<{count}f", *values))
    return torch.tensor(rounded).reshape(shape)


BASE = dict(dim=16, ffn=24, layers=2, heads=4, kv=2, head=4, vocab=40, eps=1e-5, theta=10000.0)
VARIANTS = {
    "tied": dict(BASE, tied=True),
    "untied": dict(BASE, tied=False),
    "qwen2": dict(BASE, tied=False, bias=True),
    "qwen3": dict(BASE, tied=True, head=8, norms=True),
}


def weights_of(v):
    """Hugging Face names."""
    out = {"model.embed_tokens.weight": ("m", (v["vocab"], v["dim"]), 0.5)}
    wide, narrow = v["heads"] * v["head"], v["kv"] * v["head"]
    for i in range(v["layers"]):
        p = f"model.layers.{i}."
        out[p + "input_layernorm.weight"] = ("n", (v["dim"],), 0.3)
        out[p + "post_attention_layernorm.weight"] = ("n", (v["dim"],), 0.3)
        for name, n, k in [("q", wide, v["dim"]), ("k", narrow, v["dim"]), ("v", narrow, v["dim"]), ("o", v["dim"], wide)]:
            out[p + f"self_attn.{name}_proj.weight"] = ("m", (n, k), 0.5)
            if v.get("bias") and name != "o":
                out[p + f"self_attn.{name}_proj.bias"] = ("m", (n,), 0.3)
        if v.get("norms"):
            out[p + "self_attn.q_norm.weight"] = ("n", (v["head"],), 0.3)
            out[p + "self_attn.k_norm.weight"] = ("n", (v["head"],), 0.3)
        for name, n, k in [("gate", v["ffn"], v["dim"]), ("up", v["ffn"], v["dim"]), ("down", v["dim"], v["ffn"])]:
            out[p + f"mlp.{name}_proj.weight"] = ("m", (n, k), 0.5)
    out["model.norm.weight"] = ("n", (v["dim"],), 0.3)
    if not v["tied"]:
        out["lm_head.weight"] = ("m", (v["vocab"], v["dim"]), 0.5)
    return {name: made(name, shape, scale, 1.0 if kind == "n" else 0.0) for name, (kind, shape, scale) in out.items()}


def norm(x, weight, eps):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps) * weight


def rope(x, theta):
    tokens, _, head = x.shape
    frequencies = theta ** (-torch.arange(0, head, 2) / head)
    angles = torch.arange(tokens)[:, None] * frequencies
    cos, sin = angles.cos()[:, None], angles.sin()[:, None]
    a, b = x[..., : head // 2], x[..., head // 2 :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def logprobs(v, w, adapter, tokens):
    """Log-probability of each token after the first."""

    def linear(x, name):
        weight = w[name + ".weight"]
        if adapter is not None and name in adapter["a"]:
            weight = weight + adapter["scale"] * adapter["b"][name] @ adapter["a"][name]
        y = x @ weight.T
        return y + w[name + ".bias"] if name + ".bias" in w else y

    x = w["model.embed_tokens.weight"][tokens[:-1]]
    count = len(tokens) - 1
    mask = torch.full((count, count), -math.inf).triu(1)
    for i in range(v["layers"]):
        p = f"model.layers.{i}."
        h = norm(x, w[p + "input_layernorm.weight"], v["eps"])
        q = linear(h, p + "self_attn.q_proj").reshape(count, v["heads"], v["head"])
        k = linear(h, p + "self_attn.k_proj").reshape(count, v["kv"], v["head"])
        value = linear(h, p + "self_attn.v_proj").reshape(count, v["kv"], v["head"])
        if v.get("norms"):
            q = norm(q, w[p + "self_attn.q_norm.weight"], v["eps"])
            k = norm(k, w[p + "self_attn.k_norm.weight"], v["eps"])
        q, k = rope(q, v["theta"]), rope(k, v["theta"])
        share = v["heads"] // v["kv"]
        k, value = k.repeat_interleave(share, 1), value.repeat_interleave(share, 1)
        scores = torch.einsum("qhd,khd->hqk", q, k) / math.sqrt(v["head"]) + mask
        out = torch.einsum("hqk,khd->qhd", scores.softmax(-1), value).reshape(count, -1)
        x = x + linear(out, p + "self_attn.o_proj")
        h = norm(x, w[p + "post_attention_layernorm.weight"], v["eps"])
        gate, up = linear(h, p + "mlp.gate_proj"), linear(h, p + "mlp.up_proj")
        x = x + linear(torch.nn.functional.silu(gate) * up, p + "mlp.down_proj")
    x = norm(x, w["model.norm.weight"], v["eps"])
    head = w["model.embed_tokens.weight"] if v["tied"] else w["lm_head.weight"]
    return torch.log_softmax(x @ head.T, -1).gather(1, torch.tensor(tokens[1:])[:, None])[:, 0]


def text(index):
    """Tokens, and from which on they are learnt."""
    draws = uniform(fnv(f"text {index}"), 40)
    length = 4 + int(draws[0] * 14)
    return [int(u * 40) for u in draws[1 : 1 + length]], 1 + int(draws[30] * (length - 2))


def answer(v, w, adapter, index):
    tokens, first = text(index)
    return logprobs(v, w, adapter, tokens)[first - 1 :]


def supervised(v, w, adapter, indices):
    parts = [answer(v, w, adapter, i) for i in indices]
    return -torch.cat(parts).mean()


def dpo(v, w, adapter, pairs, beta):
    losses = []
    for chosen, rejected in pairs:
        with torch.no_grad():
            before = answer(v, w, None, chosen).sum() - answer(v, w, None, rejected).sum()
        after = answer(v, w, adapter, chosen).sum() - answer(v, w, adapter, rejected).sum()
        losses.append(-torch.nn.functional.logsigmoid(beta * (after - before)))
    return torch.stack(losses).mean()


def simpo(v, w, adapter, pairs, beta, gamma):
    losses = []
    for chosen, rejected in pairs:
        difference = answer(v, w, adapter, chosen).mean() - answer(v, w, adapter, rejected).mean()
        losses.append(-torch.nn.functional.logsigmoid(beta * difference - gamma))
    return torch.stack(losses).mean()


def adapter_of(w, rank, alpha):
    a, b = {}, {}
    for name, weight in w.items():
        if not name.endswith("_proj.weight"):
            continue
        base = name[: -len(".weight")]
        a[base] = made(base + ".lora_A", (rank, weight.shape[1]), 0.4)
        b[base] = made(base + ".lora_B", (weight.shape[0], rank), 0.4)
    return {"a": a, "b": b, "scale": alpha / rank}


def leaf(tensors):
    return {name: value.clone().requires_grad_(True) for name, value in tensors.items()}


def encoded(tensor):
    values = tensor.flatten().tolist()
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()


def gradients(loss, tensors):
    found = torch.autograd.grad(loss, list(tensors.values()))
    return {"loss": loss.item(), "gradients": {name: encoded(g) for name, g in zip(tensors, found)}}


TEXTS = [0, 1, 2, 3]
PAIRS = [(0, 1), (2, 3), (4, 5)]


def full_case(v):
    w = leaf(weights_of(v))
    return gradients(supervised(v, w, None, TEXTS), w)


def adapter_case(v, loss):
    w = weights_of(v)
    adapter = adapter_of(w, 3, 6)
    adapter["a"], adapter["b"] = leaf(adapter["a"]), leaf(adapter["b"])
    learnt = {**{n + ".lora_A": t for n, t in adapter["a"].items()}, **{n + ".lora_B": t for n, t in adapter["b"].items()}}
    return gradients(loss(v, w, adapter), learnt)


def rate(step, highest=1e-2, warmup=4, steps=20, floor=0.1):
    if step < warmup:
        return highest * (step + 1) / warmup
    progress = min(1, (step - warmup) / (steps - warmup))
    return highest * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress)))


def curve(v, full):
    w = weights_of(v)
    if full:
        w, adapter = leaf(w), None
        matrices = [t for t in w.values() if t.dim() > 1]
        vectors = [t for t in w.values() if t.dim() == 1]
    else:
        adapter = adapter_of(w, 3, 6)
        adapter["a"], adapter["b"] = leaf(adapter["a"]), leaf(adapter["b"])
        matrices, vectors = [*adapter["a"].values(), *adapter["b"].values()], []
    groups = [{"params": matrices, "weight_decay": 0.1}] + ([{"params": vectors, "weight_decay": 0.0}] if vectors else [])
    optimizer = torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.95), eps=1e-8)
    losses, norms = [], []
    for step in range(20):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        loss = supervised(v, w, adapter, [(2 * step) % 6, (2 * step + 1) % 6, (2 * step + 3) % 6])
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(matrices + vectors, 0.5).item())
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "norms": norms}


print(
    json.dumps(
        {
            "full": {name: full_case(v) for name, v in VARIANTS.items()},
            "adapter": {
                "supervised": adapter_case(VARIANTS["tied"], lambda v, w, a: supervised(v, w, a, TEXTS)),
                "dpo": adapter_case(VARIANTS["tied"], lambda v, w, a: dpo(v, w, a, PAIRS, 0.5)),
                "simpo": adapter_case(VARIANTS["tied"], lambda v, w, a: simpo(v, w, a, PAIRS, 2.0, 1.0)),
            },
            "curve": {"full": curve(VARIANTS["untied"], True), "adapter": curve(VARIANTS["tied"], False)},
        },
        indent=1,
    )
)
