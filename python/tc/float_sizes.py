"""Sizes that are rounded floats, `int(n * 1.87)`: computed in the graph as Python computes them, and symbols from there on."""

import sympy
import torch

from .errors import UnsupportedGraph

#: Functions of torch.utils._sympy that give integers, as ATen's.
ROUNDINGS = {"CeilToInt": "ceil", "FloorToInt": "floor", "TruncToInt": "trunc", "RoundToInt": "round"}
BINARY = {"IntTrueDiv": "div.Tensor", "FloatTrueDiv": "div.Tensor", "FloatPow": "pow.Tensor_Tensor", "Pow": "pow.Tensor_Tensor"}
FOLDED = {"Add": "add.Tensor", "Mul": "mul.Tensor", "Max": "maximum", "Min": "minimum"}


def _is_binary_fraction(number):
    """Whether products and sums with sizes are exact."""
    return (float(number) * 1024).is_integer() and abs(float(number)) < 2**20


def _is_inexact(expr):
    """Whether a rounding's value depends on how floats are rounded before."""
    names = {type(part).__name__ for part in expr.atoms(sympy.Function)}
    return (any(not _is_binary_fraction(number) for number in expr.atoms(sympy.Float))
            or any(name.startswith(("FloatPow", "FloatTrueDiv", "RoundDecimal", "OpaqueUnaryFn")) for name in names))


class FloatSizes:
    """The part of a capture that spells sizes."""

    def __init__(self):
        self.rounded = {}  # expression -> symbol

    def size(self, value):
        """The text of an int or a SymInt."""
        return str(self.without_floats(value.node.expr)) if isinstance(value, torch.SymInt) else str(int(value))

    def without_floats(self, expr):
        if type(expr).__name__ in ROUNDINGS and _is_inexact(expr):
            return self.rounded_symbol(expr)
        if not expr.args or not expr.atoms(sympy.Float, sympy.Function):
            return expr
        args = [self.without_floats(arg) for arg in expr.args]
        return expr if args == list(expr.args) else expr.func(*args)

    def rounded_symbol(self, expr):
        if expr not in self.rounded:
            node = self.node
            op = f"aten.{ROUNDINGS[type(expr).__name__]}"
            value = self.emit(op, [self.float_of(expr.args[0])], node, [], torch.float64)
            value = self.emit("aten._to_copy", [value], node, [], torch.int64, torch.int64)
            symbol = sympy.Symbol(f"rounded{len(self.rounded)}", integer=True)
            self.declare_range(str(symbol), self.shape_env.bound_sympy(expr) if self.shape_env else None)
            self.graph.call("aten.item", [value], {}, [("index", [str(symbol)])], node.stack_trace or "", "")
            self.rounded[expr] = symbol
        return self.rounded[expr]

    def float_of(self, expr):
        """A sympy expression of floats as an f64 tensor without dimensions."""
        name = type(expr).__name__
        if name == "ToFloat":
            return self.float_of(expr.args[0])
        if isinstance(expr, sympy.Number):
            return self.emit("aten.scalar_tensor", [float(expr)], self.node, [], torch.float64, torch.float64)
        if expr.is_integer:
            self.declare_symbols(expr)
            size = ("size", str(self.without_floats(expr)))
            return ("value", self.graph.call("aten.scalar_tensor", [size], {"dtype": ("dtype", "f64")}, [("f64", [])],
                                             self.node.stack_trace or "", "")[0])
        if name == "RoundDecimal":
            named = {"decimals": int(expr.args[1])}
            return ("value", self.graph.call("aten.round.decimals", [self.float_of(expr.args[0])], named, [("f64", [])],
                                             self.node.stack_trace or "", "")[0])
        if name.startswith("OpaqueUnaryFn_"):
            op = name.partition("_")[2]
        else:
            op = FOLDED.get(name) or BINARY.get(name)
        if op is None:
            raise UnsupportedGraph(f"a size computed by {name} of floats")
        result, *rest = [self.float_of(arg) for arg in expr.args]
        if not rest:
            return self.emit(f"aten.{op}", [result], self.node, [], torch.float64)
        for value in rest:
            result = self.emit(f"aten.{op}", [result, value], self.node, [], torch.float64)
        return result
