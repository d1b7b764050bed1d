"""A fixed part of `make check-opinfo`: some operators of each family, in forward and backward direction."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "opinfo"))
import cases  # noqa: E402
import worker  # noqa: E402

OPS = """add softmax sum cumsum gather index_put scatter_add cat as_strided nn.functional.conv2d
nn.functional.max_pool2d nn.functional.layer_norm sort where linalg.vector_norm nn.functional.interpolate.bilinear""".split()
CASES = [
    (cases.name_of(op), mode, dtype)
    for op, mode, dtype in cases.all_cases(OPS, ("float32", "int64"), ("forward", "gradient"))
]


@pytest.mark.parametrize("name, mode, dtype", CASES)
def test_operator(name, mode, dtype):
    op = next(op for op in cases.op_db if cases.name_of(op) == name)
    result = worker.run_case(op, mode, dtype, 2)
    assert not result["failures"]
    assert result["counts"].get("passed", 0) > 0
