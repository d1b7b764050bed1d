"""Runs cases named on standard input, one a line, and prints a JSON object a line; a crash ends only this process.

    worker.py SAMPLES < cases
"""

import json
import logging
import sys
import time
import warnings

import torch

import cases
import check


def run_case(op, mode, dtype, limit):
    """The outcomes of all samples of a case, as a dictionary."""
    counts, failures, externs, kernels = {}, [], set(), 0
    for description, function, args, kwargs in cases.samples(op, mode, dtype, limit):
        outcome = check.check(
            function, args, kwargs, gradients=mode == "gradient", random=cases.is_random(op),
            scale=4 if "cum" in op.name else 1, selection=cases.selection_of(op, args, kwargs),
        )  # fmt: skip
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
        externs.update(outcome.externs)
        kernels += outcome.kernels
        if outcome.status not in ("passed", "untraceable") and len(failures) < 4:
            failures.append({"status": outcome.status, "sample": description, "message": outcome.message[:600]})
    return {"counts": counts, "failures": failures, "externs": sorted(externs), "kernels": kernels}


def main():
    limit = int(sys.argv[1])
    warnings.simplefilter("ignore")
    logging.disable(logging.ERROR)
    torch.set_num_threads(1)
    by_name = {cases.name_of(op): op for op in cases.op_db}
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        name, mode, dtype = line.split("\t")
        start = time.monotonic()
        try:
            result = run_case(by_name[name], mode, dtype.strip(), limit)
        except Exception as error:  # the samples themselves cannot be made
            result = {"counts": {"no samples": 1}, "failures": [], "externs": [], "message": repr(error)[:300]}
        result.update(op=name, mode=mode, dtype=dtype.strip(), seconds=round(time.monotonic() - start, 3))
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
