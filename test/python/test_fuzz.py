"""A fixed part of `make fuzz`: random programs against eager mode."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "fuzz"))
import run_programs  # noqa: E402


@pytest.mark.parametrize("number", range(6))
def test_programs(number):
    failure = run_programs.find_failure(number)
    assert failure is None, f"{failure[1]}\n{failure[0].text()}"
