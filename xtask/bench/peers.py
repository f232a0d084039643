"""`reproject` and `reproject_rs` side by side: the same arrays, in turns, in one process, by CPU time.

Each method is called once on either side to warm up (this also compares the results), then `--repeats` rounds of one
call each. Both sides use their defaults: double-precision result, footprint, one thread. For `reproject` there is a
second column without the round trip of the coordinates (rt0). The column `2 threads` is our wall time with one thread
over that with two, both into arrays that are used again, the best of all rounds: a matter of a quiet machine.
"""

import argparse
import gc
import importlib
import json
import os
import platform
import statistics
import sys
import time
import warnings
from pathlib import Path

INTERP = ["nearest-neighbor", "bilinear", "biquadratic", "bicubic"]
ADAPTIVE = ["hann", "gaussian"]
METHODS = INTERP + ADAPTIVE + ["exact"]

# What runs by itself, and what runs with --all.
PLAN = {
    "w1": ["nearest-neighbor", "bilinear", "bicubic"],
    "w2": ["bilinear"],
    "w3": ["bilinear"],
    "w4": ["bilinear"],
    "w5": ["bilinear"],
    "w6": ADAPTIVE + ["exact"],
    "w7": ADAPTIVE + ["exact"],
}
ALL = {
    "w1": INTERP,
    "w2": ["nearest-neighbor", "bilinear", "bicubic"],
    "w3": ["bilinear"],
    "w4": ["nearest-neighbor", "bilinear"],
    "w5": ["nearest-neighbor", "bilinear", "bicubic"],
    "w6": ADAPTIVE + ["exact"],
    "w7": ADAPTIVE + ["exact"],
}


def call_of(method):
    """The function's name and its own arguments."""
    if method in INTERP:
        return "reproject_interp", {"order": method}
    if method in ADAPTIVE:
        return "reproject_adaptive", {"kernel": method}
    return "reproject_exact", {}


class Side:
    """One way of calling one package."""

    def __init__(self, label, package, **extra):
        self.label, self.package, self.extra = label, package, extra

    def call(self, method, work, **more):
        name, arguments = call_of(method)
        function = getattr(self.package, name, None)
        if function is None:
            raise NotImplementedError(f"{self.package.__name__} has no {name}")
        return function(
            (work.data, work.source),
            work.target,
            shape_out=work.shape_out,
            **{"parallel": False, **arguments, **self.extra, **more},
        )


def timed(side, method, work):
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    result = side.call(method, work)
    took = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    del result
    return took


def compare(ours, theirs, work):
    """The largest difference in units of the input's range, and the share of pixels that only one side has."""
    import numpy as np

    (a, _), (b, _) = ours, theirs
    both = np.isfinite(a) & np.isfinite(b)
    with np.errstate(invalid="ignore"):
        worst = np.abs(a - b)[both].max() if both.any() else float("nan")
    return {
        "difference": float(worst / np.ptp(work.data)),
        "unequal_mask": float(np.mean(np.isfinite(a) != np.isfinite(b))),
        "finite": float(np.mean(np.isfinite(a))),
        "dtype": str(a.dtype),
    }


def two_threads(side, method, work, repeats):
    """Wall time of one thread over that of two, into the same arrays again and again; the results must be the same."""
    import numpy as np

    best, results = {}, {}
    for threads in (False, 2):
        outputs = {"output_array": np.zeros(work.shape_out), "output_footprint": np.zeros(work.shape_out)}
        results[threads] = outputs
        for _ in range(repeats + 1):
            start = time.perf_counter()
            side.call(method, work, parallel=threads, return_footprint=True, **outputs)
            took = time.perf_counter() - start
            best[threads] = min(took, best.get(threads, took))
    for name in ("output_array", "output_footprint"):
        if results[False][name].tobytes() != results[2][name].tobytes():
            raise AssertionError(f"{method}: two threads give another {name} than one")
    return best[False] / best[2]


def measure(method, work, ours, peers, repeats):
    """One row: CPU and wall seconds of all sides, and how the results differ; or why there is nothing to compare."""
    peers = [side for side in peers if not side.extra or method != "exact"]  # exact has no round trip
    try:
        result = ours.call(method, work)
    except NotImplementedError as reason:
        return {"not_offered": str(reason)}
    row = compare(result, peers[0].call(method, work), work)
    del result
    for side in peers[1:]:
        side.call(method, work)
    sides = [ours, *peers]
    times = {side.label: [] for side in sides}
    for _ in range(repeats):
        for side in sides:
            times[side.label].append(timed(side, method, work))
    for label, rounds in times.items():
        for kind in ("cpu", "wall"):
            row[f"{kind}_{label}"] = statistics.median(took[kind] for took in rounds)
    row["two_threads"] = two_threads(ours, method, work, repeats)
    return row


