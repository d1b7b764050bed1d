"""Operators of others that see how their arguments lie in memory: at which strides, and in memory that they share.

Values of a graph have neither. Such a call becomes one of a wrapper that is given the memory as bases, which are written, and
values, which are only read; a plan says which argument is a view of what.
"""

import json

import torch
from torch.utils import _pytree as pytree

from .errors import UnsupportedGraph

NAMESPACE = "tc_views"


def schema_of(op):
    """The schema of the wrapper of an operator."""
    name = str(op).replace(".", "_")
    returns = str(op._schema).rpartition(" -> ")[2].replace("NoneType", "()").replace("None", "()")
    return f"{NAMESPACE}::{name}(str op, str plan, Tensor(a!)[] bases, Tensor[] values, SymInt[] sizes) -> {returns}"


def find(name):
    """An operator by the text of it."""
    op = torch.ops
    for part in name.split("."):
        op = getattr(op, part)
    return op


class Plan:
    """How the arguments of a call are made: `bases`, `values` and `sizes` are the wrapper's."""

    def __init__(self):
        self.bases, self.values, self.sizes, self.entries = [], [], [], []

    def text(self):
        return json.dumps(self.entries)

    def add_literal(self, value):
        if isinstance(value, (int, torch.SymInt)) and not isinstance(value, bool):
            self.sizes.append(value)
            return {"size": len(self.sizes) - 1}
        if isinstance(value, torch.dtype):
            return {"dtype": str(value).removeprefix("torch.")}
        return {"literal": value}

    def add_tensor(self, kind, number, example, offset):
        """`number` of bases or values; `offset` in a base that others share, None for memory of its own."""
        place = len(self.sizes)
        self.sizes += [*example.shape, *example.stride(), *([] if offset is None else [offset])]
        return {kind: number, "place": place, "rank": example.dim(), "shared": offset is not None}


def run(op, plan, bases, values, sizes):
    """What the wrapper does; `bases` may be written."""
    entries, copied = json.loads(plan), {}

    def make_tensor(entry):
        kind = "base" if "base" in entry else "value"
        memory, place, rank = (bases if kind == "base" else values)[entry[kind]], entry["place"], entry["rank"]
        shape, strides = sizes[place:place + rank], sizes[place + rank:place + 2 * rank]
        if entry["shared"]:
            return memory.as_strided(shape, strides, sizes[place + 2 * rank])
        if list(memory.stride()) == list(strides):
            return memory
        if 0 in strides:
            # What repeats itself is written nowhere else.
            whole = memory
            for dim, stride in enumerate(strides):
                whole = whole.narrow(dim, 0, 1) if stride == 0 and shape[dim] > 1 else whole
            copy = torch.empty_strided(whole.shape, strides, dtype=memory.dtype, device=memory.device).copy_(whole).expand(shape)
        else:
            copy = torch.empty_strided(shape, strides, dtype=memory.dtype, device=memory.device).copy_(memory)
        if kind == "base":
            copied[entry[kind]] = copy
        return copy

    def make(entry):
        if "literal" in entry:
            return entry["literal"]
        if "size" in entry:
            return sizes[entry["size"]]
        return getattr(torch, entry["dtype"]) if "dtype" in entry else make_tensor(entry)

    names, *arguments = entries
    positional, named = pytree.tree_map(make, arguments, is_leaf=lambda x: isinstance(x, dict))
    results = find(op)(*positional, **dict(zip(names, named)))
    for number, copy in copied.items():
        bases[number].copy_(copy)
    return results


class OperatorViews:
    """The part of a capture that decides which calls need a wrapper, and adds them."""

    def wrapped_call(self, target, args, kwargs):
        """How the wrapper is called; None where the operator may be called as it is."""
        schema = target._schema
        if any(entry.alias_info is not None for entry in schema.returns):
            return None
        parameters = {entry.name: entry for entry in schema.arguments}
        given = [*zip(schema.arguments, args), *((parameters[name], arg) for name, arg in kwargs.items())]
        nodes = [(x, entry.alias_info is not None and entry.alias_info.is_write)
                 for entry, arg in given for x in pytree.tree_leaves(arg) if isinstance(x, torch.fx.Node)]
        nodes = [(x, written) for x, written in nodes if isinstance(x.meta.get("val"), torch.Tensor)]
        if any(type(x) not in (str, int, float, bool, type(None), torch.dtype, torch.fx.Node) and not isinstance(x, torch.SymInt)
               for x in pytree.tree_leaves((args, kwargs))):
            return None
        groups = {}
        for x, written in nodes:
            groups.setdefault(x.meta["val"].untyped_storage()._cdata, []).append((x, written))
        shared = {key for key, group in groups.items()
                  if len(group) > 1 and any(written for _, written in group) and self.is_one_memory(target, key, group)}
        if not shared and all(self.is_row_major(x.meta["val"]) for x, _ in nodes):
            return None
        plan, base_of = Plan(), {}

        def add(x, written):
            value = self.scalar(x)
            example = x.meta.get("val") if isinstance(x, torch.fx.Node) else None
            if not isinstance(example, torch.Tensor):
                return plan.add_literal(value)
            key = example.untyped_storage()._cdata
            if key in shared:
                if key not in base_of:
                    base_of[key] = len(plan.bases)
                    plan.bases.append(self.whole_memory(x))
                return plan.add_tensor("base", base_of[key], example, example.storage_offset())
            memory = plan.bases if written else plan.values
            memory.append(value)
            return plan.add_tensor("base" if written else "value", len(memory) - 1, example, None)

        def add_all(entry, arg):
            written = entry.alias_info is not None and entry.alias_info.is_write
            return pytree.tree_map(lambda x: add(x, written), arg)

        positional = [add_all(entry, arg) for entry, arg in zip(schema.arguments, args)]
        named = [add_all(parameters[name], arg) for name, arg in kwargs.items()]
        plan.entries = [list(kwargs), positional, named]
        return plan

    def is_one_memory(self, target, key, group):
        """Whether arguments that share memory are views of one whole tensor; False if they are apart in it."""
        examples = [x.meta["val"] for x, _ in group]
        inputs = [x.meta["val"] for x in self.module.graph.nodes
                  if x.op == "placeholder" and isinstance(x.meta.get("val"), torch.Tensor)]
        inputs = [x for x in inputs if x.untyped_storage()._cdata == key]
        if (all(self.is_dense(x) and str(x.storage_offset()) == "0" for x in inputs)
                and all(x.dtype == examples[0].dtype for x in examples)):
            return True
        offsets = {str(x.storage_offset()) for x in examples}
        if len(offsets) == len(examples) and len({(str(x.shape), str(x.stride())) for x in examples}) == 1:
            return False
        raise UnsupportedGraph(f"{target} writes to arguments that share memory")

    def whole_memory(self, node):
        example = node.meta["val"]
        count = example.untyped_storage().nbytes() // example.element_size()
        return self.emit("aten.as_strided", [node, [count], [1], 0], node, [count], example.dtype)
