"""Memory of outputs: large ones are the runtime's, reused when their tensor is gone and never before."""

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
