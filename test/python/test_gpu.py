"""Graphs on GPUs: which device and target a graph gets, and, where there is a GPU, that its answers are eager's."""

import ctypes
import operator
import subprocess

import numpy
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.testing import assert_close

import tc
from build_tools import find_tool
from tc.devices import UnsupportedDevice, choose_target, find_device

# Devices and targets.


def make_graph(devices, output):
    """A graph that adds its inputs, which are fake tensors on `devices`."""
    mode = torch._subclasses.FakeTensorMode()
    graph = torch.fx.Graph()
    inputs = [torch._subclasses.FakeTensor(mode, torch.empty(3, device="meta"), torch.device(d)) for d in devices]
    nodes = [graph.placeholder(f"x{i}") for i in range(len(devices))]
    result = graph.call_function(operator.add, (nodes[0], nodes[-1]))
    result.meta["val"] = torch._subclasses.FakeTensor(mode, torch.empty(3, device="meta"), torch.device(output))
    graph.output((result,))
    return torch.fx.GraphModule({}, graph), inputs


@pytest.mark.parametrize("device", ["cpu", "cuda:0", "cuda:1"])
def test_the_device_of_a_graph_is_that_of_its_tensors(device):
    assert find_device(*make_graph([device, device], device)) == torch.device(device)


def test_mixed_devices_are_refused_by_name():
    with pytest.raises(UnsupportedDevice, match="input x1 is on cpu, but input x0 on cuda:0"):
        find_device(*make_graph(["cuda:0", "cpu"], "cuda:0"))
    with pytest.raises(UnsupportedDevice, match=r"output 0 \(add\) is on cuda:1, but input x0 on cuda:0"):
        find_device(*make_graph(["cuda:0"], "cuda:1"))


@pytest.mark.parametrize(
    "target, device, expected",
    [
        ("auto", "cpu", "host"),
        ("avx2", "cpu", "avx2"),
        ("auto", "cuda:1", "cuda:1"),
        ("sm_80", "cuda:1", "sm_80:1"),
        ("cuda:1", "cuda:1", "cuda:1"),
    ],
)
def test_target_of_a_device(target, device, expected):
    assert choose_target(target, torch.device(device)) == expected


@pytest.mark.parametrize("target, device", [("host", "cuda:0"), ("sm_80", "cpu"), ("cuda:0", "cuda:1")])
def test_targets_that_a_device_is_not(target, device):
    with pytest.raises(UnsupportedDevice, match=f"the graph is on {device}, but the target is {target}"):
        choose_target(target, torch.device(device))


def has_driver():
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


@pytest.mark.skipif(has_driver(), reason="there is a CUDA driver")
def test_without_a_driver_the_error_says_so(tmp_path):
    path = tmp_path / "program.pt2"
    torch.export.save(torch.export.export(nn.ReLU(), (torch.randn(3),)), path)
    for target in ("cuda", "sm_80"):
        with pytest.raises(tc.CompileError, match=f"target '{target}': no CUDA driver: cannot open libcuda.so.1"):
            tc.load(path, target=target)
        run = subprocess.run([find_tool("tc"), "run", path, f"--target={target}"], capture_output=True, text=True)
        assert run.returncode == 1
        assert f"target '{target}': no CUDA driver: cannot open libcuda.so.1" in run.stderr


# On a GPU.

needs_gpu = pytest.mark.skipif(
    not torch.cuda.is_available(),
    reason="torch.cuda.is_available() is false: " + ("this torch has no CUDA" if torch.version.cuda is None else "no GPU"),
)


def check(function, *inputs, tolerance=1e-4, **options):
    """The compiled function gives what eager gives, twice; options are tc's."""
    expected = function(*inputs)
    compiled = torch.compile(function, backend="tc", **({"options": options} if options else {}))
    torch._dynamo.reset()
    tc.counters.clear()
    for _ in range(2):
        actual = compiled(*inputs)
        for a, b in zip(torch.utils._pytree.tree_leaves(actual), torch.utils._pytree.tree_leaves(expected)):
            assert a.device == b.device
            scale = b.abs().max().item() if b.numel() and b.is_floating_point() else 0
            assert_close(a, b, rtol=0, atol=tolerance * scale)
    assert tc.counters["graphs"] > 0 and tc.counters["fallback"] == 0
    return compiled


@needs_gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_rows(dtype):
    norm = nn.LayerNorm(100).cuda().to(dtype)
    with torch.no_grad():
        check(lambda x: F.softmax(F.gelu(norm(x)) * 2, -1), torch.randn(7, 5, 100, device="cuda", dtype=dtype),
              tolerance=1e-4 if dtype == torch.float32 else 1e-2)


