#!/usr/bin/env python3
"""Single ops: time a call, and the fraction of the machine's roof that it reaches.

  micro.py                 every op
  micro.py softmax conv    ops whose names contain one of these

The roof of an op is the longer of its arithmetic at the measured multiply-add peak
and its bytes at the measured copy bandwidth (benchmarks/roof.cpp). 100 % cannot be
beaten, except by an op whose data is still in the caches.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]


def roof(threads):
    """(flop/s, byte/s) of this machine."""
    compiler = shutil.which("clang++") or shutil.which("g++")
    if not compiler:
        sys.exit("micro: clang++ or g++ expected, to measure the machine's roof")
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "roof"
        subprocess.run([compiler, "-O3", "-march=native", "-ffp-contract=fast", "-std=c++20", "-pthread", "-w",
                        str(HERE / "roof.cpp"), "-o", str(program)], check=True)
        flops, bandwidth = subprocess.run([program, str(threads)], check=True, capture_output=True, text=True).stdout.split()
    return float(flops) * 1e9, float(bandwidth) * 1e9


def measure_op(op, arguments, roofs):
    import torch

    import measure
    from contenders import contenders
    from ops import roof_seconds

    torch._dynamo.reset()
    torch.manual_seed(0)
    inputs = op.inputs()
    expected = op.run(*inputs)
    result = {"op": op.name, "roof": roof_seconds(op, inputs, expected, *roofs), "contenders": {}}
    calls = {}
    for contender in contenders():
        if contender.name not in arguments.contenders:
            continue
        reason = contender.missing()
        if not reason:
            try:
                with measure.limit(arguments.limit):
                    call = measure.caller(contender.compile(op.run), inputs, None, training=False)
                    error = measure.relative_error(call(), expected)
                if error > 1e-4:
                    reason = f"wrong: relative error {error:.1e}"
                else:
                    calls[contender.name] = call
            except (Exception, measure.Timeout) as error:
                contender.abandon()
                reason = f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:80]}"
        if reason:
            result["contenders"][contender.name] = {"skipped": reason}
    times = measure.rounds(calls, arguments.seconds, least=5)
    ratios = measure.ratios(times, "inductor")
    for name, values in times.items():
        latency = statistics.median(values)
        result["contenders"][name] = {"latency": latency, "of_roof": result["roof"] / latency}
        if name in ratios:
            result["contenders"][name]["ratio_inductor"] = ratios[name]
    return result


def table(results, names, roofs):
    from rich.table import Table

    lines = Table(title=f"Single ops; roof {roofs[0] / 1e9:.0f} GFLOP/s, {roofs[1] / 1e9:.1f} GB/s",
                  caption="µs a call, and the fraction of the roof")
    lines.add_column("op")
    for name in names:
        lines.add_column(name, justify="right")
    for result in results:
        row = [result["op"]]
        for name in names:
            entry = result["contenders"].get(name, {})
            row.append(f"{entry['latency'] * 1e6:.1f}  {entry['of_roof']:4.0%}" if "latency" in entry
                       else entry.get("skipped", ""))
        lines.add_row(*row)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ops", nargs="*", help="parts of names (every op when none is given)")
    parser.add_argument("--contenders", nargs="+", default=["eager", "tc", "inductor"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=1, help="of timing, an op")
    parser.add_argument("--limit", type=int, default=60, help="seconds that one contender may take to compile")
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results")
    arguments = parser.parse_args()

    import torch
    from rich.console import Console

    from ops import OPS

    chosen = [op for op in OPS if not arguments.ops or any(part in op.name for part in arguments.ops)]
    if not chosen:
        sys.exit(f"micro: no op named like {', '.join(arguments.ops)} (there are: {', '.join(op.name for op in OPS)})")
    torch.set_num_threads(arguments.threads)
    roofs = roof(arguments.threads)
    results = []
    for position, op in enumerate(chosen, 1):
        print(f"[{position}/{len(chosen)}] {op.name}", file=sys.stderr, flush=True)
        results.append(measure_op(op, arguments, roofs))

    console = Console() if Console().is_terminal else Console(width=140)
    console.print(table(results, arguments.contenders, roofs))
    arguments.results.mkdir(parents=True, exist_ok=True)
    described = {"threads": arguments.threads, "flops_per_second": roofs[0], "bytes_per_second": roofs[1],
                 "results": results}
    (arguments.results / "ops.json").write_text(json.dumps(described, indent=1) + "\n")


if __name__ == "__main__":
    main()
