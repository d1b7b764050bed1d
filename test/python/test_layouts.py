"""Tensors without elements, with gaps, and with elements in one place, through an op of every family; and graphs whose
outputs are nothing, or their inputs."""

import pytest
import torch
import torch.nn.functional as F

import tc  # noqa: F401 (registers the backend)

f32 = torch.float32


def randn(*sizes):
    return torch.randn(*sizes, generator=torch.Generator().manual_seed(0))


def randint(high, *sizes):
    return torch.randint(high, sizes, generator=torch.Generator().manual_seed(0))


# A function and its inputs; each input has a dimension of size 0.
ZERO_SIZE = {
    "pointwise": (lambda x, y: (x * 2 + y).relu().exp(), [randn(0, 4), randn(4)]),
    "broadcast": (lambda x, y: x + y, [randn(3, 0), randn(1, 1)]),
    "compare": (lambda x: (x > 0) & (x < 1), [randn(2, 0)]),
    "cast": (lambda x: x.to(torch.int64), [randn(0, 2)]),
    "sum_over_nothing": (lambda x: x.sum(1), [randn(3, 0)]),
    "sum_of_nothing": (lambda x: x.sum(0), [randn(3, 0)]),
    "prod": (lambda x: x.prod(1), [randn(3, 0)]),
    "all_any": (lambda x: (x > 0).all(1) | (x > 0).any(1), [randn(3, 0)]),
    "amax_of_nothing": (lambda x: x.amax(0), [randn(3, 0)]),
    "argmax_of_nothing": (lambda x: x.argmax(1), [randn(0, 3)]),
    "cumsum": (lambda x: x.cumsum(0), [randn(0, 3)]),
    "sort": (lambda x: x.sort(1), [randn(0, 3)]),
    "topk": (lambda x: x.topk(0, 1), [randn(4, 3)]),
    "softmax": (lambda x: F.softmax(x, -1), [randn(0, 5)]),
    "softmax_of_nothing": (lambda x: F.softmax(x, -1), [randn(4, 0)]),
    "layer_norm": (lambda x: F.layer_norm(x, (4,)), [randn(0, 4)]),
    "matmul_rows": (torch.matmul, [randn(0, 4), randn(4, 3)]),
    "matmul_columns": (torch.matmul, [randn(2, 4), randn(4, 0)]),
    "matmul_depth": (torch.matmul, [randn(2, 0), randn(0, 3)]),
    "linear_depth": (lambda x, w, b: F.linear(x, w, b), [randn(2, 0), randn(3, 0), randn(3)]),
    "bmm_batch": (torch.bmm, [randn(0, 2, 3), randn(0, 3, 4)]),
    "conv_batch": (lambda x, w: F.conv2d(x, w, padding=1), [randn(0, 3, 8, 8), randn(4, 3, 3, 3)]),
    "max_pool_batch": (lambda x: F.max_pool2d(x, 2), [randn(0, 3, 8, 8)]),
    "avg_pool_batch": (lambda x: F.avg_pool2d(x, 2), [randn(0, 3, 8, 8)]),
    "interpolate_batch": (lambda x: F.interpolate(x, scale_factor=2.0), [randn(0, 3, 4, 4)]),
    "cat": (lambda x, y: torch.cat([x, y, x]), [randn(0, 3), randn(2, 3)]),
    "stack": (lambda x: torch.stack([x, x]), [randn(0, 3)]),
    "pad": (lambda x: F.pad(x, (1, 2)), [randn(3, 0)]),
    "slice_of_nothing": (lambda x: x[:, 2:2] + 1, [randn(3, 4)]),
    "flip_roll": (lambda x: x.flip(0).roll(1, 0), [randn(0, 3)]),
    "embedding": (F.embedding, [randint(5, 0), randn(5, 3)]),
    "index_select": (lambda x, i: x.index_select(0, i), [randn(5, 3), randint(5, 0)]),
    "gather": (lambda x, i: x.gather(1, i), [randn(4, 3), randint(3, 4, 0)]),
    "scatter_add": (lambda x, i, y: x.scatter_add(0, i, y), [randn(4, 3), randint(4, 0, 3), randn(0, 3)]),
    "index_put": (lambda x, i, y: x.index_put((i,), y), [randn(4, 3), randint(4, 0), randn(0, 3)]),
    "where": (lambda x, y: torch.where(x > 0, x, y), [randn(0), randn(0)]),
    "reshape": (lambda x: x.reshape(0, 7).t() * 2, [randn(3, 0)]),
    "attention": (F.scaled_dot_product_attention, [randn(0, 2, 3, 4), randn(0, 2, 3, 4), randn(0, 2, 3, 4)]),
    "mutation": (lambda x: x.clone().add_(1)[:, :0].mul_(2), [randn(2, 3)]),
    "creation": (lambda x: torch.zeros(0, 3) + x, [randn(3)]),
}

