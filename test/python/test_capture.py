"""What FX graphs hold besides calls of ATen ops: constants, nested graphs, outputs that are no tensors."""

import pytest
import torch

import tc


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()
    tc.counters.clear()


def check(function, *inputs, **options):
    """Compiled once, without going back to PyTorch, it does what eager does."""
    actual = torch.compile(function, backend="tc", fullgraph=True, **options)(*inputs)
    torch.testing.assert_close(actual, function(*inputs))
    assert tc.counters["fallback"] == tc.counters["extern"] == 0
    return actual


@pytest.mark.parametrize("mode", (torch.no_grad, torch.inference_mode, torch.enable_grad))
def test_tensor_constants(mode):
    with mode():
        check(lambda x: x * torch.tensor([1.0, 2.0, 3.0]) / torch.sqrt(torch.tensor(8.0)), torch.randn(4, 3))


def test_empty_vectors_in_a_concatenation():
    check(lambda x: torch.cat([torch.empty(0), x, torch.empty(0)]), torch.randn(4, 3))
