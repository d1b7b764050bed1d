"""Formulas in Python, for operators that the compiler has none for: PyTorch's own, and some of ours."""

import functools
import math

import torch
from torch._prims_common import (
    is_non_overlapping_and_dense_or_false,
    make_channels_last_strides_for,
    make_contiguous_strides_for,
    suggest_memory_format,
)

from . import _tc

aten = torch.ops.aten


def _resize(x, size, *, memory_format=torch.contiguous_format):
    """aten.resize: the memory of `x`, in its order, under another size. What is beyond is undefined."""
    if not is_non_overlapping_and_dense_or_false(x):
        return NotImplemented
    count, present = math.prod(size), x.numel()
    elements = aten.as_strided(x, [min(count, present)], [1])
    if count > present:
        is_float = x.dtype.is_floating_point or x.dtype.is_complex
        undefined = math.nan if is_float else True if x.dtype == torch.bool else torch.iinfo(x.dtype).max
        elements = torch.cat([elements, torch.full([count - present], undefined, dtype=x.dtype, device=x.device)])
    if memory_format == torch.preserve_format:
        memory_format = suggest_memory_format(x)
    make_strides = make_contiguous_strides_for if memory_format == torch.contiguous_format else make_channels_last_strides_for
    strides = make_strides(size)
    return aten.clone(aten.as_strided(elements, size, strides))


def _resize_as(x, template, *, memory_format=torch.contiguous_format):
    if memory_format == torch.preserve_format:
        memory_format = suggest_memory_format(template)
    return _resize(x, template.shape, memory_format=memory_format)


@functools.cache
def table():
    """For AOTAutograd: operator -> formula."""
    from torch._decomp import core_aten_decompositions, get_decompositions

    found = dict(get_decompositions([aten.grid_sampler_2d, aten.ldexp, aten.rrelu_with_noise_backward]))
    found.update(core_aten_decompositions())
    found.update({aten.resize.default: _resize, aten.resize_as.default: _resize_as})
    native = {
        op: formula
        for op, formula in found.items()
        if isinstance(op, torch._ops.OpOverload)
        and op.namespace == "aten"
        and not op._schema.is_mutable
        and not op._can_decompose()
        and not _tc.has_decomposition(f"{op._schema.name}.{op._overloadname}")
    }
    return {**native, torch.ops.prims.fma.default: lambda x, y, z: x * y + z}
