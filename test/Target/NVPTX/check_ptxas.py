"""Assembles the PTX of every kernel of some files for every target, and fails on errors, spills and C75xx warnings.

check_ptxas.py <tc-opt> <tc-translate> <ptxas> files…
"""

import re
import subprocess
import sys
import tempfile

TARGETS = ["sm_80", "sm_90a", "sm_120"]


def run(command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True)


def check(tc_opt, tc_translate, ptxas, path, target):
    nvvm = run([tc_opt, path, f"--tc-fusion-to-gpu=target={target}"])
    if nvvm.returncode:
        return [nvvm.stderr]
    ptx = run([tc_translate, "--nvvm-to-ptx"], nvvm.stdout)
    if ptx.returncode:
        return [ptx.stderr]
    problems = [f"unresolved {name}" for name in set(re.findall(r"__nv_\w+", ptx.stdout))]
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx.stdout)
        file.flush()
        result = run([ptxas, f"-arch={target}", "-v", file.name, "-o", "/dev/null"])
    entry = ""
    for line in result.stderr.splitlines():
        if found := re.search(r"Compiling entry function '(\w+)'", line):
            entry = found[1]
        spills = re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line)
        if (spills and spills.groups() != ("0", "0")) or re.search(r"C75\d\d|warning|error|fatal", line):
            problems.append(f"{entry}: {line}")
        if used := re.search(r"Used (\d+) registers", line):
            print(f"{target} {entry}: {used[1]} registers")
    if result.returncode and not problems:
        problems.append(result.stderr)
    return problems


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
