"""The torch.compile backend: AOTAutograd in front, tc's compiler behind."""

import collections
import functools
import logging
import threading

import torch
from torch._dynamo.utils import dynamo_timed

from . import _tc, decompositions, profiling
from .capture import capture
from .config import config
from .devices import choose_target, find_device
from .externs import make_extern
from .inputs import add_strided_views, is_lazy, restride, with_strided_views, with_values_in_memory
from .recurrent import unroll

log = logging.getLogger(__name__)

#: graphs, kernels, extern (calls back into PyTorch), fallback; extern:<name> each
counters = collections.Counter()

_lock = threading.Lock()


@functools.cache
def _make_runtime():
    return _tc.Runtime(torch.Tensor.__dlpack_c_exchange_api__, _make_alias, 0)


def runtime():
    """The process's threads and cached memory."""
    with _lock:
        return _make_runtime()


def empty_cache():
    """Gives the memory of outputs that are no more back to the system; at most 1 GiB of it is kept for later ones."""
    runtime().trim()


def _make_alias(tensor, sizes, strides, offset):
    if offset == 0 and list(tensor.shape) == sizes and list(tensor.stride()) == strides:
        return tensor
    # Shares the memory and nothing else: what autograd has to know of views, it adds itself.
    return torch._C._dynamo.guards._reinterpret_tensor(tensor, tuple(sizes), tuple(strides), offset)


def _count(executable):
    with _lock:
        counters["graphs"] += 1
        counters["kernels"] += executable.kernels
        counters["extern"] += len(executable.externs)
        for name, _ in executable.externs:
            counters[f"extern:{name}"] += 1


def compile_module(module, settings, target):
    """An executable of a captured tc module, with its call backs in place."""
    executable = _tc.compile(module, runtime(), target, 0, settings.verify_contracts)
    executable.set_externs([make_extern(name, arguments) for name, arguments in executable.externs])
    _count(executable)
    log.info("%s", executable.describe())
    return executable


def _pick(outputs, entry):
    """An output as the capture's spec has it."""
    if isinstance(entry, int):
        return outputs[entry]
    if len(entry) == 1:
        return entry[0]
    number, strides = entry
    if strides is None:
        return outputs[number].item()
    strides = tuple(stride if isinstance(stride, int) else outputs[stride[0]] for stride in strides)
    return outputs[number] if outputs[number].stride() == strides else restride(outputs[number], strides)


def _compile_graph(gm, example_inputs, settings):
    """AOTAutograd's compiler: an ATen graph in, a callable that takes a list of its inputs out."""
    context, views = _tc.Context(), []
    try:
        # Named in PyTorch's own record of compile times.
        with dynamo_timed("tc.compile"):
            target = choose_target(settings.target, find_device(gm, example_inputs))
            examples, views = add_strided_views(gm, example_inputs)
            module, spec = capture(context, gm, examples)
            executable = compile_module(module, settings, target)
    except Exception as error:
        if not settings.fallback:
            raise
        log.warning("tc could not compile a graph, which runs in eager mode: %s", error)
        with _lock:
            counters["fallback"] += 1
        from functorch.compile import make_boxed_func

        return with_strided_views(views, make_boxed_func(gm.forward))

    run, get_num_threads = executable.run, torch.get_num_threads
    if spec == list(range(len(spec))):

        def compiled(args):
            outputs = run(args, get_num_threads(), profiling.current())
            args.clear()
            return outputs

    else:

        def compiled(args):
            outputs = run(args, get_num_threads(), profiling.current())
            args.clear()
            return [_pick(outputs, entry) for entry in spec]

    compiled._boxed_call = True
    return with_values_in_memory(gm, example_inputs, with_strided_views(views, _with_tokens(gm, compiled)))


def _with_tokens(gm, compiled):
    """A callable that takes None for tokens, the inputs that order calls with effects: there is nothing in them."""
    with_effects = torch.ops.higher_order.with_effects
    placeholders = [node for node in gm.graph.nodes if node.op == "placeholder"]
    tokens = [
        i for i, node in enumerate(placeholders)
        if any(user.target is with_effects and user.args[0] is node for user in node.users)
    ]  # fmt: skip
    if not tokens:
        return compiled

    def run(args):
        for i in tokens:
            args[i] = torch.empty(0) if args[i] is None else args[i]
        return compiled(args)

    run._boxed_call = True
    return run


def _compile_backward(gm, example_inputs, settings):
    """As `_compile_graph`. Gradients that come in have the strides they had when traced, which the caller may not know."""
    compiled = _compile_graph(gm, example_inputs, settings)
    expected = []
    placeholders = [node for node in gm.graph.nodes if node.op == "placeholder"]
    for i, (node, example) in enumerate(zip(placeholders, example_inputs)):
        value = node.meta.get("val", example)
        if node.name.startswith("tangents") and isinstance(value, torch.Tensor):
            if not any(isinstance(stride, torch.SymInt) for stride in value.stride()):
                expected.append((i, value.stride()))

    def run(args):
        for i, strides in expected:
            if args[i].stride() != strides or is_lazy(args[i]):
                args[i] = torch.empty_strided(args[i].shape, strides, dtype=args[i].dtype, device=args[i].device).copy_(args[i])
        return compiled(args)

    run._boxed_call = True
    return run


def _needs_grad(gm, example_inputs):
    if not torch.is_grad_enabled():
        return False
    tensors = [x for x in example_inputs if isinstance(x, torch.Tensor)]
    tensors += list(gm.parameters())
    return any(x.requires_grad for x in tensors)


#: Of torch.compile; how hard to look for the best kernels, and whether to use CUDA graphs. There is one way here.
MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def tc_backend(gm, example_inputs, *, mode=None, options=None):
    """For `torch.compile(model, backend="tc")`; `options` are the fields of `tc.config.Config`, all `mode`s are the same."""
    from functorch.compile import min_cut_rematerialization_partition
    from torch._dynamo.backends.common import aot_autograd

    if mode is not None and mode not in MODES:
        raise ValueError(f"unknown mode {mode!r}, expected one of {', '.join(MODES)}")
    settings = config.updated(options or {})
    needs_grad = _needs_grad(gm, example_inputs)
    compiler = functools.partial(_compile_graph, settings=settings)
    # Inference graphs come with their mutations and views; training graphs are functional by the nature of autograd.
    compile_fx = aot_autograd(
        fw_compiler=compiler,
        bw_compiler=functools.partial(_compile_backward, settings=settings),
        inference_compiler=compiler,
        partition_fn=min_cut_rematerialization_partition,
        decompositions=decompositions.table(),
        keep_inference_input_mutations=True,
        disable_functionalization=not needs_grad,
    )
    return compile_fx(unroll(gm) if needs_grad else gm, example_inputs)
