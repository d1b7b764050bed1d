"""Many more architectures than MODELS, small and with random weights: what `make check-models` runs.

Images are small, transformers narrow and shallow: the graphs are those of the real models, the times are not.
"""

import importlib
import inspect

import torch
from torch import nn

from models import Model
from parts import parts

IMAGES = ({"batch": 2}, {"batch": 3})
BATCH = {0: "batch"}


def vision(name, size=64, **arguments):
    """A torchvision model on `size` x `size` images; dense predictions come as a dict of tensors."""

    def build():
        import torchvision

        options = {"weights": None, **arguments}
        if name.startswith(("deeplabv3", "lraspp", "fcn")):
            options["weights_backbone"] = None
        module = torchvision.models.get_model(name, **options)
        if name.startswith(("deeplabv3", "lraspp", "fcn")):
            module = Values(module)
        for part in module.modules():  # some heads and scales start at zero, which would make every answer the same
            if isinstance(part, nn.Linear) and not part.weight.any():
                nn.init.normal_(part.weight, std=0.02)
        return module.eval()

    return Model(name, build, lambda batch: (torch.randn(batch, 3, size, size),), {"batch": 2}, (BATCH,), IMAGES)


class Values(nn.Module):
    """A model that returns a dict, as one that returns a tuple."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, *inputs):
        return tuple(self.model(*inputs).values())


class Tensors(nn.Module):
    """The tensors of a transformers model's output, given its inputs by name."""

    def __init__(self, model, names, options):
        super().__init__()
        self.model, self.names, self.options = model, names, options

    def forward(self, *inputs):
        output = self.model(**dict(zip(self.names, inputs)), **self.options)
        values = output.to_tuple() if hasattr(output, "to_tuple") else output
        return tuple(value for value in values if isinstance(value, torch.Tensor))


#: What makes most configurations small. Names that a configuration does not know are left out.
SMALL = dict(
    vocab_size=99, hidden_size=32, d_model=32, n_embd=32, num_hidden_layers=2, n_layer=2, num_layers=2, encoder_layers=2,
    decoder_layers=2, num_attention_heads=4, n_head=4, num_heads=4, encoder_attention_heads=4, decoder_attention_heads=4,
    intermediate_size=64, encoder_ffn_dim=64, decoder_ffn_dim=64, ffn_dim=64, n_inner=64, d_ff=64, d_kv=8, dim=32,
    hidden_dim=64, n_heads=4, n_layers=2, num_key_value_heads=2, head_dim=8, max_position_embeddings=128, n_positions=128,
    image_size=32, patch_size=8, pad_token_id=0, bos_token_id=1, eos_token_id=2, attn_implementation="sdpa")


def make(model_class, config_class, options):
    """A transformers model of a small configuration."""
    transformers = importlib.import_module("transformers")
    kind = getattr(transformers, config_class)
    known = set(inspect.signature(kind.__init__).parameters) | set(getattr(kind, "attribute_map", {}))
    known |= {name for base in kind.__mro__ for name in getattr(base, "__annotations__", {})} | {"attn_implementation"}
    small = {name: value for name, value in SMALL.items() if name in known}
    aliases = getattr(kind, "attribute_map", {})
    small = {name: value for name, value in small.items() if aliases.get(name) not in small}
    model = getattr(transformers, model_class)
    if not getattr(model, "_supports_sdpa", False):
        small["attn_implementation"] = "eager"
    return model(kind(**{**small, **options}))


def ids(batch, seq, vocabulary=99):
    return torch.randint(3, vocabulary, (batch, seq))


