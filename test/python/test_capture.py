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


def test_branches():
    def choose(x, y):
        return torch.cond(x.sum() > 0, lambda x, y: (x.sin() @ y, y + 1), lambda x, y: (x.cos() * 2 @ y, y - 1), (x, y))

    x, y = torch.rand(4, 3), torch.randn(3, 3)
    compiled = torch.compile(choose, backend="tc", fullgraph=True)
    for input in (x, -x, x):
        torch.testing.assert_close(compiled(input, y), choose(input, y))
    assert tc.counters["graphs"] == 1 and tc.counters["extern"] == 0


def test_branch_on_a_size():
    def choose(x):
        return torch.cond(x.shape[0] > 4, lambda x: x.sin(), lambda x: x.cos() * 2, (x,))

    compiled = torch.compile(choose, backend="tc", fullgraph=True, dynamic=True)
    for rows in (3, 5, 7):
        x = torch.randn(rows, 3)
        torch.testing.assert_close(compiled(x), choose(x))


def test_nested_branches():
    def choose(x):
        inner = lambda x: torch.cond(x.max() > 1, lambda x: x * 2, lambda x: x - 1, (x,))
        return torch.cond(x.sum() > 0, inner, lambda x: x.clone(), (x,)) + x

    compiled = torch.compile(choose, backend="tc", fullgraph=True)
    for x in (torch.tensor([0.5, 0.2]), torch.tensor([3.0, 0.1]), torch.tensor([-1.0, 0.5])):
        torch.testing.assert_close(compiled(x), choose(x))


def test_loops():
    from torch._higher_order_ops import while_loop

    w = torch.randn(3, 3) / 3

    def iterate(n, x):
        return while_loop(lambda i, x: i < n, lambda i, x: (i + 1, torch.tanh(x @ w) + x), (torch.zeros((), dtype=torch.int64), x))

    compiled = torch.compile(iterate, backend="tc", fullgraph=True)
    for n in (0, 1, 7):
        n, x = torch.tensor(n), torch.randn(4, 3)
        torch.testing.assert_close(compiled(n, x), iterate(n, x))
    assert tc.counters["graphs"] == 1 and tc.counters["extern"] == 0


def test_loop_that_exchanges_what_it_carries():
    from torch._higher_order_ops import while_loop

    def fibonacci(n):
        one = torch.ones((), dtype=torch.int64)
        return while_loop(lambda i, a, b: i < n, lambda i, a, b: (i + 1, b.clone(), a + b), (one * 0, one.clone(), one.clone()))

    check(fibonacci, torch.tensor(10))


@pytest.mark.parametrize("kind", ("cond", "while"))
def test_control_flow_in_files(kind, tmp_path):
    from torch._higher_order_ops import while_loop

    class Branch(torch.nn.Module):
        def forward(self, x):
            return torch.cond(x.sum() > 0, lambda x: x.sin(), lambda x: x.cos() * 2, (x,))

    class Loop(torch.nn.Module):
        def forward(self, x):
            start = torch.tensor(0)
            return while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, torch.relu(x * 1.5 - 0.1)), (start, x))

    module = Branch() if kind == "cond" else Loop()
    x = torch.rand(4, 3)
    torch.export.save(torch.export.export(module, (x,)), tmp_path / "model.pt2")
    loaded = tc.load(tmp_path / "model.pt2")
    for input in (x, -x):
        torch.testing.assert_close(loaded(input), module(input))
    assert tc.counters["extern"] == 0


def test_numbers_computed_from_sizes():
    check(lambda x: x * (x.shape[0] / 2) ** 0.5 + 1 / x.shape[1], torch.randn(4, 3), dynamic=True)


def test_numbers_as_arguments():
    compiled = torch.compile(lambda x, a, b: x * a + (a / 3 if b else 1.0), backend="tc", dynamic=True)
    x = torch.randn(4, 3)
    for a, b in ((2.5, True), (-0.5, True), (3.5, False)):
        torch.testing.assert_close(compiled(x, a, b), x * a + (a / 3 if b else 1.0))


@torch._dynamo.config.patch(capture_scalar_outputs=True)
def test_numbers_read_from_tensors():
    check(lambda x: x * x.sum().item() + x.argmax().item(), torch.randn(4, 3))


def test_graph_without_outputs():
    def write(x):
        x.add_(1)

    x = torch.zeros(4, 3)
    torch.compile(write, backend="tc", fullgraph=True)(x)
    assert torch.equal(x, torch.ones(4, 3))


def test_regions_that_only_mark():
    def checkpointed(x):
        return torch.utils.checkpoint.checkpoint(lambda x: x.sin() * x, x, use_reentrant=False)

    x = torch.randn(4, requires_grad=True)
    torch.compile(checkpointed, backend="tc", fullgraph=True)(x).sum().backward()
    torch.testing.assert_close(x.grad, (x.sin() + x * x.cos()).detach())
    assert tc.counters["fallback"] == tc.counters["extern"] == 0
