"""Operators through torch.compile(backend="tc"), against eager mode: what once went wrong."""

import pytest
import torch

from torch.utils import _pytree as pytree

import tc

INF, NAN = float("inf"), float("nan")


def check(function, *inputs, externs=None):
    """Values, dtypes and strides as in eager mode; `externs`: the operators that may be left to PyTorch."""
    torch._dynamo.reset()
    before = dict(tc.counters)
    expected = function(*[x.clone() for x in inputs])
    actual = torch.compile(function, backend="tc", fullgraph=True)(*inputs)
    torch.testing.assert_close(actual, expected, equal_nan=True)
    for x, y in zip(torch.utils._pytree.tree_leaves(expected), torch.utils._pytree.tree_leaves(actual)):
        if isinstance(x, torch.Tensor):
            assert x.stride() == y.stride()
    if externs is not None:
        found = {name[7:] for name, count in tc.counters.items() if name.startswith("extern:") and count != before.get(name, 0)}
        assert found <= set(externs)


def test_scan_of_equal_sizes():
    x = torch.randn(5, 5, 5)
    for dim in range(3):
        check(lambda x: x.cumsum(dim), x, externs=[])


def test_no_elements():
    check(lambda x, y: x @ y, torch.randn(5, 0), torch.randn(0, 10), externs=[])
    check(lambda x: torch.gather(x, 0, torch.empty(2, 0, dtype=torch.int64)), torch.randn(5))


def test_constants_in_the_graph():
    check(lambda x: x + torch.tensor([1.0, 2.0]) * torch.tensor(2.0), torch.randn(2), externs=[])


def test_infinity_and_order_of_bounds():
    x, y = torch.tensor([INF, NAN, 1.0, INF]), torch.tensor([NAN, -INF, NAN, INF])
    check(torch.hypot, x, y, externs=[])
    check(lambda x: torch.logit(x, 0.6), torch.rand(8), externs=[])


@pytest.mark.parametrize("strides", [(1, 8), (10, 2), (0, 1)])
def test_strides_of_outputs(strides):
    def function(x):
        return torch.as_strided(x + 1, (2, 4), strides)

    check(function, torch.randn(32), externs=[])


def test_in_place_transposition():
    check(lambda x: (x + 1).transpose_(0, 1), torch.randn(2, 3), externs=[])


@torch.library.custom_op("tc_test::scale", mutates_args=())
def scale(x: torch.Tensor, factor: float) -> torch.Tensor:
    return x * factor


@scale.register_fake
def _(x, factor):
    return torch.empty_like(x)


def test_custom_operator():
    check(lambda x: scale(x + 1, 3.0) * 2, torch.randn(4), externs=["tc_test::scale"])


def test_formulas_of_pytorch():
    check(lambda x: torch.special.entr(x), torch.rand(8), externs=[])
    check(lambda x: torch.nn.functional.channel_shuffle(x, 2), torch.randn(1, 4, 2, 2), externs=[])


@pytest.mark.parametrize("dtype", [torch.int16, torch.float64, torch.uint8])
def test_elements_of_another_width(dtype):
    def function(x):
        y = x + 1
        y.view(dtype)[:, :1].fill_(3)
        return y.view(dtype), y.t(), y

    check(function, torch.randn(4, 6), externs=[])


def test_complex_elements_move():
    def function(x, y):
        z = torch.cat([x.t(), y.expand(2, 3, 4)[1].t()])
        torch.view_as_real(z)[..., 1].mul_(2)
        return z.flip(0), z[:, 1], y.to(torch.complex64)

    check(function, torch.randn(3, 4, dtype=torch.complex64), torch.randn(3, 4, dtype=torch.complex64), externs=[])


