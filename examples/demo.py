#!/usr/bin/env python3
"""Compiles ResNet-18 and a 2-layer GPT-2 with tc, both ways in: through torch.compile,
and from a .pt2 file. Checks every answer against eager, and prints a table: latency
against eager and Inductor, compile time, kernels. Fails if an answer is wrong.
"""

import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "test" / "models")]

import torch  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from torch._inductor.utils import fresh_cache  # noqa: E402

import harness  # noqa: E402
import measure  # noqa: E402
from contenders import Contender, warm_up  # noqa: E402
from models import IDS, MODELS, TEXT, Model, gpt2, tokens  # noqa: E402

TOLERANCE = 1e-4


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def compile_time(record):
    """What the backend takes: all of a first call but capture and the run itself."""
    return record["backend"]


def through_compile(contender, module, inputs):
    """(call, seconds that the backend's compiler took)."""
    call = measure.caller(contender.compile(module), inputs, module, training=False)
    return call, compile_time(measure.first_call(call))


def through_file(model, module, inputs, folder):
    """The same from a .pt2 file, which tc reads and compiles by itself."""
    path = pathlib.Path(folder) / f"{model.name}.pt2"
    harness.export(model, module, path)
    start = time.perf_counter()
    program = harness.load(path, "tc")
    return measure.caller(program, inputs, module, training=False), time.perf_counter() - start


def demonstrate(model, table, seconds):
    """Adds the model's rows to the table; the errors that are too large."""
    module, inputs = model.build(), model.sample()
    calls, facts = {"eager": measure.caller(module, inputs, module, training=False)}, {"eager": {}}
    expected = calls["eager"]()
    ways = {"tc, torch.compile": Contender("tc", "tc"), "tc, .pt2": None, "Inductor": Contender("inductor", "inductor")}
    with tempfile.TemporaryDirectory() as folder:
        for name, contender in ways.items():
            if contender and (reason := contender.missing()):
                if contender.backend == "tc":
                    sys.exit(f"demo: {reason}")
                say(f"  {name} skipped: {reason}")
                continue
            say(f"  {model.name}: {name} …")
            counters = harness.tc_counters() if name.startswith("tc") else None
            if contender:
                call, spent = through_compile(contender, module, inputs)
            else:
                call, spent = through_file(model, module, inputs, folder)
            facts[name] = {"compile": spent, "error": measure.relative_error(call(), expected)}
            if counters is not None:
                facts[name].update(kernels=counters["kernels"], extern=counters["extern"])
            calls[name] = call
    say(f"  {model.name}: timing …")
    times = measure.rounds(calls, seconds, least=7)
    against_eager, against_inductor = measure.ratios(times, "eager"), measure.ratios(times, "Inductor")
    for name in calls:
        fact = facts[name]
        table.add_row(
            model.name, name, f"{statistics.median(times[name]) * 1e3:.2f}", f"{against_eager[name]:.2f}×",
            f"{against_inductor[name]:.2f}×" if name in against_inductor else "",
            f"{fact['compile']:.2f}" if "compile" in fact else "", str(fact.get("kernels", "")),
            str(fact.get("extern", "")), f"{fact['error']:.0e}" if "error" in fact else "")
    table.add_section()
    return [f"{model.name}, {name}: relative error {fact['error']:.1e}, expected at most {TOLERANCE:.0e}"
            for name, fact in facts.items() if not fact.get("error", 0) <= TOLERANCE]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=4, help="of timing, a model")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    small_gpt2 = Model("gpt2, 2 layers", lambda: gpt2(layers=2), tokens(50257), TEXT, (IDS,))
    table = Table(title=f"tc on {arguments.threads} threads", caption="× eager, × Inductor: median ratio of latency, "
                  "below 1 is faster; compile: the backend's part of the first call")
    for column in ("model", "way", "ms", "× eager", "× Inductor", "compile s", "kernels", "extern", "error"):
        table.add_column(column, justify="left" if column in ("model", "way") else "right")
    wrong = []
    with fresh_cache():  # so that Inductor compiles rather than finds
        warm_up(["tc", "inductor"])
        for model in (MODELS["resnet18"], small_gpt2):
            wrong += demonstrate(model, table, arguments.seconds)
    (Console() if Console().is_terminal else Console(width=120)).print(table)
    if wrong:
        sys.exit("demo: wrong answers\n  " + "\n  ".join(wrong))
    print("every answer agrees with eager")


if __name__ == "__main__":
    main()
