"""Scaled dot-product attention against eager: causal, which skips what is masked, of few and many queries and keys."""

import pytest
import torch
from torch.nn import functional as F


def causal(query, key, value):
    return F.scaled_dot_product_attention(query, key, value, is_causal=True)


def written_out(query, key, value):
    scores = query @ key.mT * 0.3
    past = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return scores.masked_fill(~past, float("-inf")).softmax(-1) @ value


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("function", [causal, written_out])
def test_causal(function, dynamic):
    torch.manual_seed(0)
    compiled = torch.compile(function, backend="tc", dynamic=dynamic)
    for dtype in (torch.float32, torch.float64, torch.bfloat16):
        for queries, keys, features in [(1, 1, 4), (7, 7, 5), (130, 130, 64), (33, 90, 16), (90, 33, 16)]:
            query, key, value = (torch.randn(2, 3, size, features, dtype=dtype) for size in (queries, keys, keys))
            with torch.no_grad():
                torch.testing.assert_close(compiled(query, key, value), function(query, key, value))


def test_gradients():
    torch.manual_seed(0)
    inputs = [torch.randn(1, 2, 70, 16, requires_grad=True) for _ in range(3)]
    compiled = torch.compile(causal, backend="tc", dynamic=False)
    expected = torch.autograd.grad(causal(*inputs).square().sum(), inputs)
    torch.testing.assert_close(torch.autograd.grad(compiled(*inputs).square().sum(), inputs), expected)
