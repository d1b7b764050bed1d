"""From an FX graph of ATen calls to tc's captured form: a walk that calls the graph builder, and decides nothing."""

import operator

import torch
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.fx.experimental.symbolic_shapes import free_unbacked_symbols

from . import _tc
from .dtypes import name_of

SYM_TYPES = (torch.SymInt, torch.SymFloat, torch.SymBool)
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


class UnsupportedGraph(_tc.CompileError):
    """The graph holds something that tc does not take; the message names it."""


def capture(context, module, example_inputs, name="main"):
    """Builds the captured form of `module`, an FX graph whose inputs are `example_inputs` (fake tensors, ints, SymInts).

    Returns (tc module, output spec): the spec has one entry an output of the FX graph, the number of the tc output, a
    Python constant wrapped in a tuple, or a pair of a number and the strides that the output gets afterwards, which have
    gaps or overlap.
    """
    return _Capture(context, module, example_inputs, name).run()


def _size(value):
    """The text of an int or a SymInt."""
    return str(value.node.expr) if isinstance(value, torch.SymInt) else str(int(value))


def _is_contiguous(sizes, strides):
    expected = 1
    for size, stride in zip(reversed(sizes), reversed(strides)):
        # Symbolic sizes are compared as expressions: no guard may come of this.
        if str(size) != "1" and _size(stride) != _size(expected):
            return False
        expected = size * expected
    return True


def _is_dense(sizes, strides):
    """Whether the strides are those of a permuted contiguous tensor. Symbolic ones are: nothing else reaches us."""
    if any(isinstance(x, torch.SymInt) for x in (*sizes, *strides)):
        return True
    expected = 1
    for stride, size in sorted((stride, size) for size, stride in zip(sizes, strides) if size != 1):
        if stride != expected and 0 not in sizes:
            return False
        expected = size * stride
    return True


class _Capture:
    def __init__(self, context, module, example_inputs, name):
        self.module = module
        self.inputs = example_inputs
        self.graph = _tc.Graph(context, name)
        self.context = context
        self.values = {}  # node -> value number, list of them, or a Python or symbolic scalar
        self.known_symbols = set()

    def run(self):
        placeholders = iter(self.inputs)
        for node in self.module.graph.nodes:
            try:
                if node.op == "placeholder":
                    self.values[node] = self.add_input(node, next(placeholders))
                elif node.op == "get_attr":
                    self.values[node] = self.add_constant(node)
                elif node.op == "call_function":
                    self.values[node] = self.add_call(node)
                elif node.op == "output":
                    spec = self.add_outputs(node)
                else:
                    raise UnsupportedGraph(f"a node of kind {node.op}")
            except UnsupportedGraph as error:
                raise UnsupportedGraph(f"{error} (node {node.name}){self.source_line(node)}") from None
        return self.graph.finish(), spec

    def source_line(self, node):
        trace = (node.stack_trace or "").strip().splitlines()
        return "".join("\n  " + line.strip() for line in trace[-2:])

    # Symbols and types.

    def declare(self, value):
        """Declares the symbols of a SymInt with their ranges, once each."""
        if not isinstance(value, torch.SymInt):
            return
        shape_env = value.node.shape_env
        for symbol in sorted(value.node.expr.free_symbols, key=str):
            if symbol in self.known_symbols:
                continue
            self.known_symbols.add(symbol)
            bounds = shape_env.bound_sympy(symbol) if shape_env is not None else None
            low, high = 0, INT64_MAX
            if bounds is not None:
                low = int(bounds.lower) if bounds.lower.is_Integer and bounds.lower > INT64_MIN else INT64_MIN
                high = int(bounds.upper) if bounds.upper.is_Integer and bounds.upper < INT64_MAX else INT64_MAX
            self.graph.declare_symbol(str(symbol), low, high)

    def sizes(self, values):
        for value in values:
            self.declare(value)
        return [_size(value) for value in values]

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
            return self.graph.tensor_input(node.name, *self.type_of(value), strides)
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
        raise UnsupportedGraph(f"an input of type {type(example).__name__}")

    def add_constant(self, node):
        value = operator.attrgetter(node.target)(self.module)
        if isinstance(value, torch.fx.GraphModule):
            raise UnsupportedGraph("a nested graph (control flow)")
        if not isinstance(value, torch.Tensor) or value.device.type not in ("cpu", "cuda"):
            raise UnsupportedGraph(f"a constant of type {type(value).__name__}")
        # AOTAutograd's fake tensor mode is on here, and this one is real.
        with unset_fake_temporarily():
            value = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
            data = value.reshape(-1).view(torch.uint8).numpy().tobytes() if value.numel() else b""
        return self.graph.constant(node.name, name_of(value.dtype), list(value.shape), data)

    def add_call(self, node):
        example = node.meta.get("val")
        if node.target is operator.getitem:
            return self.values[node.args[0]][node.args[1]]
        if isinstance(example, SYM_TYPES) and not isinstance(node.target, torch._ops.OpOverload):
            self.declare(example)  # arithmetic on sizes: its expression says it all
            return example
        if isinstance(node.target, torch._ops.OpOverload) and isinstance(example, SYM_TYPES):
            if not free_unbacked_symbols(example):
                return example  # aten.sym_size and the like
        if not isinstance(node.target, torch._ops.OpOverload):
            raise UnsupportedGraph(f"a call of {getattr(node.target, '__name__', node.target)}")
        target = node.target
        if target.namespace in ("aten", "prim") and target._schema.name.startswith("aten::_assert"):
            return None
        if target.namespace not in ("aten", "prims", "prim"):
            self.context.add_operator(str(target._schema))
        results = list(example) if isinstance(example, (list, tuple)) else [example] if target._schema.returns else []
        types = [self.type_of(result) for result in results]
        modules = node.meta.get("nn_module_stack") or {}
        path = next(reversed(modules.values()))[0] if modules else ""
        values = self.graph.call(
            str(target),
            [self.argument(arg) for arg in node.args],
            {key: self.argument(arg) for key, arg in node.kwargs.items()},
            types,
            node.stack_trace or "",
            str(path),
        )
        if isinstance(example, (list, tuple)):
            return values
        if not values:
            return None
        return example if isinstance(example, SYM_TYPES) else values[0]

    def argument(self, arg):
        """How the builder spells an argument."""
        if isinstance(arg, torch.fx.Node):
            arg = self.values[arg]
            if isinstance(arg, list):
                return [("value", value) for value in arg]
            if not isinstance(arg, SYM_TYPES):
                return ("value", arg) if isinstance(arg, int) else arg
        if isinstance(arg, torch.SymInt):
            self.declare(arg)
            return ("size", _size(arg))
        if isinstance(arg, SYM_TYPES):
            raise UnsupportedGraph(f"an argument of type {type(arg).__name__}")
        if arg is None or isinstance(arg, (bool, int, float)):
            return arg
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
            value = self.values[output] if isinstance(output, torch.fx.Node) else output
            if value is None or isinstance(value, (bool, float)) or not isinstance(output, torch.fx.Node):
                spec.append((value,))
                continue
            spec.append(len(arguments))
            example = output.meta.get("val")
            if isinstance(value, SYM_TYPES):
                arguments.append(self.argument(value))
                strides.append(None)
                continue
            arguments.append(("value", value))
            dense = _is_dense(example.shape, example.stride())
            if not dense:
                spec[-1] = (len(arguments) - 1, list(example.stride()))
            contiguous = _is_contiguous(example.shape, example.stride()) or not dense
            strides.append(None if contiguous else self.sizes(example.stride()))
        self.graph.outputs(arguments, strides)
        return spec
