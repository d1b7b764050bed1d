"""Names of element types, shared with the C API."""

import torch

NAMES = {
    torch.bool: "bool",
    torch.int8: "i8",
    torch.int16: "i16",
    torch.int32: "i32",
    torch.int64: "i64",
    torch.uint8: "u8",
    torch.uint16: "u16",
    torch.uint32: "u32",
    torch.uint64: "u64",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.float32: "f32",
    torch.float64: "f64",
    torch.complex64: "c64",
    torch.complex128: "c128",
    torch.float8_e4m3fn: "f8e4m3fn",
    torch.float8_e5m2: "f8e5m2",
}
DTYPES = {name: dtype for dtype, name in NAMES.items()}


def name_of(dtype):
    """The name of a torch.dtype; TypeError for one that tc does not have."""
    try:
        return NAMES[dtype]
    except KeyError:
        raise TypeError(f"tc has no element type {dtype}") from None
