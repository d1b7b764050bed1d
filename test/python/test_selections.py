"""Medians, modes, bags of embeddings, copies of narrow elements, and calls back, against eager mode."""

import pytest
import torch

import tc


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.int8, torch.float32])
def test_copies_of_transposed_elements_stay_within_the_result(dtype):
    # Of 49 elements one is left behind whole vectors.
    x = torch.randn(49, 4).mul(50).to(dtype)
    compiled = torch.compile(lambda x, y: (x.t().contiguous(), y + 1), backend="tc")
    for _ in range(3):
        copy, _ = compiled(x, torch.zeros(3))
        assert torch.equal(copy, x.t())


def test_the_last_element_behind_whole_vectors_is_stored_in_its_width():
    # Views into one buffer, so that what is stored too wide is seen.
    buffer = torch.full((40,), 7, dtype=torch.int16)

    def function(buffer, x):
        buffer[:17].copy_(x.to(torch.int16))
        return buffer + 0

    expected = torch.cat([torch.arange(17), torch.full((23,), 7)]).to(torch.int16)
    result = torch.compile(function, backend="tc")(buffer, torch.arange(17, dtype=torch.int32))
    assert torch.equal(result, expected) and torch.equal(buffer, expected)


def check_without_extern(function, *inputs):
    """Compiled, `function` gives what it gives in eager mode, and calls nothing back."""
    before = tc.counters["extern"]
    torch.testing.assert_close(torch.compile(function, backend="tc")(*inputs), function(*inputs), equal_nan=True)
    assert tc.counters["extern"] == before


NAN = float("nan")


@pytest.mark.parametrize("function", [
    lambda x: torch.median(x, 1), lambda x: torch.median(x), lambda x: torch.nanmedian(x),
    lambda x: torch.mode(x, 1), lambda x: torch.mode(x.round(), 0, keepdim=True),
])  # fmt: skip
def test_medians_and_modes(function):
    x = torch.tensor([[3.0, 1.5, 2.0, -4.0], [NAN, 5.0, NAN, 0.5], [7.0, 7.5, 8.0, NAN]])
    if "mode" in function.__code__.co_names:
        x = torch.randint(-2, 3, (5, 9), generator=torch.Generator().manual_seed(1)).float()
    check_without_extern(function, x)


def test_numbers_are_cut_to_the_integers_they_meet():
    def function(m, v, x):
        return torch.addmv(x, m, v, beta=1.7, alpha=2.9), torch.arange(5, 0, -0.5, dtype=torch.int64), torch.angle(-m.double())

    m = torch.arange(6).reshape(2, 3)
    check_without_extern(function, m, torch.tensor([1, 2, 3]), torch.tensor([4, 5]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("mode, options", [
    ("sum", {}), ("mean", {}), ("max", {}), ("mean", {"padding_idx": 2}), ("max", {"padding_idx": 2}),
    ("sum", {"include_last_offset": True}), ("sum", {"scale_grad_by_freq": True}), ("sum", {"weighted": True}),
    ("sum", {"weighted": True, "padding_idx": 3}),
])  # fmt: skip
def test_bags_of_embeddings(dtype, mode, options):
    options = dict(options)
    # The third bag is empty.
    indices, offsets = torch.tensor([1, 2, 4, 5, 4, 3, 2, 9]), torch.tensor([0, 3, 5, 5])
    if options.get("include_last_offset"):
        offsets = torch.tensor([0, 3, 5, 5, 8])
    weighted = options.pop("weighted", False)
    generator = torch.Generator().manual_seed(0)
    table = torch.randn(10, 3, generator=generator).to(dtype)
    weights = torch.rand(8, generator=generator).to(dtype) if weighted else None

    def function(table, weights):
        return torch.nn.functional.embedding_bag(indices, table, offsets, mode=mode, per_sample_weights=weights, **options)

    def run(function):
        inputs = [None if x is None else x.clone().requires_grad_() for x in (table, weights)]
        result = function(*inputs)
        result.float().pow(2).sum().backward()
        return [result.detach(), *(x.grad for x in inputs if x is not None)]

    before = tc.counters["extern"]
    found = run(torch.compile(function, backend="tc"))
    assert tc.counters["extern"] == before
    tolerance = {} if dtype == torch.float32 else {"rtol": 2e-2, "atol": 2e-2}
    for x, y in zip(found, run(function), strict=True):
        torch.testing.assert_close(x, y, **tolerance)


def test_gradients_through_calls_with_effects():
    def run(function):
        a = (torch.eye(3) * 4 + torch.arange(9.0).reshape(3, 3)).requires_grad_()
        function(a, torch.ones(3)).sum().backward()
        return a.grad

    torch.testing.assert_close(run(torch.compile(torch.linalg.solve, backend="tc")), run(torch.linalg.solve))
