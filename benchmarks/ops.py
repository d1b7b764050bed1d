"""The ops that micro.py measures: a function, its inputs, and how much work it is."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class Op:
    name: str
    run: Callable
    inputs: Callable[[], tuple]
    flops: float = 0  # of contractions; the rest is bound by memory

    def bytes(self, inputs, output):
        """What must at least move: every input in, every output out, once."""
        outputs = output if isinstance(output, (tuple, list)) else (output,)
        return sum(tensor.numel() * tensor.element_size() for tensor in (*inputs, *outputs))


def floats(*shapes):
    return lambda: tuple(torch.randn(shape) for shape in shapes)


def linear(rows, inner, columns, name="linear", run=F.linear, bias=True):
    shapes = [(rows, inner), (columns, inner)] + ([(columns,)] if bias else [])
    return Op(f"{name} {rows}x{inner}x{columns}", run, floats(*shapes), 2.0 * rows * inner * columns)


def convolution(batch, channels, size, out, kernel, stride=1, groups=1):
    padding = kernel // 2
    result = (size + 2 * padding - kernel) // stride + 1
    return Op(
        f"conv {kernel}x{kernel} {channels}→{out} {size}²{f' /{stride}' if stride > 1 else ''}"
        f"{' depthwise' if groups == channels else ''}",
        lambda x, w: F.conv2d(x, w, None, stride, padding, 1, groups),
        floats((batch, channels, size, size), (out, channels // groups, kernel, kernel)),
        2.0 * batch * result * result * out * channels // groups * kernel * kernel)


def attention(batch, heads, length, size, causal=False):
    shape = (batch, heads, length, size)
    return Op(
        f"attention {heads}x{length}x{size}{' causal' if causal else ''}",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=causal),
        floats(shape, shape, shape), 4.0 * batch * heads * length * length * size / (2 if causal else 1))


LARGE = (1 << 24,)  # 64 MB: past every cache
ROWS = (16384, 1024)

OPS = [
    Op("add of 8 elements", torch.add, floats((8,), (8,))),
    Op("add", torch.add, floats(LARGE, LARGE)),
    Op("gelu", F.gelu, floats(LARGE)),
    Op("sin·exp·tanh chain", lambda x: torch.tanh(torch.exp(torch.sin(x))), floats(LARGE)),
    Op("bias + relu, broadcast", lambda x, b: torch.relu(x + b), floats(ROWS, (ROWS[1],))),
    Op("sum of all", torch.sum, floats(LARGE)),
    Op("sum of rows", lambda x: x.sum(-1), floats(ROWS)),
    Op("sum of columns", lambda x: x.sum(0), floats(ROWS)),
    Op("argmax of rows", lambda x: x.argmax(-1), floats(ROWS)),
    Op("softmax", lambda x: torch.softmax(x, -1), floats(ROWS)),
    Op("layer norm", lambda x, w, b: F.layer_norm(x, (ROWS[1],), w, b), floats(ROWS, (ROWS[1],), (ROWS[1],))),
    Op("rms norm", lambda x, w: F.rms_norm(x, (ROWS[1],), w), floats(ROWS, (ROWS[1],))),
    Op("cumsum", lambda x: x.cumsum(-1), floats(ROWS)),
    Op("transpose", lambda x: x.t().contiguous(), floats((4096, 4096))),
    Op("cat", lambda x, y: torch.cat((x, y), -1), floats(ROWS, ROWS)),
    Op("embedding", lambda w, i: F.embedding(i, w),
       lambda: (torch.randn(16384, 768), torch.randint(16384, (16384,)))),
    Op("max pool 3x3", lambda x: F.max_pool2d(x, 3, 2, 1), floats((8, 64, 112, 112))),
    linear(1, 768, 3072),
    linear(128, 768, 3072),
    linear(128, 768, 3072, "linear + gelu", lambda x, w, b: F.gelu(F.linear(x, w, b))),
    linear(1024, 1024, 1024, "matmul", lambda x, w: x @ w, bias=False),
    linear(2048, 2048, 2048, "matmul", lambda x, w: x @ w, bias=False),
    convolution(1, 3, 224, 64, 7, 2),
    convolution(1, 64, 56, 64, 3),
    convolution(1, 512, 7, 512, 3),
    convolution(1, 64, 56, 256, 1),
    convolution(1, 96, 28, 96, 5, groups=96),
    attention(1, 12, 128, 64),
    attention(1, 12, 1024, 64),
    attention(1, 12, 1024, 64, causal=True),
]


def roof_seconds(op, inputs, output, flops_per_second, bytes_per_second):
    """The least time this machine could take: compute or memory, whichever is longer."""
    return max(op.flops / flops_per_second, op.bytes(inputs, output) / bytes_per_second, math.ulp(0.0))
