"""Manners: many Python threads, forks, Ctrl-C, pickles, imports, no files."""

import functools
import pickle
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from astropy.wcs import WCS
from helpers import Foreign, equal, header, image, tan

from reproject_rs import pixel_to_pixel, reproject_adaptive, reproject_exact, reproject_interp
from reproject_rs._call import method as methods

TESTS = str(__import__("pathlib").Path(__file__).parent)


def jobs():
    """Fifty calls, each with coordinate systems of its own: all three functions, FITS and not."""
    data = image((40, 44), dtype=np.float32)
    for k in range(50):
        given = tan((40, 44), crval=(150 + k, 30 - k), rotation=7.0 * k)
        target = tan((36, 38), crval=(150.004 + k, 30.003 - k), scale=0.9e-3)
        if k % 5 == 4:
            target = header(("GLON-CAR", "GLAT-CAR"), (0, 0), (20.5, 10.5), (-9, 9), (20, 40))
            given = header(("RA---AIT", "DEC--AIT"), (k, 0), (22.5, 20.5), (-8, 8), (40, 44))
        function = (reproject_interp, reproject_adaptive, reproject_exact)[k % 3]
        target = (target, WCS(target), Foreign(target) if k % 5 < 4 else target)[k % 7 % 3]
        yield functools.partial(function, (data, given), target, shape_out=(36, 38), threads=2 if k % 4 == 0 else None)
        if k % 10 == 0:
            yield functools.partial(pixel_to_pixel, target, given, np.arange(36.0), np.arange(36.0)[::-1])


def test_many_threads_give_what_one_gives():
    calls = list(jobs())
    expected = [call() for call in calls]
    wrong, start = [], threading.Barrier(8)

    def work(number):
        start.wait()
        for k in np.random.default_rng(number).permutation(len(calls)):
            for ours, theirs in zip(calls[k](), expected[k], strict=True):
                if not np.array_equal(ours, theirs, equal_nan=True):
                    wrong.append((number, k))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and sum(np.isfinite(a).any() for a, *_ in expected) > 40


def script(text, *arguments, before=(), **options):
    """Runs a script that may import what these tests share."""
    setup = f"import sys; sys.path.insert(0, {TESTS!r})\n"
    return subprocess.run(
        [sys.executable, *before, "-c", setup + text, *arguments], capture_output=True, text=True, timeout=300, check=False, **options
    )


FORK = """
import multiprocessing, os, warnings
warnings.simplefilter("ignore")
import numpy as np
from helpers import image, tan
from reproject_rs import reproject_interp

def run(threads):
    return reproject_interp((image((200, 200)), tan((200, 200))), tan((200, 200), rotation=30.0), threads=threads)[0]

if __name__ == "__main__":
    expected = run(4)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(run(3), expected, equal_nan=True) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert all(np.array_equal(a, expected, equal_nan=True) for a in pool.map(run, [1, 2, 3, 4]))
    assert np.array_equal(run(2), expected, equal_nan=True)
    print("done")
"""


def test_forks_are_safe():
    done = script(FORK)
    assert done.stdout == "done\n", done.stderr


INTERRUPT = """
import time
import numpy as np
from helpers import Foreign, tan
import reproject_rs
from reproject_rs import WCS, pixel_to_pixel, reproject_adaptive, reproject_exact, reproject_interp

def main(way):
    data, given, target = np.ones((4000, 4000), np.float32), tan((4000, 4000)), tan((30000, 30000), scale=1.3e-4, rotation=30.0)
    foreign = {"shape_out": (9000, 9000)}
    out = {"dtype": "f4", "return_footprint": False}
    calls = {
        "adaptive": lambda: reproject_adaptive((data, given), target, **out),
        "threads": lambda: reproject_adaptive((data, given), target, threads=2, **out),
        "exact": lambda: reproject_exact((data, given), target, threads=2, **out),
        "callback": lambda: reproject_interp((data, given), Foreign(target), **foreign, **out),
        "callback in threads": lambda: reproject_interp((data, given), Foreign(target), threads=2, **foreign, **out),
        "graph": lambda: graph(data, given, target),
        "positions": lambda: positions(),
    }
    print("begin", flush=True)
    try:
        calls[way]()
    except KeyboardInterrupt:
        print(time.monotonic(), flush=True)
    else:
        print("finished", flush=True)

def graph(data, given, target):
    import dask.array as da
    lazy = da.zeros((4000, 4000), chunks=500)
    return reproject_interp((lazy, given), Foreign(target), shape_out=(30000, 30000), block_size=(500, 500), return_type="dask")

def positions():
    sip = {f"{axis}_{i}_{9 - i}": 1e-30 for axis in "AB" for i in range(10)}
    sip |= {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 9, "B_ORDER": 9, "A_2_0": 1e-7, "B_1_1": 1e-7}
    distorted = tan((4000, 4000), **sip)
    x = np.broadcast_to(np.arange(4000.0), (10000, 4000))
    return pixel_to_pixel(tan((4000, 4000), rotation=30.0), distorted, x, x)

main(sys.argv[1])
"""


