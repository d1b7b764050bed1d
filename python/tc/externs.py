"""Operators without a lowering, called back through PyTorch's dispatcher."""

import json

import torch

from . import operator_views
from .dtypes import DTYPES


def _is_written(entry):
    """Whether an argument or a return of a schema is memory that the operator writes to."""
    return entry.alias_info is not None and entry.alias_info.is_write


def make_extern(name, arguments_json):
    """A callable for `Executable.set_externs`: takes the call's tensors and ints, returns a list of results."""
    arguments = json.loads(arguments_json)
    namespace, _, rest = name.rpartition("::")
    packet, _, overload = rest.partition(".")
    if namespace == operator_views.NAMESPACE:
        op, schema = operator_views.run, torch._C.parse_schema(operator_views.schema_of(operator_views.find(arguments[0])))
    else:
        op = getattr(getattr(getattr(torch.ops, namespace or "aten"), packet), overload or "default")
        schema = op._schema
    schema_args = schema.arguments

    def resolve(argument, inputs):
        if isinstance(argument, list):
            return [resolve(element, inputs) for element in argument]
        if isinstance(argument, dict):
            kind, value = next(iter(argument.items()))
            if kind in ("tensor", "size"):
                return inputs[value]
            return float(value) if kind == "float" else DTYPES[value]
        return argument

    def to_python(schema_arg, value):
        kind = str(schema_arg.type)
        if isinstance(value, torch.Tensor) and "Tensor" not in kind:
            return value.item()  # a number that the graph computes, or a complex one
        if not isinstance(value, str):
            return value
        if "Device" in kind:
            return torch.device(value)
        if "Layout" in kind or "MemoryFormat" in kind or value.startswith("torch."):
            return getattr(torch, value.removeprefix("torch."))
        return value

    def copy(value):
        if isinstance(value, (list, tuple)):
            return [copy(element) for element in value]
        return value.clone() if isinstance(value, torch.Tensor) else value

    def call(inputs):
        positional, named, written = [], {}, []
        for schema_arg, argument in zip(schema_args, arguments):
            value = to_python(schema_arg, resolve(argument, inputs))
            # What the operator writes to is a copy, whose new value is a further result.
            if _is_written(schema_arg):
                value = copy(value)
                written += [] if value is None else [value]
            if schema_arg.kwarg_only:
                named[schema_arg.name] = value
            else:
                positional.append(value)
        with torch.no_grad():
            results = op(*positional, **named)
        if not isinstance(results, (list, tuple)) or len(schema.returns) == 1:
            results = [results]
        results = [x for x, returned in zip(results, schema.returns) if not _is_written(returned)] + written
        storages = {x.untyped_storage().data_ptr() for x in inputs if isinstance(x, torch.Tensor)}
        flat = []
        for result in results:
            for tensor in result if isinstance(result, (list, tuple)) else [result]:
                if tensor is None:
                    continue
                if isinstance(tensor, torch.Tensor):
                    tensor = tensor.resolve_conj().resolve_neg()
                    # The inputs' memory is the run's own: what aliases it must not outlive the call.
                    shares = tensor.untyped_storage().data_ptr() in storages
                    # GPU kernels load several elements at once.
                    is_misaligned = tensor.is_cuda and tensor.data_ptr() % 16 != 0
                    tensor = tensor.contiguous().clone() if shares or is_misaligned else tensor.contiguous()
                flat.append(tensor)
        return flat

    return call
