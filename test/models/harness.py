"""How a model is captured, run through a backend, and compared with eager.

Any torch.compile backend will do, so the harness itself is tested with `eager`;
what only tc can answer (how many calls went back to PyTorch) is asked of tc alone.
"""

import dataclasses
import types

import torch

from models import LIMITS, Output, BertOutput


def assert_close(actual, expected, tolerance, scale=0.0):
    """The largest error, relative to the largest expected value, or to `scale` if that is more, is within tolerance."""
    assert actual.shape == expected.shape and actual.dtype == expected.dtype
    assert torch.isfinite(actual).all()
    error = (actual - expected).abs().max() / max(expected.abs().max(), scale)
    assert error <= tolerance, f"relative error {error:.2e}, expected at most {tolerance:.0e}"


def compiled_graphs():
    return torch._dynamo.utils.counters["stats"]["unique_graphs"]


def tc_counters():
    """What tc has done since now: `graphs` and `kernels` compiled, `extern` ops handed back to PyTorch."""
    import tc

    tc.counters.clear()
    return tc.counters


class NoExtern:
    """Fails if, inside, tc handed any op back to PyTorch."""

    def __init__(self, backend):
        self.counters = tc_counters() if backend == "tc" else None

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and self.counters is not None:
            assert self.counters["graphs"] > 0, "tc compiled nothing"
            assert self.counters["fallback"] == 0, "tc left a graph to eager mode"
            externs = sorted(key for key in self.counters if key.startswith("extern:"))
            assert not externs, f"ops without a lowering: {', '.join(externs)}"


def dynamic_shapes(model, module):
    """What torch.export wants to be told: a Dim for every size that may vary."""
    dims = {name: torch.export.Dim(name, min=2, max=limit) for name, limit in LIMITS.items()}
    spec = tuple({axis: dims[name] for axis, name in axes.items()} for axes in model.dynamic)
    takes_a_list = isinstance(module, Output) and not isinstance(module, BertOutput)  # forward(self, *inputs)
    return (spec,) if takes_a_list else spec


def export(model, module, path, dynamic=False):
    """Saves `module` as a .pt2 file."""
    inputs = model.sample(**(model.variants[0] if dynamic else {}))
    with torch.no_grad():
        program = torch.export.export(module, inputs, dynamic_shapes=dynamic_shapes(model, module) if dynamic else None)
    torch.export.save(program, path)


def load(path, backend):
    """A callable that runs a .pt2 file."""
    if backend == "tc":
        import tc

        return tc.load(path)
    return torch.compile(torch.export.load(path).module(), backend=backend)


def mark_dynamic(model, inputs):
    for tensor, axes in zip(inputs, model.dynamic):
        for axis in axes:
            torch._dynamo.mark_dynamic(tensor, axis)
    return inputs


@dataclasses.dataclass
class Graph:
    """A graph that tc compiled."""

    text: str  # as captured
    arguments: list = None  # of its first run


class RecordGraphs:
    """Keeps the graphs that tc compiles inside."""

    def __enter__(self):
        from tc import backend

        self.graphs, self.compile_module = [], backend.compile_module
        backend.compile_module = self.record
        return self.graphs

    def __exit__(self, *_):
        from tc import backend

        backend.compile_module = self.compile_module

    def record(self, module, settings, target):
        graph = Graph(str(module))
        self.graphs.append(graph)
        run = self.compile_module(module, settings, target).run

        def recorded(arguments, *rest):
            if graph.arguments is None:  # before they are mutated
                graph.arguments = [x.detach().clone() if isinstance(x, torch.Tensor) else x for x in arguments]
            return run(arguments, *rest)

        return types.SimpleNamespace(run=recorded)


def record_graphs(model, training, dynamic=False):
    """The graphs of a model: one for inference, two for a training step."""
    torch._dynamo.reset()
    inputs = model.sample(**(model.variants[0] if dynamic else {}))
    if dynamic:
        mark_dynamic(model, inputs)
    with RecordGraphs() as graphs, torch.set_grad_enabled(training):
        result = torch.compile(model.build(), backend="tc", fullgraph=True)(*inputs)
        if training:
            result.backward()
    assert len(graphs) == 1 + training
    return graphs