@pytest.mark.parametrize(
    "way", ["adaptive", "threads", "exact", "callback", "callback in threads", "graph", "positions"]
)  # fmt: skip
def test_ctrl_c_stops_within_a_second(way):
    setup = f"import sys; sys.path.insert(0, {TESTS!r})\n"
    command = [sys.executable, "-c", setup + INTERRUPT, way]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        begun = child.stdout.readline()
        time.sleep(0.5)
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        try:
            caught, said = child.communicate(timeout=10)
        finally:
            child.kill()
    assert begun == "begin\n" and caught.strip() != "finished", said
    assert float(caught) - sent < 1.0


def test_options_pickle():
    adaptive = {
        "kernel": "hann", "kernel_width": 1.3, "sample_region_width": 4.0, "conserve_flux": True, "center_jacobian": False,
        "despike_jacobian": False, "boundary_mode": "ignore", "boundary_fill_value": 0.0, "boundary_ignore_threshold": 0.5,
        "x_cyclic": False, "y_cyclic": False, "bad_value_mode": "ignore", "bad_fill_value": 0.0,
    }  # fmt: skip
    three = methods.interpolation("bicubic", ("ignore", 0.3), "valid"), methods.adaptive("coverage", **adaptive), methods.Method("exact")
    for method in three:
        again = pickle.loads(pickle.dumps(method))
        assert again == method and hash(again) == hash(method)
    call = functools.partial(reproject_interp, (image((40, 44)), tan((40, 44))), tan((36, 38)), order="bicubic", tolerance=1e-3)
    for ours, theirs in zip(pickle.loads(pickle.dumps(call))(), call(), strict=True):
        equal(ours, theirs)


BARE = """
absent = ["dask", "distributed", "zarr", "PIL", "pyavm", "tqdm", "matplotlib", "scipy", "reproject", "gwcs"]
sys.modules.update(dict.fromkeys(absent))
import numpy as np
import reproject_rs
assert "astropy" not in sys.modules
from reproject_rs import WCS, adaptive, interpolation, pixel_to_pixel, plan, spherical_intersect, utils
from helpers import image, tan
for function in (reproject_rs.reproject_interp, reproject_rs.reproject_adaptive, reproject_rs.reproject_exact):
    array, footprint = function((image((60, 80)), tan()), tan(), threads=2, progress=lambda done, of: None)
    assert np.isfinite(array).any()
print(plan((image((60, 80)), tan()), tan()).is_empty, pixel_to_pixel(tan(), WCS(tan()), 1.0, 2.0)[0])
for options, words in [
    ({"progress": True}, 'pip install "reproject-rs[progress]"'),
    ({"return_type": "dask", "block_size": "auto"}, 'pip install "reproject-rs[dask]"'),
    ({"parallel": "current-scheduler"}, 'pip install "reproject-rs[dask]"'),
    ({"return_type": "zarr", "zarr_path": "x", "block_size": "auto"}, 'pip install "reproject-rs[dask]"'),
]:
    try:
        reproject_rs.reproject_interp((image((60, 80)), tan()), tan(), **options)
    except ImportError as error:
        assert words in str(error), error
    else:
        raise AssertionError(words)
"""


def test_nothing_but_numpy_and_astropy_is_needed():
    done = script(BARE)
    assert done.returncode == 0 and done.stdout.startswith("False 1.0"), done.stdout + done.stderr


OPTIMISED = """
from helpers import image, tan
import reproject_rs
from reproject_rs import WCS, adaptive, interpolation, pixel_to_pixel, plan, spherical_intersect, utils
for function in (reproject_rs.reproject_interp, reproject_rs.reproject_adaptive, reproject_rs.reproject_exact):
    function((image((60, 80)), tan()), tan(), return_type="dask", block_size="auto")[0].compute()
array, _ = reproject_rs.reproject_interp((image((60, 80)), tan()), tan(), parallel="processes", threads=1)
print(plan((image((60, 80)), tan()), tan()).is_empty, round(pixel_to_pixel(tan(), WCS(tan()), 1.0, 2.0)[0], 9), function.__doc__)
"""


def test_docstrings_may_be_left_out():
    done = script(OPTIMISED, before=["-OO"])
    assert done.returncode == 0 and done.stdout == "False 1.0 None\n", done.stdout + done.stderr


def test_no_file_is_left_or_made(tmp_path):
    text = (
        "from helpers import *; from reproject_rs import *\n"
        "for f in (reproject_interp, reproject_adaptive, reproject_exact):\n"
        "    f((image((60, 80)), tan()), tan(), threads=2, block_size=(20, 20))\n"
        "    f((image((60, 80)), tan()), Foreign(tan()), shape_out=(60, 80), tolerance=0.1)\n"
        "import os; print(os.listdir('.'), os.listdir(os.environ['TMPDIR']))"
    )
    (tmp_path / "here").mkdir()
    (tmp_path / "temporary").mkdir()
    environment = {**__import__("os").environ, "TMPDIR": str(tmp_path / "temporary")}
    done = script(text, cwd=tmp_path / "here", env=environment)
    assert done.stdout == "[] []\n", done.stderr
