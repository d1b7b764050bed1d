"""Operators of others in a graph: what they write, memory that their arguments share, strides that they see."""

import copy

import pytest
import torch

import tc


def sine(x, y):
    x.sin_()
    y.sin_()


def add_to_all(xs, y):
    for x in xs:
        x.add_(1)
    y.mul_(2)


def copy_plus_one(out, x):
    out.copy_(x + 1 if x.is_contiguous() else x)


@pytest.fixture(scope="module", autouse=True)
def operators():
    with torch.library._scoped_library("tc_custom", "FRAGMENT") as library:
        def define(schema, function, fake=lambda *args: None):
            name = schema.partition("(")[0]
            library.define(schema)
            library.impl(name, function, "CompositeExplicitAutograd")
            torch.library.register_fake(f"tc_custom::{name}", fake, lib=library)

        define("sine(Tensor(a!) x, Tensor(b!) y) -> ()", sine)
        define("add_to_all(Tensor(a!)[] xs, Tensor(b!) y) -> ()", add_to_all)
        define("copy_plus_one(Tensor(a!) out, Tensor x) -> None", copy_plus_one)
        define("strides(Tensor x, *, int factor=1) -> Tensor", lambda x, factor=1: torch.tensor(x.stride()) * factor,
               lambda x, factor=1: torch.empty(x.dim(), dtype=torch.int64))
        yield


ops = torch.ops.tc_custom


def rows(x):
    ops.sine(x[0], x[1])
    return x * 2


def same_row(x):
    ops.sine(x[0], x[0].view(-1))
    return x * 2


def overlapping(x):
    y = x.flatten()
    ops.sine(y[:8], y[4:])
    return x + 1, y


def of_a_result(x):
    y = x * 3
    ops.sine(y.t(), y[1])
    return y, y.sum()


def lists(x):
    ops.add_to_all([x, x[0], x[:, 1]], x[2])
    return x + 1


def split(x):
    first, second, third = x.flatten().split([3, 4, x.numel() - 7])
    ops.sine(first, third)
    return first + 1, second.clone(), x


def read_and_written(x):
    y = x.clone()
    ops.copy_plus_one(y[0], y[1])
    ops.copy_plus_one(y[:, 0], y[:, 1])
    return y


def strides(x):
    y = x.sin()
    return (ops.strides(y), ops.strides(y.t(), factor=2), ops.strides(x[::2]), ops.strides(y[:, 1:]),
            ops.strides(y.expand(2, *y.shape)), ops.strides(x.t().contiguous()))


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("function", [rows, same_row, overlapping, of_a_result, lists, split, read_and_written, strides])
def test_custom_operator(function, dynamic):
    torch._dynamo.reset()
    compiled = torch.compile(function, backend="tc", dynamic=dynamic, fullgraph=True)
    for x in (torch.randn(4, 6), torch.randn(5, 7), *([] if dynamic else [torch.randn(6, 4).t()])):
        other = copy.deepcopy(x)
        torch.testing.assert_close(compiled(x), function(other))
        torch.testing.assert_close(x, other)


def test_custom_operator_in_training():
    def function(x, w):
        y = x.detach() + 1
        ops.sine(y[0], y[0].view(-1))
        return (y @ w).cos()

    x, w = torch.randn(3, 4), torch.randn(4, 2, requires_grad=True)
    actual, expected = torch.compile(function, backend="tc", fullgraph=True)(x, w), function(x, w)
    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(torch.autograd.grad(actual.sum(), w), torch.autograd.grad(expected.sum(), w))


def test_transposed_dynamic_input():
    for function in (rows, overlapping, of_a_result, strides):
        torch._dynamo.reset()
        x = torch.randn(6, 4).t()
        other = copy.deepcopy(x)
        torch.testing.assert_close(torch.compile(function, backend="tc", dynamic=True)(x), function(other))
        torch.testing.assert_close(x, other)


def test_shared_memory_with_gaps_is_refused():
    torch._dynamo.reset()
    with pytest.raises(Exception, match="writes to arguments that share memory"):
        torch.compile(same_row, backend="tc", dynamic=True)(torch.randn(4, 12)[:, ::2])
