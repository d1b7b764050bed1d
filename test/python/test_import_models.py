"""Real exports go through `tc-translate --import-pt2`, statically and with a dynamic batch."""

import subprocess

import pytest
import torch
from torch.export import Dim

from build_tools import find_tool


def resnet18():
    import torchvision

    return torchvision.models.resnet18(), (torch.randn(2, 3, 64, 64),)


class Logits(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids):
        return self.model(ids, use_cache=False).logits


class Hidden(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, mask):
        return self.model(ids, attention_mask=mask).last_hidden_state


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        n_layer=2, n_embd=64, n_head=4, vocab_size=100, n_positions=64, bos_token_id=0, eos_token_id=0
    )
    return Logits(GPT2LMHeadModel(config)), (torch.randint(0, 100, (2, 16)),)


def bert():
    from transformers import BertConfig, BertModel

    config = BertConfig(
        num_hidden_layers=2, hidden_size=64, num_attention_heads=4, intermediate_size=128, vocab_size=100
    )
    return Hidden(BertModel(config)), (torch.randint(0, 100, (2, 16)), torch.ones(2, 16, dtype=torch.long))


@pytest.mark.parametrize("dynamic", [False, True], ids=["static", "dynamic"])
@pytest.mark.parametrize("model", [resnet18, gpt2, bert])
def test_import(model, dynamic, tmp_path):
    tool = find_tool("tc-translate")
    torch.manual_seed(0)
    module, arguments = model()
    shapes = tuple({0: Dim("batch", min=1, max=64)} for _ in arguments) if dynamic else None
    program = torch.export.export(module.eval(), arguments, dynamic_shapes=shapes)
    path = tmp_path / "model.pt2"
    torch.export.save(program, path)
    # tc-translate verifies what it imported.
    run = subprocess.run(
        [tool, "--import-pt2", path, "--mlir-elide-resource-strings-if-larger=16"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    calls = sum(node.op == "call_function" for node in program.graph.nodes)
    # Size arithmetic, assertions and getitem leave nothing behind.
    assert calls * 0.7 < run.stdout.count("tc.aten") <= calls + 5
    assert ("tc.ranges" in run.stdout) == dynamic
    assert run.stdout.count("tc.kind") == len(arguments), "weights are constants"
