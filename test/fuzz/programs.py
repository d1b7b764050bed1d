"""Random programs on tensors: lists of numbers that are read as lines of Python, so that whatever hypothesis shrinks is a
program again. Lines that eager mode refuses are left out."""

import sys
from pathlib import Path

import torch
from hypothesis import strategies as st

sys.path.append(str(Path(__file__).parent.parent / "opinfo"))
import check  # noqa: E402

DTYPES = (torch.float32, torch.float64, torch.int64, torch.int32, torch.bool)
SIZES = ((), (5,), (3, 4), (4, 1), (2, 3, 5), (0, 3), (17,), (1,), (7, 33), (2, 1, 4, 3))

# {a} and {b}: variables, {f}: a floating one; {i}: a dimension, {n}: a small number, {k}: a positive one.
VIEWS = """{a}.transpose(0, {i})|{a}[{n}]|{a}[{n}:]|{a}[..., ::{k}]|{a}[{k}:, None]|{a}.unsqueeze({i})|{a}.squeeze()
{a}.expand({k}, *{a}.shape)|{a}.reshape(-1)|{a}.view(-1, {k})|{a}.flip({i})|{a}.diagonal()|{a}.unfold({i}, {k}, 1)
{a}.narrow({i}, 0, {k})|{a}.movedim(0, {i})|{a}.contiguous().as_strided((2, {k}), (1, {k}))|{a}.split({k}, {i})[0]|{a}.roll({n}, {i})
{a}.repeat({k}, *[1] * {a}.dim())|{a}.contiguous()|{a}.clone()|{a}.tril()"""
# The results of these follow from the inputs to the last bit.
EXACT = """{a} + {b}|{a} - {b}|{a} * {n}|{a} * {b}|-{a}|{a}.abs()|torch.relu({a})|torch.maximum({a}, {b})|torch.minimum({a}, {b})
torch.where({a} != 0, {a}, {b})|torch.cat([{a}, {b}], {i})|torch.stack([{a}, {a}], {i})|{a}.amax({i})|{a}.any()|{a}.all({i})
{a}.clamp({n}, 3)|{a}.to(torch.float32)|{a}.to(torch.float64)|{a}.bool()|torch.nn.functional.pad({a}, ({k}, 1))
{a}.gather({i}, torch.zeros_like({a}, dtype=torch.int64))|{a}[torch.tensor([0, -1])]|{a}.index_select({i}, torch.tensor([0, 0]))
torch.full_like({a}, {n})|{a} * torch.arange({k})|{a}.masked_fill({a} != {a}, {n})|{a}.new_zeros({k}, 2)"""
INEXACT = """{f}.sin()|{f}.sigmoid()|{f}.clamp(-9, 9).exp()|{f} / 3|{f}.sum()|{a}.sum({i})|{f}.mean({i}, keepdim=True)|{f}.softmax({i})
{f}.cumsum({i})|{f}.var({i})|{f}.logsumexp({i})|{f}.tanh()|{f}.abs().sqrt()|{f} / ({b}.abs() + 1)|{f} @ {b}|{f}.prod({i})
torch.nn.functional.gelu({f})|{f}.norm()|torch.nn.functional.layer_norm({f}, {f}.shape[-1:])|{f}.erf()|{f}.logcumsumexp({i})"""
# The results of these jump: their operands have to be exact.
JUMPS = """{a} < {b}|{a} == {b}|{a}.floor()|{a}.sign()|{a}.argmax({i})|{a}.sort({i})[0]|{a}.sort({i}, stable=True)[1]|{a} > {n}
{a}.topk({k}, {i})[0]|{a}.nan_to_num(0, 1, -1).clamp(-99, 99).to(torch.int32)|{a}.round()|{a}.cummax({i})[0]|{a}.argsort({i}, stable=True)"""
WRITES = """{a}.add_({b})|{a}.mul_({n})|{a}.copy_({b})|{a}.zero_()|{a}[{n}] = {b}|{a}[..., {n}:] = {n}|{a}.clamp_({n}, 5)|{a}.neg_()
{a}.fill_({n})|{a}.transpose(0, {i}).add_(1)|{a}[::2].mul_({n})|{a}.index_fill_({i}, torch.tensor([0]), {n})|{a}.relu_()
{a}.masked_fill_({a} == {n}, {k})|{a}.view(-1)[{n}:].sub_({k})|{a}.scatter_({i}, torch.zeros_like({a}, dtype=torch.int64), 2)"""
KINDS = [[line for line in kind.replace("\n", "|").split("|")] for kind in (VIEWS, EXACT, INEXACT, JUMPS, WRITES)]
VIEW_KIND, EXACT_KIND, INEXACT_KIND, JUMP_KIND, WRITE_KIND = range(5)
MOST_ELEMENTS = 20000

number = st.integers(0, 63)
step = st.tuples(st.integers(0, len(KINDS) - 1), number, number, number, number, number)
#: (inputs: (size, dtype, layout, values) each; steps)
programs = st.tuples(st.lists(st.tuples(number, number, number, number), min_size=1, max_size=3), st.lists(step, max_size=14))


