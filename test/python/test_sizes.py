"""Integers and sizes at the boundary of a compiled graph: symbols, expressions of symbols, negative numbers."""

import math

import pytest
import torch
from torch import nn

import tc


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()
    tc.counters.clear()


def test_integer_arguments_may_be_negative():
    compiled = torch.compile(lambda x, n: x * n + n, backend="tc", dynamic=True)
    x = torch.randn(3, 4)
    for n in (-3, 5, -7):
        torch.testing.assert_close(compiled(x, n), x * n + n)
    assert tc.counters["graphs"] == 1 and tc.counters["fallback"] == 0


class Flattened(nn.Module):
    """Its backward graph knows the product of two sizes, and neither of them."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(5, 3)

    def forward(self, x):
        return self.linear(x.flatten(0, 1).sin()).square().sum()


def test_backward_of_a_product_of_sizes():
    module, reference = Flattened(), Flattened()
    reference.load_state_dict(module.state_dict())
    compiled = torch.compile(module, backend="tc", fullgraph=True)
    for batch, seq in ((2, 3), (4, 5), (7, 2)):
        x = torch.randn(batch, seq, 5)
        torch._dynamo.mark_dynamic(x, 0)
        torch._dynamo.mark_dynamic(x, 1)
        for m, run in ((module, compiled), (reference, reference)):
            m.zero_grad()
            run(x).backward()
        for p, q in zip(module.parameters(), reference.parameters()):
            torch.testing.assert_close(p.grad, q.grad)
    assert tc.counters["graphs"] == 2 and tc.counters["fallback"] == 0


def test_steps_may_be_negative():
    def function(n, step):
        return torch.arange(10, n, step), torch.arange(10, n, step, dtype=torch.float32) * 2

    compiled = torch.compile(function, backend="tc", dynamic=True, fullgraph=True)
    for n, step in ((-20, -3), (-5, -7), (9, -1), (40, 4)):
        torch.testing.assert_close(compiled(n, step), function(n, step))


def test_sizes_that_are_rounded_floats():
    def function(x):
        a, b = int(x.shape[0] * 1.8735363483428955), math.ceil(x.shape[1] * 0.3)
        y = torch.nn.functional.interpolate(x[None, None], scale_factor=(1.5, 1.3))
        return x.new_zeros(a, b) + x.sum(), x.new_ones(math.floor(math.sqrt(x.shape[0]))), y, x[:round(x.shape[1] / 3)]

    compiled = torch.compile(function, backend="tc", dynamic=True, fullgraph=True)
    for shape in ((7, 9), (16, 25), (64, 10), (33, 31)):
        x = torch.randn(shape)
        torch.testing.assert_close(compiled(x), function(x))
    assert tc.counters["graphs"] == 1


def test_a_size_twice_in_a_call_of_pytorch():
    compiled = torch.compile(lambda x: torch.rand(x.shape[0], x.shape[0], 2, x.shape[0]), backend="tc", dynamic=True)
    for n in (3, 5):
        assert compiled(torch.ones(n)).shape == (n, n, 2, n)


def test_numbers_that_backward_is_given():
    def function(x, y, z):
        size, number = y.shape[0], z.sum().to(torch.int64).item()
        picked = torch.cond(x.shape[0] > 5, lambda x: x + size, lambda x: x * number * z, (x,))
        return picked * (z.mean().item() * 2)

    with torch._dynamo.config.patch(capture_scalar_outputs=True):
        compiled = torch.compile(function, backend="tc", fullgraph=True)
        for n in (10, 3, 7):
            inputs = [torch.randn(n, 4, requires_grad=True) for _ in range(3)]
            others = [x.detach().clone().requires_grad_() for x in inputs]
            for x in inputs:
                torch._dynamo.mark_dynamic(x, 0)
            actual, expected = compiled(*inputs), function(*others)
            torch.testing.assert_close(actual, expected)
            actual.square().sum().backward()
            expected.square().sum().backward()
            for x, y in zip(inputs, others):
                a, b = (torch.zeros_like(x) if v.grad is None else v.grad for v in (x, y))
                torch.testing.assert_close(a, b)


def test_storage_of_dynamic_channels_last():
    def function(x):
        strides = (x.shape[1] * x.shape[2] * x.shape[3], 1, x.shape[1] * x.shape[3], x.shape[1])
        return torch.as_strided(x, x.shape, strides, 0) + torch.as_strided(x + 1, (2, 12), (12, 1), 1)[0, 0]

    compiled = torch.compile(function, backend="tc", dynamic=True, fullgraph=True)
    for shape in ((2, 3, 4, 5), (3, 4, 5, 5)):
        x = torch.randn(shape).to(memory_format=torch.channels_last)
        torch.testing.assert_close(compiled(x), function(x))


@pytest.mark.parametrize("function", [
    lambda x, n: x.select(0, n) * 2, lambda x, n: x[n:] * 2, lambda x, n: x[:n] * 2, lambda x, n: x[n::2] * 2, lambda x, n: x.narrow(0, n, 1) * 2,
    lambda x, n: x.roll(n, 0), lambda x, n: x.select_scatter(torch.ones(4), 0, n),
])
def test_indices_may_be_negative(function):
    """They count from the end, as PyTorch's guards know."""
    compiled = torch.compile(function, backend="tc", dynamic=True, fullgraph=True)
    x = torch.randn(5, 4)
    for n in (-3, -2, 2, 3):
        torch.testing.assert_close(compiled(x, n), function(x, n))


def test_writes_at_negative_indices():
    def write(x, n):
        x[n] = -1
        return x

    compiled = torch.compile(write, backend="tc", dynamic=True, fullgraph=True)
    for n in (-5, -2, 3):
        torch.testing.assert_close(compiled(torch.zeros(5), n), write(torch.zeros(5), n))


def test_index_out_of_a_tensor_may_be_negative():
    with torch._dynamo.config.patch(capture_scalar_outputs=True):
        compiled = torch.compile(lambda x, i: x.select(0, i.item()) * 2, backend="tc", fullgraph=True)
        x = torch.randn(5, 4)
        for n in (-5, -1, 0, 4):
            torch.testing.assert_close(compiled(x, torch.tensor(n)), x[n] * 2)


def test_bag_sizes_of_sums():
    """Nothing needs them, and eager mode gives zeros."""
    bag = torch.ops.aten._embedding_bag
    weight, indices, offsets = torch.randn(10, 4), torch.randint(10, (8,)), torch.tensor([0, 2, 6])
    compiled = torch.compile(lambda w, i, o: bag(w, i, o, False, 0, False, None), backend="tc", fullgraph=True)
    torch.testing.assert_close(compiled(weight, indices, offsets), bag(weight, indices, offsets, False, 0, False, None))
