"""Inputs whose values are not what their memory says at first sight: lazy conjugates and negations, and memory around a
tensor that as_strided reads."""

import torch

from .errors import UnsupportedGraph


def restride(tensor, strides):
    """The tensor with strides that have gaps, or are 0 where it repeats itself."""
    sizes = tensor.shape
    for dim, stride in enumerate(strides):
        if stride == 0 and tensor.shape[dim] > 1:
            tensor = tensor.narrow(dim, 0, 1)
    result = torch.empty_strided(tensor.shape, strides, dtype=tensor.dtype, device=tensor.device)
    return result.copy_(tensor).expand(sizes)


def is_lazy(tensor):
    """Whether its values are the conjugates or negatives of the numbers in memory."""
    return isinstance(tensor, torch.Tensor) and (tensor.is_conj() or tensor.is_neg())


def _has_writes(gm):
    nodes = [node for graph in gm.modules() if isinstance(graph, torch.fx.GraphModule) for node in graph.graph.nodes]
    return any(isinstance(node.target, torch._ops.OpOverload) and node.target._schema.is_mutable for node in nodes)


def with_values_in_memory(gm, example_inputs, compiled):
    """`compiled`, with inputs that were traced as lazy ones computed before. PyTorch's guards tell them from others."""
    lazy = [i for i, example in enumerate(example_inputs) if is_lazy(example)]
    if not lazy:
        return compiled
    has_writes = _has_writes(gm)

    def run(args):
        given = {i: args[i] for i in lazy}
        computed = {i: restride(args[i], args[i].stride()) for i in lazy}
        for i in lazy:
            args[i] = computed[i]
        outputs = compiled(args)
        if has_writes:
            with torch.no_grad():
                for i in lazy:
                    given[i].copy_(computed[i])
        return outputs

    run._boxed_call = True
    return run


def _base(node):
    """The graph's input whose memory a node is a view of, written to or not, or None."""
    while node.op == "call_function" and isinstance(node.target, torch._ops.OpOverload):
        arguments = node.target._schema.arguments
        if not arguments or arguments[0].alias_info is None:
            return None
        node = node.args[0]
    return node if node.op == "placeholder" else None


def _reaches_beyond(node, example, sizes, strides, offset):
    """Whether as_strided reads an input's memory in another way than element by element from the first."""
    if offset is not None and not (isinstance(example.storage_offset(), int) and example.storage_offset() == 0):
        return True
    if node.args[0].op != "placeholder":
        return False
    if any(isinstance(size, torch.SymInt) for size in example.shape):
        return False
    last = (offset or 0) + sum((size - 1) * stride for size, stride in zip(sizes, strides))
    return not example.is_contiguous() or last >= example.numel()


def _is_number(value):
    return value is None or isinstance(value, int)


def add_strided_views(gm, example_inputs):
    """Makes results of as_strided that read memory around an input further inputs of the graph. Returns the examples of all,
    and (input, sizes, strides, offset) of each new one."""
    placeholders = [node for node in gm.graph.nodes if node.op == "placeholder"]
    examples, views = list(example_inputs), []
    for node in gm.graph.find_nodes(op="call_function", target=torch.ops.aten.as_strided.default):
        sizes, strides, offset = node.args[1], node.args[2], node.args[3] if len(node.args) > 3 else None
        base = _base(node.args[0]) if offset is not None else node.args[0]
        if base not in placeholders or not all(_is_number(x) for x in (*sizes, *strides, offset)):
            continue
        number = placeholders.index(base)
        if not isinstance(examples[number], torch.Tensor) or not _reaches_beyond(node, examples[number], sizes, strides, offset):
            continue
        if _has_writes(gm):
            raise UnsupportedGraph(f"as_strided reads memory around an input, in a graph that writes (node {node.name})")
        views.append((number, sizes, strides, offset))
        examples.append(examples[number].as_strided(sizes, strides, offset))
        with gm.graph.inserting_after((placeholders + [n for n in gm.graph.nodes if n.op == "placeholder"])[-1]):
            added = gm.graph.placeholder(f"{base.name}_strided_{len(views)}")
        added.meta = dict(node.meta, val=examples[-1])
        node.replace_all_uses_with(added)
        gm.graph.erase_node(node)
    if views:
        gm.recompile()
    return examples, views


def with_strided_views(views, compiled):
    """`compiled`, called with the inputs that `add_strided_views` added."""
    if not views:
        return compiled

    def run(args):
        args.extend([args[number].as_strided(sizes, strides, offset) for number, sizes, strides, offset in views])
        return compiled(args)

    run._boxed_call = True
    return run
