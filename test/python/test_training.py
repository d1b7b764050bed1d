"""What surrounds a training step: optimizers, accumulated gradients, autocast, random numbers."""

import copy

import pytest
import torch

import tc


def make():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.GELU(), torch.nn.Linear(8, 4))


@pytest.mark.parametrize("kind, options", [(torch.optim.SGD, {"momentum": 0.9}), (torch.optim.Adam, {}), (torch.optim.AdamW, {})])
def test_compiled_optimizers(kind, options):
    torch._dynamo.reset()
    tc.counters.clear()
    modules = make(), make()
    optimizers = [kind(module.parameters(), lr=0.01, **options) for module in modules]
    steps = optimizers[0].step, torch.compile(optimizers[1].step, backend="tc")
    for _ in range(3):
        x = torch.randn(5, 8)
        for module, step, optimizer in zip(modules, steps, optimizers):
            module(x).square().sum().backward()
            step()
            optimizer.zero_grad()
    for expected, actual in zip(*(module.parameters() for module in modules)):
        torch.testing.assert_close(actual, expected)
    assert tc.counters["graphs"] > 0
    assert tc.counters["extern"] == 0, dict(tc.counters)


def test_accumulated_gradients():
    torch._dynamo.reset()
    expected, actual = make(), make()
    compiled = torch.compile(actual, backend="tc", fullgraph=True)
    for _ in range(3):
        x = torch.randn(5, 8)
        for module in (expected, compiled):
            (module(x).square().mean() / 3).backward()
    for x, y in zip(expected.parameters(), actual.parameters()):
        torch.testing.assert_close(y.grad, x.grad)


def test_autocast():
    torch._dynamo.reset()
    expected, actual = make(), make()
    compiled = torch.compile(actual, backend="tc", fullgraph=True)
    x = torch.randn(5, 8)
    with torch.autocast("cpu", torch.bfloat16):
        results = [module(x) for module in (expected, compiled)]
    assert results[0].dtype == results[1].dtype == torch.bfloat16
    torch.testing.assert_close(results[1], results[0], rtol=2e-2, atol=2e-2)
    for result in results:
        result.float().square().sum().backward()
    for x, y in zip(expected.parameters(), actual.parameters()):
        torch.testing.assert_close(y.grad, x.grad, rtol=5e-2, atol=5e-2)


def test_seeds_give_the_same_dropout():
    torch._dynamo.reset()
    function = torch.compile(lambda x: torch.nn.functional.dropout(x, 0.5) * 2, backend="tc", fullgraph=True)
    x, results = torch.ones(100, requires_grad=True), []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(function(x))
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])
    gradient, = torch.autograd.grad(results[0].sum(), x)
    torch.testing.assert_close(gradient, results[0].detach())


@pytest.mark.parametrize("options", [{}, {"bidirectional": True, "batch_first": True}, {"proj_size": 3, "num_layers": 2}])
def test_lstm(options, monkeypatch):
    """Without switching anything off for other threads meanwhile."""
    monkeypatch.setattr(torch._C, "_set_mkldnn_enabled", lambda enabled: pytest.fail("a switch of the whole process"))
    torch._dynamo.reset()
    tc.counters.clear()
    torch.manual_seed(0)
    expected = torch.nn.LSTM(4, 8, **options)
    actual = copy.deepcopy(expected)
    compiled = torch.compile(actual, backend="tc", fullgraph=True)
    x = torch.randn(5, 2, 4)
    for module in (expected, compiled):
        with torch._dynamo.config.patch(allow_rnn=True):
            output, (h, c) = module(x)
        (output.sin().sum() + h.sum() + (c * c).sum()).backward()
    for x, y in zip(expected.parameters(), actual.parameters()):
        torch.testing.assert_close(y.grad, x.grad)
    assert tc.counters["extern"] == 0, dict(tc.counters)
