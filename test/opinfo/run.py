"""PyTorch's op_db through the backend, against eager mode: every operator, dtype and sample, each shard a process of its own.

    run.py [--ops 'add softmax'] [--dtypes 'float32 int64'] [--modes 'forward gradient'] [--shard 1/4] [--samples 8]
           [--json results.json] [--jobs 2] [--write]

A crash or a case beyond its time is one failure; the shard goes on behind it. Ends with a summary; fails if a case failed.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import cases
import results as kept

SECONDS_A_CASE = 120


class Worker:
    """A process that runs cases, started again when it dies."""

    def __init__(self, samples):
        self.samples, self.process = samples, None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("worker.py"), str(self.samples)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.lines = queue.Queue()
        process, lines = self.process, self.lines

        def read():
            for line in process.stdout:
                if line.startswith("{"):
                    lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        self.lines.get(timeout=SECONDS_A_CASE)

    def run(self, name, mode, dtype):
        if self.process is None:
            self.start()
        self.process.stdin.write(f"{name}\t{mode}\t{dtype}\n")
        self.process.stdin.flush()
        try:
            line = self.lines.get(timeout=SECONDS_A_CASE)
        except queue.Empty:
            return self.fail("timeout", f"more than {SECONDS_A_CASE} s", name, mode, dtype)
        if line is None:
            return self.fail("crash", f"the process ended with {self.process.wait()}", name, mode, dtype)
        return json.loads(line)

    def fail(self, status, message, name, mode, dtype):
        self.stop()
        failure = {"status": status, "sample": "", "message": message}
        return {"op": name, "mode": mode, "dtype": dtype, "counts": {status: 1}, "failures": [failure], "externs": []}

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def run_cases(todo, jobs, samples, report):
    """Runs all cases on `jobs` processes; `report` is called with each result."""
    waiting = collections.deque(todo)
    lock = threading.Lock()

    def serve():
        worker = Worker(samples)
        while True:
            with lock:
                if not waiting:
                    break
                case = waiting.popleft()
            result = worker.run(*case)
            with lock:
                report(result)
        worker.stop()

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(serve) for _ in range(jobs)]:
            future.result()


def has_failed(result):
    return bool(result["failures"])


def summarize(results):
    totals = collections.Counter()
    for result in results:
        totals["failed" if has_failed(result) else "passed"] += 1
        totals["samples"] += sum(result["counts"].values())
        for status, count in result["counts"].items():
            totals[f"samples {status}"] += count
        totals["cases with extern calls"] += bool(result["externs"])
    return totals


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", default="", help="names of op_db, all by default")
    parser.add_argument("--dtypes", default="float32", help="names of dtypes, or all")
    parser.add_argument("--modes", default="forward", help=f"some of {' '.join(cases.MODES)}")
    parser.add_argument("--shard", default="1/1", help="which part of the cases: i/n")
    parser.add_argument("--samples", type=int, default=0, help="at most so many samples a case, 0 for all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="where the results go")
    parser.add_argument("--write", action="store_true", help="bring the results that are kept up to date")
    options = parser.parse_args()
    dtypes = list(cases.DTYPES) if options.dtypes == "all" else options.dtypes.split()
    shard, shards = map(int, options.shard.split("/"))
    found = cases.all_cases(options.ops.split(), dtypes, options.modes.split())
    todo = [(cases.name_of(op), mode, dtype) for op, mode, dtype in found][shard - 1 :: shards]
    results = []

    def report(result):
        results.append(result)
        for failure in result["failures"][:1]:
            text = f"{failure['status']}: {failure['message'][:200]} [{failure['sample'][:120]}]"
            print(f"{result['op']} {result['dtype']} {result['mode']}: {text}", flush=True)
        if len(results) % 50 == 0:
            print(f"-- {len(results)} of {len(todo)}", flush=True)
        if options.json:
            with open(options.json, "w") as file:
                json.dump(results, file, indent=1)

    run_cases(todo, options.jobs, options.samples, report)
    if options.write:
        kept.merge(results)
    for name, count in sorted(summarize(results).items()):
        print(f"{count:7} {name}")
    sys.exit(any(map(has_failed, results)))


if __name__ == "__main__":
    main()