@torch.library.custom_op("tc_test::add_to", mutates_args=("x",))
def add_to(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    x += y
    return x * y


@add_to.register_fake
def _(x, y):
    return torch.empty_like(x)


def test_custom_operator_that_writes():
    def function(x, y):
        z = x.clone()
        return add_to(z[0], y) * 2, z

    check(function, torch.randn(2, 4), torch.randn(4), externs=["tc_test::add_to"])


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int32])
def test_integer_powers(dtype):
    x = torch.arange(0, 100, dtype=torch.int64).to(dtype)
    check(lambda x: (x**5, 3**x, x ** x.clamp(max=9)), x, externs=[])


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_complex_arithmetic(dtype):
    def function(z, w, m):
        y = (z * w - 2 * z.conj() + 3j) / (w + 1)
        return (y * 0.1).exp(), z.abs() + w.angle(), y.real.sum(), torch.polar(z.abs(), w.imag), z.sqrt().sin() @ m, z == w, y.mean(1)

    z, w, m = (torch.randn(size, dtype=dtype) for size in ((4, 5), (4, 5), (5, 3)))
    check(function, z, w, m, externs=[])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_special_functions(dtype):
    x = torch.linspace(-9.3, 9.3, 97, dtype=dtype)
    edges = torch.tensor([0.0, -0.0, 1.0, 2.0, -1.0, -2.0, INF, -INF, NAN, 0.5, 1e-30], dtype=dtype)
    for x in (x, edges):
        check(lambda x: (torch.lgamma(x), torch.digamma(x), torch.erfinv(x / 10), torch.special.ndtri(x)), x, externs=[])
        check(lambda x: (torch.i0(x), torch.special.i0e(x), torch.special.i1(x), torch.special.i1e(x)), x, externs=[])
        check(lambda x: (x.sin() + x.cos(), torch.polygamma(1, x.abs())), x, externs=[])


def test_values_with_many_uses():
    """Compile time that doubles with each step of a chain would never end."""

    def function(x):
        for i in range(60):
            x = torch.where(x < i, x + 1, x) * 0.5 + x
        return x

    check(function, torch.rand(7), externs=[])


@pytest.mark.parametrize("size", [(7,), (4, 9), (3, 8, 10)])
def test_adaptive_max_pool_of_uneven_windows(size):
    pool = getattr(torch.nn.functional, f"adaptive_max_pool{len(size)}d")
    check(lambda x: pool(x, 3, return_indices=True), torch.randn(2, 3, *size), externs=[])
    check(lambda x: pool(x, 5), torch.randn(2, 3, *size), externs=[])


def test_exceptions_of_operators():
    """What PyTorch raises in a call back comes out as it is."""
    with pytest.raises(RuntimeError, match="same dtype"):
        torch.compile(torch.mm, backend="tc")(torch.ones(2, 3), torch.ones(3, 3, dtype=torch.int64))
    with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
        pool = torch.compile(lambda x: torch.nn.functional.adaptive_avg_pool2d(x, 5), backend="tc")
        pool(torch.ones(1, 1, 4, 4, dtype=torch.int64))


def test_rounded_numbers():
    def function(x, i):
        return x + round(i / 2 + 1.0), x + round(i / 2 * 123.4567, 1)

    compiled = torch.compile(function, backend="tc", dynamic=True)
    for i in (3, 5, 7):
        torch.testing.assert_close(compiled(torch.ones(2), i), function(torch.ones(2), i))


def test_resize_of_memory():
    x = torch.randn(2, 3, 4).permute(2, 0, 1)
    check(lambda x: torch.ops.aten.resize(x, [5, 3]), x, externs=[])
    check(lambda x: torch.ops.aten.resize(x, [1, 2, 2, 3], memory_format=torch.channels_last), x, externs=[])
    check(lambda x, y: torch.ops.aten.resize_as(x, y), x, torch.randn(4, 2), externs=[])


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64])
@pytest.mark.parametrize("include_self", [True, False])
def test_scattered_reductions(reduce, dtype, include_self):
    x, source = (torch.randint(-9, 9, size).to(dtype) for size in ((4, 5), (6, 5)))
    index = torch.randint(0, 4, (6, 5))

    def function(x, index, source):
        y = x.scatter_reduce(0, index, source, reduce, include_self=include_self)
        if reduce != "sum":
            y = y + x.index_reduce(0, index[:, 0], source, reduce, include_self=include_self)
        return y

    check(function, x, index, source, externs=[])