def mask(batch, seq):
    result = torch.ones(batch, seq, dtype=torch.int64)
    result[-1, seq - seq // 4:] = 0
    return result


TEXT = {"batch": 2, "seq": 16}
TEXTS = ({"batch": 2, "seq": 16}, {"batch": 3, "seq": 11}, {"batch": 4, "seq": 16})
IDS = {0: "batch", 1: "seq"}


def text(name, model_class, config_class=None, masked=True, call=None, **options):
    """A model of token ids, and of a mask if it takes one."""
    config_class = config_class or model_class.removesuffix("Model") + "Config"
    names = ("input_ids", "attention_mask") if masked else ("input_ids",)
    inputs = (lambda batch, seq: (ids(batch, seq), mask(batch, seq))) if masked else (lambda batch, seq: (ids(batch, seq),))
    return Model(name, lambda: Tensors(make(model_class, config_class, options), names, call or {}).eval(), inputs, TEXT,
                 (IDS,) * len(names), TEXTS)


def causal(name, family, masked=False, call=None, **options):
    return text(name, f"{family}ForCausalLM", f"{family}Config", masked, {"use_cache": False, **(call or {})}, **options)


def seq2seq(name, model_class, config_class, **options):
    names = ("input_ids", "decoder_input_ids")
    return Model(name, lambda: Tensors(make(model_class, config_class, options), names, {"use_cache": False}).eval(),
                 lambda batch, seq: (ids(batch, seq), ids(batch, seq)), TEXT, (IDS, IDS), TEXTS)


def pixels(name, model_class, config_class, size=32, **options):
    return Model(name, lambda: Tensors(make(model_class, config_class, options), ("pixel_values",), {}).eval(),
                 lambda batch: (torch.randn(batch, 3, size, size),), {"batch": 2}, (BATCH,), IMAGES)


def clip():
    options = dict(
        text_config=dict(vocab_size=99, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                         max_position_embeddings=128, bos_token_id=1, eos_token_id=2),
        vision_config=dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, image_size=32,
                           patch_size=8), projection_dim=16)
    return Tensors(make("CLIPModel", "CLIPConfig", options), ("input_ids", "pixel_values", "attention_mask"), {}).eval()


def whisper():
    options = dict(num_mel_bins=16, max_source_positions=32, max_target_positions=64, decoder_start_token_id=1)
    return Tensors(make("WhisperModel", "WhisperConfig", options), ("input_features", "decoder_input_ids"),
                   {"use_cache": False}).eval()


class Cached(nn.Module):
    """One decoding step of a causal model: the next token's logits, given the keys and values before it."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, *past):
        from transformers import DynamicCache

        layers = tuple(zip(past[::2], past[1::2]))
        output = self.model(input_ids=input_ids, past_key_values=DynamicCache(layers), use_cache=True)
        cache = output.past_key_values
        return (output.logits, *(part for layer in cache.layers for part in (layer.keys, layer.values)))


def cached(name, family, heads, **options):
    def inputs(batch, seq):
        return (ids(batch, 1), *(torch.randn(batch, heads, seq, 8) for _ in range(4)))

    return Model(name, lambda: Cached(make(f"{family}ForCausalLM", f"{family}Config", options)).eval(), inputs, TEXT,
                 (BATCH,) + ({0: "batch", 2: "seq"},) * 4, TEXTS)


def detector(name):
    """A detector's features: the part of it that is a graph of tensors."""

    def build():
        import torchvision

        return Values(torchvision.models.get_model(name, weights=None, weights_backbone=None).backbone).eval()

    return Model(f"{name}_backbone", build, lambda batch: (torch.randn(batch, 3, 64, 64),), {"batch": 2}, (BATCH,), IMAGES)


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.rnn = kind(16, 24, num_layers=2, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.rnn(x)[0]


def modules():
    """Parts of PyTorch itself."""
    sequence = lambda batch, seq: (torch.randn(batch, seq, 16),)
    for kind in (nn.LSTM, nn.GRU, nn.RNN):
        yield Model(kind.__name__.lower(), lambda kind=kind: Recurrent(kind).eval(), sequence, {"batch": 2, "seq": 5},
                    (BATCH,), ({"batch": 2, "seq": 5}, {"batch": 3, "seq": 5}))
    yield Model("transformer_encoder",
                lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True), 2).eval(), sequence,
                TEXT, (IDS,), TEXTS)
    yield Model("transformer", lambda: nn.Transformer(16, 4, 2, 2, 32, batch_first=True).eval(),
                lambda batch, seq: (torch.randn(batch, seq, 16), torch.randn(batch, seq, 16)), TEXT, (IDS, IDS), TEXTS)


