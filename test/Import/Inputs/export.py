"""Exports one of the small modules below: export.py CASE FILE.pt2"""

import sys

import torch
from torch import nn
from torch.export import Dim


class Everything(nn.Module):
    """Mutation, tied weights, a constant, lists, a data-dependent size, None and a size among the outputs."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)
        self.register_buffer("count", torch.zeros(3))
        self.constant = torch.ones(3)
        self.tied = self.linear.weight

    def forward(self, x):
        self.count.add_(1)
        y = self.linear(x)
        y.mul_(2)
        a, b = y.split([1, 2], -1)
        n = torch.nonzero(x[:, 0]).size(0)
        return y + self.count + self.constant, torch.cat([a, b], 1)[None], x.shape[0] * 2, n, None, self.tied.t()


class Layouts(nn.Module):
    """Parameters that are not row-major: channels last, transposed, and with gaps."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
        self.transposed = nn.Parameter(torch.randn(3, 5).t())
        self.gaps = nn.Parameter(torch.randn(4, 6)[:, ::2])
        self.narrow = nn.Parameter(torch.randn(2, 3, dtype=torch.bfloat16))
        self.register_buffer("mask", torch.tensor([True, False]))

    def forward(self, x):
        return self.conv(x), self.transposed + 1, self.gaps + 1, self.narrow + 1, self.mask.logical_not()


class Cond(nn.Module):
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda y: y.sin(), lambda y: y.cos() + 1, (x,))


class While(nn.Module):
    def forward(self, i, x):
        from torch._higher_order_ops import while_loop

        return while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * 2), (i, x))


class NoGrad(nn.Module):
    def forward(self, x):
        with torch.no_grad():
            y = x.relu()
        return y + 1


class Symbols(nn.Module):
    def forward(self, x, n):
        padded = torch.nn.functional.pad(x, (0, 3))
        return padded.reshape(-1), torch.arange(n), x.new_zeros(x.shape[0] + x.shape[1], 2 * n)


class Item(nn.Module):
    def forward(self, x):
        n = x[0].item()
        torch._check(n >= 2)
        torch._check(n <= 10)
        return x.new_ones(n), x * n


x = torch.randn(8, 4)
cases = {
    "everything": (Everything(), (x,), ({0: Dim("batch", min=2, max=64)},)),
    "layouts": (Layouts(), (torch.randn(1, 3, 8, 8).to(memory_format=torch.channels_last),), None),
    "cond": (Cond(), (x,), None),
    "while": (While(), (torch.tensor(0), x), None),
    "no_grad": (NoGrad(), (x,), None),
    "symbols": (Symbols(), (x, 6), ({0: Dim("a", max=100), 1: Dim("b", max=50)}, Dim.DYNAMIC)),
    "item": (Item(), (torch.tensor([3, 4]),), None),
}

if __name__ == "__main__":
    for case, file in zip(sys.argv[1::2], sys.argv[2::2]):
        module, arguments, dynamic = cases[case]
        torch.manual_seed(0)
        torch.export.save(torch.export.export(module, arguments, dynamic_shapes=dynamic), file)
