"""tc.profile: times of the kernels that ran inside it, and of no others."""

import pytest
import torch

tc = pytest.importorskip("tc")


def test_records_each_kernel():
    torch._dynamo.reset()
    call = torch.compile(lambda x: torch.softmax(x @ x, -1), backend="tc")
    x = torch.randn(64, 64)
    with torch.no_grad():
        call(x)
        with tc.profile() as profile:
            call(x)
            call(x)
        call(x)
    names = [name for name, _, _ in profile.records]
    assert names and len(names) % 2 == 0 and names[: len(names) // 2] == names[len(names) // 2:]
    assert all(nanoseconds > 0 for _, nanoseconds, _ in profile.records)
    # The last kernel reads and writes 64 x 64 floats at least.
    assert profile.records[-1][2] >= 2 * 64 * 64 * 4
    assert sum(runs for _, runs, _, _ in profile.totals()) == len(names)
    assert all(name in profile.table() for name in names)
