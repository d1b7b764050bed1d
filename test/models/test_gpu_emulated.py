"""The models, small, on an emulated GPU: host program, memory plan and kernels give what the CPU gives.

Every thread is emulated and every access checked for races and bounds, so the sizes are small. Where there is a GPU,
test/python/test_gpu.py runs on it. `make check-emulated` takes them all.
"""

import subprocess
from dataclasses import replace

import numpy
import pytest
import torch
from torch import nn

from build_tools import find_tool
from harness import record_graphs
from models import IDS, TRAINING, BertOutput, Model, Output

CAPABILITY = {"sm_80": 80, "sm_90a": 90, "sm_120": 120}


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow("make check-emulated"))


def save(value, path):
    """A tensor as a file of NumPy's, where types that it lacks are bytes; a number as a number."""
    if not isinstance(value, torch.Tensor):
        return str(int(value))
    if value.dtype is torch.bfloat16:
        numpy.save(path, value.contiguous().view(torch.int16).numpy().view("V2"))
    else:
        numpy.save(path, value.numpy())
    return path


def emulate(graph, folder, target, tolerance=1e-4, absolute=0.0, seed=0):
    (folder / "graph.mlir").write_text(graph.text)
    arguments = [save(value, folder / f"{i}.npy") for i, value in enumerate(graph.arguments)]
    run = subprocess.run(
        [find_tool("tc-emulate"), folder / "graph.mlir", *arguments, f"--target={target}",
         f"--capability={CAPABILITY[target]}", f"--tolerance={tolerance}",
         f"--absolute-tolerance={absolute}", f"--seed={seed}"],
        capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    assert "agrees with the CPU" in run.stdout


def resnet18():
    from torchvision.models.resnet import BasicBlock, ResNet

    return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=10).eval()


def mobilenet_v3():
    from torchvision.models import mobilenet_v3_small

    return mobilenet_v3_small(weights=None, width_mult=0.25, num_classes=10).eval()


def vit():
    from torchvision.models import VisionTransformer

    model = VisionTransformer(image_size=32, patch_size=16, num_layers=1, num_heads=2, hidden_dim=32, mlp_dim=64)
    nn.init.normal_(model.heads.head.weight, std=0.02)
    return model.eval()


def bert():
    from transformers import BertConfig, BertModel

    config = BertConfig(num_hidden_layers=1, hidden_size=64, num_attention_heads=2, intermediate_size=96, vocab_size=101)
    return BertOutput(BertModel(config, add_pooling_layer=False), "last_hidden_state").eval()


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        n_layer=1, n_embd=64, n_head=2, vocab_size=101, n_positions=32, use_cache=False, resid_pdrop=0.0,
        embd_pdrop=0.0, attn_pdrop=0.0)
    return Output(GPT2LMHeadModel(config), "logits").eval()


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        num_hidden_layers=1, hidden_size=64, intermediate_size=96, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=101, use_cache=False)
    return Output(LlamaForCausalLM(config), "logits").eval()


class LanguageLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = gpt2()

    def forward(self, ids):
        return nn.functional.cross_entropy(self.model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


def images(size):
    return lambda batch: (torch.randn(batch, 3, size, size),)


def tokens(batch, seq):
    return (torch.randint(101, (batch, seq)),)


def masked_tokens(batch, seq):
    mask = torch.ones(batch, seq, dtype=torch.int64)
    mask[-1, seq - 2:] = 0
    return *tokens(batch, seq), mask


def image_model(name, module, size=32):
    return Model(name, module, images(size), {"batch": 2}, ({0: "batch"},), ({"batch": 3},))


def text_model(name, module, inputs=tokens, dynamic=(IDS,)):
    return Model(name, module, inputs, {"batch": 2, "seq": 9}, dynamic, ({"batch": 3, "seq": 7},))


SMALL = {
    model.name: model
    for model in (
        image_model("resnet18", resnet18),
        image_model("mobilenet_v3", mobilenet_v3),
        image_model("vit", vit),
        text_model("bert", bert, masked_tokens, (IDS, IDS)),
        text_model("gpt2", gpt2),
        text_model("llama", llama),
    )
}
STEPS = {
    model.name: model
    for model in (
        replace(TRAINING["convnet_step"], sizes={"batch": 2}, variants=({"batch": 3},),
                inputs=lambda batch: (torch.randn(batch, 3, 8, 8), torch.randint(10, (batch,)))),
        text_model("gpt2_step", lambda: LanguageLoss().train()),
    )
}


@pytest.mark.parametrize("name, target", [
    ("bert", "sm_80"), slow("resnet18", "sm_80"), slow("mobilenet_v3", "sm_90a"), slow("vit", "sm_120"),
    slow("gpt2", "sm_90a"), slow("llama", "sm_120")])
def test_inference(name, target, tmp_path):
    for graph in record_graphs(SMALL[name], training=False):
        emulate(graph, tmp_path, target)


@pytest.mark.parametrize("name, target", [("convnet_step", "sm_90a"), slow("gpt2_step", "sm_80")])
def test_training(name, target, tmp_path):
    for graph in record_graphs(STEPS[name], training=True):
        emulate(graph, tmp_path, target, tolerance=1e-3, absolute=1e-6, seed=1)  # gradients of biases before a norm are 0


@pytest.mark.parametrize("name, target", [("gpt2", "sm_120"), slow("bert", "sm_80")])
def test_dynamic(name, target, tmp_path):
    for graph in record_graphs(SMALL[name], training=False, dynamic=True):
        emulate(graph, tmp_path, target, seed=2)


@pytest.mark.parametrize("name, target", [slow("resnet18", "sm_90a"), ("llama", "sm_80")])
def test_bfloat16(name, target, tmp_path):
    model = SMALL[name]

    def inputs(**sizes):
        return tuple(x.bfloat16() if x.is_floating_point() else x for x in model.inputs(**sizes))

    for graph in record_graphs(replace(model, module=lambda: model.module().bfloat16(), inputs=inputs), training=False):
        emulate(graph, tmp_path, target, tolerance=3e-2)
