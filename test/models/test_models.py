"""Every model through torch.compile and through a `.pt2` file, against eager; one compile for all dynamic sizes."""

import pytest
import torch

from harness import NoExtern, assert_close, compiled_graphs, export, load, mark_dynamic
from models import EXPLICIT, MODELS, TRAINING

INFERENCE = {**MODELS, **EXPLICIT}


@pytest.mark.parametrize("name", INFERENCE)
@torch.no_grad()
def test_compiled(name, backend):
    model = INFERENCE[name]
    module, inputs = model.build(), model.sample()
    with NoExtern(backend):
        actual = torch.compile(module, backend=backend, fullgraph=True)(*inputs)
    assert_close(actual, module(*inputs), 1e-4)


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_exported(name, backend, tmp_path):
    model = MODELS[name]
    module, inputs = model.build(), model.sample()
    export(model, module, tmp_path / "model.pt2")
    with NoExtern(backend):
        actual = load(tmp_path / "model.pt2", backend)(*inputs)
    assert_close(actual, module(*inputs), 1e-4)


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_dynamic(name, backend):
    model = MODELS[name]
    module = model.build()
    compiled = torch.compile(module, backend=backend, fullgraph=True)
    for sizes in model.variants:
        inputs = model.sample(**sizes)
        with NoExtern(backend) if sizes is model.variants[0] else torch.no_grad():
            actual = compiled(*mark_dynamic(model, inputs))
        assert_close(actual, module(*inputs), 1e-4)
    assert compiled_graphs() == 1


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_exported_dynamic(name, backend, tmp_path):
    model = MODELS[name]
    module = model.build()
    export(model, module, tmp_path / "model.pt2", dynamic=True)
    with NoExtern(backend):
        loaded = load(tmp_path / "model.pt2", backend)
    for sizes in model.variants:
        inputs = model.sample(**sizes)
        assert_close(loaded(*inputs), module(*inputs), 1e-4)


def step(module, run, inputs):
    """Loss and gradients, by parameter; buffers as they are afterwards."""
    module.zero_grad()
    loss = run(*inputs)
    loss.backward()
    gradients = {name: parameter.grad.clone() for name, parameter in module.named_parameters()}
    return loss.detach(), gradients, {name: buffer.clone() for name, buffer in module.named_buffers()}


@pytest.mark.parametrize("dynamic", (False, True), ids=("static", "dynamic"))
@pytest.mark.parametrize("name", TRAINING)
def test_training(name, dynamic, backend):
    model = TRAINING[name]
    module, reference = model.build(), model.build()
    compiled = torch.compile(module, backend=backend, fullgraph=True)
    with NoExtern(backend):
        for sizes in model.variants if dynamic else ({},):
            inputs = model.sample(**sizes)
            expected = step(reference, reference, inputs)
            actual = step(module, compiled, mark_dynamic(model, inputs) if dynamic else inputs)
            assert_close(actual[0], expected[0], 1e-4)
            # Some gradients are zero but for rounding: those of biases before a batch norm.
            scale = 1e-3 * max(gradient.abs().max() for gradient in expected[1].values())
            for key in expected[1]:
                assert_close(actual[1][key], expected[1][key], 1e-3, scale)
            for key in expected[2]:
                if expected[2][key].is_floating_point():
                    assert_close(actual[2][key], expected[2][key], 1e-4)
                else:
                    assert torch.equal(actual[2][key], expected[2][key])
    assert compiled_graphs() == 1
