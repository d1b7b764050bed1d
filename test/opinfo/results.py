"""The results that the repository keeps: test/opinfo/results.json, which `run.py --write` brings up to date case by case and
docs/ops.md is generated from."""

import json
from pathlib import Path

PATH = Path(__file__).with_name("results.json")


def outcome_of(result):
    """A word for a case: what was computed by kernels alone, with calls of PyTorch, or not as in eager mode."""
    if result["failures"]:
        return result["failures"][0]["status"]
    if not result["counts"].get("passed"):
        return "not tested"
    return "extern" if result["externs"] else "native"


def read():
    """operator -> {"forward": {dtype: outcome}, …, "externs": [names]}"""
    return json.loads(PATH.read_text()) if PATH.exists() else {}


def merge(results):
    """Replaces the outcomes of these cases."""
    kept = read()
    for result in results:
        op = kept.setdefault(result["op"], {})
        op.setdefault(result["mode"], {})[result["dtype"]] = outcome_of(result)
        known = op.setdefault("externs", {})
        known.pop(case := f"{result['mode']} {result['dtype']}", None)
        if result["externs"]:
            known[case] = result["externs"]
    lines = [f"{json.dumps(name)}: {json.dumps(kept[name], sort_keys=True)}" for name in sorted(kept)]
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n")
