"""Fifty steps of pre-training with tug-nano's shape in PyTorch: what the engine's own loop is tested against.

Usage: python3 oracle/pretrain.py > src/train/testing/pretrain.json

Weights and tokens are made by the rules of train.py, here for many numbers at a time; f32, as the engine computes. The
learning rate and its schedule, AdamW's betas, weight decay and clipping are those of the starter models' recipe.
"""

import json
import math

import numpy
import torch

torch.manual_seed(0)
DIM, FFN, LAYERS, HEADS, KV, HEAD, VOCAB = 192, 512, 6, 3, 1, 64, 8192
STEPS, BATCH, LENGTH = 50, 2, 32
U = numpy.uint64
MASK = U(0xFFFFFFFF)


def fnv(text):
    value = 0x811C9DC5
    for character in text.encode():
        value = ((value ^ character) * 0x01000193) & 0xFFFFFFFF
    return value


def uniform(seed, count):
    state = (U(seed) + U(0x6D2B79F5) * numpy.arange(1, count + 1, dtype=U)) & MASK
    t = ((state ^ (state >> U(15))) * (state | U(1))) & MASK
    t = t ^ ((t + (((t ^ (t >> U(7))) * (t | U(61))) & MASK)) & MASK)
    return (t ^ (t >> U(14))).astype(numpy.float64) / 4294967296


def made(name, shape, scale, shift=0.0):
    values = shift + scale * (2 * uniform(fnv(name), math.prod(shape)) - 1)
    return torch.tensor(values.astype(numpy.float32)).reshape(shape).requires_grad_(True)


# Uniform numbers of this range deviate by 0.02.
SCALE = 0.02 * math.sqrt(3)
RESIDUAL = SCALE / math.sqrt(2 * LAYERS)
w = {"model.embed_tokens.weight": made("model.embed_tokens.weight", (VOCAB, DIM), SCALE)}
for i in range(LAYERS):
    p = f"model.layers.{i}."
    for name, n, k, scale in [
        ("self_attn.q_proj", HEADS * HEAD, DIM, SCALE),
        ("self_attn.k_proj", KV * HEAD, DIM, SCALE),
        ("self_attn.v_proj", KV * HEAD, DIM, SCALE),
        ("self_attn.o_proj", DIM, HEADS * HEAD, RESIDUAL),
        ("mlp.gate_proj", FFN, DIM, SCALE),
        ("mlp.up_proj", FFN, DIM, SCALE),
        ("mlp.down_proj", DIM, FFN, RESIDUAL),
    ]:
        w[p + name] = made(f"{p}{name}.weight", (n, k), scale)
    for name in ("input_layernorm", "post_attention_layernorm"):
        w[p + name] = made(f"{p}{name}.weight", (DIM,), 0.0, 1.0)
w["model.norm"] = made("model.norm.weight", (DIM,), 0.0, 1.0)

# Few tokens are frequent and many are rare, as in text.
stream = numpy.floor(VOCAB * uniform(fnv("stream"), STEPS * BATCH * LENGTH + 1) ** 4).astype(numpy.int64)
angles = torch.arange(LENGTH)[:, None] * 10000.0 ** (-torch.arange(0, HEAD, 2) / HEAD)
cos, sin = angles.cos()[:, None], angles.sin()[:, None]
mask = torch.full((LENGTH, LENGTH), -math.inf).triu(1)


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * weight


def rope(x):
    a, b = x[..., : HEAD // 2], x[..., HEAD // 2 :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def loss_of(tokens):
    x = w["model.embed_tokens.weight"][tokens[:, :-1]]
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        h = norm(x, w[p + "input_layernorm"])
        q = rope((h @ w[p + "self_attn.q_proj"].T).view(BATCH, LENGTH, HEADS, HEAD)).transpose(1, 2)
        k = rope((h @ w[p + "self_attn.k_proj"].T).view(BATCH, LENGTH, KV, HEAD)).repeat_interleave(HEADS // KV, 2)
        v = (h @ w[p + "self_attn.v_proj"].T).view(BATCH, LENGTH, KV, HEAD).repeat_interleave(HEADS // KV, 2)
        weights = (q @ k.permute(0, 2, 3, 1) / math.sqrt(HEAD) + mask).softmax(-1)
        x = x + (weights @ v.transpose(1, 2)).transpose(1, 2).reshape(BATCH, LENGTH, -1) @ w[p + "self_attn.o_proj"].T
        h = norm(x, w[p + "post_attention_layernorm"])
        gate, up = h @ w[p + "mlp.gate_proj"].T, h @ w[p + "mlp.up_proj"].T
        x = x + (torch.nn.functional.silu(gate) * up) @ w[p + "mlp.down_proj"].T
    logits = norm(x, w["model.norm"]) @ w["model.embed_tokens.weight"].T
    return torch.nn.functional.cross_entropy(logits.view(-1, VOCAB), tokens[:, 1:].reshape(-1))


matrices = [t for t in w.values() if t.dim() == 2]
vectors = [t for t in w.values() if t.dim() == 1]
groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.95))
losses = []
for step in range(STEPS):
    done = step / STEPS
    rate = 2e-3 * min(1, (step + 1) / 10) * (1 if done < 0.6 else max(0.02, (1 - done) / 0.4))
    for group in optimizer.param_groups:
        group["lr"] = rate
    first = step * BATCH * LENGTH
    texts = [stream[first + i * LENGTH : first + (i + 1) * LENGTH + 1] for i in range(BATCH)]
    loss = loss_of(torch.tensor(numpy.stack(texts)))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(matrices + vectors, 1.0)
    optimizer.step()
    losses.append(loss.item())
print(json.dumps({"losses": losses}))