def test_running_extremes_and_medians():
    x = torch.tensor([[1.0, 3.0, 3.0, 2.0, 5.0], [NAN, 1.0, NAN, 2.0, 0.0], [-INF, -INF, 0.0, -0.0, INF]])
    check(lambda x: (x.cummax(1), x.cummin(1), x.cummax(0), x.to(torch.int64)[::2].cummin(1)), x, externs=[])
    check(lambda x: (x.median(), x[0].median(), x.median(1).values, x[::2, :4].median()), x, externs=[])


def test_searches():
    x, edges = torch.randn(3, 7), torch.randn(3, 5).sort(1).values
    check(lambda x, edges: torch.searchsorted(edges, x), x, edges, externs=[])
    check(lambda x, edges: torch.searchsorted(edges, x, side="right", out_int32=True), edges.clone(), edges, externs=[])
    check(lambda x, edges: torch.searchsorted(edges[0], 0.5), x, edges, externs=[])
    check(lambda x, edges: torch.searchsorted(edges.flip(1), x, sorter=torch.arange(4, -1, -1).expand(3, 5)), x, edges)


def test_masked_scatter_and_distances():
    x, y = torch.randn(4, 5), torch.randn(3, 5)
    check(lambda x, y: x.masked_scatter(x > 0, x.abs() + 1), x, y, externs=[])
    for p in (0.0, 1.0, 1.5, 2.0, INF):
        check(lambda x, y: torch.cdist(x, y, p), x, y, externs=[])
    check(torch.angle, torch.tensor([1.0, -1.0, 0.0, -0.0, NAN, -INF]), externs=[])


