"""Assembles every GPU kernel of the models: `check_ptxas.py [--targets "sm_80 sm_90a"] [--sizes "static dynamic"] [NAME…]`.

A table of kernels, registers and spills. Fails on errors, spills, and warnings of ptxas.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from harness import record_graphs
from models import MODELS, TRAINING
from zoo import ZOO

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "utils"), str(ROOT / "test/python")]
from build_tools import find_tool  # noqa: E402
from ptxas import TARGETS, assemble, find_ptxas  # noqa: E402


def compile_to_ptx(text, target):
    """(PTX of every kernel of a captured graph, what went wrong)"""
    with tempfile.TemporaryDirectory() as folder:
        source, output = pathlib.Path(folder, "graph.mlir"), pathlib.Path(folder, "graph.ptx")
        source.write_text(text)
        run = subprocess.run(
            [find_tool("tc"), "compile", f"--target={target}", source, "-o", output], capture_output=True, text=True)
        return (output.read_text(), "") if run.returncode == 0 else ("", run.stderr.strip())


def check(graphs, target, ptxas):
    """(kernels, problems) of some graphs."""
    entries, problems = [], []
    for graph in graphs:
        ptx, error = compile_to_ptx(graph.text, target)
        if error:
            problems.append(error)
            continue
        assembly = assemble(ptxas, ptx, target)
        entries += assembly.entries
        problems += assembly.problems
    return entries, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--targets", default=" ".join(TARGETS))
    parser.add_argument("--sizes", default="static dynamic")
    options = parser.parse_args()
    ptxas = find_ptxas()
    if not ptxas:
        sys.exit("expected ptxas on PATH or in the triton wheel, found none")
    models = {**MODELS, **TRAINING, **ZOO}
    wrong = 0
    print(f"{'model':32} {'sizes':8} {'target':7} {'kernels':>7} {'registers':>9} {'spilled':>7}")
    for name in options.names or [*MODELS, *TRAINING]:
        if name not in models:
            sys.exit(f"unknown model {name}: expected some of {', '.join(models)}")
        for sizes in options.sizes.split():
            graphs = record_graphs(models[name], name in TRAINING, sizes == "dynamic")
            for target in options.targets.split():
                entries, problems = check(graphs, target, ptxas)
                wrong += len(problems)
                registers = max((entry.registers for entry in entries), default=0)
                spilled = sum(entry.spilled_bytes for entry in entries)
                print(f"{name:32} {sizes:8} {target:7} {len(entries):7} {registers:9} {spilled:7}", *problems,
                      sep="\n    ", flush=True)
    print(f"{wrong} problems")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
