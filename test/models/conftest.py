"""Options of the model tests, and the folders of what they share with others."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "utils"), str(ROOT / "test/python")]


def pytest_addoption(parser):
    parser.addoption("--backend", default="tc", help="the torch.compile backend under test; eager tests the tests")
    parser.addoption("--slow", action="store_true", help="also what `make check` has no time for")


def pytest_configure(config):
    config.addinivalue_line("markers", "slow(command): runs with --slow alone, which the command gives")


def pytest_collection_modifyitems(config, items):
    for item in items:
        slow = item.get_closest_marker("slow")
        if slow and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason=f"slow: {slow.args[0]} runs it"))


@pytest.fixture
def backend(request):
    import torch

    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    return request.config.getoption("--backend")