def test_results_that_are_none_in_a_call_back():
    def function(x, w):
        y = torch.ops.aten.convolution_backward(
            torch.ones_like(x), x, w, [4], [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [False, True, False]
        )
        return y[1] + 1

    x, w = torch.randn(2, 4, 6, 6), torch.randn(4, 4, 3, 3)
    torch.testing.assert_close(torch.compile(function, backend="tc", dynamic=True)(x, w), function(x, w))


def test_sizes_with_cases():
    def function(x, n, step):
        return torch.arange(0, n, step, dtype=torch.float32) + 1, x.new_zeros(max(n - 7, 2), 3) + x

    compiled = torch.compile(function, backend="tc", dynamic=True)
    for n, step in ((20, 3), (9, 2), (31, 7)):
        torch.testing.assert_close(compiled(torch.ones(3), n, step), function(torch.ones(3), n, step))


def test_numbers_of_the_graph_as_arguments():
    def function(x, s, w):
        flag = torch.full((2, 3), s > 2)
        return flag, x * torch.scalar_tensor(s * 1.5), torch.nn.functional.conv2d(x, w, groups=x.shape[1])

    compiled = torch.compile(function, backend="tc", dynamic=True)
    for s, c in ((1, 4), (3, 6), (5, 3)):
        inputs = torch.randn(2, c, 5, 5), s, torch.randn(c, 1, 3, 3)
        torch.testing.assert_close(compiled(*inputs), function(*inputs))


class Composite(torch.nn.Module):
    """Operators that AOTAutograd takes apart, and files hold."""

    def forward(self, x):
        pad = torch.nn.functional.pad
        return (torch.repeat_interleave(x, 2, 3), torch.repeat_interleave(x, 3, -2), pad(x, (1, 2, 0, 1)), pad(x, (1, -1), value=2.5),
                pad(x[0], (1, 2), mode="replicate"), pad(x[0], (2, 1), mode="reflect"), pad(x[0], (1, 1), mode="circular"))


def test_operators_of_files(tmp_path):
    x = torch.randn(1, 4, 3, 8)
    tc.counters.clear()
    torch.export.save(torch.export.export(Composite(), (x,)), tmp_path / "model.pt2")
    torch.testing.assert_close(tc.load(tmp_path / "model.pt2")(x), Composite()(x))
    assert tc.counters["extern"] == 0, dict(tc.counters)


def test_errors_of_operators_raised_by_python_itself():
    @torch.library.custom_op("tc_tests::fails", mutates_args=())
    def fails(x: torch.Tensor) -> torch.Tensor:
        return [][0]

    fails.register_fake(torch.empty_like)
    with pytest.raises(IndexError, match="list index out of range"):
        torch.compile(lambda x: fails(x) + 1, backend="tc")(torch.ones(3))


class Counter(torch.nn.Module):
    """Writes its buffers: one whole, one in parts, and two that change places."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.register_buffer("history", torch.zeros(4, 3), persistent=False)
        self.register_buffer("a", torch.ones(3))
        self.register_buffer("b", torch.full((3,), 2.0))

    def forward(self, x):
        self.history[1:] = self.history[:-1].clone()
        self.history[0] = x
        self.count += 1
        a = self.a.clone()
        self.a.copy_(self.b)
        self.b.copy_(a)
        return self.history.sum(0) + self.count, self.count.clone(), self.a * 2, self.history


def test_files_that_write_their_buffers(tmp_path):
    torch.export.save(torch.export.export(Counter(), (torch.ones(3),)), tmp_path / "model.pt2")
    loaded, module = tc.load(tmp_path / "model.pt2"), Counter()
    for _ in range(6):
        x = torch.randn(3)
        torch.testing.assert_close(loaded(x), tuple(y.clone() for y in module(x)))


def test_arguments_that_change_places():
    def swap(a, b):
        t = a.clone()
        a.copy_(b)
        b.copy_(t)
        return a - b

    x, y = torch.randn(2, 4), torch.randn(2, 4)
    expected = [x.clone(), y.clone()]
    difference = swap(*expected)
    actual = [x.clone(), y.clone()]
    torch.testing.assert_close(torch.compile(swap, backend="tc")(*actual), difference)
    torch.testing.assert_close(actual, expected)


@pytest.mark.parametrize("kind", [torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN])
@torch._dynamo.config.patch(allow_rnn=True)
def test_recurrent_layers(kind, tmp_path):
    layer, x = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True), torch.randn(3, 2, 3)
    with torch.no_grad():
        expected = layer(x)
        tc.counters.clear()
        torch.testing.assert_close(torch.compile(layer, backend="tc")(x), expected)
        torch.export.save(torch.export.export(layer, (x,)), tmp_path / "model.pt2")
        torch.testing.assert_close(tc.load(tmp_path / "model.pt2")(x), tuple(pytree.tree_leaves(expected)))
    torch._dynamo.reset()
    gradients = [torch.autograd.grad(f(x)[0].sin().sum(), tuple(layer.parameters()))
                 for f in (layer, torch.compile(layer, backend="tc"))]
    torch.testing.assert_close(*gradients)
    assert tc.counters["extern"] == 0, dict(tc.counters)


def test_projections_and_cells_in_files(tmp_path):
    class Cells(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.LSTM(3, 8, proj_size=2)
            self.lstm, self.gru = torch.nn.LSTMCell(2, 4), torch.nn.GRUCell(4, 5, bias=False)
            self.rnn = torch.nn.RNNCell(5, 6, nonlinearity="relu")

        def forward(self, x):
            y, state = self.layer(x)
            h, c = self.lstm(y[0])
            return y, *state, h, c, self.rnn(self.gru(h))

    module, x = Cells(), torch.randn(4, 2, 3)
    tc.counters.clear()
    with torch.no_grad():
        torch.export.save(torch.export.export(module, (x,)), tmp_path / "model.pt2")
        torch.testing.assert_close(tc.load(tmp_path / "model.pt2")(x), module(x))
    assert tc.counters["extern"] == 0, dict(tc.counters)


def equations(a, b, v):
    """a: [2, 3, 4], b: [2, 4, 5], v: [4]."""
    yield torch.einsum("bij,bjk->bik", a, b)
    yield torch.einsum("bij,bjk", a, b)
    yield torch.einsum("...i,i->...", a, v)
    yield torch.einsum("...ij,...jk->...k", a, b)
    yield torch.einsum("b i j, j -> i b", a, v)
    yield torch.einsum("bij->", a)
    yield torch.einsum("bij->jb", a)
    yield torch.einsum("bij,bjk,j->bk", a, b, v)
    yield torch.einsum("i,j->ji", v, v)
    yield torch.einsum("bij,bij->bij", a, a[:1])
    yield torch.einsum("bij,bjk->bik", a, b[:1])
    yield torch.tensordot(a, b, dims=([0, 2], [0, 1]))
    yield torch.tensordot(a, v, 1)


def composites(a, b, v):
    yield from torch.broadcast_tensors(a, v, v[:1, None])
    yield from (torch.hstack([v, v]), torch.hstack([a, a]), torch.vstack([v, v]), torch.dstack([v, v]),
                torch.column_stack([v, v, a[0].T]))
    yield from torch.atleast_3d(v, a[0], a[0, 0, 0])
    yield from (torch.tril_indices(4, 5, -1), torch.triu_indices(3, 3, 1))
    functional = torch.nn.functional
    yield from (functional.cosine_similarity(a, v, -1), functional.pairwise_distance(a, a.flip(1)))
    for p in (0.0, 1.0, 2.0, 3.0, INF):
        yield torch.cdist(a, b.mT, p)


def samples(a, b, v):
    functional, image = torch.nn.functional, b[:, :, None].expand(2, 4, 3, 5) * torch.tensor([1.0, 2.0, 3.0])[:, None]
    for aligned in (False, True):
        grid = functional.affine_grid(a[:, :2, :3] * 0.7, [2, 4, 6, 7], align_corners=aligned)
        yield grid
        yield functional.affine_grid(torch.cat([a, a[:, :1]], 1)[:, :3], [2, 1, 3, 1, 4], align_corners=aligned)
        for padding in ("zeros", "border", "reflection"):
            for mode in ("bilinear", "nearest"):
                yield functional.grid_sample(image, grid, mode, padding, align_corners=aligned)


def bags(a, b, v):
    functional, index = torch.nn.functional, torch.tensor([0, 2, 1, 1, 2, 0, 2])
    for mode in ("sum", "mean"):
        yield functional.embedding_bag(index, b[0], torch.tensor([0, 3, 3, 5]), mode=mode)
        yield functional.embedding_bag(index.view(1, 7), b[0], mode=mode, padding_idx=1)
        yield functional.embedding_bag(index, b[0], torch.tensor([0, 3, 7]), mode=mode, include_last_offset=True)
    yield functional.embedding_bag(index, b[0], torch.tensor([0, 4]), mode="sum", per_sample_weights=a.flatten()[:7])


@pytest.mark.parametrize("function", [equations, composites, samples, bags])
def test_composite_operators_of_files(function, tmp_path):
    class Composites(torch.nn.Module):
        def forward(self, *inputs):
            return tuple(function(*inputs))

    inputs = torch.randn(2, 3, 4), torch.randn(2, 4, 5), torch.randn(4)
    tc.counters.clear()
    torch.export.save(torch.export.export(Composites(), inputs), tmp_path / "model.pt2")
    actual, expected = tc.load(tmp_path / "model.pt2")(*inputs), Composites()(*inputs)
    for i, (a, e) in enumerate(zip(actual, expected, strict=True)):
        torch.testing.assert_close(a, e, msg=lambda text: f"result {i}: {text}")
    assert tc.counters["extern"] == 0, dict(tc.counters)
