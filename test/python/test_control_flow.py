"""Higher-order operators through torch.compile against eager: branches, loops, scans, and what stands around graphs."""

import copy

import pytest
import torch
import torch._dynamo.testing
from torch._higher_order_ops import while_loop
from torch._higher_order_ops.associative_scan import associative_scan
from torch._higher_order_ops.scan import scan
from torch.utils import _pytree as pytree

import tc

cond, tensor_map = torch.cond, torch._higher_order_ops.map


class Calls(torch.nn.Module):
    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *args):
        return self.function(self, *args)


def check(function, *input_sets, grad=False, mark=False, **parts):
    """Runs all inputs through one compiled graph; gradients of all floating inputs and parameters too."""
    torch._dynamo.reset()
    tc.counters.clear()
    torch.manual_seed(0)
    module = Calls(function, **parts).requires_grad_(grad)
    other = copy.deepcopy(module)
    count = torch._dynamo.testing.CompileCounterWithBackend("tc")
    compiled = torch.compile(other, backend=count, fullgraph=True)
    for inputs in input_sets:
        def prepare(x):
            if not isinstance(x, torch.Tensor):
                return x
            x = x.clone().requires_grad_(grad and x.is_floating_point())
            if mark and x.dim():
                torch._dynamo.mark_dynamic(x, 0)
            return x

        a, b = (pytree.tree_map(prepare, inputs) for _ in range(2))
        expected, actual = module(*a), compiled(*b)
        torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)
        if grad:
            for results in (expected, actual):
                sum(x.sin().sum() for x in pytree.tree_leaves(results) if x.requires_grad).backward()
            for x, y in zip([*pytree.tree_leaves(b), *other.parameters()], [*pytree.tree_leaves(a), *module.parameters()]):
                if isinstance(y, torch.Tensor):
                    torch.testing.assert_close(x.grad, y.grad, rtol=1e-4, atol=1e-4)
    assert count.frame_count == 1
    externs = {key for key in tc.counters if key.startswith("extern:")}
    assert externs <= {"extern:nonzero"} and tc.counters["fallback"] == 0, externs


@pytest.fixture(autouse=True)
def capture_sizes():
    with torch._dynamo.config.patch(capture_scalar_outputs=True, capture_dynamic_output_shape_ops=True):
        yield


x, y = torch.randn(10, 20), torch.randn(10, 20)
yes, no = torch.tensor(True), torch.tensor(False)


def test_branches_find_out_sizes():
    def count(x):
        return torch.ones(torch.nonzero(x).size(0), 8)

    check(lambda _, p, x: cond(p, lambda x: count(x).cos(), lambda x: count(x - 0.5).sin(), [x.sin()]).exp(), (yes, x), (no, x), (no, y))


def test_branches_of_several_sizes():
    check(lambda _, x: cond(x.sum() > 0, lambda x: (x + 1)[2:].sin(), lambda x: x[:2].cos(), (x,)) * 2, (x.abs(),), (-x.abs(),))


def test_branch_takes_sizes_from_outside():
    check(lambda _, p, x: cond(p, torch.cos, torch.sin, [torch.ones(torch.nonzero(x).size(0), 8)]), (yes, x), (no, x.relu()))


def test_switch():
    from torch._higher_order_ops.switch import switch

    def branches(_, i, x):
        return switch(i, [lambda x: x.sin(), lambda x: x.cos(), lambda x: x * 3], (x,))

    check(branches, *((torch.tensor(i), x) for i in (0, 1, 2)))


def test_gradients_through_branches():
    check(lambda m, p, x: cond(p, lambda x: m.a(x + 1), lambda x: m.b(x).sin(), [x]), (yes, x), (no, y), grad=True,
          a=torch.nn.Linear(20, 5), b=torch.nn.Linear(20, 5))


def test_boolean_crosses_into_the_backward():
    def function(_, x, z):
        size, number = x.shape[0], z.sum().to(torch.int64).item()
        return cond(x.shape[0] > 5, lambda x: x + size, lambda x: x + number * z, (x,))

    check(function, (x, y), grad=True)


def test_loop_carries_integers():
    def function(_, x):
        return while_loop(lambda i, y: i < x.shape[0], lambda i, y: (i + 2, y * 2 + i), (1, x[0] * 0))

    check(function, (torch.randn(7, 3),), (torch.randn(4, 3),), mark=True)


@pytest.mark.parametrize("start", (0, 3, 9))
def test_gradients_through_a_loop(start):
    check(lambda m, i, x: while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, m.layer(x).tanh()), (i, x)),
          (torch.tensor(start), x), grad=True, layer=torch.nn.Linear(20, 20))


