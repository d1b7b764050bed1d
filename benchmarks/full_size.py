"""Models at the sizes at which they are used, for `bench.py --full`: architectures with random weights, too slow for tests.

Inference in f32, a token decoded with a cache, inference in bf16, and training steps.
"""

import dataclasses

import torch
from models import MODELS, TRAINING, BertOutput, Model, Output, images, masked_tokens, tokens
from torch import nn

TEXT = {"batch": 1, "seq": 128}


def vision(name):
    def build():
        import torchvision

        module = torchvision.models.get_model(name, weights=None)
        for part in module.modules():
            # Heads and layer scales that start at (about) zero would hide what comes before them.
            if isinstance(part, nn.Linear) and not part.weight.any():
                nn.init.normal_(part.weight, std=0.02)
            if hasattr(part, "layer_scale"):
                nn.init.uniform_(part.layer_scale, 0.1, 0.3)
        return module.eval()

    return Model(name, build, images, {"batch": 1})


def bert():
    from transformers import BertConfig, BertModel

    return BertOutput(BertModel(BertConfig(), add_pooling_layer=False), "last_hidden_state").eval()


def gpt2():
    from transformers import GPT2Config, GPT2LMHeadModel

    return Output(GPT2LMHeadModel(GPT2Config(use_cache=False)), "logits").eval()


def llama():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(num_hidden_layers=12, hidden_size=768, intermediate_size=2048, num_attention_heads=12,
                         vocab_size=32000, max_position_embeddings=2048, use_cache=False)
    return Output(LlamaForCausalLM(config), "logits").eval()


class Decode(nn.Module):
    """One further token, given the keys and values [layers, batch, heads, tokens, features] of those before it."""

    def __init__(self):
        super().__init__()
        self.model = gpt2().model

    def forward(self, ids, keys, values):
        from transformers import DynamicCache

        cache = DynamicCache()
        for layer, (key, value) in enumerate(zip(keys, values)):
            cache.update(key, value, layer)
        return self.model(input_ids=ids, past_key_values=cache, use_cache=True).logits


def one_token(batch, past):
    shape = (12, batch, 12, past, 64)
    return torch.randint(50257, (batch, 1)), torch.randn(shape), torch.randn(shape)


class ImageLoss(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, image, label):
        return nn.functional.cross_entropy(self.model(image), label)


def resnet18_step():
    from torchvision.models import resnet18

    return ImageLoss(resnet18(weights=None)).train()


def in_bf16(model):
    """The model with weights and floating-point inputs in bf16."""

    def narrow(value):
        return value.bfloat16() if value.is_floating_point() else value

    return dataclasses.replace(
        model, name=f"{model.name}_bf16", module=lambda: model.module().bfloat16(),
        inputs=lambda **sizes: tuple(narrow(value) for value in model.inputs(**sizes)))


def by_name(*models):
    return {model.name: model for model in models}


FULL_SIZE = by_name(
    MODELS["resnet18"],
    *(vision(name) for name in ("resnet50", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "vit_b_16", "swin_t")),
    Model("bert_base", bert, masked_tokens, TEXT),
    Model("gpt2_base", gpt2, tokens(50257), TEXT),
    Model("gpt2_decode", lambda: Decode().eval(), one_token, {"batch": 1, "past": 128}),
    Model("llama_110m", llama, tokens(32000), TEXT))
FULL_SIZE |= by_name(*(in_bf16(FULL_SIZE[name]) for name in ("resnet50", "bert_base", "gpt2_base")))

FULL_SIZE_TRAINING = by_name(
    Model("resnet18_step", resnet18_step, lambda batch: (*images(batch), torch.randint(1000, (batch,))), {"batch": 4}),
    TRAINING["gpt2_step"])
