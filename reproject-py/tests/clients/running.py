"""The clients, and how their tests are run: in a process of their own, with `reproject` as it is and with our functions in it."""

import collections
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent

Client = collections.namedtuple("Client", "distribution tests chosen")

# The tests that reproject something: modules of the package, or files here that do what its documentation does.
CLIENTS = {
    "sunpy": Client("sunpy", ["sunpy.map.tests.test_reproject_to", "sunpy.map.tests.test_mapbase_dask"], "reproject"),
    "sunpy-gallery": Client("sunpy", ["gallery_sunpy.py"], ""),
    "ndcube": Client("ndcube", ["ndcube.tests.test_ndcube_reproject_and_rebin"], "reproject"),
    "ndcube-gallery": Client("ndcube", ["gallery_ndcube.py"], ""),
    "spectral-cube": Client("spectral-cube", ["spectral_cube.tests.test_regrid"], "reproject"),
    "ccdproc": Client("ccdproc", ["ccdproc.tests.test_ccdproc"], "wcs"),
    "ccdproc-gallery": Client("ccdproc", ["gallery_ccdproc.py"], ""),
}


def installed(name):
    """Whether a client is there."""
    try:
        importlib.metadata.version(CLIENTS[name].distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def run(name, side, folder):
    """Runs a client's tests in a folder: what `beside` keeps of it."""
    client = CLIENTS[name]
    written = pathlib.Path(folder) / f"{name}-{side}.json"
    own = [str(HERE / test) for test in client.tests if test.endswith(".py")]
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "beside", "-c", os.devnull, "--rootdir", str(folder),
        "--side", side, "--written-to", str(written), "-k", client.chosen, *(own or ["--pyargs", *client.tests]),
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
