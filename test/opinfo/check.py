"""One sample of one operator: through the backend and in eager mode, compared.

The operator goes the way that torch.compile takes after Dynamo: AOTAutograd's graph of ATen calls, then tc. Dynamo itself
would take most of the time and is not what is tested here.
"""

import dataclasses

import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, DynamicOutputShapeException
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode
from torch.utils import _pytree as pytree

import tc
from tc.config import config

# Relative to the largest magnitude of the eager result, by dtype: the order of summation differs.
TOLERANCES = {
    torch.float16: 4e-3,
    torch.bfloat16: 3e-2,
    torch.float32: 2e-5,
    torch.float64: 1e-9,
    torch.complex64: 2e-5,
    torch.complex128: 1e-9,
}
UNTRACEABLE = (DataDependentOutputException, DynamicOutputShapeException, GuardOnDataDependentSymNode)


@dataclasses.dataclass
class Outcome:
    """What became of one sample: "passed", or what went wrong, with the operators left to PyTorch."""

    status: str
    message: str = ""
    externs: tuple = ()
    kernels: int = 0


class _Call(torch.nn.Module):
    """A function of a flat list of tensors, as a module for AOTAutograd."""

    def __init__(self, function, spec, leaves):
        super().__init__()
        self.function, self.spec = function, spec
        self.constants = [None if isinstance(x, torch.Tensor) else x for x in leaves]
        self.positions = [i for i, x in enumerate(leaves) if isinstance(x, torch.Tensor)]
        self.output_spec = None

    def forward(self, *tensors):
        leaves = list(self.constants)
        for position, tensor in zip(self.positions, tensors):
            leaves[position] = tensor
        args, kwargs = pytree.tree_unflatten(leaves, self.spec)
        leaves, self.output_spec = pytree.tree_flatten(self.function(*args, **kwargs))
        return tuple(leaves)


def _copy(tensor, requires_grad):
    """The same values and strides in memory of its own."""
    copy = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype) if _is_plain(tensor) else tensor.clone()
    with torch.no_grad():
        copy.copy_(tensor)
    return copy.requires_grad_(requires_grad)


def _is_plain(tensor):
    """Whether no two elements share memory."""
    dims = sorted((stride, size) for size, stride in zip(tensor.shape, tensor.stride()) if size > 1)
    extent = 1
    for stride, size in dims:
        if stride < extent:
            return False
        extent = stride * size
    return not tensor.is_conj() and not tensor.is_neg()


def _strides(tensor):
    return [stride for size, stride in zip(tensor.shape, tensor.stride()) if size > 1] if tensor.numel() else []


def _difference(expected, actual, check_values, scale=1.0, check_strides=True):
    """What is wrong with `actual`, or None."""
    if not isinstance(expected, torch.Tensor):
        if type(expected) is not type(actual):
            return f"expected a result of type {type(expected).__name__}, found {type(actual).__name__}"
        same = expected == actual or (expected != expected and actual != actual)
        return None if same or not check_values else f"expected {expected}, found {actual}"
    if expected.layout != torch.strided:
        return None
    for what in ("dtype", "shape"):
        if getattr(expected, what) != getattr(actual, what):
            return f"expected {what} {getattr(expected, what)}, found {getattr(actual, what)}"
    if check_values and expected.numel():
        if message := _value_difference(expected.detach(), actual.detach(), scale):
            return message
    if check_strides and _strides(expected) != _strides(actual):
        return f"strides: expected {expected.stride()}, found {actual.stride()} for sizes {list(expected.shape)}"
    return None


def _value_difference(expected, actual, scale):
    if expected.dtype not in TOLERANCES:
        if expected.dtype.is_floating_point:
            expected, actual = expected.float(), actual.float()
        wrong = ~torch.eq(expected, actual) & ~(torch.isnan(expected) & torch.isnan(actual))
    else:
        tolerance = TOLERANCES[expected.dtype] * scale
        wide = torch.complex128 if expected.is_complex() else torch.float64
        e, a = expected.resolve_conj().to(wide), actual.resolve_conj().to(wide)
        parts = [(torch.view_as_real(e), torch.view_as_real(a))] if e.is_complex() else [(e, a)]
        e, a = parts[0]
        finite = e[torch.isfinite(e)].abs()
        largest = finite.max().item() if finite.numel() else 0.0
        close = (e - a).abs() <= tolerance * max(largest, 1e-3)
        wrong = ~(close | (e == a) | (torch.isnan(e) & torch.isnan(a)))
        expected, actual = e, a
    count = int(wrong.sum())
    if not count:
        return None
    where = wrong.nonzero()[0].tolist()
    return (
        f"values: {count} of {wrong.numel()} wrong, at {where} expected {expected[tuple(where)].item()}, "
        f"found {actual[tuple(where)].item()}"
    )


