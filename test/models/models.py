"""The models that tc is held to: the real architectures, random weights, fixed seed.

Each entry of MODELS builds a module in eval mode whose forward takes tensors and
returns one tensor, and makes sample inputs for any batch and sequence length.
TRAINING holds the same for training: forward returns the loss.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import nn

SEED = 0


@dataclass(frozen=True)
class Model:
    name: str
    module: Callable[[], nn.Module]
    inputs: Callable[..., tuple]  # (batch, seq, …) -> positional arguments
    sizes: dict = field(default_factory=dict)  # the default size of each argument of `inputs`
    dynamic: tuple = ()  # per input, {dimension: name of a size} that may vary
    variants: tuple = ()  # further sizes, for the dynamic tests

    def build(self):
        torch.manual_seed(SEED)
        module = self.module()
        randomize_norms(module)
        return module

    def sample(self, **sizes):
        torch.manual_seed(SEED + 1)
        return self.inputs(**{**self.sizes, **sizes})


def randomize_norms(module):
    """Gives every norm statistics and weights that are not the identity, as training would."""
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(part.running_mean, -0.1, 0.1)
            nn.init.uniform_(part.running_var, 0.8, 1.2)
        if isinstance(part, (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)) and part.weight is not None:
            nn.init.uniform_(part.weight, 0.8, 1.2)
            nn.init.uniform_(part.bias, -0.1, 0.1)


class Output(nn.Module):
    """One tensor out of a transformers model, by the name of its field."""

    def __init__(self, model, name):
        super().__init__()
        self.model = model
        self.name = name

    def forward(self, *inputs):
        names = ("input_ids", "attention_mask")
        return getattr(self.model(**dict(zip(names, inputs)), use_cache=False), self.name)


class BertOutput(Output):
    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def resnet18():
    from torchvision.models import resnet18

    return resnet18(weights=None).eval()


def mobilenet_v3_small():
    from torchvision.models import mobilenet_v3_small

    return mobilenet_v3_small(weights=None).eval()


def vit_small():
    from torchvision.models import VisionTransformer

    vit = VisionTransformer(image_size=224, patch_size=16, num_layers=12, num_heads=6, hidden_dim=384, mlp_dim=1536)
    nn.init.normal_(vit.heads.head.weight, std=0.02)  # zero by default, which would make every answer zero
    return vit.eval()


def bert(attention="sdpa", layers=4):
    from transformers import BertConfig, BertModel

    config = BertConfig(num_hidden_layers=layers, attn_implementation=attention)
    return BertOutput(BertModel(config, add_pooling_layer=False), "last_hidden_state").eval()


def gpt2(attention="sdpa", layers=4):
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(n_layer=layers, attn_implementation=attention, use_cache=False)
    return Output(GPT2LMHeadModel(config), "logits").eval()


def llama(attention="sdpa", layers=4):
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        num_hidden_layers=layers, hidden_size=768, intermediate_size=2048, num_attention_heads=12,
        num_key_value_heads=4, vocab_size=32000, max_position_embeddings=2048,
        attn_implementation=attention, use_cache=False)
    return Output(LlamaForCausalLM(config), "logits").eval()


def images(batch):
    return (torch.randn(batch, 3, 224, 224),)


def tokens(vocabulary):
    return lambda batch, seq: (torch.randint(vocabulary, (batch, seq)),)


def masked_tokens(batch, seq):
    """Token ids and an attention mask in which the last row ends early."""
    mask = torch.ones(batch, seq, dtype=torch.int64)
    mask[-1, seq - seq // 4:] = 0
    return torch.randint(30522, (batch, seq)), mask


TEXT = {"batch": 1, "seq": 128}
TEXT_VARIANTS = ({"batch": 2, "seq": 128}, {"batch": 3, "seq": 17}, {"batch": 2, "seq": 64})
LIMITS = {"batch": 64, "seq": 512}  # the largest sizes that every model takes (BERT has 512 positions)
IMAGE_VARIANTS = ({"batch": 2}, {"batch": 3}, {"batch": 5})
IDS = {0: "batch", 1: "seq"}

MODELS = {
    model.name: model
    for model in (
        Model("resnet18", resnet18, images, {"batch": 1}, ({0: "batch"},), IMAGE_VARIANTS),
        Model("mobilenet_v3_small", mobilenet_v3_small, images, {"batch": 1}, ({0: "batch"},), IMAGE_VARIANTS),
        Model("vit_small", vit_small, images, {"batch": 1}, ({0: "batch"},), IMAGE_VARIANTS),
        Model("bert", bert, masked_tokens, TEXT, (IDS, IDS), TEXT_VARIANTS),
        Model("gpt2", gpt2, tokens(50257), TEXT, (IDS,), TEXT_VARIANTS),
        Model("llama", llama, tokens(32000), TEXT, (IDS,), TEXT_VARIANTS),
    )
}

# The same graphs with attention written out, which tc must recognise by itself.
EXPLICIT = {
    model.name: model
    for model in (
        Model("bert_explicit", lambda: bert("eager", 2), masked_tokens, TEXT, (IDS, IDS), TEXT_VARIANTS),
        Model("gpt2_explicit", lambda: gpt2("eager", 2), tokens(50257), TEXT, (IDS,), TEXT_VARIANTS),
        Model("llama_explicit", lambda: llama("eager", 2), tokens(32000), TEXT, (IDS,), TEXT_VARIANTS),
    )
}


class ConvNet(nn.Module):
    """Convolution, batch norm in training mode, pooling, cross entropy."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
            nn.Flatten(), nn.Linear(64, 10))

    def forward(self, image, label):
        return nn.functional.cross_entropy(self.body(image), label)


class LanguageLoss(nn.Module):
    """Next-token cross entropy; dropout off, so that two runs can be compared."""

    def __init__(self, layers):
        super().__init__()
        from transformers import GPT2Config, GPT2LMHeadModel

        config = GPT2Config(n_layer=layers, use_cache=False, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
        self.model = GPT2LMHeadModel(config)

    def forward(self, ids):
        logits = self.model(input_ids=ids, use_cache=False).logits
        return nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())


TRAINING = {
    model.name: model
    for model in (
        Model("convnet_step", lambda: ConvNet().train(),
              lambda batch: (torch.randn(batch, 3, 32, 32), torch.randint(10, (batch,))), {"batch": 16},
              ({0: "batch"}, {0: "batch"}), ({"batch": 8}, {"batch": 5})),
        Model("gpt2_step", lambda: LanguageLoss(4).train(), tokens(50257), {"batch": 1, "seq": 64},
              (IDS,), ({"batch": 2, "seq": 32}, {"batch": 2, "seq": 48})),
    )
}
