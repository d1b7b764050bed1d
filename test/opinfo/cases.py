"""The cases: entries of PyTorch's op_db, their dtypes and their sample inputs."""

import torch
from torch.testing._internal.common_methods_invocations import op_db

DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.bool, torch.uint8, torch.int8, torch.int16,
        torch.int32, torch.int64, torch.uint16, torch.uint32, torch.uint64, torch.complex64, torch.complex128,
    )
}  # fmt: skip

#: forward, in place (the input changes), gradients
MODES = ("forward", "inplace", "gradient")

# Eager's results are not determined by the inputs: only their form is compared.
RANDOM = {
    "bernoulli", "cauchy", "exponential", "geometric", "log_normal", "multinomial", "normal", "randint", "randint_like",
    "rand_like", "randn", "randn_like", "randperm", "uniform", "empty", "empty_like", "empty_permuted", "empty_strided",
    "new_empty", "new_empty_strided", "nn.functional.alpha_dropout", "nn.functional.dropout", "nn.functional.dropout2d",
    "nn.functional.dropout3d", "nn.functional.feature_alpha_dropout", "nn.functional.rrelu",
    "nn.functional.fractional_max_pool2d", "nn.functional.fractional_max_pool3d", "svd_lowrank", "pca_lowrank",
    "nn.functional.scaled_dot_product_attention", "nn.functional.multi_head_attention_forward", "normal.in_place",
    "linalg.eig", "linalg.eigh", "linalg.svd", "svd", "linalg.lstsq", "_refs.empty",
}  # fmt: skip


#: Sorts and selections: the position of `dim` among the arguments, and of the indices among the results. Which of several
#: equal elements comes first is not determined, unless the sort is stable.
SELECTIONS = {"sort": (1, 1), "argsort": (1, 0), "topk": (2, 1), "kthvalue": (2, 1), "median": (1, 1), "nanmedian": (1, 1)}


def selection_of(op, args, kwargs):
    """(dimension, place of the indices among the results) of a selection, or None."""
    if op.name not in SELECTIONS or kwargs.get("stable"):
        return None
    position, place = SELECTIONS[op.name]
    if op.name in ("median", "nanmedian") and len(args) + len(kwargs) == 1:
        return None
    return kwargs.get("dim", args[position] if len(args) > position else -1), place


def name_of(op):
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name


def all_cases(names=(), dtypes=("float32",), modes=("forward",)):
    """(op, mode, dtype name) for what eager mode itself runs on CPU, in a fixed order."""
    for op in op_db:
        if names and name_of(op) not in names and op.name not in names:
            continue
        for mode in modes:
            for dtype in dtypes:
                if applies(op, mode, DTYPES[dtype]):
                    yield op, mode, dtype


def applies(op, mode, dtype):
    if dtype not in op.supported_dtypes("cpu"):
        return False
    if mode == "inplace":
        return op.inplace_variant is not None
    if mode == "gradient":
        return op.supports_autograd and dtype in op.supported_backward_dtypes("cpu")
    return True


def samples(op, mode, dtype, limit):
    """Up to `limit` samples, spread over all that there are: (description, function, args, kwargs)."""
    torch.manual_seed(0)
    found = list(op.sample_inputs("cpu", DTYPES[dtype], requires_grad=mode == "gradient"))
    if mode == "inplace":
        found = [s for s in found if isinstance(s.input, torch.Tensor) and not s.broadcasts_input]
    if limit and len(found) > limit:
        step = (len(found) - 1) / max(limit - 1, 1)
        found = [found[round(i * step)] for i in range(limit)]
    function = op.inplace_variant if mode == "inplace" else op.op
    for sample in found:
        yield describe(sample), function, [sample.input, *sample.args], dict(sample.kwargs)


def describe(sample):
    def one(x):
        if isinstance(x, torch.Tensor):
            text = f"{str(x.dtype).removeprefix('torch.')}{list(x.shape)}"
            return text if x.is_contiguous() else f"{text} strides {list(x.stride())}"
        if isinstance(x, (list, tuple)):
            return f"[{', '.join(map(one, x))}]"
        return repr(x)

    parts = [one(sample.input), *map(one, sample.args), *(f"{k}={one(v)}" for k, v in sample.kwargs.items())]
    return ", ".join(parts)[:300]


def is_random(op):
    return op.name in RANDOM
