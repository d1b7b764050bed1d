"""The harness can tell a wrong answer: run with PyTorch's own backends, without tc."""

import pytest
import torch

from harness import assert_close, compiled_graphs, export, load, mark_dynamic
from models import IMAGE_VARIANTS, MODELS, Model


def small():
    part = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU())
    return Model("small", lambda: part.eval(), lambda batch: (torch.randn(batch, 3, 8, 8),), {"batch": 1},
                 ({0: "batch"},), IMAGE_VARIANTS)


def test_rejects_errors():
    expected = torch.tensor([1.0, -10.0])
    assert_close(expected + 1e-4, expected, 1e-4)
    with pytest.raises(AssertionError, match="relative error"):
        assert_close(expected + 1e-2, expected, 1e-4)
    with pytest.raises(AssertionError):
        assert_close(expected * float("nan"), expected, 1e-4)
    with pytest.raises(AssertionError):
        assert_close(expected[:1], expected, 1e-4)


def test_same_weights_and_inputs_every_time():
    model = MODELS["mobilenet_v3_small"]
    assert torch.equal(model.sample()[0], model.sample()[0])
    for first, second in zip(model.build().state_dict().values(), model.build().state_dict().values()):
        assert torch.equal(first, second)


@torch.no_grad()
def test_dynamic_sizes_compile_once():
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    model = small()
    module = model.build()
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    for sizes in model.variants:
        inputs = model.sample(**sizes)
        assert_close(compiled(*mark_dynamic(model, inputs)), module(*inputs), 1e-6)
    assert compiled_graphs() == 1


@torch.no_grad()
def test_exported_file_runs(tmp_path):
    model = small()
    module = model.build()
    for dynamic in (False, True):
        path = tmp_path / f"small_{dynamic}.pt2"
        export(model, module, path, dynamic)
        inputs = model.sample(**(model.variants[1] if dynamic else {}))
        assert_close(load(path, "eager")(*inputs), module(*inputs), 1e-6)
