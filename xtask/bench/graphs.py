"""`reproject` and `reproject_rs` side by side on NumPy, dask and distributed input of 2048², in turns, in one run.

Dask inputs are read from a file in chunks of 512², outputs are blocks of 512². `dask` runs on two threads; `distributed`
on two worker processes of one thread. CPU time is that of all processes. The results are compared bit for bit with our
NumPy result, and with the peer's.

    .venv/bin/python xtask/bench/graphs.py [--methods bilinear,bicubic,hann,exact] [--repeats 3]
"""

import argparse
import functools
import os
import statistics
import tempfile
import time
import warnings

import dask
import dask.array as da
import numpy as np
import workloads
from astropy.wcs import WCS

SIZE, CHUNK = 2048, 512
KINDS = "numpy", "dask", "distributed"
METHODS = {
    "bilinear": ("reproject_interp", {}, SIZE),
    "bicubic": ("reproject_interp", {"order": "bicubic"}, SIZE),
    "hann": ("reproject_adaptive", {"kernel": "hann"}, SIZE),
    "exact": ("reproject_exact", {}, SIZE // 4),
}


def read(path, block_info=None):
    """One chunk of the file."""
    data = np.load(path, mmap_mode="r")
    return np.array(data[tuple(slice(*ends) for ends in block_info[None]["array-location"])])


def inputs(data, path):
    """The same pixels for every kind."""
    chunks = da.core.normalize_chunks(min(CHUNK, data.shape[0] // 4), data.shape)
    lazy = da.map_blocks(read, path, chunks=chunks, dtype=data.dtype, meta=np.empty((0, 0), data.dtype))
    return {"numpy": data, "dask": lazy, "distributed": lazy}


def call(function, array, source, target, shape, options, client, kind):
    if kind == "numpy":
        return function((array, source), target, shape_out=shape, **options)
    side = min(CHUNK, shape[0] // 4)
    lazy = function((array, source), target, shape_out=shape, return_type="dask", block_size=(side, side), **options)
    if kind == "dask":
        return dask.compute(*lazy, scheduler="threads", num_workers=2)
    return client.gather(client.compute(list(lazy)))


def processor_time(client, kind):
    """Seconds of this process, and of the workers where they take part."""
    workers = client.run(time.process_time).values() if kind == "distributed" else ()
    return time.process_time() + sum(workers)


def timed(run, client, kind):
    cpu, wall = processor_time(client, kind), time.perf_counter()
    result = run()
    wall = time.perf_counter() - wall
    return result, processor_time(client, kind) - cpu, wall


def compare(ours, theirs, methods, repeats):
    """Prints one row a method and kind of input."""
    from distributed import Client, LocalCluster

    warnings.filterwarnings("ignore", module="distributed")
    print("method       input        CPU ms: us       peer   ratio   wall ms: us     peer   ratio   same bits   max diff")
    with (
        tempfile.TemporaryDirectory() as folder,
        dask.config.set({"temporary-directory": folder}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        for method in methods:
            name, options, size = METHODS[method]
            data = workloads.sky((size, size), np.random.default_rng(workloads.SEED))
            path = os.path.join(folder, f"{method}.npy")
            np.save(path, data)
            source, target = WCS(workloads.tan(size, 0.5)), WCS(workloads.tan(size, 0.5, turn=30))
            expected = None
            for kind in KINDS:
                runs, times, results = {}, {"us": [], "peer": []}, {}
                for label, package in (("us", ours), ("peer", theirs)):
                    run = functools.partial(call, getattr(package, name), inputs(data, path)[kind], source, target)
                    runs[label] = functools.partial(run, data.shape, options, client, kind)
                    results[label] = runs[label]()[0]
                for _ in range(repeats):
                    for label, run in runs.items():
                        times[label].append(timed(run, client, kind)[1:])
                expected = results["us"] if expected is None else expected
                same = np.array_equal(results["us"], expected, equal_nan=True)
                worst = np.nanmax(np.abs(results["us"] - results["peer"])) / np.ptp(data)
                cells = []
                for which in (0, 1):
                    us, peer = (statistics.median(t[which] for t in times[label]) * 1e3 for label in ("us", "peer"))
                    cells.append(f"{us:10.1f} {peer:10.1f} {peer / us:6.1f}x")
                print(f"{method:12s} {kind:12s} {'   '.join(cells)}   {'yes' if same else 'NO':>9s}   {worst:8.1e}", flush=True)
    print(f"load average {os.getloadavg()[0]:.1f}")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--methods", default=",".join(METHODS), help=f"comma-separated, of {','.join(METHODS)} (default: all)")
    p.add_argument("--repeats", type=int, default=3, help="rounds after the warm-up; medians are shown (default: 3)")
    a = p.parse_args()
    methods = a.methods.split(",")
    if not set(methods) <= set(METHODS) or a.repeats < 1:
        p.error(f"the methods are {', '.join(METHODS)}; at least one round")
    import reproject
    import reproject_rs

    compare(reproject_rs, reproject, methods, a.repeats)


if __name__ == "__main__":
    main()
