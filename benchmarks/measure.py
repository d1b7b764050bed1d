"""What is measured of one contender, and the interleaved rounds that compare them all."""

import contextlib
import ctypes
import gc
import signal
import statistics
import time

import torch
from torch._dynamo.utils import compilation_time_metrics


class Timeout(BaseException):
    """Not an Exception, which compilers catch to try something else."""


@contextlib.contextmanager
def limit(seconds):
    """Raises Timeout in the code inside after so many seconds, and again if that was caught."""

    def expire(*_):
        raise Timeout(f"not done after {seconds} s")

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def first_call(call):
    """Seconds of a first call, and how they divide: Dynamo, AOTAutograd, the backend's compiler, the rest."""
    compilation_time_metrics.clear()
    start = time.perf_counter()
    call()
    total = time.perf_counter() - start

    def spent(*names):
        return sum(sum(values) for key, values in compilation_time_metrics.items() if key in names)

    # Inductor's entry points and ours; freezing has no timer of its own around all of it.
    forward = spent("compile_fx.<locals>.fw_compiler_base", "tc.compile") or spent("compile_fx_inner")
    backward = spent("compile_fx.<locals>.bw_compiler", "tc.compile_backward")
    user = spent("OutputGraph.call_user_compiler")
    dynamo = max(0.0, spent("_compile.compile_inner") - user)
    aot = max(0.0, spent("create_aot_dispatcher_function") - forward)
    return {"total": total, "dynamo": dynamo, "aot": aot, "backend": max(0.0, user - aot) + backward,
            "run": max(0.0, total - dynamo - user - backward)}


def status(field):
    """A field of /proc/self/status, in bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def peak_memory(call):
    """Bytes by which resident memory grows at most while the call runs."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    before = status("VmRSS")
    try:
        with open("/proc/self/clear_refs", "w") as clear:
            clear.write("5")  # sets the high-water mark back to what is resident now
    except OSError:
        return None
    for _ in range(3):
        call()
    return max(0, status("VmHWM") - before)


def rounds(calls, seconds, least):
    """Runs the calls in turn, over and over: {name: [seconds a call, one a round]}.

    Neighbours in time share the machine's mood, so that ratios within a round are
    better than ratios of averages. Every other round goes backwards.
    """
    repeat = {}
    for name, call in calls.items():
        call()
        start = time.perf_counter()
        call()
        # A turn lasts about 30 ms: long against the clock, short against drift.
        repeat[name] = max(1, round(0.03 / max(time.perf_counter() - start, 1e-6)))
    times = {name: [] for name in calls}
    order = list(calls)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[order[0]]) < least:
        for name in order:
            call = calls[name]
            call()  # the caches are another contender's; a user's loop would find them its own
            start = time.perf_counter()
            for _ in range(repeat[name]):
                call()
            times[name].append((time.perf_counter() - start) / repeat[name])
        order.reverse()
    return times


def ratios(times, reference):
    """{name: median over rounds of its time over the reference's}."""
    if reference not in times:
        return {}
    return {name: statistics.median(own / other for own, other in zip(values, times[reference]))
            for name, values in times.items()}


def relative_error(actual, expected):
    return float((actual - expected).abs().max() / expected.abs().max())


def caller(compiled, inputs, module, training):
    """One step: the forward pass, or loss and gradients."""
    if not training:
        def call():
            with torch.no_grad():
                return compiled(*inputs)
    else:
        def call():
            module.zero_grad(set_to_none=True)
            loss = compiled(*inputs)
            loss.backward()
            return loss.detach()
    return call
