"""f32 contractions and reductions err no more than eager's, against float64: sizes, distributions, scales, cancellation."""

import pytest
import torch
from torch.nn import functional as F


ULP = 2.0**-23


def normal(*shape):
    return torch.randn(shape)


def positive(*shape):
    return torch.rand(shape)


def scaled(*shape):
    """Magnitudes over 2^40, from element to element."""
    return torch.randn(shape) * torch.exp2(torch.randint(-20, 20, shape).float())


def cancelling(*shape):
    """Large terms come in pairs of opposite signs, far apart along the last dimension."""
    half = torch.randn(*shape[:-1], shape[-1] // 2) * 1000
    return torch.cat([half, torch.randn(*shape[:-1], shape[-1] - shape[-1] // 2) - F.pad(half, (0, shape[-1] % 2))], -1)


def error(found, exact):
    """Root mean square, relative."""
    return float((found.double() - exact).square().mean().sqrt() / exact.square().mean().sqrt())


def check(function, *inputs, slack=1e-8):
    exact = function(*(value.double() for value in inputs))
    compiled = torch.compile(function, backend="tc", dynamic=False)
    with torch.no_grad():
        found, eager = error(compiled(*inputs), exact), error(function(*inputs), exact)
    # The order of a sum moves errors by some percent, whoever sums.
    assert found <= 1.15 * eager + slack, f"error {found:.2e}, eager's {eager:.2e}"


@pytest.mark.parametrize("make", [normal, positive, scaled, cancelling])
@pytest.mark.parametrize("rows, columns, depth", [(1, 100, 3000), (5, 64, 1000), (64, 128, 300), (64, 96, 3072), (33, 70, 777)])
def test_linear(make, rows, columns, depth):
    torch.manual_seed(0)
    x, w = make(rows, depth), torch.randn(columns, depth)
    if make is cancelling:
        w[:, depth // 2:] = w[:, : depth - depth // 2]
    check(F.linear, x, w)
    check(lambda a, b: a @ b, x, w.t().contiguous())
    check(lambda a, b: a.t() @ b, x.t().contiguous(), w.t().contiguous())


@pytest.mark.parametrize("make", [normal, positive])
@pytest.mark.parametrize("channels, kernel", [(256, 1), (64, 3), (300, 3), (7, 5)])
def test_convolution(make, channels, kernel):
    torch.manual_seed(0)
    check(lambda a, b: F.conv2d(a, b, padding=kernel // 2), make(1, channels, 14, 14), make(32, channels, kernel, kernel))


def test_batched():
    torch.manual_seed(0)
    check(torch.bmm, normal(6, 40, 900), positive(6, 900, 64))


def test_full_reductions():
    """One result alone, where terms do not cancel: else its error is a matter of luck."""
    torch.manual_seed(0)
    x = positive(1000003)
    for function in (torch.sum, torch.mean, torch.var, torch.norm):
        check(function, x, slack=ULP / 2)


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("function", [torch.cumsum, torch.cumprod])
def test_scans(function, dim):
    torch.manual_seed(0)
    check(lambda a: function(a, dim), 1 + normal(700, 900) / 100, slack=ULP / 2)


@pytest.mark.parametrize("make", [normal, positive, scaled])
@pytest.mark.parametrize("shape, dims", [((5000, 70), 0), ((70, 5000), 1), ((3, 40, 60, 50), (0, 2, 3)), ((9, 70000), 1)])
def test_reductions(make, shape, dims):
    torch.manual_seed(0)
    x = make(*shape)
    check(lambda a: a.sum(dims), x, slack=ULP)
    check(lambda a: a.mean(dims), x, slack=ULP)
    check(lambda a: a.var(dims), x, slack=ULP)
    check(lambda a: a.square().sum(dims), x, slack=ULP)
