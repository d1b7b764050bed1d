"""What a user gets wrong is an exception that names it, never a crash or a wrong result."""

import os
import subprocess
import sys

import pytest
import torch

import tc
from tc import _tc
from tc.backend import runtime


def build(sizes=("s0", "4"), op="aten.sin.default", dtype="f32", strides=None, **symbols):
    """y = op(x)"""
    graph = _tc.Graph(_tc.Context(), "main")
    for name, (low, high) in symbols.items():
        graph.declare_symbol(name, low, high)
    x = graph.tensor_input("x", dtype, list(sizes), strides)
    (y,) = graph.call(op, [("value", x)], {}, [(dtype, list(sizes))])
    graph.outputs([("value", y)], [None])
    return graph.finish()


@pytest.fixture(scope="module")
def executable():
    return _tc.compile(build(s0=(2, 100)), runtime())


CALLS = {
    "too_few": ([], "expected 1 inputs, got 0"),
    "too_many": ([torch.ones(3, 4)] * 2, "expected 1 inputs, got 2"),
    "dtype": ([torch.ones(3, 4, dtype=torch.float64)], "input 0 (x): expected element type f32, got f64"),
    "rank": ([torch.ones(3, 4, 1)], "input 0 (x): expected 2 dimensions, got 3"),
    "size": ([torch.ones(3, 5)], "input 0 (x): expected size 4 in dimension 1, got 5"),
    "range": ([torch.ones(1, 4)], "expected s0 from 2 to 100 for the size of dimension 0, got 1"),
    "empty_below_range": ([torch.ones(0, 4)], "expected s0 from 2 to 100 for the size of dimension 0, got 0"),
    "number": ([7], "input 0 (x): expected a tensor, got an int"),
    "text": (["seven"], ""),
    "none": ([None], ""),
    "huge_number": ([2**70], ""),
    "meta_device": ([torch.ones(3, 4, device="meta")], ""),
    "sparse": ([torch.ones(3, 4).to_sparse()], ""),
    "complex": ([torch.ones(3, 4, dtype=torch.complex64)], "expected element type f32, got c64"),
}


@pytest.mark.parametrize("name", CALLS)
def test_call(executable, name):
    arguments, message = CALLS[name]
    with pytest.raises(Exception) as raised:
        executable.run(arguments)
    assert message in str(raised.value)
    # It still runs.
    x = torch.randn(3, 4)
    torch.testing.assert_close(executable.run([x])[0], x.sin())


BUILDS = {
    "unknown_op": (dict(op="aten.sine.default"), "unknown operator 'sine'"),
    "unknown_library": (dict(op="mylib.sin.default"), "unknown operator 'mylib.sin'"),
    "dtype": (dict(dtype="f33"), 'unknown element type "f33"'),
    "negative_size": (dict(sizes=("-3", "4")), "expected a size of at least 0 in dimension 0, found -3"),
    "huge_size": (dict(sizes=("9223372036854775807", "4")), "expected at most 2^56 elements"),
    "overflowing_number": (dict(sizes=("9223372036854775808",)), "expected an integer"),
    "expression": (dict(sizes=("s0 +",)), "size expression 's0 +', column 5"),
    "division": (dict(sizes=("s0 // 0",)), "it divides by something that is not positive"),
    "power": (dict(sizes=("((((s0 + s1)**8)**8)**8)**8",)), "has a power that is too large"),
    "negative_stride": (dict(sizes=("3",), strides=["-1"]), "expected strides that are #tc.size and not negative"),
}


@pytest.mark.parametrize("name", BUILDS)
def test_graph(name):
    arguments, message = BUILDS[name]
    with pytest.raises(tc.CompileError) as raised:
        build(**arguments)
    assert message in str(raised.value)


def test_unfinished_graphs():
    graph = _tc.Graph(_tc.Context(), "main")
    with pytest.raises(tc.CompileError):
        graph.finish()
    graph = _tc.Graph(_tc.Context(), "main")
    with pytest.raises(tc.CompileError, match="argument refers to value 5 of 0"):
        graph.outputs([("value", 5)], [None])
    x = graph.tensor_input("x", "f32", ["4"])
    graph.outputs([("value", x)], [None])
    graph.finish()
    with pytest.raises(tc.CompileError, match="the graph is finished already"):
        graph.finish()


