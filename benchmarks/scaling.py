#!/usr/bin/env python3
"""How compile time grows with the number of ops: graphs of 10^3, 10^4 and 10^5 ops through `tc compile --time`.

  scaling.py                               every kind of graph, all sizes
  scaling.py chain mlp --sizes 1000 10000
  scaling.py chain --sizes 300 --print     the graph itself

The last column is the time per op over that of the smallest size: 1.0 is linear.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

MATRIX, VECTOR, COLUMN, FLAT, INDEX = (
    f"!tc.ref<{sizes}, {element}>"
    for sizes, element in [("[64, 64]", "f32"), ("[64]", "f32"), ("[64, 1]", "f32"), ("[4096]", "f32"), ("[64]", "i64")]
)


class Graph:
    """The text of a captured graph of two matrices, %x and %w."""

    def __init__(self):
        self.lines = []

    def __len__(self):
        return len(self.lines)

    def call(self, op, arguments, operands, result=MATRIX):
        name = f"%{len(self.lines)}"
        self.lines.append(f'  {name} = tc.aten "{op}"({arguments}) : ({", ".join(operands)}) -> {result}')
        return name

    def text(self, results, result=MATRIX):
        types = ", ".join([result] * len(results))
        header = f"func.func @main(%x: {MATRIX}, %w: {MATRIX}) -> ({types}) {{"
        return "\n".join([header, *self.lines, f"  return {', '.join(results)} : {types}", "}", ""])


def chain(count):
    """Pointwise ops one after another."""
    graph, value = Graph(), "%x"
    while len(graph) < count:
        for op in ("relu", "sigmoid", "tanh", "neg"):
            value = graph.call(op, value, [MATRIX])
    return graph.text([value])


def diamonds(count):
    """Values that are used twice, over and over."""
    graph, value = Graph(), "%x"
    while len(graph) < count:
        left, right = graph.call("relu", value, [MATRIX]), graph.call("sigmoid", value, [MATRIX])
        value = graph.call("add.Tensor", f"{left}, {right}, 1", [MATRIX] * 2)
    return graph.text([value])


def wide(count):
    """Many readers of one tensor, and a tree of sums."""
    graph = Graph()
    values = [graph.call("mul.Tensor", f"%x, {i}", [MATRIX]) for i in range(count // 2)]
    while len(values) > 1:
        pairs = zip(values[::2], values[1::2])
        rest = values[-1:] if len(values) % 2 else []
        values = [graph.call("add.Tensor", f"{a}, {b}, 1", [MATRIX] * 2) for a, b in pairs] + rest
    return graph.text(values)


def layers(count):
    """Layers of a contraction, a mean over rows and a residual."""
    graph, value = Graph(), "%x"
    while len(graph) < count:
        hidden = graph.call("relu", graph.call("mm", f"{value}, %w", [MATRIX] * 2), [MATRIX])
        mean = graph.call("mean.dim", f"{hidden}, [1], true, none", [MATRIX], COLUMN)
        hidden = graph.call("sub.Tensor", f"{hidden}, {mean}, 1", [MATRIX, COLUMN])
        value = graph.call("add.Tensor", f"{hidden}, {value}, 1", [MATRIX] * 2)
    return graph.text([value])


def views(count):
    """Reshapes and transpositions between pointwise ops."""
    graph, value = Graph(), "%x"
    while len(graph) < count:
        flat = graph.call("relu", graph.call("view", f"{value}, [4096]", [MATRIX], FLAT), [FLAT], FLAT)
        value = graph.call("permute", graph.call("view", f"{flat}, [64, 64]", [FLAT]) + ", [1, 0]", [MATRIX])
    return graph.text([value])


def inplace(count):
    """Updates of rows of one buffer."""
    graph = Graph()
    buffer = graph.call("clone", "%x, none", [MATRIX])
    while len(graph) < count:
        row = graph.call("select.int", f"{buffer}, 0, {len(graph) % 64}", [MATRIX], VECTOR)
        graph.call("add_.Scalar", f"{row}, 1, 1", [VECTOR], VECTOR)
    return graph.text([buffer])


def gathers(count):
    """Indices computed from indices that were read."""
    graph = Graph()
    index = graph.call("argmax", "%x, 1, false", [MATRIX], INDEX)
    while len(graph) < count:
        index = graph.call("index.Tensor", f"{index}, [{index}]", [INDEX] * 2, INDEX)
        index = graph.call("remainder.Scalar", f"{index}, 64", [INDEX], INDEX)
    return graph.text([graph.call("index_select", f"%x, 0, {index}", [MATRIX, INDEX])])


def outputs(count):
    """A result of every third op."""
    graph, value, results = Graph(), "%x", []
    while len(graph) < count:
        value = graph.call("tanh", graph.call("mul.Tensor", f"{value}, %x", [MATRIX] * 2), [MATRIX])
        results.append(graph.call("sum.dim_IntList", f"{value}, [1], false, none", [MATRIX], VECTOR))
    return graph.text(results, VECTOR)


KINDS = {make.__name__: make for make in (chain, diamonds, wide, layers, views, inplace, gathers, outputs)}


def measure(tool, text, limit):
    """Milliseconds by stage."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "graph.mlir"
        path.write_text(text)
        run = subprocess.run([tool, "compile", path, "--time"], capture_output=True, text=True, timeout=limit)
    if run.returncode:
        sys.exit(run.stderr)
    return {words[0]: float(words[1]) for words in map(str.split, run.stderr.splitlines()) if words[-1] == "ms"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", help=f"of graphs, all by default: {', '.join(KINDS)}")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1000, 10000, 100000])
    parser.add_argument("--tool", default=pathlib.Path(__file__).resolve().parent.parent / "build" / "bin" / "tc")
    parser.add_argument("--limit", type=float, default=300, help="seconds that one compile may take")
    parser.add_argument("--print", action="store_true", help="print the graphs instead")
    arguments = parser.parse_args()
    if unknown := set(arguments.kinds) - set(KINDS):
        parser.error(f"unknown kinds {sorted(unknown)}, expected some of {', '.join(KINDS)}")
    if not arguments.print:
        print(f"{'graph':10} {'ops':>7} {'front ms':>10} {'code ms':>10} {'us an op':>9} {'growth':>7}")
    for kind in arguments.kinds or KINDS:
        first = None
        for size in arguments.sizes:
            text = KINDS[kind](size)
            if arguments.print:
                print(text, end="")
                continue
            try:
                times = measure(arguments.tool, text, arguments.limit)
            except subprocess.TimeoutExpired:
                print(f"{kind:10} {size:7} not done after {arguments.limit:g} s", flush=True)
                break
            each = 1000 * times["total"] / size
            first = first or each
            front = times["total"] - times["code"]
            print(f"{kind:10} {size:7} {front:10.1f} {times['code']:10.1f} {each:9.1f} {each / first:7.2f}", flush=True)


if __name__ == "__main__":
    main()
