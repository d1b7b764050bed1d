"""The device of a graph, and the target that goes with it. A graph runs on one device."""

import torch

from . import _tc


class UnsupportedDevice(_tc.CompileError):
    """The tensors of a graph are on devices that do not go together, or with the target; the message names one."""


def _key(device):
    """A CUDA device without a number is the current one."""
    if device.type == "cuda" and device.index is None:
        return torch.device("cuda", torch.cuda.current_device() if torch.cuda.is_available() else 0)
    return torch.device("cpu") if device.type == "cpu" else device


def find_device(module, example_inputs):
    """The device of an FX graph's inputs and outputs. What lies between is computed there, whatever the graph says."""
    found, first = None, None

    def visit(name, value):
        nonlocal found, first
        if not isinstance(value, torch.Tensor):
            return
        device = _key(value.device)
        if found is None:
            found, first = device, name
        elif device != found:
            raise UnsupportedDevice(
                f"{name} is on {device}, but {first} on {found}: the inputs and outputs of a graph must be on one device"
            )

    placeholders = [node for node in module.graph.nodes if node.op == "placeholder"]
    for node, example in zip(placeholders, example_inputs):
        visit(f"input {node.name}", example)
    for node in module.graph.nodes:
        if node.op == "output":
            for i, output in enumerate(node.args[0]):
                if isinstance(output, torch.fx.Node):
                    visit(f"output {i} ({output.name})", output.meta.get("val"))
    return found or torch.device("cpu")


def choose_target(target, device):
    """The name for the compiler. `target` is Config.target; with a GPU's name, the graph must be on a GPU."""
    is_gpu_target = target.startswith(("cuda", "sm_"))
    if device.type == "cuda":
        if target == "auto" or is_gpu_target and ":" not in target:
            return f"{'cuda' if target == 'auto' else target}:{device.index}"
        if is_gpu_target and target.rpartition(":")[2] == str(device.index):
            return target
        raise UnsupportedDevice(f"the graph is on {device}, but the target is {target}")
    if device.type != "cpu":
        raise UnsupportedDevice(f"a graph on device {device}: expected cpu or cuda")
    if is_gpu_target:
        raise UnsupportedDevice(f"the graph is on {device}, but the target is {target}")
    return "host" if target == "auto" else target
