"""An index out of range raises what eager mode raises, and nothing outside is read or written."""

import threading

import pytest
import torch
import torch.nn.functional as F

X = torch.randn(10, 4)
V = torch.randn(2, 4)
OPERATORS = {
    "index": lambda x, i: x[i],
    "index of two": lambda x, i: x[i, i % 4],
    "index_put": lambda x, i: x.index_put((i,), V),
    "index_put of sums": lambda x, i: x.index_put((i,), V, accumulate=True),
    "index_select": lambda x, i: x.index_select(0, i),
    "embedding": lambda x, i: F.embedding(i, x),
    "embedding_bag": lambda x, i: F.embedding_bag(i, x, torch.tensor([0])),
    "take": lambda x, i: x.take(i * 4),
    "put": lambda x, i: x.put(i * 4, V[0, :2]),
    "index_add": lambda x, i: x.index_add(0, i, V),
    "index_copy": lambda x, i: x.index_copy(0, i, V),
    "index_fill": lambda x, i: x.index_fill(0, i, 1.0),
    "index_reduce": lambda x, i: x.index_reduce(0, i, V, "amax"),
    "gather": lambda x, i: x.gather(0, i.view(2, 1)),
    "scatter": lambda x, i: x.scatter(0, i.view(2, 1), 1.0),
    "scatter_add": lambda x, i: x.scatter_add(0, i.view(2, 1).expand(2, 4), V),
    "scatter_reduce": lambda x, i: x.scatter_reduce(0, i.view(2, 1).expand(2, 4), V, "sum"),
    "nll_loss": lambda x, i: F.nll_loss(x[:2], i),
    "cross_entropy": lambda x, i: F.cross_entropy(x[:2], i),
}


def compile(function, **options):
    torch._dynamo.reset()
    return torch.compile(function, backend="tc", fullgraph=True, **options)


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("index", [[1, 11], [1, -11]], ids=["high", "low"])
def test_out_of_range(name, index, dynamic):
    index = torch.tensor(index)
    with pytest.raises((IndexError, RuntimeError)) as eager:
        OPERATORS[name](X, index)
    compiled = compile(OPERATORS[name], dynamic=dynamic)
    with pytest.raises(eager.type, match="out of (bounds|range)"):
        compiled(X, index)
    # The next call is as good as any.
    index = torch.tensor([1, 0])
    torch.testing.assert_close(compiled(X, index), OPERATORS[name](X, index))


def test_inputs_stay():
    def add(x, y, i):
        y.add_(1)
        x.index_put_((i,), V)

    x, y = X.clone(), X.clone()
    with pytest.raises(IndexError):
        compile(add)(x, y, torch.tensor([1, 10]))
    torch.testing.assert_close(x, X)


def test_ignored_targets():
    target = torch.tensor([1, -100])
    torch.testing.assert_close(compile(lambda x, i: F.cross_entropy(x[:2], i))(X, target), F.cross_entropy(X[:2], target))
    embed = compile(lambda x, i: F.embedding(i, x, padding_idx=3))
    torch.testing.assert_close(embed(X, torch.tensor([3, 1])), X[[3, 1]])


def test_in_backward():
    x = X.clone().requires_grad_()
    with pytest.raises(IndexError):
        compile(lambda x, i: F.embedding(i, x).sum())(x, torch.tensor([10]))
    compile(lambda x, i: F.embedding(i, x).sum())(x, torch.tensor([9])).backward()
    assert x.grad[9].eq(1).all()


def test_threads():
    compiled = compile(lambda x, i: x[i] * 2)
    compiled(X, torch.tensor([0, 1]))
    outcomes = []

    def run(high):
        for _ in range(200):
            try:
                compiled(X, torch.tensor([1, 10 if high else 9]))
                outcomes.append(not high)
            except IndexError:
                outcomes.append(high)

    threads = [threading.Thread(target=run, args=(high,)) for high in (False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 400 and all(outcomes)
