"""utils/setup.sh on machines that lack something: it says what, and leaves nothing half done. The machine is a PATH of
stubs."""

import os
import pathlib
import shutil
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "utils" / "setup.sh"
TOOLS = ["bash", "cat", "cut", "dirname", "env", "mkdir", "rm", "sha256sum"]


class Machine:
    """Has the tools named above, and what `add` gives it."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "bin").mkdir()
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(shutil.which(tool))
        self.add("id", "echo 1000")

    def add(self, name, *lines):
        path = self.folder / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text("\n".join(["#!" + shutil.which("bash"), *lines]) + "\n")
        path.chmod(0o755)

    def run(self, *arguments, **environment):
        return subprocess.run(
            [shutil.which("bash"), str(SCRIPT), *arguments],
            env={"PATH": str(self.folder / "bin"), "HOME": str(self.folder), "LOG": str(self.folder / "log"), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    @property
    def log(self):
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def with_packages(machine, *missing):
    lines = [f'case "$*" in *" {name}") echo not-installed; exit;; esac' for name in missing]
    machine.add("dpkg-query", *lines, "echo installed")


def test_everything_is_there(machine):
    with_packages(machine)
    run = machine.run("packages")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_neither_root_nor_sudo(machine):
    with_packages(machine, "cmake", "lld-22")
    run = machine.run("packages")
    assert run.returncode == 1
    assert "missing packages, and neither root nor sudo to install them; run as root:" in run.stderr
    assert "apt-get update && apt-get install -y --no-install-recommends cmake lld-22\n" in run.stderr


def test_sudo_that_wants_a_password_and_has_no_terminal(machine):
    with_packages(machine, "cmake")
    machine.add("sudo", '[ "$1" != -n ] && echo asked >>"$LOG"', "exit 1")
    run = machine.run("packages")
    assert run.returncode == 1 and "neither root nor sudo" in run.stderr and machine.log == ""


def test_sudo(machine):
    with_packages(machine, "cmake")
    machine.add("sudo", '[ "$1" = -n ] && exit 0', 'exec "$@"')
    machine.add("apt-get", 'echo "apt-get $*" >>"$LOG"')
    run = machine.run("packages")
    assert run.returncode == 0, run.stderr
    assert machine.log == "apt-get update -q\napt-get install -y --no-install-recommends cmake\n"


def test_root_without_network(machine):
    with_packages(machine, "cmake", "ninja-build")
    machine.add("id", "echo 0")
    machine.add("apt-get", "exit 100")
    run = machine.run("packages")
    assert run.returncode == 1
    assert "apt-get update failed (no network?); still missing: ninja-build cmake" in run.stderr


def test_archive_without_llvm_22(machine):
    with_packages(machine, "llvm-22-dev")
    machine.add("id", "echo 0")
    machine.add("apt-get", '[ "$1" = update ] || exit 100')
    run = machine.run("packages")
    assert run.returncode == 1
    assert "apt-get could not install: llvm-22-dev" in run.stderr and "bookworm-security" in run.stderr


def test_not_debian(machine):
    run = machine.run("packages")
    assert run.returncode == 0 and "no dpkg here" in run.stdout and "libmlir-22-dev" in run.stdout


def test_llvm_elsewhere(machine, tmp_path):
    with_packages(machine, "llvm-22-dev")
    run = machine.run("packages", LLVM_PREFIX=str(tmp_path))
    assert run.returncode == 1 and "found no lib/cmake/mlir/MLIRConfig.cmake" in run.stderr
    config = tmp_path / "lib" / "cmake" / "mlir" / "MLIRConfig.cmake"
    config.parent.mkdir(parents=True)
    config.touch()
    assert machine.run("packages", LLVM_PREFIX=str(tmp_path)).returncode == 0


def test_no_python(machine, tmp_path):
    run = machine.run("venv", str(tmp_path / "venv"))
    assert run.returncode == 1 and "python 3.11 or newer expected, found none (set PYTHON=…)" in run.stderr


def test_old_python(machine, tmp_path):
    machine.add("python3", '[ "$1" = --version ] && echo Python 3.9.2 && exit', "exit 1")
    run = machine.run("venv", str(tmp_path / "venv"))
    assert run.returncode == 1 and "python 3.11 or newer expected, found Python 3.9.2" in run.stderr


def test_no_package_for_virtual_environments(machine, tmp_path):
    """Debian's python3 -m venv without python3-venv: an environment without pip, and an exit status of 1."""
    machine.add(
        "python3",
        '[ "$1 $2" = "-m venv" ] || exit 0',
        'mkdir -p "$3/bin"; printf "#!/bin/sh\\nexit 1\\n" >"$3/bin/python"; exit 1',
    )
    for _ in range(2):
        run = machine.run("venv", str(tmp_path / "venv"))
        assert run.returncode == 1 and "python3 cannot make virtual environments" in run.stderr
        assert "python3-venv" in run.stderr
        assert not (tmp_path / "venv").exists()


def fake_python(machine, install):
    """A python whose virtual environments have a pip that runs `install`."""
    machine.add(
        "python3",
        '[ "$1 $2" = "-m venv" ] || exit 0',
        'mkdir -p "$3/bin"',
        f"printf '%s\\n' '#!{shutil.which('bash')}' '[ \"$3\" = --version ] && exit' 'echo installs >>\"$LOG\"' '{install}' "
        '>"$3/bin/python"',
        '"$CHMOD" 755 "$3/bin/python"',
    )


def test_no_network_for_pip(machine, tmp_path):
    fake_python(machine, "exit 1")
    run = machine.run("venv", str(tmp_path / "venv"), CHMOD=shutil.which("chmod"))
    assert run.returncode == 1 and "pip could not install requirements.txt" in run.stderr and "no network?" in run.stderr
    assert not (tmp_path / "venv" / ".stamp").exists()


def test_installed_once(machine, tmp_path):
    fake_python(machine, "exit 0")
    for _ in range(2):
        run = machine.run("venv", str(tmp_path / "venv"), CHMOD=shutil.which("chmod"))
        assert run.returncode == 0, run.stderr
    assert machine.log == "installs\n"


@pytest.mark.parametrize("arguments", [[], ["everything"], ["venv"]])
def test_wrong_arguments(machine, arguments):
    run = machine.run(*arguments)
    assert run.returncode == 1 and run.stderr.startswith("setup: ") and "expect" in run.stderr
