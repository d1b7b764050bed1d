"""From an FX graph of ATen calls to tc's captured form: a walk that calls the graph builder, and decides nothing."""

import math
import operator
import struct

import torch
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.fx.experimental.symbolic_shapes import free_unbacked_symbols

from . import _tc
from .dtypes import name_of
from .errors import UnsupportedGraph
from .float_sizes import FloatSizes
from .higher_order import HigherOrder, _is_value, location
from .operator_views import NAMESPACE, OperatorViews, schema_of

SYM_TYPES = (torch.SymInt, torch.SymFloat, torch.SymBool)
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

#: Arithmetic on numbers that are no sizes, as ATen ops on tensors without dimensions.
NUMBERS = {
    operator.add: "add.Tensor", operator.sub: "sub.Tensor", operator.mul: "mul.Tensor", operator.truediv: "div.Tensor",
    operator.floordiv: "floor_divide", operator.mod: "remainder.Tensor", operator.pow: "pow.Tensor_Tensor",
    operator.neg: "neg", operator.lt: "lt.Tensor", operator.le: "le.Tensor", operator.gt: "gt.Tensor",
    operator.ge: "ge.Tensor", operator.eq: "eq.Tensor", operator.ne: "ne.Tensor", operator.and_: "logical_and",
    operator.or_: "logical_or", torch.sym_not: "logical_not", torch.sym_max: "maximum", torch.sym_min: "minimum",
    torch.sym_float: "clone", torch.sym_ite: "where.self", math.sqrt: "sqrt", torch._sym_sqrt: "sqrt", math.exp: "exp",
    math.log: "log", math.sin: "sin", math.cos: "cos", math.tanh: "tanh",
}


def capture(context, module, example_inputs, name="main"):
    """Builds the captured form of `module`, an FX graph whose inputs are `example_inputs` (fake tensors, ints, SymInts).

    Returns (tc module, output spec): the spec has one entry an output of the FX graph, the number of the tc output, a
    Python constant wrapped in a tuple, a pair of a number and None for a tensor whose one element is the output, or a pair
    of a number and the strides that the output gets afterwards if it is no view, which have gaps or overlap: ints, or
    numbers of tc outputs wrapped in tuples.
    """
    return _Capture(context, module, example_inputs, name).run()


def _size(value):
    """The text of an int or a SymInt."""
    return str(value.node.expr) if isinstance(value, torch.SymInt) else str(int(value))


def _is_contiguous(sizes, strides, units_matter=False):
    expected = 1
    for size, stride in zip(reversed(sizes), reversed(strides)):
        # Symbolic sizes are compared as expressions: no guard may come of this.
        if (units_matter or str(size) != "1") and _size(stride) != _size(expected):
            return False
        expected = size * expected
    return True


def _memory_order(sizes, strides):
    """The dimensions from the outermost in memory, if the strides are those of a permuted contiguous tensor."""
    if any(str(size) == "0" for size in sizes):
        return list(range(len(sizes)))
    units = [dim for dim, size in enumerate(sizes) if str(size) == "1"]
    rest, inner, expected = [dim for dim in range(len(sizes)) if dim not in units], [], 1
    # Symbolic sizes are compared as expressions, as in `_is_contiguous`.
    while rest:
        found = next((dim for dim in rest if _size(strides[dim]) == _size(expected)), None)
        if found is None:
            return None
        rest.remove(found)
        inner.append(found)
        expected = sizes[found] * expected
    return [*units, *reversed(inner)]


def _is_dense(sizes, strides):
    return _memory_order(sizes, strides) is not None


def _sees_memory(module):
    """Whether a graph, or one nested in it, looks at where elements lie in memory."""
    targets = [node.target for graph in module.modules() if isinstance(graph, torch.fx.GraphModule) for node in graph.graph.nodes]
    return any(isinstance(target, torch._ops.OpOverload)
               and (target.namespace not in ("aten", "prims", "prim") or target._schema.name.startswith("aten::as_strided"))
               for target in targets)


