"""The peer of bench/src/train.ts: a LoRA step of a Llama in plain PyTorch on the CPU, f32.

Reads a shape as JSON on the first line of standard input, then takes one step per further line and answers with its
seconds, of the clock and of processors. Weights are random: a step takes as long whatever they are.
"""

import json
import math
import sys
import time

import torch

shape = json.loads(sys.stdin.readline())
torch.set_num_threads(shape["threads"])
torch.manual_seed(0)
dim, ffn, heads, kv, vocab, rank = (shape[k] for k in ("dim", "ffn", "heads", "kvHeads", "vocabulary", "rank"))
head = shape["headDim"]
texts, length = shape["texts"], shape["length"]


def matrix(n, k):
    return torch.randn(n, k) / math.sqrt(k)


class Linear:
    def __init__(self, n, k):
        self.weight = matrix(n, k)
        self.a = matrix(rank, k).requires_grad_(True)
        self.b = torch.zeros(n, rank).requires_grad_(True)

    def __call__(self, x):
        return x @ self.weight.T + 2 * ((x @ self.a.T) @ self.b.T)


embedding = torch.randn(vocab, dim) * 0.02
layers = [
    {
        "q": Linear(heads * head, dim),
        "k": Linear(kv * head, dim),
        "v": Linear(kv * head, dim),
        "o": Linear(dim, heads * head),
        "gate": Linear(ffn, dim),
        "up": Linear(ffn, dim),
        "down": Linear(dim, ffn),
    }
    for _ in range(shape["layers"])
]
learnt = [t for layer in layers for one in layer.values() for t in (one.a, one.b)]
optimizer = torch.optim.AdamW(learnt, lr=1e-3)
angles = torch.arange(length)[:, None] * 10000.0 ** (-torch.arange(0, head, 2) / head)
cos, sin = angles.cos()[:, None], angles.sin()[:, None]
mask = torch.full((length, length), -math.inf).triu(1)
tokens = torch.randint(0, vocab, (texts, length + 1))
targets = tokens[:, 1:].clone()
targets[:, : length - shape["answers"]] = -100


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5)


def rope(x):
    a, b = x[..., : head // 2], x[..., head // 2 :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def step():
    x = embedding[tokens[:, :-1]]
    for layer in layers:
        h = norm(x)
        q = rope(layer["q"](h).view(texts, length, heads, head)).transpose(1, 2)
        k = rope(layer["k"](h).view(texts, length, kv, head)).repeat_interleave(heads // kv, 2).transpose(1, 2)
        v = layer["v"](h).view(texts, length, kv, head).repeat_interleave(heads // kv, 2).transpose(1, 2)
        weights = (q @ k.transpose(-1, -2) / math.sqrt(head) + mask).softmax(-1)
        x = x + layer["o"]((weights @ v).transpose(1, 2).reshape(texts, length, -1))
        h = norm(x)
        x = x + layer["down"](torch.nn.functional.silu(layer["gate"](h)) * layer["up"](h))
    logits = norm(x) @ embedding.T
    loss = torch.nn.functional.cross_entropy(logits.view(-1, vocab), targets.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(learnt, 1.0)
    optimizer.step()
    return loss.item()


for _ in sys.stdin:
    start, before = time.perf_counter(), time.process_time()
    step()
    print(time.perf_counter() - start, time.process_time() - before, flush=True)
