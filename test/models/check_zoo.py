"""Runs the zoo and writes docs/models.md: `check_zoo.py [--write PAGE] [--ways "compiled file"] [NAME…]`.

Each model in each way: the largest error relative to the output's maximum and the graph breaks, or what went wrong. A page
that is there keeps the cells of models and ways that are not run.
"""

import argparse
import contextlib
import inspect
import logging
import pathlib
import sys
import tempfile
import time
import traceback

import torch
from torch import nn
from torch.utils import _pytree as pytree

import harness
import tc
from models import MODELS
from zoo import ZOO

WAYS = {
    "compiled": "`torch.compile`",
    "dynamic": "one compile for several sizes",
    "file": "`.pt2`",
    "dynamic_file": "one `.pt2` for several sizes",
    "bf16": "bfloat16",
    "autocast": "autocast",
    "train": "training",
}
TOLERANCE = {"bf16": 3e-2, "autocast": 3e-2, "train": 1e-3}


def worst_error(actual, expected):
    actual, expected = pytree.tree_leaves(actual), pytree.tree_leaves(expected)
    assert len(actual) == len(expected), f"{len(actual)} results, expected {len(expected)}"
    worst = 0.0
    for a, e in zip(actual, expected):
        assert a.shape == e.shape and a.dtype == e.dtype, f"{a.dtype} {list(a.shape)}, expected {e.dtype} {list(e.shape)}"
        if not e.is_floating_point() and not e.is_complex():
            assert torch.equal(a, e), "integers differ"
        elif e.numel():
            finite = torch.isfinite(e)
            assert torch.equal(a[~finite], e[~finite]) or e[~finite].isnan().any(), "infinities differ"
            scale = e[finite].double().abs().max()
            error = (a - e)[finite].double().abs().max()
            assert not error.isnan(), "not a number"
            worst = max(worst, (error / scale).item() if scale > 0 else error.item())
    return worst


def dynamic_shapes(model, module):
    dims = {name: torch.export.Dim(name, min=2, max=64) for name in ("batch", "seq")}
    spec = tuple({axis: dims[name] for axis, name in axes.items()} for axes in model.dynamic)
    parameters = list(inspect.signature(module.forward).parameters.values())
    if parameters[-1].kind is parameters[-1].VAR_POSITIONAL:
        spec = (*spec[:len(parameters) - 1], spec[len(parameters) - 1:])
    return spec


class Loss(nn.Module):
    """A model in training: a weighted sum of all its results, so that no gradient vanishes by symmetry; nothing random."""

    def __init__(self, model):
        super().__init__()
        self.model = model.train()
        for part in model.modules():
            for name, value in vars(part).items():
                if isinstance(value, float) and ("drop" in name or name == "p"):
                    setattr(part, name, 0.0)

    def forward(self, *inputs):
        results = [x for x in pytree.tree_leaves(self.model(*inputs)) if x.is_floating_point()]
        return sum((x.flatten() * torch.arange(x.numel(), dtype=x.dtype).sin()).sum() for x in results)


