"""Running `.pt2` files of torch.export.save, read by tc itself: nothing is unpickled."""

import torch
from torch.utils import _pytree as pytree

from . import _tc
from .backend import compile_module
from .config import config
from .profiling import current


def load(path, **options):
    """A callable that runs the exported program in `path`.

    It takes the program's tensors and numbers in order, in any nesting of tuples, lists and dicts, and returns a tensor, or a tuple
    of them. It runs on the CPU unless the option `target` names a GPU ("cuda"), wherever it was exported. Raises CompileError for a file that cannot be read or compiled.
    """
    context = _tc.Context()
    module = context.import_pt2(str(path))
    settings = config.updated(options)
    executable = compile_module(module, settings, "host" if settings.target == "auto" else settings.target)

    def run(*args, **kwargs):
        flat = pytree.tree_leaves((args, kwargs))
        outputs = executable.run([x for x in flat if x is not None], torch.get_num_threads(), current())
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    run.executable = executable
    return run