@pytest.mark.parametrize("reverse", (False, True))
@pytest.mark.parametrize("grad", (False, True))
def test_scan(reverse, grad):
    def step(carry, row):
        carry = {"w": carry["w"] @ row + carry["b"], "b": carry["b"].sin()}
        return carry, ({"w": carry["w"].clone()}, row.sin())

    check(lambda _, w, b, rows: scan(step, {"w": w, "b": b}, rows, reverse=reverse, dim=1),
          (torch.randn(2, 2), torch.randn(2), torch.randn(2, 4, 2)), grad=grad)


def test_scan_of_one_row():
    check(lambda _, h, rows: scan(lambda h, x: ((h + x).clamp(min=0.1), x * h), h, rows), (torch.randn(4), torch.randn(1, 4)))


def test_branch_in_a_scan():
    def function(m, h, rows):
        def step(h, row):
            new = cond(row.sum() > 0, lambda: m.a(h), lambda: m.b(h).cos(), ())
            return h + new, new

        return scan(step, h, rows)

    check(function, (torch.randn(3, 4), torch.randn(5, 4)), a=torch.nn.Linear(4, 4), b=torch.nn.Linear(4, 4))


@pytest.mark.parametrize("grad", (False, True))
def test_map(grad):
    check(lambda m, x, y: tensor_map(lambda rows: (m.layer(rows[0]).sin(), rows[1].cos()), (x, y)),
          (torch.randn(3, 5, 2), torch.randn(3, 4)), grad=grad, layer=torch.nn.Linear(2, 2))


def test_associative_scan():
    def pair(a, b):
        return a[0] * b[0], a[1] * b[0] + b[1]

    check(lambda _, x, y: associative_scan(pair, (x, y), 0, combine_mode="generic"), (x, y))


def test_associative_scan_by_rows():
    """The operator itself, as graphs hold it."""
    def product(x):
        return torch.ops.higher_order.associative_scan(lambda a, b: (a * b,), (x,), ())

    from torch.fx.experimental.proxy_tensor import make_fx

    graph = make_fx(product, tracing_mode="symbolic")(x)
    compiled = torch.compile(graph, backend="tc")
    torch.testing.assert_close(compiled(x)[0], x.cumprod(0))


def test_regions_that_are_run_as_one():
    region = torch.compiler.nested_compile_region(lambda x: x.sin() + 1)
    check(lambda _, x: region(region(x)) * 2, (x,), (y,))


def test_checkpoint():
    from torch.utils.checkpoint import checkpoint

    check(lambda m, x: checkpoint(lambda x: m.layer(x).tanh(), x, use_reentrant=False), (x,), grad=True,
          layer=torch.nn.Linear(20, 20))


def test_out_dtype():
    from torch._higher_order_ops.out_dtype import out_dtype

    a, b = torch.randint(-128, 127, (5, 7), dtype=torch.int8), torch.randint(-128, 127, (7, 6), dtype=torch.int8)
    check(lambda _, a, b: out_dtype(torch.ops.aten.mm.default, torch.int32, a, b), (a, b))


def test_flex_attention():
    from torch.nn.attention.flex_attention import create_block_mask, flex_attention

    bias = torch.randn(2)
    block_mask = create_block_mask(lambda b, h, q, k: q >= k, None, None, 32, 32, device="cpu", BLOCK_SIZE=16)

    def function(_, q, k, v):
        return flex_attention(q, k, v, lambda score, b, h, i, j: score * 0.5 + bias[h] - (i - j).abs(), block_mask)

    q, k, v = (torch.randn(1, 2, 32, 16) for _ in range(3))
    check(function, (q, k, v))


def test_numbers_as_results():
    def function(_, x):
        return x.sum().item() * 2, x.max().item() > 3, x + 1

    check(function, (x,), (y * 4,))


def test_numbers_as_arguments():
    def function(_, x):
        n = x.sum().item()
        return torch.full((3, 2), n), x.clamp(min=n), x ** n, x < n, torch.scalar_tensor(n), x.masked_fill(x > 0, n)

    check(function, (x.abs(),), (y.abs() * 0.01,))


class Scan(torch.nn.Module):
    def forward(self, h, rows):
        return scan(lambda h, x: ((h * 0.5 + x).tanh(), h.sin()), h, rows)


class Map(torch.nn.Module):
    def forward(self, x):
        return tensor_map(lambda row: row.sin() @ torch.ones(4), x)


@pytest.mark.parametrize("module, inputs", [(Scan(), (torch.randn(4), torch.randn(6, 4))), (Map(), (torch.randn(3, 5, 4),))])
def test_loops_over_rows_in_files(module, inputs, tmp_path):
    torch.export.save(torch.export.export(module, inputs), tmp_path / "model.pt2")
    torch.testing.assert_close(tc.load(tmp_path / "model.pt2")(*inputs), module(*inputs))
