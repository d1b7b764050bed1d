"""Where the tools of the build under test are."""

import pathlib
import re
import shutil
import subprocess
import sys

import pytest


def find_tool(name):
    """The build's tool: the test suite runs with <build>/python on the path. Skips the test if it was not built."""
    for folder in sys.path:
        tool = pathlib.Path(folder).resolve().parent / "bin" / name
        if folder and tool.is_file():
            return tool
    return shutil.which(name) or pytest.skip(f"no {name} in this build")


def get_stages():
    """The names of the stages in order, as tc-opt tells who gets one wrong."""
    run = subprocess.run([find_tool("tc-opt"), "--tc-stage=none", "-"], input="", capture_output=True, text=True)
    return re.search(r"expected one of (.+)", run.stderr)[1].split(", ")