def step(module, run, inputs):
    """The loss, the gradients by parameter, and the buffers as they are afterwards."""
    module.zero_grad()
    loss = run(*inputs)
    loss.backward()
    gradients = {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    return loss.detach(), gradients, [x.clone() for x in module.buffers()]


def gradient_error(actual, expected):
    """The largest error of loss, gradients and buffers. What vanishes in one gradient is measured by the others."""
    assert actual[1].keys() == expected[1].keys(), "gradients of other parameters"
    scale = 1e-3 * max(gradient.abs().max() for gradient in expected[1].values())
    errors = [(actual[1][name] - gradient).abs().max() / max(gradient.abs().max(), scale)
              for name, gradient in expected[1].items()]
    assert not any(error.isnan() for error in errors), "a gradient is not a number"
    return max(worst_error(actual[0], expected[0]), worst_error(actual[2], expected[2]), *(error.item() for error in errors))


def run_training(model, dtype=torch.float32):
    """The largest error of two steps, which have different weights."""
    module, reference = Loss(model.build().to(dtype)), Loss(model.build().to(dtype))
    inputs = pytree.tree_map(lambda x: x.to(dtype) if x.is_floating_point() else x, model.sample())
    compiled = torch.compile(module, backend="tc")
    worst = 0.0
    for _ in range(2):
        try:
            expected = step(reference, reference, inputs)
        except Exception as problem:
            raise NotApplicable("eager mode fails") from problem
        worst = max(worst, gradient_error(step(module, compiled, inputs), expected))
        with torch.no_grad():
            for parameter in (*module.parameters(), *reference.parameters()):
                parameter.mul_(1.01)
    return worst


class NotApplicable(Exception):
    """A way that says nothing about tc: eager mode or torch.export refuses it."""


def run(model, way, folder):
    """The largest error."""
    if way == "train":
        error = run_training(model)
        # Where a rounding decides on which side of a kink a value is, as in ReLU, gradients differ between any two orders of
        # summation. In double precision they hardly do.
        return error if error <= TOLERANCE[way] else run_training(model, torch.float64)
    with torch.no_grad():
        return run_inference(model, way, folder)


def run_inference(model, way, folder):
    module, inputs = model.build(), model.sample()
    cast = contextlib.nullcontext
    if way == "bf16":
        module = module.bfloat16()
        inputs = pytree.tree_map(lambda x: x.bfloat16() if x.is_floating_point() else x, inputs)
    if way == "autocast":
        cast = lambda: torch.autocast("cpu", torch.bfloat16)

    def call(function, inputs):
        with cast():
            return function(*inputs)

    try:
        call(module, inputs)
    except Exception as problem:
        raise NotApplicable("eager mode fails") from problem
    if way.endswith("file"):
        dynamic = dynamic_shapes(model, module) if way == "dynamic_file" else None
        example = model.sample(**model.variants[0]) if dynamic else inputs
        try:
            program = torch.export.export(module, example, dynamic_shapes=dynamic)
        except Exception as problem:
            raise NotApplicable("torch.export refuses it") from problem
        torch.export.save(program, folder / "model.pt2")
        compiled = tc.load(folder / "model.pt2")
    else:
        compiled = torch.compile(module, backend="tc")
    worst = 0.0
    for sizes in model.variants if way.startswith("dynamic") else ({},):
        sample = model.sample(**sizes) if sizes else inputs
        if way == "dynamic":
            harness.mark_dynamic(model, sample)
        worst = max(worst, worst_error(call(compiled, sample), call(module, sample)))
    breaks = sum(torch._dynamo.utils.counters["graph_break"].values())
    assert way != "dynamic" or breaks or harness.compiled_graphs() == 1, f"{harness.compiled_graphs()} compiles"
    return worst


def outcome(model, way, folder):
    """(whether it is right, a cell of the table)."""
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    tc.counters.clear()
    try:
        error = run(model, way, folder)
    except NotApplicable as problem:
        return True, str(problem)
    except Exception as problem:
        lines = [line for line in str(problem).splitlines() if line.strip() and "backend='tc' raised" not in line]
        logging.getLogger("zoo").info("%s", traceback.format_exc())
        return False, f"{type(problem).__name__}: {lines[0] if lines else ''}"[:300].replace("|", "/")
    externs = sorted(key.removeprefix("extern:") for key in tc.counters if key.startswith("extern:"))
    right = error <= TOLERANCE.get(way, 1e-4)
    breaks = sum(torch._dynamo.utils.counters["graph_break"].values())
    return right and not externs, (f"{error:.0e}" + (f", {breaks} graph breaks" if breaks else "") +
                                   (f", {', '.join(externs)} left to PyTorch" if externs else ""))


def write_page(path, models, rows):
    """The page with new cells; those of models and ways that were not run stay."""
    kept, header = {}, []
    for line in path.read_text().splitlines() if path.exists() else []:
        cells = line.strip("| ").split(" | ") if line.startswith("| ") else []
        if cells and not header:
            header = [way for title in cells[1:] for way in WAYS if WAYS[way] == title]
        elif cells:
            kept[cells[0]] = dict(zip(header, cells[1:]))
    for name, cells in rows.items():
        kept.setdefault(name, {}).update(cells)
    lines = [
        "# Models", "", "Written by `make check-models`. The largest error against eager, relative to the output's maximum; what is "
        "wrong is bold. Each cell is of the last run of its model in that way. Training is two steps, with the loss and every "
        "gradient; where single precision leaves more than a thousandth to the order of summation, double precision is shown.", "",
        "| model | " + " | ".join(WAYS.values()) + " |", "|---" * (len(WAYS) + 1) + "|",
        *("| " + " | ".join([name, *(kept[name].get(way, "not run") for way in WAYS)]) + " |" for name in models if name in kept)]
    path.write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--ways", default=" ".join(WAYS))
    parser.add_argument("--write", type=pathlib.Path)
    options = parser.parse_args()
    ways = options.ways.split()
    models = {**MODELS, **ZOO}
    torch._dynamo.config.allow_rnn = True
    # Eager mode's fused encoder layer rounds elsewhere than the graph that Dynamo sees.
    torch.backends.mha.set_fastpath_enabled(False)
    rows, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for name in options.names or models:
            start, cells = time.time(), []
            for way in ways:
                right, cell = outcome(models[name], way, pathlib.Path(folder))
                wrong += not right
                cells.append(cell if right else f"**{cell}**")
            rows.append((name, *cells))
            print(f"{name:32}", *cells, f"{time.time() - start:.0f} s", sep="  ", flush=True)
    if options.write:
        write_page(options.write, models, {name: dict(zip(ways, cells)) for name, *cells in rows})
    print(f"{len(rows)} models, {len(ways)} ways, {wrong} wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
