"""Who is measured: eager, tc, Inductor as it comes, and Inductor with everything on.

A contender turns a module into a callable; one that is not there says why.
"""

import contextlib
import importlib.util
import shutil
import types
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class Contender:
    name: str
    backend: str | None = None
    options: dict = field(default_factory=dict)

    def missing(self):
        """Why this contender cannot run here, or None."""
        if self.backend == "tc" and importlib.util.find_spec("tc") is None:
            return "tc is not built (make build)"
        if self.backend == "inductor" and not (shutil.which("g++") or shutil.which("clang++")):
            return "Inductor needs a C++ compiler, and there is none"
        return None

    def abandon(self):
        """After a failure or a timeout: ends the processes that still compile, which would disturb the others."""
        if self.backend == "inductor":
            from torch._inductor import async_compile

            async_compile.shutdown_compile_workers()

    def compile(self, module):
        call = own_code(module, self.name)
        if self.backend is None:
            return call
        return torch.compile(call, backend=self.backend, dynamic=False, options=self.options or None)


def own_code(module, name):
    """`module` behind a code object of its own: Dynamo keeps its compiled graphs by code object,
    and contenders that shared one would look through each other's guards at every call."""

    def call(*inputs):
        return module(*inputs)

    code = call.__code__.replace(co_name=f"call_{name.replace('-', '_')}")
    return types.FunctionType(code, call.__globals__, code.co_name, None, call.__closure__)


def max_autotune():
    # The mode's own options, plus freezing: weights become constants, batch norms fold into convolutions.
    return {**torch._inductor.list_mode_options("max-autotune"), "freezing": True}


def contenders():
    return [
        Contender("eager"),
        Contender("tc", "tc"),
        Contender("inductor", "inductor"),
        Contender("inductor-max", "inductor", max_autotune()),
    ]


def warm_up(names):
    """What a process pays once, whatever it compiles: imports, Inductor's probing of the instruction set."""
    for contender in contenders():
        if contender.name in names and contender.backend and not contender.missing():
            with contextlib.suppress(Exception), torch.no_grad():  # reported where it is measured
                torch.compile(lambda x: x + 1, backend=contender.backend)(torch.ones(8))
            torch._dynamo.reset()
