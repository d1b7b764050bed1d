"""Integers and sizes at the boundary of a compiled graph: symbols, expressions of symbols, negative numbers."""

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