# The same values at other places.
LAYOUTS = {
    "transposed": lambda x: x.t().contiguous().t(),
    "every_other": lambda x: torch.stack([x, -x], -1).flatten(-2)[:, ::2],
    "offset": lambda x: torch.cat([x, x])[x.shape[0] :],
    "unaligned": lambda x: torch.cat([x.flatten()[:1], x.flatten()])[1:].view(x.shape),
    "expanded_rows": lambda x: x[:1].expand_as(x),
    "expanded_columns": lambda x: x[:, :1].expand_as(x),
    "overlapping": lambda x: x.flatten().as_strided(x.shape, (1, 1)),
}

FUNCTIONS = {
    "pointwise": lambda x: x.sin() * 2 + x,
    "row": lambda x: F.softmax(x, -1),
    "columns": lambda x: x.sum(0),
    "matmul": lambda x: x @ x.t(),
    "scan": lambda x: x.cumsum(1),
    "sort": lambda x: x.sort(1)[0],
    "index": lambda x: x[torch.tensor([2, 0])],
    "view": lambda x: x.reshape(-1)[3:].clone(),
}


def check(function, inputs):
    torch._dynamo.reset()
    expected = function(*[x.clone() if isinstance(x, torch.Tensor) else x for x in inputs])
    actual = torch.compile(function, backend="tc", dynamic=False, fullgraph=True)(*inputs)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5, equal_nan=True)


@pytest.mark.parametrize("name", ZERO_SIZE)
def test_zero_size(name):
    check(*ZERO_SIZE[name])


