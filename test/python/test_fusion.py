"""What is fused into how many kernels, and that it is right: reductions over any dimension, with what is around them."""

import itertools

import pytest
import tc
import torch
from torch.nn import functional as F

SHAPES = [(10, 10), (7, 130), (100, 1280), (1000, 64), (1, 50), (50, 1), (2, 21, 33, 47), (2, 3, 4, 5, 6), (0, 4)]


def check(function, *inputs, kernels=None):
    torch._dynamo.reset()
    compiled = torch.compile(function, backend="tc", fullgraph=True)
    compiled(*inputs)
    with tc.profile() as profile:
        result = compiled(*inputs)
    expected = function(*inputs)
    for got, value in zip(result, expected) if isinstance(expected, tuple) else [(result, expected)]:
        # Sums of many terms cancel.
        scale = max(1, value.abs().max().item()) if value.numel() else 1
        torch.testing.assert_close(got, value, rtol=1e-4, atol=1e-5 * scale)
    if kernels is not None:
        assert len(profile.records) == kernels, [record[0] for record in profile.records]


def normalize(x, dim):
    mean = x.mean(dim, keepdim=True)
    return (x - mean) / ((x - mean).square().mean(dim, keepdim=True) + 1e-5).sqrt()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_rows_of_any_dimension(shape):
    torch.manual_seed(0)
    x = torch.randn(*shape)
    for dim in range(len(shape)):
        if shape[dim] == 0:
            continue
        # Too few columns for several threads, or one of them, stay in memory's order.
        whole = x.numel() > 0 and shape not in [(1000, 64), (50, 1)]
        check(lambda x, dim=dim: torch.softmax(x.cos(), dim), x, kernels=1 if whole else None)
        check(lambda x, dim=dim: (x.sin() / x.sin().abs().sum(dim, keepdim=True), x.sin().amax(dim)), x)
        check(lambda x, dim=dim: torch.softmax(x.double(), dim).to(torch.bfloat16).float(), x)
    for dims in itertools.combinations(range(len(shape)), 2):
        if x.numel():
            check(lambda x, dims=dims: torch.relu(normalize(x, dims)), x)
            check(lambda x, dims=dims: (x.sin() - x.sin().sum(dims[0], keepdim=True)) * x.sin().sum(dims[1], keepdim=True), x)


def test_channels_last():
    x = torch.randn(2, 16, 9, 7).to(memory_format=torch.channels_last)
    for dim in range(4):
        check(lambda x, dim=dim: torch.softmax(x, dim), x)


def test_sizes_known_late():
    compiled = torch.compile(lambda x: torch.softmax(x.cos(), 1), backend="tc", dynamic=True)
    for sizes in [(2, 21, 40), (3, 5, 129), (1, 300, 2)]:
        x = torch.randn(*sizes)
        torch.testing.assert_close(compiled(x), torch.softmax(x.cos(), 1))


def test_long_columns_run_in_parallel():
    # Columns as long as this stay in memory's order.
    check(lambda x: x - x.mean(0), torch.randn(100000, 64), kernels=2)


@pytest.mark.parametrize("shape", [(8, 16, 10, 10), (4, 3, 7, 5), (32, 8)], ids=str)
def test_batch_norm_in_training(shape):
    torch.manual_seed(0)
    x, w, b = (torch.randn(s, requires_grad=True) for s in (shape, shape[1], shape[1]))
    torch._dynamo.reset()

    def step(x, w, b):
        return F.relu(F.batch_norm(x, None, None, w, b, True))

    compiled = torch.compile(step, backend="tc", fullgraph=True)
    gradient = torch.randn(shape)
    for got, expected in zip(*((y, *torch.autograd.grad(y, (x, w, b), gradient)) for y in (compiled(x, w, b), step(x, w, b)))):
        torch.testing.assert_close(got, expected, rtol=1e-3, atol=1e-4)
    with tc.profile() as profile:
        torch.autograd.grad(compiled(x, w, b), (x, w, b), gradient)
    assert len(profile.records) <= 2, [record[0] for record in profile.records]


def test_siblings_and_pieces():
    x, y = torch.randn(10, 10), torch.randn(10, 10)
    check(lambda x: (x.cos(), x.sin()), x, kernels=1)
    check(lambda x, y: torch.cat([x.cos(), y.sin()]).cos(), x, y, kernels=1)
    check(lambda x, y: torch.cat([x.cos(), y.sin()], 1).cos(), x, y, kernels=1)
    check(lambda x: (x.sum(0), x.sum(1)), x, kernels=1)
