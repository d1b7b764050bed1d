"""tc: an MLIR-native tensor compiler behind torch.compile.

    torch.compile(model, backend="tc")      compile as you run
    tc.load("model.pt2")                    a callable from a file of torch.export.save
    with tc.profile() as p: model(x)        time of each kernel: print(p.table())
    tc.empty_cache()                        memory kept for outputs, back to the system
"""

from ._tc import CompileError
from .backend import counters, empty_cache, tc_backend
from .profiling import profile
from .pt2 import load

__all__ = ["CompileError", "counters", "empty_cache", "load", "profile", "tc_backend"]