def zoo():
    yield from (vision(name) for name in (
        "resnet50", "wide_resnet50_2", "resnext50_32x4d", "mobilenet_v2", "mobilenet_v3_large", "efficientnet_b0",
        "efficientnet_v2_s", "densenet121", "squeezenet1_1", "vgg11_bn", "alexnet", "shufflenet_v2_x1_0", "regnet_y_400mf",
        "regnet_x_400mf", "mnasnet0_5", "convnext_tiny", "swin_t", "swin_v2_t"))
    yield vision("googlenet", init_weights=False, aux_logits=False)
    yield vision("inception_v3", 96, init_weights=False, aux_logits=False)
    yield vision("vit_b_16", image_size=64)
    yield vision("maxvit_t", 224)
    yield from (vision(name) for name in ("deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large", "fcn_resnet50"))
    yield from (detector(name) for name in (
        "fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn", "ssdlite320_mobilenet_v3_large",
        "fasterrcnn_mobilenet_v3_large_fpn"))
    yield text("bert", "BertModel")
    yield text("bert_mlm", "BertForMaskedLM", "BertConfig")
    yield text("distilbert", "DistilBertModel")
    yield text("roberta", "RobertaModel", "RobertaConfig")
    yield text("albert", "AlbertModel", "AlbertConfig", embedding_size=16)
    yield text("electra", "ElectraModel", "ElectraConfig", embedding_size=16)
    yield text("deberta", "DebertaModel", "DebertaConfig")
    yield text("deberta_v2", "DebertaV2Model", "DebertaV2Config", relative_attention=True,
               pos_att_type=["p2c", "c2p"])
    yield text("mpnet", "MPNetModel", "MPNetConfig")
    yield text("xlm_roberta", "XLMRobertaModel", "XLMRobertaConfig")
    yield text("gpt2", "GPT2LMHeadModel", "GPT2Config", False, {"use_cache": False})
    yield text("gpt2_masked", "GPT2LMHeadModel", "GPT2Config", True, {"use_cache": False})
    yield causal("gpt_neo", "GPTNeo", attention_types=[[["global", "local"], 1]], window_size=8)
    yield causal("gptj", "GPTJ", rotary_dim=4)
    yield causal("gpt_neox", "GPTNeoX")
    yield causal("opt", "OPT", word_embed_proj_dim=32)
    yield causal("bloom", "Bloom")
    yield causal("falcon", "Falcon")
    yield causal("llama", "Llama")
    yield causal("llama_masked", "Llama", masked=True)
    yield causal("mistral", "Mistral", sliding_window=8)
    yield causal("qwen2", "Qwen2")
    yield causal("qwen3", "Qwen3")
    yield causal("gemma", "Gemma")
    yield causal("gemma2", "Gemma2")
    yield causal("phi", "Phi")
    yield causal("phi3", "Phi3")
    yield causal("stablelm", "StableLm")
    yield causal("olmo", "Olmo")
    yield causal("mixtral", "Mixtral", num_local_experts=4, num_experts_per_tok=2, experts_implementation="batched_mm")
    yield causal("qwen2_moe", "Qwen2Moe", num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32,
                 shared_expert_intermediate_size=32, experts_implementation="batched_mm")
    yield causal("mamba", "Mamba", state_size=8)
    yield cached("llama_cached", "Llama", 2)
    yield seq2seq("t5", "T5Model", "T5Config")
    yield seq2seq("bart", "BartModel", "BartConfig")
    yield seq2seq("mbart", "MBartModel", "MBartConfig")
    yield seq2seq("pegasus", "PegasusModel", "PegasusConfig")
    yield Model("whisper", whisper, lambda batch, seq: (torch.randn(batch, 16, 64), ids(batch, seq)), TEXT,
                (BATCH, IDS), TEXTS)
    yield Model("clip", clip, lambda batch, seq: (ids(batch, seq), torch.randn(batch, 3, 32, 32), mask(batch, seq)), TEXT,
                (IDS, BATCH, IDS), TEXTS)
    yield pixels("vit", "ViTModel", "ViTConfig")
    yield pixels("deit", "DeiTModel", "DeiTConfig")
    yield pixels("beit", "BeitModel", "BeitConfig")
    yield pixels("swin", "SwinModel", "SwinConfig", patch_size=4, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4)
    yield pixels("segformer", "SegformerForSemanticSegmentation", "SegformerConfig", 64, hidden_sizes=[16, 16, 32, 32],
                 depths=[1, 1, 1, 1], num_attention_heads=[1, 2, 2, 4], decoder_hidden_size=16)
    yield pixels("dinov2", "Dinov2Model", "Dinov2Config")
    yield pixels("convnext", "ConvNextModel", "ConvNextConfig", hidden_sizes=[16, 16, 32, 32], depths=[1, 1, 1, 1],
                 num_hidden_layers=4, patch_size=4)
    yield pixels("resnet", "ResNetModel", "ResNetConfig", embedding_size=16, hidden_sizes=[16, 16, 32, 32], depths=[1, 1, 1, 1])
    yield Model("wav2vec2", lambda: Tensors(make("Wav2Vec2Model", "Wav2Vec2Config", dict(
        conv_dim=[16, 16, 16], conv_stride=[5, 2, 2], conv_kernel=[10, 3, 3], num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=4)), ("input_values",), {}).eval(), lambda batch: (torch.randn(batch, 800),),
        {"batch": 2}, (BATCH,), IMAGES)
    yield from modules()
    yield from parts()


ZOO = {model.name: model for model in zoo()}
