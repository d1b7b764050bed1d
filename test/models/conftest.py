"""Options of the model tests."""

import pytest


def pytest_addoption(parser):
    parser.addoption("--backend", default="tc", help="the torch.compile backend under test; eager tests the tests")


@pytest.fixture
def backend(request):
    import torch

    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    return request.config.getoption("--backend")