def make_input(size, dtype, layout, values):
    """A tensor of simple numbers, now and then with zeros of both signs, infinities, NaN, or gaps between its elements."""
    size, dtype = SIZES[size % len(SIZES)], DTYPES[dtype % len(DTYPES)]
    generator = torch.Generator().manual_seed(values)
    x = torch.randint(-8, 9, size, generator=generator).to(torch.float64) / (4 if dtype.is_floating_point else 1)
    if dtype.is_floating_point and values % 4 == 3 and x.numel():
        special = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0], dtype=torch.float64)
        flat = x.view(-1)
        flat[:: max(1, len(flat) // 4)] = special.repeat(len(flat))[: len(flat[:: max(1, len(flat) // 4)])]
    x = x.to(dtype)
    if layout % 4 == 1 and x.dim() > 1:
        x = x.transpose(0, -1).contiguous().transpose(0, -1)
    elif layout % 4 == 2 and x.dim() > 0:
        x = torch.stack([x, x], -1)[..., 0]
    return x


class Program:
    """The source of a program, its inputs, and a function to run it."""

    def __init__(self, numbers):
        inputs, steps = numbers
        self.inputs = [make_input(*each) for each in inputs]
        self.names = [f"x{i}" for i in range(len(self.inputs))]
        self.lines = []
        self.values = dict(zip(self.names, (x.clone() for x in self.inputs)))
        self.inexact = set()
        for each in steps:
            self.add(*each)
        results = [name for name in self.values if name.startswith("v")][-4:] or ["x0"]
        self.lines.append(f"return {', '.join(results)},")
        self.source = f"def program({', '.join(self.names)}):\n" + "".join(f"    {line}\n" for line in self.lines)
        scope = {"torch": torch}
        exec(self.source, scope)
        self.function = scope["program"]

    def add(self, kind, which, a, b, i, n):
        template = KINDS[kind][which % len(KINDS[kind])]
        names = list(self.values)
        floats = [x for x in names if self.values[x].dtype.is_floating_point]
        if "{f}" in template and not floats:
            return
        used = {"a": names[a % len(names)], "b": names[b % len(names)], "f": floats[a % len(floats)] if floats else ""}
        used = {key: name for key, name in used.items() if "{%s}" % key in template}
        if kind == JUMP_KIND and self.inexact.intersection(used.values()):
            return
        line = template.format(i=i % 3 - 1, n=n % 7 - 3, k=n % 3 + 1, **used)
        name = f"v{len(self.lines)}"
        line = line if kind == WRITE_KIND else f"{name} = {line}"
        scope = dict(self.values, torch=torch)
        try:
            exec(line, scope)
        except Exception:
            return
        result = scope.get(name)
        if kind != WRITE_KIND:
            if not isinstance(result, torch.Tensor) or result.numel() > MOST_ELEMENTS:
                return
            self.values[name] = result
            if kind == INEXACT_KIND or self.inexact.intersection(used.values()):
                self.inexact.add(name)
        elif self.inexact.intersection(used.values()):
            self.inexact.update(self.values)  # whatever shares the memory
        self.lines.append(line)

    def text(self):
        """A script that shows the difference."""
        inputs = "".join(f"# {name}: {x.dtype} {list(x.shape)} strides {list(x.stride())}\n" for name, x in zip(self.names, self.inputs))
        return f"{inputs}{self.source}"

    def verdict(self):
        """None, or what is wrong."""
        outcome = check.check(self.function, self.inputs, {})
        if outcome.status in ("passed", "untraceable") or (outcome.message.startswith("output") and self.is_roundoff()):
            return None
        return f"{outcome.status}: {outcome.message}"

    def is_roundoff(self):
        """Whether the results are as near to those of double precision as eager mode's, up to a factor."""
        import tc

        expected, actual = ([x.clone() for x in self.inputs] for _ in range(2))
        exact = [x.double() if x.dtype == torch.float32 else x.clone() for x in self.inputs]
        with torch.no_grad():
            wanted = self.function(*expected)
            given = tc.tc_backend(check._Call(self.function, *_flatten(actual)), actual)(*actual)
            precise = self.function(*exact)
        for x, y, z in zip(wanted, given, precise):
            if x.dtype != y.dtype or x.shape != y.shape:
                return False
            if not x.dtype.is_floating_point:
                if not torch.equal(x, y):
                    return False
                continue
            x, y, z = x.double(), y.double(), z.double()
            finite = torch.isfinite(x) & torch.isfinite(z)
            # Where double precision does not overflow, single may.
            same = torch.where(finite, torch.isfinite(y), (x == y) | (x.isnan() & y.isnan()))
            if not bool(same.all()):
                return False
            if finite.any():
                bound = 16 * (x - z)[finite].abs().max() + 1e-5 * z[finite].abs().max()
                if (y - z)[finite].abs().max() > bound:
                    return False
        return True


def _flatten(tensors):
    leaves, spec = torch.utils._pytree.tree_flatten((tensors, {}))
    return spec, leaves