def test_sizes_that_become_zero():
    torch._dynamo.reset()
    function = torch.compile(lambda x: F.softmax(x @ x.t(), -1).sum(0), backend="tc", dynamic=True)
    for rows in (3, 5, 0, 7):
        x = randn(rows, 4)
        torch.testing.assert_close(function(x), F.softmax(x @ x.t(), -1).sum(0), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_layout(name, layout):
    check(FUNCTIONS[name], [LAYOUTS[layout](randn(6, 10))])


def test_one_graph_at_several_layouts():
    """An executable takes strides other than those it was compiled for."""
    from tc.backend import runtime
    from tc import _tc

    graph = _tc.Graph(_tc.Context(), "main")
    x = graph.tensor_input("x", "f32", ["6", "10"])
    (y,) = graph.call("aten.sin.default", [("value", x)], {}, [("f32", ["6", "10"])])
    graph.outputs([("value", y)], [None])
    executable = _tc.compile(graph.finish(), runtime())
    for layout in LAYOUTS.values():
        value = layout(randn(6, 10))
        torch.testing.assert_close(executable.run([value])[0], value.sin())


OUTPUTS = {
    "nothing": lambda x: None,
    "empty": lambda x: (),
    "input": lambda x: x,
    "input_twice": lambda x: (x, x),
    "input_and_result": lambda x: (x, x + 1, x),
    "result_twice": lambda x: (lambda y: (y, y))(x + 1),
    "views_of_input": lambda x: (x.t(), x[1:], x.view(-1)),
    "none_among_others": lambda x: (None, x + 1, 3, "text", 2.5),
    "constant": lambda x: torch.ones(3),
    "mutated_input": lambda x: x.add_(1),
    "only_mutation": lambda x: (x.mul_(2), None)[1],
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs(name):
    function = OUTPUTS[name]
    torch._dynamo.reset()
    x, y = randn(4, 6), randn(4, 6)
    expected = function(x)
    actual = torch.compile(function, backend="tc", dynamic=False)(y)
    torch.testing.assert_close(y, x)
    flat = lambda value: list(value) if isinstance(value, tuple) else [value]
    assert len(flat(actual)) == len(flat(expected))
    for a, e in zip(flat(actual), flat(expected)):
        if isinstance(e, torch.Tensor):
            torch.testing.assert_close(a, e)
            assert a.stride() == e.stride()
            assert (a.untyped_storage().data_ptr() == y.untyped_storage().data_ptr()) == (
                e.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
            )
        else:
            assert a == e


@pytest.mark.parametrize("dynamic", [False, True])
def test_strides_of_outputs_are_those_of_eager(dynamic):
    def function(x, y):
        z = x + 1
        return (z.expand(2, *x.shape), z[:, ::2], torch.as_strided(z, (5, 3), (2, 1)), z.t(), z[:, :, None].expand(-1, -1, 3),
                (y * 2).contiguous(memory_format=torch.channels_last), y.sin().permute(0, 2, 3, 1)[:1], x.expand(3, *x.shape))

    compiled = torch.compile(function, backend="tc", dynamic=dynamic)
    for shape in ((6, 8), (7, 5)):
        x, y = torch.randn(shape), torch.randn(1, 3, *shape)
        for actual, expected in zip(compiled(x, y), function(x, y)):
            torch.testing.assert_close(actual, expected)
            assert actual.stride() == expected.stride()


def test_view_of_a_mutated_input_that_repeats_it():
    def function(x, index):
        x.index_put_((index,), torch.ones(index.shape[0]))
        return x.expand(2, x.shape[0])

    compiled = torch.compile(function, backend="tc", dynamic=True)
    for n in (16, 9):
        x, index = torch.randn(n), torch.arange(4)
        other = x.clone()
        actual, expected = compiled(x, index), function(other, index)
        torch.testing.assert_close(actual, expected)
        assert actual.stride() == expected.stride() and actual.data_ptr() == x.data_ptr()


@pytest.mark.parametrize("dynamic", [False, True])
def test_storage_of_results(dynamic):
    def function(x, w):
        y, z = torch.nn.functional.conv2d(x, w), (x.transpose(1, 3) * 2)
        part = torch.as_strided(z, (3, 4), (4, 1), 2)
        part.mul_(3)
        return torch.as_strided(y, (2, 5), (7, 1), 1) + 1, torch.as_strided(y.sin(), (6,), (2,), 0), z

    compiled = torch.compile(function, backend="tc", dynamic=dynamic)
    w = randn(4, 3, 2, 2)
    for x in (randn(2, 3, 5, 6).to(memory_format=torch.channels_last), randn(2, 3, 7, 5), randn(2, 3, 10, 12)[:, :, ::2, ::2]):
        torch.testing.assert_close(compiled(x, w), function(x, w))


def complexes():
    return torch.complex(randn(4, 4), randn(4, 4))


def invert(x):
    """The operator is called back."""
    return torch.linalg.inv(x + torch.eye(4))


# Tensors whose values are not the numbers in memory, or that begin within their memory or have gaps.
LAZY = {
    "conjugate": lambda: complexes().conj(),
    "transposed_conjugate": lambda: complexes().mH,
    "negative": lambda: complexes().conj().imag,
    "repeated": lambda: complexes().conj()[:1].expand(4, 4),
}


@pytest.mark.parametrize("name", LAZY)
@pytest.mark.parametrize("function", (lambda x: x * 2 + 1, lambda x: x.reshape(-1).sum(), invert, lambda x: x @ x))
def test_lazy_input(name, function):
    x = LAZY[name]()
    torch.testing.assert_close(torch.compile(function, backend="tc", fullgraph=True)(x), function(x))


@pytest.mark.parametrize("name", ("conjugate", "negative"))
def test_writes_to_lazy_input(name):
    def function(x):
        x.mul_(2)
        return x + 1

    x, y = LAZY[name](), LAZY[name]()
    torch.testing.assert_close(torch.compile(function, backend="tc", fullgraph=True)(x), function(y))
    torch.testing.assert_close(x, y)


def test_lazy_and_other_inputs_of_one_function():
    compiled, x = torch.compile(lambda x: x * 2, backend="tc", fullgraph=True), complexes()
    for each in (x, x.conj(), x.mH, x):
        torch.testing.assert_close(compiled(each), each * 2)


def test_lazy_gradient():
    x, gradient = complexes().requires_grad_(), complexes().conj()
    y = torch.compile(lambda x: x * x, backend="tc", fullgraph=True)(x)
    torch.testing.assert_close(torch.autograd.grad(y, x, gradient), torch.autograd.grad(x * x, x, gradient))


# as_strided counts from the beginning of the memory.
AROUND = {
    "offset": (lambda x: x.as_strided((2, 3), (3, 1), 1) + 1, lambda x: x[4:]),
    "gaps": (lambda x: x.as_strided((2, 3), (3, 1)) + 1, lambda x: x[::2]),
    "beyond": (lambda x: x.as_strided((3, 3), (4, 1)) * 3, lambda x: x[:4]),
    "overlapping": (lambda x: x.as_strided((3, 3), (1, 1), 2) * 3, lambda x: x[4:19]),
    "of_a_view": (lambda x: x.view(4, 5).t().as_strided((2, 3), (3, 1), 1) * 3, lambda x: x[4:]),
    "two": (lambda x: (x.as_strided((3, 3), (4, 1), 2) * 3 + x.sum(), x.as_strided((2,), (4,), 0)), lambda x: x[4:9]),
}


@pytest.mark.parametrize("name", AROUND)
def test_as_strided_around_an_input(name):
    function, make = AROUND[name]
    x = make(randn(24))
    torch.testing.assert_close(torch.compile(function, backend="tc", fullgraph=True)(x), function(x))


def test_as_strided_around_an_input_that_is_written_to():
    def function(x):
        x.add_(1)
        return x.as_strided((2,), (1,), 0) * 2

    with pytest.raises(Exception, match="as_strided reads memory around an input, in a graph that writes"):
        torch.compile(function, backend="tc", fullgraph=True)(randn(24)[4:])


@torch.library.custom_op("tc_layouts::lazy_conjugate", mutates_args=())
def lazy_conjugate(x: torch.Tensor) -> torch.Tensor:
    return x.clone().conj()


@lazy_conjugate.register_fake
def _(x):
    return torch.empty_like(x)


def test_lazy_result_of_a_call_back():
    x = complexes()
    actual = torch.compile(lambda x: lazy_conjugate(x) * 2, backend="tc", fullgraph=True)(x)
    torch.testing.assert_close(actual, x.conj() * 2)