@needs_gpu
def test_multilayer_perceptron():
    model = nn.Sequential(nn.Linear(33, 70), nn.GELU(), nn.Linear(70, 10)).cuda()
    with torch.no_grad():
        check(model, torch.randn(5, 33, device="cuda"), tolerance=1e-3)


@needs_gpu
def test_convolutions():
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3, groups=16),
        nn.AdaptiveAvgPool2d(1)).cuda().eval()
    with torch.no_grad():
        check(model, torch.randn(2, 3, 33, 29, device="cuda"), tolerance=1e-3)


@needs_gpu
def test_attention():
    q, k, v = (torch.randn(2, 4, 50, 32, device="cuda") for _ in range(3))
    check(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), q, k, v, tolerance=1e-3)


@needs_gpu
def test_training_step():
    model = nn.Sequential(nn.Linear(20, 40), nn.Tanh(), nn.Linear(40, 3)).cuda()
    x, target = torch.randn(8, 20, device="cuda"), torch.randint(3, (8,), device="cuda")

    def step(x, target):
        return torch.autograd.grad(F.cross_entropy(model(x), target), list(model.parameters()))

    loss = lambda x, target: F.cross_entropy(model(x), target)
    expected = step(x, target)
    compiled = torch.compile(loss, backend="tc")
    actual = torch.autograd.grad(compiled(x, target), list(model.parameters()))
    for a, b in zip(actual, expected):
        assert_close(a, b, rtol=0, atol=1e-3 * b.abs().max().item())


@needs_gpu
def test_work_goes_to_the_current_stream():
    x = torch.randn(1 << 20, device="cuda")
    compiled = check(lambda x: (x * 2).sin(), x)
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        torch.cuda._sleep(10_000_000)
        x.fill_(1)
        y = compiled(x)
    stream.synchronize()
    assert_close(y, torch.full_like(y, 2).sin())


@needs_gpu
def test_mutations_views_and_unaligned_memory():
    def function(x, cache):
        cache[2:5].add_(x)
        return x[1:] * 2, cache.T, x

    memory = torch.randn(3 * 7 + 1, device="cuda")
    x = memory[1:].view(3, 7)
    for _ in range(2):
        cache = torch.zeros(9, 7, device="cuda")
        expected_cache = cache.clone()
        expected = function(x, expected_cache)
        actual = torch.compile(function, backend="tc")(x, cache)
        assert_close(cache, expected_cache)
        for a, b in zip(actual, expected):
            assert_close(a, b)


@needs_gpu
def test_sizes_that_vary():
    function = torch.compile(lambda x: F.softmax(x.exp() + 1, -1), backend="tc", dynamic=True)
    for rows, columns in [(3, 7), (100, 1000), (2, 33)]:
        x = torch.randn(rows, columns, device="cuda")
        assert_close(function(x), F.softmax(x.exp() + 1, -1))


@needs_gpu
def test_calls_back_into_pytorch():
    x = torch.randn(6, 6, device="cuda")
    check(lambda x: torch.linalg.matrix_exp(x * 0.1) + 1, x)


@needs_gpu
def test_exported_program(tmp_path):
    model = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.LayerNorm(20))
    x = torch.randn(4, 12)
    torch.export.save(torch.export.export(model, (x,)), tmp_path / "program.pt2")
    with torch.no_grad():
        assert_close(tc.load(tmp_path / "program.pt2", target="cuda")(x.cuda()).cpu(), model(x), rtol=1e-3, atol=1e-3)


@needs_gpu
def test_command_line(tmp_path):
    model = nn.Sequential(nn.Linear(12, 20), nn.ReLU(), nn.LayerNorm(20))
    torch.export.save(torch.export.export(model, (torch.randn(4, 12),)), tmp_path / "program.pt2")
    for target in ("host", "cuda"):
        subprocess.run([find_tool("tc"), "run", tmp_path / "program.pt2", f"--target={target}", "--repeat=2", "-o",
                        tmp_path / f"{target}.npy"], check=True)
    host, device = (torch.from_numpy(numpy.load(tmp_path / f"{target}.npy")) for target in ("host", "cuda"))
    assert_close(device, host, rtol=1e-3, atol=1e-3)


@needs_gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one GPU")
def test_second_device():
    x = torch.randn(100, device="cuda:1")
    assert torch.compile(lambda x: x * 2, backend="tc")(x).device == x.device
