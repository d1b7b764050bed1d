"""The results as a table, and as a plot in SVG."""

from rich.console import Console
from rich.table import Table


def milliseconds(seconds):
    return f"{seconds * 1e3:.2f}" if seconds < 0.1 else f"{seconds * 1e3:.1f}"


def latency_table(results):
    table = Table(title="Latency", caption="ms a call; × Inductor, median over the rounds: below 1 is faster")
    table.add_column("model")
    names = list(dict.fromkeys(name for result in results for name in result["contenders"]))
    for name in names:
        table.add_column(name, justify="right")
    for result in results:
        row = [result["model"]]
        for name in names:
            entry = result["contenders"].get(name, {})
            if "latency" not in entry:
                row.append(entry.get("skipped", ""))
                continue
            ratio = entry.get("ratio_inductor")
            row.append(milliseconds(entry["latency"]) + (f"  {ratio:.2f}×" if ratio is not None else ""))
        table.add_row(*row)
    return table


def compile_table(results):
    table = Table(title="Compile time, memory, accuracy",
                  caption="s for a first call, cold = dynamo + AOTAutograd + backend + run; warm: with caches on disk;"
                          " MB that memory grows in a call; largest error / largest value")
    for column in ("model", "contender", "cold", "dynamo", "aot", "backend", "warm", "memory", "error"):
        table.add_column(column, justify="left" if column in ("model", "contender") else "right")
    for result in results:
        for name, entry in result["contenders"].items():
            if "latency" not in entry:
                continue
            cold, warm, memory = entry.get("cold"), entry.get("warm"), entry.get("memory")
            parts = [f"{cold[part]:.2f}" for part in ("total", "dynamo", "aot", "backend")] if cold else [""] * 4
            table.add_row(result["model"], name, *parts, f"{warm['total']:.2f}" if warm else "",
                          f"{memory / 1e6:.0f}" if memory is not None else "", f"{entry['error']:.0e}")
        table.add_section()
    return table


def print_tables(results):
    # Not a terminal: wide enough that nothing is cut.
    console = Console() if Console().is_terminal else Console(width=140)
    console.print(latency_table(results))
    console.print(compile_table(results))


def plot(results, path, machine):
    """Latency relative to Inductor, and cold compile time, one bar a contender."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "tc"  # the same figures give the same file
    from matplotlib import pyplot

    colours = {"eager": "#9aa0a6", "tc": "#d9480f", "inductor": "#4c6ef5", "inductor-max": "#1c3d99"}
    names = [name for name in colours if any("latency" in result["contenders"].get(name, {}) for result in results)]
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 0.6 * len(results) + 2), layout="constrained")
    height = 0.8 / max(1, len(names))
    for position, name in enumerate(names):
        offsets = [row + position * height for row in range(len(results))]
        entries = [result["contenders"].get(name, {}) for result in results]
        left.barh(offsets, [entry.get("ratio_inductor", 0) for entry in entries], height, color=colours[name], label=name)
        right.barh(offsets, [entry.get("cold", {}).get("total", 0) for entry in entries], height, color=colours[name])
    left.axvline(1, color="black", linewidth=0.8)
    left.set_title("latency / Inductor's latency (shorter is better)")
    right.set_title("cold compile, s (shorter is better, log)")
    right.set_xscale("log")
    for axes in (left, right):
        axes.set_yticks([row + 0.4 - height / 2 for row in range(len(results))], [result["model"] for result in results])
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
    right.set_xlim(left=0.1)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=len(names), frameon=False)
    figure.supxlabel(machine, fontsize=8)
    figure.savefig(path, metadata={"Date": None})
