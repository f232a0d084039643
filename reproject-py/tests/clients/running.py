"""The clients, and how their tests are run: in a process of their own, with `reproject` as it is and with our functions in it."""

import collections
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent

# The tests that reproject something: modules of the package, and a file here that does what its documentation does.
CLIENTS = {
    "sunpy": (["sunpy.map.tests.test_reproject_to", "sunpy.map.tests.test_mapbase_dask", "gallery_sunpy.py"], "reproject or gallery"),
    "ndcube": (["ndcube.tests.test_ndcube_reproject_and_rebin", "gallery_ndcube.py"], "test_reproject or gallery"),
    "spectral-cube": (["spectral_cube.tests.test_regrid"], "reproject and not memory"),
    "ccdproc": (["ccdproc.tests.test_ccdproc", "gallery_ccdproc.py"], "wcs_project or gallery"),
}


def installed(name):
    """Whether a client is there."""
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


SIDES = ("upstream", "ours", "both")


def run(name, folder):
    """Runs a client's tests in a folder, on all sides at a time: what `beside` keeps of each."""
    running = {side: start(name, side, folder) for side in SIDES}
    records = {}
    try:
        for side, (process, written) in running.items():
            said, _ = process.communicate(timeout=600)
            if not written.exists():
                raise RuntimeError(f"{name}: pytest did not run\n{said[-4000:]}")
            records[side] = json.loads(written.read_text())
    finally:
        for process, _ in running.values():
            process.kill()
    return records


def start(name, side, folder):
    """Starts a client's tests: the process, and the file that it will write."""
    tests, chosen = CLIENTS[name]
    tests = [str(HERE / test) if test.endswith(".py") else test for test in tests]
    folder = pathlib.Path(folder) / side
    folder.mkdir()
    written = folder / f"{name}.json"
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "beside", "-c", os.devnull, "--rootdir", str(folder),
        "-W", "always", "--side", side, "--written-to", str(written), "-k", chosen, "--pyargs", *tests,
    ]  # fmt: skip
    environment = {
        **os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "", "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    outlets = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=folder, env=environment, **outlets), written


def passed(record):
    """The tests that passed."""
    return {test for test, (outcome, _) in record["outcomes"].items() if outcome == "passed"}


def seconds(record, side):
    return sum(call[side]["cpu"] for call in record["calls"])


def more_warnings(records):
    """Warnings that come oftener with our functions than with upstream's."""
    return collections.Counter(records["ours"]["warnings"]) - collections.Counter(records["upstream"]["warnings"])


def report(names):
    """A table: for every client the tests that pass and the warnings, with our functions and without; and CPU time within
    the calls of its tests, by either side."""
    print(f"{'client':14} {'passed':>9} {'warnings':>9} {'calls':>6} {'ours, s':>8} {'theirs, s':>9} {'ratio':>6}  the call that loses most")
    for name in names or CLIENTS:
        if not installed(name):
            print(f"{name:14} not installed")
            continue
        with tempfile.TemporaryDirectory() as folder:
            records = run(name, folder)
        counts = [f"{f(records['ours'])}/{f(records['upstream'])}" for f in (lambda r: len(passed(r)), lambda r: sum(r["warnings"].values()))]
        calls = records["both"]["calls"]
        ours, theirs = (seconds(records["both"], side) for side in ("ours", "theirs"))
        worst = max(calls, key=lambda call: call["ours"]["cpu"] - call["theirs"]["cpu"])
        words = f"{worst['name']} in {worst['caller']}: {worst['ours']['cpu']:.3f} s beside {worst['theirs']['cpu']:.3f}"
        print(f"{name:14} {counts[0]:>9} {counts[1]:>9} {len(calls):6} {ours:8.3f} {theirs:9.3f} {ours / theirs:6.2f}  {words}")


if __name__ == "__main__":
    report(sys.argv[1:])