def _gradients(outputs, inputs):
    """Gradients of the differentiable outputs with fixed cotangents."""
    used = [x for x in outputs if isinstance(x, torch.Tensor) and x.requires_grad]
    inputs = [x for x in inputs if x.requires_grad]
    if not used or not inputs:
        return []
    generator = torch.Generator().manual_seed(1)
    cotangents = []
    for x in used:
        real = torch.rand(x.shape, generator=generator, dtype=torch.float64) + 0.5
        cotangents.append(real.to(x.dtype))
    return list(torch.autograd.grad(used, inputs, cotangents, allow_unused=True))


def _select(source, indices, dim):
    """The elements that indices along a dimension stand for; the indices themselves where they are none."""
    if indices.dtype != torch.int64 or not source.dim() or not indices.numel():
        return indices
    removed = indices.dim() < source.dim()
    indices = indices.unsqueeze(dim) if removed else indices
    if not 0 <= int(indices.min()) <= int(indices.max()) < source.size(dim):
        return indices
    return torch.gather(source.detach(), dim, indices)


def _are_different(indices, dim):
    """Whether no index occurs twice along a dimension."""
    ordered = torch.sort(indices, dim=dim).values
    return not bool((ordered.diff(dim=dim) == 0).any())


def check(function, args, kwargs, *, gradients=False, random=False, scale=1.0, options=None, selection=None):
    """Runs `function(*args, **kwargs)` both ways. `random`: only the form of the results is compared. `selection`: of the
    indices of a selection, (dimension, place among the results), the elements they stand for are compared."""
    leaves, spec = pytree.tree_flatten((args, kwargs))
    tensors = [x for x in leaves if isinstance(x, torch.Tensor)]

    def differentiable(x):
        return gradients and x.requires_grad

    eager_inputs = [_copy(x, differentiable(x)) for x in tensors]
    inputs = [_copy(x, differentiable(x)) for x in tensors]
    module = _Call(function, spec, leaves)
    with torch.set_grad_enabled(gradients):
        torch.manual_seed(0)
        try:
            expected = module(*eager_inputs)
            expected_gradients = _gradients(expected, eager_inputs) if gradients else []
        except Exception as error:
            return _check_rejected(module, inputs, error, options)
        before = dict(tc.counters)
        try:
            compiled = tc.tc_backend(module, inputs, options=options)
        except UNTRACEABLE as error:
            return Outcome("untraceable", type(error).__name__)
        except tc.CompileError as error:
            return Outcome("not compiled", str(error))
        except Exception as error:
            return Outcome("error", f"compiling: {type(error).__name__}: {error}")
        try:
            torch.manual_seed(0)
            actual = compiled(*inputs)
            actual_gradients = _gradients(actual, inputs) if gradients else []
        except tc.CompileError as error:
            return Outcome("not compiled", str(error))
        except Exception as error:
            return Outcome("error", f"running: {type(error).__name__}: {error}")
    found = {name: count - before.get(name, 0) for name, count in tc.counters.items()}
    externs = tuple(sorted(name[7:] for name, count in found.items() if count and name.startswith("extern:")))
    outcome = Outcome("passed", externs=externs, kernels=found.get("kernels", 0))
    if selection and not isinstance(actual[selection[1]], tuple):
        dim, place = selection
        indices = [results[place] for results in (expected, actual)]
        source = args[0].dim() if isinstance(args[0], torch.Tensor) else 0
        if source and all(x.shape == indices[0].shape for x in indices):
            if indices[1].dim() == source and not _are_different(indices[1], dim):
                return dataclasses.replace(outcome, status="wrong", message="an index occurs twice")
            chosen = [_select(args[0], x, dim) for x in indices]
            if message := _difference(*chosen, True, check_strides=False):
                return dataclasses.replace(outcome, status="wrong", message=f"elements at the indices: {message}")
            actual = [*actual[:place], expected[place], *actual[place + 1 :]]
    compared = [("output", expected, actual), ("gradient", expected_gradients, actual_gradients)]
    compared.append(("input after the call", eager_inputs, inputs))
    for what, wanted, given in compared:
        if len(wanted) != len(given):
            return dataclasses.replace(outcome, status="wrong", message=f"{len(wanted)} {what}s expected, {len(given)} found")
        for i, (x, y) in enumerate(zip(wanted, given)):
            # Gradients are summed in another order, and AOTAutograd chooses their strides.
            is_gradient = what == "gradient"
            if message := _difference(x, y, not random, scale * (20 if is_gradient else 1), not is_gradient):
                return dataclasses.replace(outcome, status="wrong", message=f"{what} {i}: {message}")
    return outcome


def _check_rejected(module, inputs, expected, options):
    """Eager raised `expected`: so must the compiled call, in compiling or running."""
    try:
        tc.tc_backend(module, inputs, options=options)(*inputs)
    except Exception as error:
        if isinstance(error, type(expected)) or type(error).__module__.startswith("torch"):
            return Outcome("passed", message="rejected as in eager mode")
        return Outcome("error", f"expected {type(expected).__name__}, found {type(error).__name__}: {error}")
    return Outcome("wrong", f"eager raises {type(expected).__name__}: {str(expected)[:200]}; compiled, it passes")
