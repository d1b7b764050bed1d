#!/usr/bin/env python3
"""Latency, compile time and memory of tc against eager and Inductor.

  bench.py                      every model of test/models, inference and training
  bench.py resnet18 gpt2        these
  bench.py --full               the models of full_size.py
  bench.py --contenders eager tc --seconds 5

All contenders of a model run in one process, on the same threads, in turns; ratios
are medians over the turns. Each model has a process of its own. Results go to
benchmarks/results/: a JSON file with everything, and an SVG plot.
"""

import argparse
import contextlib
import json
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test" / "models")]


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def models(arguments):
    """{name: model} for inference, and for training."""
    if arguments.full:
        from full_size import FULL_SIZE, FULL_SIZE_TRAINING

        return FULL_SIZE, FULL_SIZE_TRAINING
    from models import MODELS, TRAINING

    return MODELS, TRAINING


def prepare(contender, module, inputs, training, arguments, expected):
    """Compiles with one contender, cold and warm: its record, and the call to time."""
    import torch

    import measure

    record = {}
    with measure.limit(arguments.limit):
        call = measure.caller(contender.compile(module), inputs, module, training)
        if contender.backend:
            record["cold"] = measure.first_call(call)
            torch._dynamo.reset()
            call = measure.caller(contender.compile(module), inputs, module, training)
            record["warm"] = measure.first_call(call)
        record["error"] = measure.relative_error(call(), expected)
        record["memory"] = measure.peak_memory(call)
    return record, call


def run_model(name, arguments):
    """Measures one model in this process."""
    import torch
    from torch._inductor.utils import fresh_cache

    import measure
    from contenders import contenders, warm_up

    torch.set_num_threads(arguments.threads)
    inference, training_steps = models(arguments)
    training = name in training_steps
    model = {**inference, **training_steps}[name]
    module, inputs = model.build(), model.sample()
    expected = measure.caller(module, inputs, module, training)()
    result = {"model": name, "sizes": model.sizes, "threads": arguments.threads, "contenders": {}}
    calls = {}
    with fresh_cache():
        warm_up(arguments.contenders)
        for contender in contenders():
            if contender.name not in arguments.contenders:
                continue
            reason = contender.missing()
            if not reason and training and contender.options.get("freezing"):
                reason = "freezing is for inference"
            if not reason:
                say(f"  {name}: {contender.name} …")
                try:
                    result["contenders"][contender.name], calls[contender.name] = prepare(
                        contender, module, inputs, training, arguments, expected)
                except (Exception, measure.Timeout) as error:  # the table shows it, the others go on
                    contender.abandon()
                    lines = str(error).strip().splitlines() or [""]
                    reason = f"{type(error).__name__}: {lines[0][:100]}"
            if reason:
                say(f"  {name}: {contender.name} skipped: {reason}")
                result["contenders"][contender.name] = {"skipped": reason}
        say(f"  {name}: {', '.join(calls)} in turns for {arguments.seconds} s …")
        times = measure.rounds(calls, arguments.seconds, least=7)
    for reference in ("eager", "inductor", "inductor-max"):
        for contender, ratio in measure.ratios(times, reference).items():
            result["contenders"][contender][f"ratio_{reference.replace('-', '_')}"] = ratio
    for contender, values in times.items():
        result["contenders"][contender].update(latency=statistics.median(values), rounds=len(values))
    return result


def machine(threads):
    cpu = platform.machine()
    try:
        with open("/proc/cpuinfo") as lines:
            cpu = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), cpu)
    except OSError:
        pass
    import torch

    return f"{cpu}, {threads} threads, torch {torch.__version__}"


def run_apart(command, limit):
    """Runs a process and all that it starts: None, or what went wrong."""
    import os
    import signal

    process = subprocess.Popen(command, start_new_session=True)
    try:
        status = process.wait(limit)
        return f"status {status}" if status else None
    except subprocess.TimeoutExpired:
        return f"not done after {limit:.0f} s"
    finally:
        with contextlib.suppress(ProcessLookupError):  # compile workers that hang
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def table(arguments):
    return "full-size" if arguments.full else "models"


def write(results, arguments):
    arguments.results.mkdir(parents=True, exist_ok=True)
    described = {"machine": machine(arguments.threads), "results": results}
    (arguments.results / f"{table(arguments)}.json").write_text(json.dumps(described, indent=1) + "\n")


def parse():
    import os

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="models by name (all of them when none is given)")
    parser.add_argument("--full", action="store_true", help="the models of full_size.py")
    parser.add_argument("--contenders", nargs="+", default=["eager", "tc", "inductor", "inductor-max"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=10, help="of timing, a model")
    parser.add_argument("--limit", type=int, default=300, help="seconds that one contender may take to compile")
    parser.add_argument("--results", type=pathlib.Path, default=HERE / "results")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)  # this process measures a model itself
    return parser.parse_args()


def main():
    arguments = parse()
    known = [name for part in models(arguments) for name in part]
    names = arguments.models or known
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"bench: no model named {', '.join(unknown)} (there are {', '.join(known)})")
    if arguments.one:
        (arguments.results / f"{names[0]}.json").write_text(json.dumps(run_model(names[0], arguments)))
        return

    results, failed = [], []
    for position, name in enumerate(names, 1):
        say(f"[{position}/{len(names)}] {name}")
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            status = run_apart([
                sys.executable, __file__, name, "--one", "--results", folder, "--threads", str(arguments.threads),
                "--seconds", str(arguments.seconds), "--limit", str(arguments.limit),
                *(["--full"] if arguments.full else []), "--contenders", *arguments.contenders],
                limit=len(arguments.contenders) * (arguments.limit + 60) + 4 * arguments.seconds)
            output = pathlib.Path(folder) / f"{name}.json"
            if status or not output.exists():
                failed.append(name)
                say(f"  {name}: failed: {status}")
                continue
            results.append(json.loads(output.read_text()))
            write(results, arguments)  # what there is, whatever happens to the next
        say(f"  {name}: {time.monotonic() - start:.0f} s")

    import report

    if results:
        report.print_tables(results)
        report.plot(results, arguments.results / f"{table(arguments)}.svg", machine(arguments.threads))
        say(f"written: {arguments.results}/{table(arguments)}.json and .svg")
    if failed:
        sys.exit(f"bench: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
