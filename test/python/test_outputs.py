"""Memory of outputs: large ones are the runtime's, reused when their tensor is gone and never before; those that share
memory in eager mode share it here, and no others."""

import gc
import threading

import pytest
import torch

import tc

LARGE = 1 << 18  # elements: past the size from which the runtime gives the memory


@pytest.fixture
def double():
    torch._dynamo.reset()
    return torch.compile(lambda x: x * 2, backend="tc")


def test_memory_is_reused(double):
    x = torch.randn(LARGE)
    y = double(x)
    place = y.data_ptr()
    del y
    assert double(x).data_ptr() == place


def test_live_outputs_are_apart(double):
    inputs = [torch.full((LARGE,), float(i)) for i in range(5)]
    outputs = [double(x) for x in inputs]
    views = [y[10:20] for y in outputs[:2]]
    del outputs[0]
    outputs.append(double(torch.full((LARGE,), 7.0)))
    assert views[0].eq(0).all()  # a view keeps the memory
    for y, expected in zip(outputs, (2.0, 4.0, 6.0, 8.0, 14.0)):
        assert y.eq(expected).all()


def test_strides_of_large_outputs():
    torch._dynamo.reset()
    x = torch.randn(4, 8, 64, 64).to(memory_format=torch.channels_last)
    y = torch.compile(lambda x: x + 1, backend="tc")(x)
    assert y.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(y, x + 1)


def test_outputs_outlive_what_made_them():
    torch._dynamo.reset()
    x = torch.randn(LARGE)
    y = torch.compile(lambda x: x - 3, backend="tc")(x)
    torch._dynamo.reset()
    gc.collect()
    torch.testing.assert_close(y, x - 3)
    y.add_(3)
    torch.testing.assert_close(y, x)


def test_freed_on_another_thread(double):
    x = torch.randn(LARGE)
    box = [double(x)]
    thread = threading.Thread(target=box.clear)
    thread.start()
    thread.join()
    torch.testing.assert_close(double(x), x * 2)


def test_empty_cache(double):
    x = torch.randn(LARGE)
    kept, gone = double(x), double(x)
    del gone
    assert tc.backend.runtime().cached_bytes >= LARGE * 4
    tc.empty_cache()
    assert tc.backend.runtime().cached_bytes == 0
    torch.testing.assert_close(kept, x * 2)


def addresses(tensors):
    return [(x.storage_offset(), x.untyped_storage().data_ptr() - tensors[0].untyped_storage().data_ptr()) for x in tensors]


@pytest.mark.parametrize("function", [
    lambda x: x.chunk(3), lambda x: (x[1:], x.t(), x[:, ::2]), lambda x: x.unbind(1), lambda x: (x.view(-1), x.expand(2, *x.shape)),
    lambda x: (x.add_(1)[1:], x.view(-1)), lambda x: (x.diagonal(), x.unfold(0, 2, 1)),
])
@pytest.mark.parametrize("dynamic", (False, True))
def test_views_of_inputs(function, dynamic):
    torch._dynamo.reset()
    compiled = torch.compile(function, backend="tc", fullgraph=True, dynamic=dynamic)
    for rows in (6, 9) if dynamic else (6,):
        x = torch.randn(rows, 8)
        y = x.clone()
        expected, actual = function(x), compiled(y)
        torch.testing.assert_close(actual, expected)
        assert [z.stride() for z in actual] == [z.stride() for z in expected]
        assert addresses([y, *actual]) == addresses([x, *expected])


def test_views_of_strided_inputs():
    torch._dynamo.reset()
    x = torch.randn(8, 10).t()[::2]
    compiled = torch.compile(lambda x: (x[1:], x + 1), backend="tc", fullgraph=True)
    assert addresses([x, compiled(x)[0]]) == addresses([x, x[1:]])
    torch.testing.assert_close(compiled(x), (x[1:], x + 1))


def test_views_of_other_outputs():
    torch._dynamo.reset()

    def function(x):
        y = x + 1
        return y[1:], y, y.clone(), y.view(-1), y.t()[::2], x.clone()

    x = torch.zeros(4, 3)
    actual, expected = torch.compile(function, backend="tc", fullgraph=True)(x), function(x)
    for results in (actual, expected):
        results[1].mul_(5)
        results[2].add_(1)
        results[0][0, 0] = 7
    x.fill_(3)
    torch.testing.assert_close(actual, expected)
    assert [z.stride() for z in actual] == [z.stride() for z in expected]


def test_views_across_a_graph_break():
    torch._dynamo.reset()

    def function():
        a = torch.tensor([1])[0:1]
        b = a.squeeze()
        a[0] = 0
        if a[0] < 1e5:
            a[0] = 2
        return b

    assert torch.compile(function, backend="tc")() == 2
