"""8-bit floats: stored, moved and converted as eager does."""

import pytest
import torch

import tc

DTYPES = pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2], ids=str)


def compile(function):
    torch._dynamo.reset()
    return torch.compile(function, backend="tc", fullgraph=True)


def all_values(dtype):
    return torch.arange(256, dtype=torch.uint8).view(dtype)


def same_bits(got, expected):
    assert got.dtype == expected.dtype and got.stride() == expected.stride()
    assert torch.equal(got.view(torch.uint8), expected.view(torch.uint8))


@DTYPES
@pytest.mark.parametrize("to", [torch.float32, torch.bfloat16, torch.float16, torch.float64, torch.bool], ids=str)
def test_every_value_from(dtype, to):
    values = all_values(dtype)
    torch.testing.assert_close(compile(lambda x: x.to(to))(values), values.to(to), rtol=0, atol=0, equal_nan=True)


@DTYPES
def test_to_nearest_even(dtype):
    values = all_values(dtype).float()
    values = values[values.isfinite()].unique()
    ties = (values[1:] + values[:-1]) / 2
    special = torch.tensor([464, 464.001, 480, 61439.9, 61440, 65536, 1e38, torch.inf, torch.nan, 0, 1e-45])
    torch.manual_seed(0)
    numbers = torch.cat([values, ties, ties.nextafter(torch.tensor(torch.inf)), ties.nextafter(-torch.tensor(torch.inf)),
                         special, -special, torch.randn(10000) * 1e-3, torch.randn(10000) * 3e4])
    same_bits(compile(lambda x: x.to(dtype))(numbers), numbers.to(dtype))


@DTYPES
@pytest.mark.parametrize("source", [torch.bfloat16, torch.float16, torch.float64, torch.int64, torch.bool], ids=str)
def test_to(dtype, source):
    torch.manual_seed(0)
    numbers = (torch.randn(1000) * 100).to(source)
    same_bits(compile(lambda x: x.to(dtype))(numbers), numbers.to(dtype))


@DTYPES
def test_moves(dtype):
    torch.manual_seed(0)
    x, y = torch.randn(6, 8).to(dtype), torch.randn(6, 8).to(dtype)
    index = torch.tensor([3, 1, 2])

    def moves(x, y):
        return (torch.cat([x, y], 1).t()[2:].contiguous(), torch.where(x.float() > 0, x, y), x[index].clone(),
                torch.zeros(3, dtype=dtype), torch.full((2,), 1.5, dtype=dtype), x.reshape(48).clone(),
                (x.float() @ y.float().t()).to(dtype), x.view(torch.uint8).clone().view(dtype))

    tc.counters.clear()
    for got, expected in zip(compile(moves)(x, y), moves(x, y)):
        same_bits(got, expected)
    assert tc.counters["extern"] == 0


def test_weights(tmp_path):
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("weight", torch.randn(16, 8).to(torch.float8_e4m3fn))
            self.register_buffer("scale", torch.rand(16))

        def forward(self, x):
            return torch.nn.functional.linear(x, self.weight.to(x.dtype) * self.scale[:, None])

    model, x = Model(), torch.randn(4, 8)
    torch.testing.assert_close(compile(model)(x), model(x))
    torch.export.save(torch.export.export(model, (x,)), tmp_path / "model.pt2")
    torch.testing.assert_close(tc.load(tmp_path / "model.pt2")(x), model(x))


def test_refused():
    with pytest.raises(Exception, match="float8_e8m0fnu|f8E8M0FNU|f8e8m0fnu"):
        compile(lambda x: x.to(torch.float32))(torch.ones(3, dtype=torch.float8_e8m0fnu))
