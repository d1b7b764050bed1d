"""Assembling PTX with NVIDIA's ptxas, and reading what it says. Tests use it; the compiler never does."""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field

TARGETS = ("sm_80", "sm_90a", "sm_120")


@dataclass
class Entry:
    """A kernel, as ptxas describes it."""

    name: str
    registers: int = 0
    spilled_bytes: int = 0


@dataclass
class Assembly:
    entries: list = field(default_factory=list)
    problems: list = field(default_factory=list)  #: errors, spills, warnings, one a line


def find_ptxas():
    """The one on PATH, or that of the triton wheel, which torch depends on; None if there is none."""
    if found := shutil.which("ptxas"):
        return found
    triton = importlib.util.find_spec("triton")
    path = pathlib.Path(triton.origin).parent / "backends/nvidia/bin/ptxas" if triton and triton.origin else None
    return str(path) if path and path.is_file() else None


def parse(text):
    """What `ptxas -v` wrote."""
    result = Assembly()
    entry = Entry("")
    for line in text.splitlines():
        if found := re.search(r"Compiling entry function '(\w+)'", line):
            entry = Entry(found[1])
            result.entries.append(entry)
        elif found := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            entry.spilled_bytes = int(found[1]) + int(found[2])
            if entry.spilled_bytes:
                result.problems.append(f"{entry.name}: {line.strip()}")
        elif found := re.search(r"Used (\d+) registers", line):
            entry.registers = int(found[1])
        if re.search(r"\bC7[45]\d\d\b|warning|error|fatal", line):
            result.problems.append(f"{entry.name}: {line.strip()}")
    return result


def assemble(ptxas, ptx, target):
    """Assembles PTX for a target and throws the result away."""
    with tempfile.NamedTemporaryFile("w", suffix=".ptx") as file:
        file.write(ptx)
        file.flush()
        run = subprocess.run([ptxas, f"-arch={target}", "-v", file.name, "-o", "/dev/null"], capture_output=True, text=True)
    result = parse(run.stdout + run.stderr)
    result.problems[:0] = [f"unresolved {name}" for name in sorted(set(re.findall(r"__nv_\w+", ptx)))]
    if run.returncode and not result.problems:
        result.problems.append(run.stderr.strip() or f"ptxas ended with {run.returncode}")
    expected = len(re.findall(r"\.entry\b", ptx))
    if not run.returncode and (expected == 0 or len(result.entries) != expected):
        result.problems.append(f"expected {expected or 'some'} kernels, found {len(result.entries)}")
    return result
