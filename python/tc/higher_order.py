"""Capture of higher-order operators: control flow becomes regions, marked regions become part of the graph around them."""

import torch
from torch.utils import _pytree as pytree

from . import decompositions
from .dtypes import name_of
from .errors import UnsupportedGraph

#: Operators that mark a region only, and the position of its first operand behind the graph.
TRANSPARENT = {
    "invoke_subgraph": 2, "wrap": 1, "tag_activation_checkpoint": 1, "wrap_activation_checkpoint": 1, "strict_mode": 1,
    "wrap_with_set_grad_enabled": 1, "foreach_map": 1, "invoke_quant": 1, "invoke_quant_packed": 1,
}


def _is_value(x):
    return isinstance(x, tuple) and len(x) == 2 and x[0] == "value"


def location(node):
    """Of a node: its stack trace and its module's path."""
    modules = node.meta.get("nn_module_stack") or {}
    return node.stack_trace or "", str(next(reversed(modules.values()))[0]) if modules else ""


class HigherOrder:
    """The part of a capture that adds higher-order operators; `add_*` take a node and give what it stands for."""

    def add_higher_order(self, node):
        name = node.target.name() if callable(node.target.name) else str(node.target)
        add = getattr(self, f"add_{name}", None)
        if add is not None:
            return add(node)
        graphs = [i for i, arg in enumerate(node.args) if isinstance(self.scalar(arg), torch.fx.GraphModule)]
        if name in TRANSPARENT and len(graphs) == 1:
            operands = node.args[graphs[0] + TRANSPARENT[name]:]
            return self.inline(self.scalar(node.args[graphs[0]]), self.operands(operands))
        raise UnsupportedGraph(f"the higher-order operator {name}")

    # Nested graphs.

    def operands(self, args):
        """What a nested graph's placeholders stand for."""
        return [self.scalar(arg) for arg in args]

    def inline(self, module, operands):
        """Adds a nested graph's calls; gives what it returns."""
        operands = iter(operands)
        for node in module.graph.nodes:
            if node.op == "placeholder":
                self.values[node] = self.bind(node, node.meta.get("val"), next(operands))
            elif node.op == "output":
                results = node.args[0]
                return [self.scalar(x) for x in (results if isinstance(results, (list, tuple)) else [results])]
            else:
                self.add_node(module, node)
        raise UnsupportedGraph("a nested graph without an output")

    def bind(self, node, example, value):
        """An integer that comes as a tensor, as what `example` calls it: a symbol, bound here."""
        if not _is_value(value) or not isinstance(example, (int, torch.SymInt)):
            return value
        if isinstance(example, torch.SymInt):
            self.graph.call("aten.item", [value], {}, [self.type_of(example)], *location(node))
        return example

    def tensor(self, value, node):
        """An integer as a tensor without dimensions, which regions can give; tensors as they are."""
        if _is_value(value) or not isinstance(value, (int, torch.SymInt)):
            return value
        return self.emit("aten.scalar_tensor", [value], node, [], torch.int64, to_dtype=torch.int64)

    def emit(self, op, args, node, sizes, dtype, to_dtype=None):
        """A call with one tensor result; `to_dtype` is the call's own argument dtype."""
        args = [self.argument(arg) for arg in args]
        named = {} if to_dtype is None else {"dtype": ("dtype", name_of(to_dtype))}
        return ("value", self.graph.call(op, args, named, [(name_of(dtype), self.sizes(sizes))], *location(node))[0])

    # Branches.

    def branch(self, node, predicate, branches):
        """if predicate: branches[0]() else: branches[1](); each adds its calls and gives its results."""
        examples = [x for x in node.meta["val"] if x is not None]
        types = [("i64", []) if isinstance(x, (int, torch.SymInt)) else self.type_of(x) for x in examples]

        def results(add):
            return [self.argument(self.tensor(x, node)) for x in add() if x is not None]

        self.graph.begin_if(predicate[1], types, *location(node))
        self.graph.begin_else(results(branches[0]))
        values = iter(self.graph.end_if(results(branches[1])))
        return [None if x is None else self.bind(node, x, ("value", next(values))) for x in node.meta["val"]]

    def add_cond(self, node):
        predicate, *graphs, operands = node.args
        operands = self.operands(operands)
        adders = [lambda graph=graph: self.inline(self.scalar(graph), operands) for graph in graphs]
        return self.branch(node, self.predicate(self.scalar(predicate), node), adders)

    def add_switch(self, node):
        index, graphs, operands = node.args
        operands, index = self.operands(operands), self.tensor(self.scalar(index), node)

        def add(i):
            if i == len(graphs) - 1:
                return self.inline(self.scalar(graphs[i]), operands)
            predicate = self.emit("aten.le.Scalar", [index, i], node, [], torch.bool)
            return self.branch(node, predicate, [lambda: self.inline(self.scalar(graphs[i]), operands), lambda: add(i + 1)])

        return add(0)

    def predicate(self, value, node):
        return value if _is_value(value) else self.number(value, node)

    # Loops.

    def loop(self, node, initial, add_condition, add_body):
        """while add_condition(*carried): carried = add_body(*carried). Values carried are tensors."""
        initial = [self.argument(self.tensor(x, node)) for x in initial]
        values = [("value", x) for x in self.graph.begin_while(initial, *location(node))]
        predicate = self.predicate(add_condition(values), node)
        values = [("value", x) for x in self.graph.begin_body(predicate[1])]
        results = [self.argument(self.tensor(x, node)) for x in add_body(values)]
        return [("value", x) for x in self.graph.end_while(results)]

    def add_while_loop(self, node):
        condition, body, carried, others = node.args[:4]
        others = self.operands(others)
        results = self.loop(
            node, self.operands(carried), lambda values: self.inline(self.scalar(condition), values + others)[0],
            lambda values: self.inline(self.scalar(body), values + others))
        return [self.bind(node, example, result) for example, result in zip(node.meta["val"], results)]

    def add_while_loop_stack_output(self, node):
        """The loop runs twice: once to count, once to store what each iteration gives."""
        condition, body, carried, others = node.args[:4]
        others, initial = self.operands(others), self.operands(carried)

        def add_body(values):
            return self.inline(self.scalar(body), values + others)

        def count(values):
            return [self.emit("aten.add.Scalar", [values[0], 1], node, [], torch.int64), *add_body(values[1:])]

        zero = self.tensor(0, node)
        length, *_ = self.loop(
            node, [zero, *initial], lambda values: self.inline(self.scalar(condition), values[1:] + others)[0], count)
        # A loop without iterations gives its initial values.
        at_least_one = self.emit("aten.clamp_min", [length, 1], node, [], torch.int64)
        examples, buffers = node.meta["val"], []
        self.bind(node, examples[0].shape[0], at_least_one)
        for example, value in zip(examples, initial):
            row = self.emit("aten.unsqueeze", [value, 0], node, [1, *example.shape[1:]], example.dtype)
            buffers.append(self.emit("aten.expand", [row, list(example.shape)], node, example.shape, example.dtype))
        return self.rows(node, initial, [], length, buffers, lambda carried, rows: (results := add_body(carried), results))[1]

    def rows(self, node, initial, stacked, length, buffers, add_body):
        """A loop over the rows of `stacked`: add_body(carried, rows) gives the next carried values and rows of the
        results, which overwrite `buffers`. Gives the last carried values and the results."""
        carried, rows = self.graph.begin_scan(
            [self.argument(x) for x in initial], [self.argument(x) for x in stacked], self.argument(length),
            [self.argument(x) for x in buffers], *location(node))
        carried, rows = add_body([("value", x) for x in carried], [("value", x) for x in rows])
        values = self.graph.end_scan([self.argument(x) for x in carried], [self.argument(x) for x in rows])
        values = [("value", x) for x in values]
        return values[:len(carried)], values[len(carried):]

    def zeros(self, node, example):
        return self.emit("aten.zeros", [list(example.shape)], node, example.shape, example.dtype, example.dtype)

    def add_scan(self, node):
        graph, initial, stacked, others = node.args
        others, examples = self.operands(others), node.meta["val"][len(initial):]

        def add_body(carried, rows):
            results = self.inline(self.scalar(graph), carried + rows + others)
            return results[:len(initial)], results[len(initial):]

        carried, results = self.rows(
            node, self.operands(initial), self.operands(stacked), stacked[0].meta["val"].shape[0],
            [self.zeros(node, example) for example in examples], add_body)
        return carried + results

    def add_map_impl(self, node):
        graph, stacked, others = node.args
        others, examples = self.operands(others), node.meta["val"]

        def add_body(carried, rows):
            return [], [x for x in self.inline(self.scalar(graph), rows + others) if x is not None]

        _, results = self.rows(
            node, [], self.operands(stacked), stacked[0].meta["val"].shape[0],
            [self.zeros(node, example) for example in examples if example is not None], add_body)
        results = iter(results)
        return [None if example is None else next(results) for example in examples]

    def add_associative_scan(self, node):
        """One row after the other: the first is the first result, and what the others are combined with."""
        graph, stacked, others = node.args
        others, examples = self.operands(others), [x.meta["val"] for x in stacked]
        length = examples[0].shape[0] - 1
        first, heads, tails = [], [], []
        for x, example in zip(self.operands(stacked), examples):
            sizes, dtype = list(example.shape[1:]), example.dtype
            first.append(self.emit("aten.select.int", [x, 0, 0], node, sizes, dtype))
            heads.append(self.emit("aten.slice.Tensor", [x, 0, 0, 1], node, [1, *sizes], dtype))
            tails.append(self.emit("aten.slice.Tensor", [x, 0, 1], node, [length, *sizes], dtype))

        def add_body(carried, rows):
            results = self.inline(self.scalar(graph), carried + rows + others)
            return results, results

        buffers = [self.emit("aten.zeros_like", [x], node, [length, *e.shape[1:]], e.dtype) for x, e in zip(tails, examples)]
        _, results = self.rows(node, first, tails, length, buffers, add_body)
        return [self.emit("aten.cat", [[head, x], 0], node, example.shape, example.dtype)
                for head, x, example in zip(heads, results, examples)]

    # Calls of other operators.

    def add_with_effects(self, node):
        """The order of effects is the order of the graph."""
        token, op, *args = node.args
        if not isinstance(op, torch._ops.OpOverload):
            raise UnsupportedGraph(f"effects of {op}")
        examples = node.meta["val"][1:]
        is_list = len(op._schema.returns) == 1 and isinstance(examples[0], (list, tuple))
        results = self.add_operator(node, op, args, node.kwargs, examples[0] if is_list else list(examples))
        return [self.scalar(token), *([results] if is_list else results or [])]

    def add_out_dtype(self, node):
        op, dtype, *args = node.args
        examples = [x.meta["val"] for x in args if isinstance(x, torch.fx.Node)]
        promoted = torch.promote_types(examples[0].dtype, dtype)
        for example in examples[1:]:
            promoted = torch.promote_types(promoted, example.dtype)
        cast = [self.emit("aten._to_copy", [x], node, x.meta["val"].shape, promoted, promoted)
                if isinstance(x, torch.fx.Node) else x for x in args]
        sizes = node.meta["val"].shape
        result = self.emit(str(op), cast, node, sizes, promoted)
        return self.emit("aten._to_copy", [result], node, sizes, dtype, dtype)

    def add_flex_attention(self, node):
        from torch._higher_order_ops.flex_attention import math_attention

        return self.trace(node, math_attention)

    def add_flex_attention_backward(self, node):
        from torch._higher_order_ops.flex_attention import sdpa_dense_backward

        return self.trace(node, sdpa_dense_backward)

    def trace(self, node, function):
        """The calls of PyTorch's own formula of an operator."""
        from torch._subclasses.fake_tensor import FakeTensorMode
        from torch._guards import detect_fake_mode
        from torch.fx.experimental.proxy_tensor import make_fx

        flat, spec = pytree.tree_flatten((node.args, node.kwargs))
        places = [i for i, x in enumerate(flat) if isinstance(x, torch.fx.Node) and "val" in x.meta]
        fixed = [self.values[x] if isinstance(x, torch.fx.Node) and i not in places else x for i, x in enumerate(flat)]
        examples = [flat[i].meta["val"] for i in places]

        def flat_function(*values):
            full = list(fixed)
            for i, value in zip(places, values):
                full[i] = value
            args, kwargs = pytree.tree_unflatten(full, spec)
            return function(*args, **kwargs)

        with detect_fake_mode(examples) or FakeTensorMode(allow_non_fake_inputs=True):
            module = make_fx(flat_function, decomposition_table=decompositions.table())(*examples)
        return self.inline(module, [self.values[flat[i]] for i in places])