def _kind(argument):
    """The kind of an argument's type, "TensorType" for one, whether or not it may be None."""
    kind = argument.type
    if kind.kind() == "OptionalType":
        kind = kind.getElementType()
    return kind.kind()


def _overload_of_tensors(target, args, numbers):
    """The overload of an operator that takes tensors where arguments of these positions are numbers."""
    given = [i for i, arg in enumerate(args) if arg is not None]
    wanted = ["TensorType" if i in numbers else _kind(target._schema.arguments[i]) for i in given]
    packet = getattr(torch.ops.aten, target._schema.name.partition("::")[2]) if numbers else None
    for overload in packet.overloads() if packet else ():
        found = getattr(packet, overload)._schema.arguments
        if len(found) == len(target._schema.arguments) and [_kind(found[i]) for i in given] == wanted:
            return getattr(packet, overload)
    return target


def _write_on_copies(module):
    """Makes functional calls of operators that write (auto_functionalized) calls of the operators, on copies."""
    functional = (torch.ops.higher_order.auto_functionalized, torch.ops.higher_order.auto_functionalized_v2)
    if any(node.target in functional for node in module.graph.nodes):
        from torch._inductor.fx_passes.post_grad import decompose_auto_functionalized

        decompose_auto_functionalized(module.graph)


