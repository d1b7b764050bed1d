"""Assembles the PTX of every kernel of some files for every target, and fails on errors, spills and C75xx warnings.

check_ptxas.py <tc-opt> <tc-translate> <ptxas> files…
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "utils"))
from ptxas import TARGETS, assemble  # noqa: E402


def run(command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True)


def check(tc_opt, tc_translate, ptxas, path, target):
    nvvm = run([tc_opt, path, f"--tc-fusion-to-gpu=target={target}"])
    if nvvm.returncode:
        return [nvvm.stderr]
    ptx = run([tc_translate, "--nvvm-to-ptx"], nvvm.stdout)
    if ptx.returncode:
        return [ptx.stderr]
    assembly = assemble(ptxas, ptx.stdout, target)
    for entry in assembly.entries:
        print(f"{target} {entry.name}: {entry.registers} registers")
    return assembly.problems


def main():
    tc_opt, tc_translate, ptxas, *files = sys.argv[1:]
    failed = False
    for path in files:
        for target in TARGETS:
            for problem in check(tc_opt, tc_translate, ptxas, path, target):
                print(f"{path} for {target}: {problem}")
                failed = True
    sys.exit(failed)


main()
