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


def run(name, side, folder):
    """Runs a client's tests in a folder: what `beside` keeps of it."""
    tests, chosen = CLIENTS[name]
    written = pathlib.Path(folder) / f"{name}-{side}.json"
    tests = [str(HERE / test) if test.endswith(".py") else test for test in tests]
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "beside", "-c", os.devnull, "--rootdir", str(folder),
        "--side", side, "--written-to", str(written), "-k", chosen, "--pyargs", *tests,
    ]  # fmt: skip
    environment = {
        **os.environ, "PYTHONPATH": str(HERE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "MPLBACKEND": "agg",
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if not written.exists():
        raise RuntimeError(f"{name}: pytest did not run\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return json.loads(written.read_text())


def passed(record):
    """The tests that passed."""
    return {test for test, (outcome, _) in record["outcomes"].items() if outcome == "passed"}


def seconds(record, side):
    return sum(call[side]["cpu"] for call in record["calls"])


def warned(record, side):
    """How often each warning was given within the calls."""
    return collections.Counter(words for call in record["calls"] for words in call[side]["warnings"])


def report(names):
    """A table: for every client the tests that pass, and CPU time and warnings within its calls, of either side."""
    print(f"{'client':16} {'tests':>9} {'calls':>6} {'ours s':>8} {'theirs s':>8} {'ratio':>6} {'warnings':>9}  slowest beside theirs")
    with tempfile.TemporaryDirectory() as folder:
        for name in names or CLIENTS:
            if not installed(name):
                print(f"{name:16} not installed")
                continue
            record = run(name, "ours", folder)
            ours, theirs = (seconds(record, side) for side in ("ours", "theirs"))
            counts = "/".join(str(sum(warned(record, side).values())) for side in ("ours", "theirs"))
            tests = f"{len(passed(record))}/{len(record['outcomes'])}"
            worst = max(record["calls"], key=lambda call: call["ours"]["cpu"] - call["theirs"]["cpu"])
            words = f"{worst['ours']['cpu']:.3f} s, {worst['theirs']['cpu']:.3f} s: {worst['name']} in {worst['caller']}"
            ratio = f"{ours / theirs:6.2f}"
            print(f"{name:16} {tests:>9} {len(record['calls']):6} {ours:8.3f} {theirs:8.3f} {ratio} {counts:>9}  {words}")


if __name__ == "__main__":
    report(sys.argv[1:])
