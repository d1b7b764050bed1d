"""ptxas takes the kernels of two models, one of them in training, without spills and warnings; `make check-ptxas` takes all."""

import pytest

from check_ptxas import check, find_ptxas
from harness import record_graphs
from models import MODELS, TRAINING
from ptxas import assemble, parse

needs_ptxas = pytest.mark.skipif(not find_ptxas(), reason="no ptxas on PATH, nor in a triton wheel")


@needs_ptxas
@pytest.mark.parametrize("name, dynamic", [("resnet18", False), ("convnet_step", False), ("convnet_step", True)])
def test_model(name, dynamic):
    graphs = record_graphs({**MODELS, **TRAINING}[name], name in TRAINING, dynamic)
    entries, problems = check(graphs, "sm_90a", find_ptxas())
    assert not problems
    assert len(entries) > 20 and all(0 < entry.registers <= 255 for entry in entries)


def test_spills_and_warnings_are_problems():
    text = """ptxas info    : Compiling entry function 'a' for 'sm_90a'
    8 bytes stack frame, 8 bytes spill stores, 4 bytes spill loads
ptxas info    : Used 32 registers, used 1 barriers
ptxas info    : (C7511) Potential Performance Loss: wgmma.mma_async instructions are serialized
ptxas info    : Compiling entry function 'b' for 'sm_90a'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 10 registers"""
    assembly = parse(text)
    assert [(e.name, e.registers, e.spilled_bytes) for e in assembly.entries] == [("a", 32, 12), ("b", 10, 0)]
    assert len(assembly.problems) == 2 and all(problem.startswith("a: ") for problem in assembly.problems)


@needs_ptxas
def test_errors_are_problems():
    header = ".version 8.0\n.target sm_80\n.address_size 64\n"
    assert assemble(find_ptxas(), header, "sm_80").problems == ["expected some kernels, found 0"]
    assert "error" in assemble(find_ptxas(), header + ".visible .entry k() { nonsense; }", "sm_80").problems[0]
