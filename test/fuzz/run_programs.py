"""Random programs through the backend, against eager mode.

    run_programs.py [--seeds 1000] [--first 0]

Each seed is a handful of programs; a failing one is shrunk and printed as a script. Fails if any was found.
"""

import argparse
import sys
import warnings

import torch
from hypothesis import HealthCheck, Phase, given, seed, settings

import programs

PROGRAMS_A_SEED = 5


def find_failure(number):
    """The smallest failing program of a seed and what is wrong with it, or None."""
    found = []

    @seed(number)
    @settings(
        max_examples=PROGRAMS_A_SEED, database=None, deadline=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink), report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    @given(programs.programs)
    def run(numbers):
        program = programs.Program(numbers)
        if problem := program.verdict():
            found.append((program, problem))
            raise AssertionError(problem)

    try:
        run()
    except AssertionError:
        return found[-1]
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    failures = 0
    for number in range(options.first, options.first + options.seeds):
        if failure := find_failure(number):
            failures += 1
            program, problem = failure
            print(f"-- seed {number}: {problem[:600]}\n{program.text()}", flush=True)
    print(f"{options.seeds} seeds, {failures} with failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
