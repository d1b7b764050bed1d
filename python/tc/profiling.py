"""Where the time of compiled graphs goes, kernel by kernel."""

import contextlib

_active = None


class Profile:
    """Times of the kernels that ran: `records` holds (name, nanoseconds, bytes of its buffers), in order."""

    def __init__(self):
        self.records = []

    def totals(self):
        """[(name, runs, nanoseconds, bytes)], the longest first."""
        sums = {}
        for name, nanoseconds, size in self.records:
            runs, time, moved = sums.get(name, (0, 0, 0))
            sums[name] = (runs + 1, time + nanoseconds, moved + size)
        return sorted(((name, *rest) for name, rest in sums.items()), key=lambda row: -row[2])

    def table(self):
        lines = [f"{'runs':>5} {'ms':>9} {'share':>6} {'GB/s':>7}  kernel"]
        total = max(1, sum(nanoseconds for _, nanoseconds, _ in self.records))
        for name, runs, nanoseconds, size in self.totals():
            lines.append(f"{runs:5} {nanoseconds / 1e6:9.3f} {nanoseconds / total:6.1%} "
                         f"{size / max(1, nanoseconds):7.1f}  {name}")
        return "\n".join(lines)


@contextlib.contextmanager
def profile():
    """Times every kernel of graphs compiled by tc that run inside, on any thread: `with tc.profile() as p: model(x)`."""
    global _active
    previous, _active = _active, Profile()
    try:
        yield _active
    finally:
        _active = previous


def current():
    """The list that a run appends its times to, or None."""
    return None if _active is None else _active.records
