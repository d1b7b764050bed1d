"""Every stage of ResNet-18, one at a time, each in a process of its own, from text to text."""

import pathlib
import subprocess
import sys

import torch

from build_tools import find_tool, get_stages

sys.path.append(str(pathlib.Path(__file__).parent.parent / "models"))


def run(tool, *arguments):
    result = subprocess.run([find_tool(tool), *map(str, arguments)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]


def test_resnet18_from_text_to_text(tmp_path):
    from models import MODELS

    model = MODELS["resnet18"]
    torch.export.save(torch.export.export(model.build(), model.sample()), tmp_path / "model.pt2")
    captured = current = tmp_path / "captured.mlir"
    run("tc-translate", "--import-pt2", tmp_path / "model.pt2", "-o", captured)
    for stage in get_stages():
        before, current = current, tmp_path / f"{stage}.mlir"
        run("tc-opt", f"--tc-stage={stage} verify-contracts=true", before, "-o", current)
        if before != captured:
            before.unlink()  # 94 MB each: weights are text
    run("tc-opt", "--tc-lower", captured, "-o", tmp_path / "lowered.mlir")
    assert current.read_bytes() == (tmp_path / "lowered.mlir").read_bytes()
