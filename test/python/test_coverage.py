"""Every pass has a test in which it fires, one in which it must not, and one on invalid input; every op that folds is in a
test of folds, and every op of the dialects is read and printed by one."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTS = {path: path.read_text() for path in (ROOT / "test").rglob("*") if path.suffix in (".mlir", ".test")}

PASSES = sorted(
    name
    for path in (ROOT / "include" / "tc").rglob("Passes.td")
    for name in re.findall(r'\bdef \w+\s*:\s*(?:Interface)?Pass<"([\w-]+)"', path.read_text())
)
# A test of the kind holds one of these.
KINDS = {
    "fires": r"^// ?\w[\w-]*(?<!-NOT): ",
    "must not fire": r"-NOT:|\| diff\b|[Uu]nchanged|\bstays?\b|\bnot\b",
    "invalid input": r"expected-error|RUN: not ",
}


def find_tests(name):
    return [text for text in TESTS.values() if re.search(rf"RUN:.*[-(,]{name}(?![\w-])", text)]


def ops(which):
    """(dialect's op as written, folder of the dialect) of the ops whose definition matches."""
    for path in sorted((ROOT / "include" / "tc" / "Dialect").rglob("*.td")):
        for found in re.finditer(r'^def \w+Op ?: ?\w+<"([\w.]+)"(.*?)(?=^def |\Z)', path.read_text(), re.M | re.S):
            if re.search(which, found[2], re.S):
                dialect = path.relative_to(ROOT / "include" / "tc" / "Dialect").parts[0]
                yield f"{dialect.lower()}.{found[1]}", dialect


def test_there_are_passes_and_ops():
    assert len(PASSES) >= 15 and len(list(ops(""))) >= 40


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PASSES)
def test_pass(name, kind):
    assert any(re.search(KINDS[kind], text, re.M) for text in find_tests(name)), f"no lit test in which {name}: {kind}"


@pytest.mark.parametrize("op, dialect", sorted(ops(r"hasFolder = 1|hasCanonicaliz")))
def test_fold(op, dialect):
    folding = [text for text in TESTS.values() if re.search(r"RUN:.*--(canonicalize|tc-simplify)", text)]
    assert any(re.search(rf"\b{re.escape(op)}\b", text) for text in folding), f"no test folds {op}"


@pytest.mark.parametrize("op, dialect", sorted(set(ops(r"assemblyFormat|hasCustomAssemblyFormat"))))
def test_roundtrip(op, dialect):
    texts = [text for path, text in TESTS.items() if dialect in path.parts and "roundtrip" in path.name]
    assert any(re.search(rf"\b{re.escape(op)}\b", text) for text in texts), f"no test of test/Dialect/{dialect} prints {op}"