COLUMNS = "workload", "method", "us", "default", "rt0", "default/us", "rt0/us", "wall: us", "default", "2 threads", "max diff", "mask diff"


def table_row(name, method, row, pixels):
    if "not_offered" in row:
        return [name, method, "not offered: " + row["not_offered"]]

    def ns(key):
        return f"{row[key] / pixels * 1e9:.1f}" if key in row else "-"

    def ratio(key):
        return f"{row[key] / row['cpu_us']:.1f}x" if key in row else "-"

    return [
        name, method, ns("cpu_us"), ns("cpu_default"), ns("cpu_rt0"), ratio("cpu_default"), ratio("cpu_rt0"),
        ns("wall_us"), ns("wall_default"), f"{row['two_threads']:.2f}x", f"{row['difference']:.1e}", f"{row['unequal_mask']:.1e}",
    ]  # fmt: skip


def render(rows):
    whole = [row for row in rows if len(row) == len(COLUMNS)]
    widths = [max(len(row[i]) for row in [COLUMNS, *whole]) for i in range(len(COLUMNS))]
    widths[1] = max(len(row[1]) for row in [COLUMNS, *rows])

    def line(row):
        cells = [cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths))]
        return "  ".join(cells).rstrip()

    return "\n".join([line(COLUMNS), *map(line, rows)])


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def arguments():
    p = argparse.ArgumentParser(prog="cargo xtask bench --peers", description=__doc__.splitlines()[0])
    p.add_argument("--workloads", default="", help=f"comma-separated, of {','.join(ALL)} (default: all)")
    p.add_argument("--methods", default="", help=f"comma-separated, of {','.join(METHODS)} (default: the workload's)")
    p.add_argument("--all", action="store_true", help="every method that a workload has, not only the main ones")
    p.add_argument("--repeats", type=int, default=3, help="rounds after the warm-up; medians are shown (default: 3)")
    p.add_argument("--data", default="bench-data", help="folder of the inputs, filled once (default: bench-data)")
    p.add_argument("--points", action="store_true", help="pixel positions instead of images, and eight threads beside one")
    p.add_argument("--json", default="", help="also write the rows, in seconds, to this file")
    a = p.parse_args()
    a.workloads = a.workloads.split(",") if a.workloads else list(PLAN)
    a.methods = a.methods.split(",") if a.methods else []
    for kind, given, known in (("workload", a.workloads, ALL), ("method", a.methods, METHODS)):
        unknown = [name for name in given if name not in known]
        if unknown:
            p.error(f"unknown {kind} {', '.join(unknown)} (there are: {', '.join(known)})")
    if a.repeats < 1:
        p.error(f"--repeats {a.repeats}: at least 1")
    return a


def main():
    a = arguments()
    if a.points:
        import points

        for line in points.measure(a.repeats):
            print(line, flush=True)
        return
    import numpy
    import reproject
    import workloads
    from astropy.wcs import FITSFixedWarning

    warnings.filterwarnings("ignore", category=FITSFixedWarning)
    ours = Side("us", importlib.import_module("reproject_rs"))
    peers = [Side("default", reproject), Side("rt0", reproject, roundtrip_coords=False)]
    print(f"reproject {reproject.__version__}, NumPy {numpy.__version__}, Python {platform.python_version()}, {processor()}")
    print(f"load average {os.getloadavg()[0]:.1f}; CPU ns per output pixel (wall beside it), medians of {a.repeats}\n")
    rows, records = [], []
    for name in a.workloads:
        print(f"{name}: {workloads.DEFINITIONS[name][0]}", file=sys.stderr, flush=True)
        work = workloads.load(name, a.data)
        for method in a.methods or (ALL if a.all else PLAN)[name]:
            row = measure(method, work, ours, peers, a.repeats)
            rows.append(table_row(name, method, row, work.pixels))
            records.append({"workload": name, "method": method, "pixels": work.pixels, **row})
            print("  " + " ".join(rows[-1][1:]), file=sys.stderr, flush=True)
        del work
    print(render(rows))
    if a.json:
        Path(a.json).write_text(json.dumps(records, indent=1) + "\n")


if __name__ == "__main__":
    main()