TEXTS = {
    "nothing": ("", "expected a public function"),
    "no_mlir": ("this is not MLIR", ""),
    "cut_off": ("func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {", ""),
    "two_functions": ("func.func @a() { return }\nfunc.func @b() { return }", "found a second one besides @a"),
    "declaration": ("func.func private @main(tensor<4xf32>)", "expected a public function"),
    "unbound_symbol": (
        "func.func @main() -> tensor<i64> { %0 = tc.size <s7 * 2> : tensor<i64> return %0 : tensor<i64> }",
        "size 's7' is used, and no argument or op gives its value",
    ),
    "scalar_result": ("func.func @main(%x: f32) -> f32 { return %x : f32 }", "unsupported type 'f32'"),
    "unranked": ("func.func @main(%x: tensor<*xf32>) { return }", "unsupported type 'tensor<*xf32>'"),
    "vector": ("func.func @main(%x: vector<4xf32>) { return }", "unsupported type 'vector<4xf32>'"),
    "index": ("func.func @main(%n: index) { return }", "argument 0 is an index without the attribute tc.symbol"),
    "scalar_op": ("func.func @main(%x: f64) { %0 = math.exp %x : f64 return }", ""),
    "huge_constant": (
        "func.func @main() -> tensor<4294967296xf32> {"
        " %0 = tc.constant dense<0.0> : tensor<4294967296xf32> return %0 : tensor<4294967296xf32> }",
        "",
    ),
    "deep_ranks": (f"func.func @main(%x: tensor<{'1x' * 17}f32>) {{ return }}", "17 dimensions, expected at most 16"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(name):
    text, message = TEXTS[name]
    context = _tc.Context()
    with pytest.raises((tc.CompileError, RuntimeError)) as raised:
        _tc.compile(context.parse(text), runtime()).run([])
    assert message in str(raised.value)
    assert "internal error" not in str(raised.value)


@pytest.mark.parametrize("target", ["pentium", "sm_12", "sm_999", "", "avx512 "])
def test_target(target):
    with pytest.raises(tc.CompileError) as raised:
        _tc.compile(build(), runtime(), target)
    assert f"'{target}'" in str(raised.value)


def test_options():
    torch._dynamo.reset()
    with pytest.raises(Exception, match=r"unknown tc options \['speed'\]"):
        torch.compile(torch.sin, backend="tc", options={"speed": 11})(torch.ones(3))


@pytest.mark.parametrize("mode", [None, "default", "reduce-overhead", "max-autotune", "fastest"])
def test_modes(mode):
    torch._dynamo.reset()
    compiled, x = torch.compile(lambda x: x.sin() + 1, backend="tc", mode=mode), torch.ones(3)
    if mode == "fastest":
        with pytest.raises(Exception, match="unknown mode 'fastest', expected one of default"):
            compiled(x)
    else:
        torch.testing.assert_close(compiled(x), x.sin() + 1)


def test_stances():
    torch._dynamo.reset()
    tc.counters.clear()
    compiled = torch.compile(lambda x: x.sin() + 1, backend="tc", dynamic=False)
    with torch.compiler.set_stance("force_eager"):
        compiled(torch.ones(3))
    assert tc.counters["graphs"] == 0
    compiled(torch.ones(3))
    with torch.compiler.set_stance("fail_on_recompile"):
        compiled(torch.zeros(3))
        with pytest.raises(RuntimeError):
            compiled(torch.ones(4))
    with torch.compiler.set_stance("eager_on_recompile"):
        torch.testing.assert_close(compiled(torch.ones(5)), torch.ones(5).sin() + 1)
    assert tc.counters["graphs"] == 1


def test_module_is_compiled_once():
    module = build()
    _tc.compile(module, runtime())
    try:
        again = _tc.compile(module, runtime())
    except tc.CompileError:
        return
    x = torch.randn(3, 4)
    torch.testing.assert_close(again.run([x])[0], x.sin())


def test_pipelines():
    with pytest.raises(tc.CompileError, match="tc-no-such-pass"):
        build().run_pipeline("tc-no-such-pass")
    with pytest.raises(tc.CompileError):
        build().run_pipeline("tc-functionalize,(")


def test_more_memory_than_there_is():
    """64 TiB that are asked for, and sizes whose product is more than 64 bits."""
    x = torch.ones(1).expand(1 << 22)
    torch._dynamo.reset()
    function = torch.compile(lambda x: x[:, None] + x, backend="tc", dynamic=True)
    with pytest.raises(RuntimeError):
        function(x)
    torch.testing.assert_close(function(torch.ones(3)), torch.full((3, 3), 2.0))
    with pytest.raises(RuntimeError):
        function(torch.ones(1).expand(1 << 40))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("pt2") / "model.pt2"
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    torch.export.save(torch.export.export(model, (torch.randn(3, 4),)), path)
    return path


def test_pt2_files(exported, tmp_path):
    with pytest.raises(tc.CompileError, match="No such file"):
        tc.load(tmp_path / "missing.pt2")
    with pytest.raises(tc.CompileError):
        tc.load(tmp_path)
    data = exported.read_bytes()
    damaged = tmp_path / "damaged.pt2"
    for length in [0, 1, 21, 22, *range(100, len(data) - 4, len(data) // 40)]:
        damaged.write_bytes(data[:length])
        with pytest.raises(tc.CompileError):
            tc.load(damaged)
    for position in range(0, len(data), len(data) // 60):
        flipped = bytearray(data)
        flipped[position] ^= 0xFF
        damaged.write_bytes(flipped)
        try:
            tc.load(damaged)
        except tc.CompileError as error:
            assert "damaged.pt2" in str(error)


def test_pt2_calls(exported):
    run = tc.load(exported)
    for arguments in [(), (torch.ones(2, 4),), (torch.ones(3, 4), 1), (torch.ones(3, 4).double(),), ("x",)]:
        with pytest.raises((RuntimeError, TypeError, ValueError)):
            run(*arguments)
    assert run(torch.ones(4, 3).t()).shape == (3, 2)


def test_nowhere_to_write():
    """Nothing goes through files: neither a temporary folder nor a home is needed."""
    code = "import torch, tc; from tc import _tc; from tc.backend import runtime\n" + (
        "g = _tc.Graph(_tc.Context(), 'main'); x = g.tensor_input('x', 'f32', ['4'])\n"
        "y, = g.call('aten.exp.default', [('value', x)], {}, [('f32', ['4'])]); g.outputs([('value', y)], [None])\n"
        "print(_tc.compile(g.finish(), runtime()).run([torch.zeros(4)])[0].tolist())"
    )
    nowhere = {name: "/nonexistent" for name in ("TMPDIR", "TMP", "TEMP", "HOME", "XDG_CACHE_HOME")}
    nowhere["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, sys.path))
    result = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | nowhere, cwd="/", capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[1.0, 1.0, 1.0, 1.0]"
