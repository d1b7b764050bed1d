"""Graphs that compile and run at once, from several threads."""

import threading

import torch
import torch.nn.functional as F

from tc import _tc
from tc.backend import runtime

NUM_THREADS = 8


def in_threads(work):
    """Runs work(i) on NUM_THREADS threads that start together; the first exception is raised here."""
    barrier, errors = threading.Barrier(NUM_THREADS), []

    def body(i):
        try:
            barrier.wait()
            work(i)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=body, args=(i,)) for i in range(NUM_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def build(i):
    """softmax(x @ w + i), rows free."""
    graph = _tc.Graph(_tc.Context(), f"graph{i}")
    graph.declare_symbol("s0", 0, 1 << 20)
    x = graph.tensor_input("x", "f32", ["s0", "16"])
    w = graph.tensor_input("w", "f32", ["16", str(8 + i)])
    sizes = ["s0", str(8 + i)]
    (y,) = graph.call("aten.mm.default", [("value", x), ("value", w)], {}, [("f32", sizes)])
    (y,) = graph.call("aten.add.Tensor", [("value", y), float(i)], {}, [("f32", sizes)])
    (y,) = graph.call("aten._softmax.default", [("value", y), -1, False], {}, [("f32", sizes)])
    graph.outputs([("value", y)], [None])
    return graph.finish()


def check(executable, i, rounds):
    random = torch.Generator().manual_seed(i)
    for round in range(rounds):
        x = torch.randn(1 + (7 * round + i) % 97, 16, generator=random)
        w = torch.randn(16, 8 + i, generator=random)
        actual = executable.run([x, w], 1 + round % 3)[0]
        torch.testing.assert_close(actual, F.softmax(x @ w + float(i), -1), rtol=1e-4, atol=1e-5)


def test_graphs_of_their_own():
    in_threads(lambda i: check(_tc.compile(build(i), runtime()), i, 50))


def test_one_executable():
    """Each size is a plan of its own, made by whoever needs it first."""
    executable = _tc.compile(build(3), runtime())
    in_threads(lambda i: check(executable, 3, 100))


def test_errors_stay_with_their_threads():
    def work(i):
        for _ in range(20):
            graph = _tc.Graph(_tc.Context(), "main")
            x = graph.tensor_input("x", "f32", ["4"])
            try:
                graph.call(f"aten.no_such_op{i}.default", [("value", x)], {}, [("f32", ["4"])])
                assert False
            except _tc.CompileError as error:
                assert f"no_such_op{i}" in str(error)

    in_threads(work)


def test_torch_compile():
    def function(x, i):
        return F.layer_norm(x * i, (16,)).relu().sum(1)

    def work(i):
        compiled = torch.compile(lambda x: function(x, i), backend="tc", dynamic=False)
        for _ in range(3):
            x = torch.randn(5 + i, 16)
            torch.testing.assert_close(compiled(x), function(x, i), rtol=1e-4, atol=1e-5)

    torch._dynamo.reset()
    in_threads(work)


def test_same_bits_for_any_number_of_threads():
    torch.manual_seed(0)
    x, w = torch.randn(1000003), torch.randn(3, 600, 500)

    def reduce(x, w):
        return x.sum(), x.var(), x.max(), w.sum((0, 2)), w.mean(), (w @ w.mT).softmax(-1)

    compiled, before, results = torch.compile(reduce, backend="tc", dynamic=False), torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3, 5, 1):
            torch.set_num_threads(threads)
            results.append(compiled(x, w))
    finally:
        torch.set_num_threads(before)
    for values in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(values, results[0]))
    torch.testing.assert_close(results[0], reduce(x, w), rtol=1e-5, atol=1e-3)
