#!/usr/bin/env bash
# check_wheel.sh FOLDER: installs the wheel of FOLDER into a fresh virtual environment and compiles a model with it, from
# another folder and without Debian's LLVM on any path: the backend is found by its entry point, and every library that
# the wheel brings is used from there. torch comes from the environment that TC_PYTHON belongs to; nothing is downloaded.
set -euo pipefail
wheel=$(ls -t "$1"/tc-*.whl | head -1)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$TC_PYTHON" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-index "$wheel"
site=$("$scratch/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
"$TC_PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$site/dependencies.pth"
cd "$scratch"
env -i PATH=/usr/bin:/bin HOME="$scratch" "$scratch/venv/bin/python" - <<'PYTHON'
import sys

import torch

assert "tc" in torch._dynamo.list_backends(exclude_tags=()), "the entry point is not found"
model = torch.nn.Sequential(torch.nn.Linear(64, 96), torch.nn.GELU(), torch.nn.Linear(96, 8)).eval()
x = torch.randn(5, 64)
with torch.no_grad():
    torch.testing.assert_close(torch.compile(model, backend="tc")(x), model(x), atol=1e-5, rtol=1e-4)

import tc

assert tc.__file__.startswith(sys.prefix), tc.__file__
mapped = {line.split()[-1] for line in open("/proc/self/maps") if "/" in line}
for name in ("libtc", "libMLIR", "libLLVM"):
    paths = [path for path in mapped if name in path]
    assert paths and all(path.startswith(sys.prefix) for path in paths), f"{name}: {paths}"
print(f"wheel: {tc.__file__}, compiled and ran; libtc, libMLIR and libLLVM from the wheel")
PYTHON