class _Capture(HigherOrder, FloatSizes, OperatorViews):
    def __init__(self, context, module, example_inputs, name):
        super().__init__()
        self.module = module
        self.inputs = example_inputs
        self.graph = _tc.Graph(context, name)
        self.context = context
        # node -> ("value", number) for a tensor or a number of the graph, a list of these, a nested graph, or a Python or
        # symbolic scalar
        self.values = {}
        self.known_symbols = set()
        # the node that is being added, and what the symbols of its sizes belong to
        self.node = None
        self.shape_env = None
        self.sees_memory = False

    def run(self):
        placeholders = iter(self.inputs)
        spec = None
        _write_on_copies(self.module)
        self.sees_memory = _sees_memory(self.module)
        for node in self.module.graph.nodes:
            if node.op == "placeholder":
                self.values[node] = self.guarded(node, self.add_input, next(placeholders))
            elif node.op == "output":
                spec = self.guarded(node, self.add_outputs)
            else:
                self.add_node(self.module, node)
        return self.graph.finish(), spec

    def guarded(self, node, add, *arguments):
        """Adds a node; what is not supported is told with the node and its line."""
        self.node = node
        try:
            return add(node, *arguments)
        except UnsupportedGraph as error:
            if getattr(error, "located", False):
                raise
            trace = (node.stack_trace or "").strip().splitlines()
            located = UnsupportedGraph(f"{error} (node {node.name})" + "".join("\n  " + x.strip() for x in trace[-2:]))
            located.located = True
            raise located from None

    def add_node(self, module, node):
        if node.op == "get_attr":
            self.values[node] = self.guarded(node, self.add_attribute, module)
        elif node.op == "call_function":
            self.values[node] = self.guarded(node, self.add_call)
        else:
            raise UnsupportedGraph(f"a node of kind {node.op} (node {node.name})")

    # Symbols and types.

    def declare(self, value):
        """Declares the symbols of a SymInt with their ranges, once each."""
        if not isinstance(value, torch.SymInt):
            return
        self.shape_env = value.node.shape_env or self.shape_env
        self.declare_symbols(value.node.expr)

    def declare_symbols(self, expr):
        for symbol in sorted(expr.free_symbols, key=str):
            if symbol not in self.known_symbols:
                self.known_symbols.add(symbol)
                self.declare_range(str(symbol), self.shape_env.bound_sympy(symbol) if self.shape_env else None)

    def declare_range(self, symbol, bounds):
        low, high = 0, INT64_MAX
        if bounds is not None:
            low = int(bounds.lower) if bounds.lower.is_Integer and bounds.lower > INT64_MIN else INT64_MIN
            high = int(bounds.upper) if bounds.upper.is_Integer and bounds.upper < INT64_MAX else INT64_MAX
        self.graph.declare_symbol(symbol, low, high)

    def sizes(self, values):
        for value in values:
            self.declare(value)
        return [self.size(value) for value in values]

    def type_of(self, value):
        """How the builder spells the type of a result."""
        if value is None:
            return None
        if isinstance(value, torch.Tensor):
            if value.layout != torch.strided or value.is_quantized or value.is_nested:
                raise UnsupportedGraph(f"a tensor of layout {value.layout}")
            if value.device.type not in ("cpu", "cuda"):
                raise UnsupportedGraph(f"a tensor on device {value.device}")
            return (name_of(value.dtype), self.sizes(value.shape))
        if isinstance(value, (int, torch.SymInt)):
            return ("index", self.sizes([value]))
        raise UnsupportedGraph(f"a result of type {type(value).__name__}")

    # Nodes.

    def add_input(self, node, example):
        if isinstance(example, torch.Tensor):
            value = node.meta.get("val", example)
            strides = None
            if not _is_contiguous(value.shape, value.stride()):
                strides = self.sizes(value.stride())
            return ("value", self.graph.tensor_input(node.name, *self.type_of(value), strides))
        if isinstance(example, (int, torch.SymInt)) and not isinstance(example, bool):
            value = node.meta.get("val", example)
            self.declare(value)
            if isinstance(value, torch.SymInt):
                self.graph.symbol_input(node.name, _size(value))
            else:
                # A plain int is a constant of the graph: PyTorch guards on it.
                self.graph.declare_symbol(f"_{node.name}", INT64_MIN, INT64_MAX)
                self.graph.symbol_input(node.name, f"_{node.name}")
            return value
        if isinstance(example, (bool, float, torch.SymBool, torch.SymFloat)):
            dtype = torch.bool if isinstance(example, (bool, torch.SymBool)) else torch.float64
            number = self.graph.scalar_input(node.name, name_of(dtype))
            return self.emit("aten._to_copy", [("value", number)], node, [], dtype, dtype)
        raise UnsupportedGraph(f"an input of type {type(example).__name__}")

    def add_attribute(self, node, module):
        value = operator.attrgetter(node.target)(module)
        if isinstance(value, torch.fx.GraphModule):
            return value
        if not isinstance(value, torch.Tensor) or value.device.type not in ("cpu", "cuda"):
            raise UnsupportedGraph(f"a constant of type {type(value).__name__}")
        # AOTAutograd's fake tensor mode is on here, and this one is real.
        with unset_fake_temporarily():
            value = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
            data = value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
        return ("value", self.graph.constant(node.name, name_of(value.dtype), list(value.shape), data))

    def add_call(self, node):
        example, target = node.meta.get("val"), node.target
        if target is operator.getitem:
            return self.values[node.args[0]][node.args[1]]
        if isinstance(target, torch._ops.HigherOrderOperator):
            return self.add_higher_order(node)
        if not isinstance(target, torch._ops.OpOverload):
            if isinstance(example, (torch.SymFloat, torch.SymBool)):
                return self.add_number(node, example)
            if isinstance(example, (int, float, torch.SymInt)):
                self.declare(example)  # arithmetic on sizes: its expression says it all
                return example
            raise UnsupportedGraph(f"a call of {getattr(target, '__name__', target)}")
        if isinstance(example, SYM_TYPES):
            if target is torch.ops.aten.sym_size.int and isinstance(node.args[0], torch.fx.Node):
                size = node.args[0].meta["val"].shape[node.args[1]]
                # Nested graphs are traced again, and may call the same size by another symbol.
                return example if _size(size) == _size(example) else self.bind(node, example, self.tensor(size, node))
            if isinstance(example, torch.SymInt) and not free_unbacked_symbols(example):
                return example  # aten.sym_size and the like
            if target._schema.name in ("aten::_local_scalar_dense", "aten::item") and not isinstance(example, torch.SymInt):
                dtype = torch.float64 if isinstance(example, torch.SymFloat) else torch.bool
                return self.call("aten._to_copy", [self.values[node.args[0]]], {"dtype": ("dtype", name_of(dtype))}, dtype, node)
        return self.add_operator(node, target, node.args, node.kwargs, example)

    def add_operator(self, node, target, args, kwargs, example):
        """A call of an operator that gives `example`."""
        if target.namespace in ("aten", "prim") and target._schema.name.startswith("aten::_assert"):
            return None
        if target.namespace not in ("aten", "prim"):
            return self.add_foreign_operator(node, target, args, kwargs, example)
        numbers = {i for i, (kind, arg) in enumerate(zip(target._schema.arguments, args))
                   if _kind(kind) in ("NumberType", "FloatType", "BoolType") and _is_value(self.scalar(arg))}
        if numbers and target in (torch.ops.aten.scalar_tensor.default, torch.ops.aten.full.default):
            number = self.emit("aten._to_copy", [args[-1]], node, [], example.dtype, example.dtype)
            return self.emit("aten.expand", [number, list(example.shape)], node, example.shape, example.dtype)
        return self.add_results(node, _overload_of_tensors(target, args, numbers), args, kwargs, example)

    def add_foreign_operator(self, node, target, args, kwargs, example):
        plan = None if target.namespace == "prims" else self.wrapped_call(target, args, kwargs)
        schema = schema_of(target) if plan else str(target._schema).replace("-> NoneType", "-> ()").replace("-> None", "-> ()")
        self.context.add_operator(schema)
        if plan is None:
            return self.add_results(node, target, args, kwargs, example)
        wrapper = f"{NAMESPACE}.{str(target).replace('.', '_')}.default"
        return self.add_results(node, target, [str(target), plan.text(), plan.bases, plan.values, plan.sizes], {}, example, wrapper)

    def is_row_major(self, tensor):
        return _is_contiguous(tensor.shape, tensor.stride())

    def is_dense(self, tensor):
        return _is_dense(tensor.shape, tensor.stride())

    def add_results(self, node, target, args, kwargs, example, name=None):
        """The call of `name`, an operator that gives what `target` does."""
        returns = [x for x in target._schema.returns if x.type.kind() != "NoneType"]
        if not returns:
            example = None
        results = list(example) if isinstance(example, (list, tuple)) else [example] if returns else []
        values = self.graph.call(
            name or str(target),
            [self.argument(arg) for arg in args],
            {key: self.argument(arg) for key, arg in kwargs.items()},
            [self.type_of(result) for result in results],
            *location(node),
        )
        if isinstance(example, (list, tuple)):
            return [("value", value) for value in values]
        if not values:
            return None
        if isinstance(example, SYM_TYPES):
            return example
        is_new = all(returned.alias_info is None for returned in target._schema.returns)
        return self.in_memory_order(node, ("value", values[0]), example) if is_new and self.sees_memory else ("value", values[0])

    def in_memory_order(self, node, value, example):
        """A result, as a view of one that is contiguous in the order in which eager mode stores it."""
        order = _memory_order(example.shape, example.stride())
        if order is None or _is_contiguous(example.shape, example.stride()):
            return value
        sizes = [example.shape[dim] for dim in order]
        value = self.emit("aten.permute", [value, order], node, sizes, example.dtype)
        contiguous = {"memory_format": ("str", str(torch.contiguous_format))}
        types = [(name_of(example.dtype), self.sizes(sizes))]
        value = ("value", self.graph.call("aten.clone", [value], contiguous, types, *location(node))[0])
        inverse = sorted(range(len(order)), key=order.__getitem__)
        return self.emit("aten.permute", [value, inverse], node, example.shape, example.dtype)

    # Numbers that are no sizes: tensors without dimensions, f64 or bool.

    def call(self, op, args, kwargs, dtype, node):
        return ("value", self.graph.call(op, args, kwargs, [(name_of(dtype), [])], *location(node))[0])

    def add_number(self, node, example):
        if node.target is round and len(node.args) == 2:
            decimals = {"decimals": self.argument(node.args[1])}
            return self.call("aten.round.decimals", [self.number(node.args[0], node)], decimals, torch.float64, node)
        op = NUMBERS.get(node.target)
        if op is None:
            raise UnsupportedGraph(f"a call of {getattr(node.target, '__name__', node.target)} on numbers")
        is_bool = isinstance(example, torch.SymBool)
        operands = [self.number(arg, node) for arg in node.args]
        return self.call(f"aten.{op}", operands, {}, torch.bool if is_bool else torch.float64, node)

    def number(self, arg, node):
        """A number as a tensor; sizes are compared as integers where all are."""
        if isinstance(arg, torch.fx.Node):
            arg = self.values[arg]
        if _is_value(arg):
            return arg
        dtype = torch.bool if isinstance(arg, (bool, torch.SymBool)) else torch.float64
        if dtype == torch.float64 and all(isinstance(self.scalar(x), (int, torch.SymInt)) for x in node.args):
            if isinstance(node.meta["val"], torch.SymBool):
                dtype = torch.int64
        return self.call("aten.scalar_tensor", [self.argument(arg)], {"dtype": ("dtype", name_of(dtype))}, dtype, node)

    def scalar(self, arg):
        return self.values[arg] if isinstance(arg, torch.fx.Node) else arg

    # Arguments and outputs.

    def argument(self, arg):
        """How the builder spells an argument."""
        if isinstance(arg, torch.fx.Node):
            arg = self.values[arg]
        if _is_value(arg):
            return arg
        if isinstance(arg, torch.SymInt):
            self.declare(arg)
            return ("size", self.size(arg))
        if isinstance(arg, SYM_TYPES):
            raise UnsupportedGraph(f"an argument of type {type(arg).__name__}")
        if arg is None or isinstance(arg, (bool, int, float)):
            return arg
        if isinstance(arg, complex):
            data = struct.pack("dd", arg.real, arg.imag)
            return ("value", self.graph.constant("number", name_of(torch.complex128), [], data))
        if isinstance(arg, str):
            return ("str", arg)
        if isinstance(arg, torch.dtype):
            return ("dtype", name_of(arg))
        if isinstance(arg, (torch.device, torch.layout, torch.memory_format)):
            return ("str", str(arg))
        if isinstance(arg, (list, tuple)):
            return [self.argument(element) for element in arg]
        raise UnsupportedGraph(f"an argument of type {type(arg).__name__}")

    def add_outputs(self, node):
        arguments, strides, spec = [], [], []
        for output in node.args[0]:
            value = self.scalar(output)
            if value is None or isinstance(value, (bool, float)) or not isinstance(output, torch.fx.Node):
                spec.append((value,))
                continue
            example = output.meta.get("val")
            if isinstance(example, (torch.SymFloat, torch.SymBool)):
                value = self.number(value, output)
                spec.append((len(arguments), None))
                arguments.append(self.argument(value))
                strides.append(None)
                continue
            spec.append(len(arguments))
            arguments.append(self.argument(value))
            strides.append(None)
            if not _is_value(value) or _is_contiguous(example.shape, example.stride(), units_matter=True):
                continue
            strides[-1] = self.sizes(example.stride())
            if _is_dense(example.shape, example.stride()):
                continue
            wanted = []
            for stride in example.stride():
                wanted.append((len(arguments),) if isinstance(stride, torch.SymInt) else stride)
                if isinstance(stride, torch.SymInt):
                    arguments.append(self.argument(stride))
                    strides.append(None)
            spec[-1] = (spec[-1], wanted)
        self.graph.outputs(arguments, strides)
        return spec
