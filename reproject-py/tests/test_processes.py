"""``parallel='processes'``: the same bits from workers, which may die, as from threads; nothing is left of them."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from astropy.io import fits
from helpers import Foreign, equal, header, image, tan

import reproject_rs
from reproject_rs._workers.processes import place

FUNCTIONS = {
    "interp": reproject_rs.reproject_interp,
    "adaptive": reproject_rs.reproject_adaptive,
    "exact": reproject_rs.reproject_exact,
}
FROM, TO = tan((70, 90)), tan((80, 75), rotation=25.0, crval=(150.01, 30.005))


def children(of=None):
    """The processes that a process has started, by id."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(parent) == (of or os.getpid()) and state != "Z":
            found.append(int(stat.parent.name))
    return found


def same(function, data, to=TO, **options):
    """Two workers give what the calling thread gives; nothing is left."""
    before = sorted(os.listdir("/proc/self/fd")), children()
    expected = function(data, to, **options)
    result = function(data, to, parallel="processes", threads=2, block_size=(16, 75), **options)
    for ours, theirs in zip(result, expected, strict=True):
        equal(ours, theirs)
    assert (sorted(os.listdir("/proc/self/fd")), children()) == before
    return result


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["f4", ">f8", "i2"])
def test_workers_give_the_same_bits(name, dtype):
    same(FUNCTIONS[name], (image((70, 90)).astype(dtype), FROM))


def test_options_reach_the_workers():
    data = image((3, 70, 90), dtype=np.float32)
    same(reproject_rs.reproject_interp, (data[:, ::-1], FROM), shape_out=(3, 80, 75), order="bicubic", dtype="input")
    mask = image((70, 90)) > 50
    same(reproject_rs.reproject_adaptive, (data[0], FROM), mask=mask, kernel="gaussian", conserve_flux=True)
    same(reproject_rs.reproject_interp, (data[0], FROM), mask=image((70, 90), seed=3), bad="ignore", footprint="coverage")
    whole = np.arange(70 * 90, dtype=np.uint16).reshape(70, 90)
    same(reproject_rs.reproject_interp, (whole, FROM), order=0, dtype="input", fill=9)


def test_any_coordinate_system_goes_along():
    same(reproject_rs.reproject_interp, (image((70, 90)), Foreign(FROM)), shape_out=(80, 75))
    same(reproject_rs.reproject_exact, (image((70, 90)), Foreign(FROM)), shape_out=(80, 75))
    same(reproject_rs.reproject_interp, (image((70, 90)), Foreign(FROM)), shape_out=(80, 75), tolerance=0.01)


def test_frames_that_a_package_has_told_astropy_of_go_along():
    """Where the worker knew no frame, a body that has turned would be taken for one that has not."""
    import spinning  # noqa: F401

    days = [{"DATE-OBS": f"2020-01-{day}T00:00:00"} for day in ("01", "11")]
    given, target = (header(("QQLN-TAN", "QQLT-TAN"), (10, 20), (20.5, 20.5), (-0.5, 0.5), (40, 40), **day) for day in days)
    options = {"parallel": "processes", "threads": 1}
    for function in FUNCTIONS.values():
        for data in (image((40, 40)), image((2, 40, 40))):
            expected, _ = function((data, given), target)
            still, _ = function((data, given), given)
            equal(function((data, given), target, **options)[0], expected)
            assert np.nanmax(np.abs(expected - still)) > 1


def test_files_are_opened_by_the_workers(tmp_path):
    path = tmp_path / "in.fits"
    data = image((70, 90), dtype=np.float32)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(data, FROM)]).writeto(path)
    same(reproject_rs.reproject_interp, path, hdu_in=1)
    with fits.open(path) as hdus:
        found, first = place(hdus[1].data)
        assert pathlib.Path(found) == path
        assert first == hdus[1].fileinfo()["datLoc"]
        # What the caller changed in memory is not in the file, and is what counts.
        hdus[1].data[:] = 5
        result, footprint = reproject_rs.reproject_interp(hdus[1], TO, parallel="processes", threads=1)
        assert (result[footprint > 0] == 5).all()
    assert place(data) is None


def test_a_killed_worker_costs_nothing():
    data, to = (image((500, 500), dtype=np.float32), tan((500, 500))), tan((500, 500), rotation=40.0)
    expected, _ = reproject_rs.reproject_exact(data, to)
    killed, others = [], set(children())  # such as the tracker of multiprocessing

    def kill():
        for _ in range(5000):
            for worker in sorted(set(children()) - others)[:1]:
                time.sleep(0.05)
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
                return
            time.sleep(0.001)

    thread = threading.Thread(target=kill)
    thread.start()
    result, _ = reproject_rs.reproject_exact(data, to, parallel="processes", threads=2, block_size=(10, 500))
    thread.join()
    assert killed
    equal(result, expected)


def test_other_threads_run_meanwhile():
    data, to = (image((700, 700)), tan((700, 700))), tan((700, 700), rotation=40.0)
    counted, done = 0, threading.Event()

    def run():
        reproject_rs.reproject_exact(data, to, parallel="processes", threads=1)
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    while not done.is_set():
        counted += 1
        time.sleep(0.002)
    thread.join()
    assert counted > 20


def test_ctrl_c_stops_the_workers(tmp_path):
    script = (
        "import numpy as np, reproject_rs, sys; sys.path.insert(0, sys.argv[1]); from helpers import tan\n"
        "print('go', flush=True)\n"
        "try:\n"
        "    reproject_rs.reproject_exact((np.ones((3000, 3000)), tan((3000, 3000))), tan((3000, 3000), rotation=9.0),\n"
        "        parallel='processes', threads=2)\n"
        "except KeyboardInterrupt: print('stopped')\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", script, os.path.dirname(__file__)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
        assert run.stdout.readline() == "go\n"
        while len(workers := children(run.pid)) < 2:
            assert run.poll() is None
            time.sleep(0.01)
        time.sleep(0.3)
        begun = time.monotonic()
        run.send_signal(signal.SIGINT)
        assert run.communicate(timeout=20)[0] == "stopped\n"
        assert time.monotonic() - begun < 1.5
    assert not any(pathlib.Path(f"/proc/{worker}").exists() for worker in workers)
    assert not list(tmp_path.iterdir())


def test_what_it_is_not_for_is_refused():
    with pytest.raises(ValueError, match="dask has schedulers of its own"):
        reproject_rs.reproject_interp((image((70, 90)), FROM), TO, parallel="processes", return_type="dask", block_size="auto")
    with pytest.raises(ValueError, match="strictly positive"):
        reproject_rs.reproject_interp((image((70, 90)), FROM), TO, parallel="processes", threads=0)
    started = subprocess.run([sys.executable, "-m", "reproject_rs._worker"], capture_output=True, text=True, check=False)
    assert started.returncode == 1
    assert "started by reproject_rs itself" in started.stderr


PATHS = """
import os, sys
sys.path.insert(0, sys.argv[1])
from helpers import Foreign, equal, image, tan
import reproject_rs
for wcs in (tan((20, 30)), Foreign(tan((20, 30)))):
    data = (image((20, 30)), wcs)
    expected = reproject_rs.reproject_interp(data, tan((20, 30)))
    for ours, theirs in zip(reproject_rs.reproject_interp(data, tan((20, 30)), parallel="processes", threads=1), expected):
        equal(ours, theirs)
print("done", sys.flags.isolated, sys.flags.optimize)
"""


@pytest.mark.parametrize("flags", [[], ["-I"], ["-P"], ["-O", "-B"]])
def test_workers_import_what_their_parent_would(tmp_path, flags):
    """A folder of downloaded data may hold a file called like a module; the program itself does not look there."""
    here, apart = tmp_path / "data", tmp_path / "program"
    here.mkdir()
    apart.mkdir()
    names = ("reproject_rs", "numpy", "encodings", "pickle", "helpers", "sitecustomize", "usercustomize", "astropy", "runpy")
    for name in names:
        (here / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('{name} ')\n")
    (apart / "run.py").write_text(PATHS)
    command = [sys.executable, *flags, str(apart / "run.py"), os.path.dirname(__file__)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=here)
    assert done.stdout.startswith("done"), done.stderr
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()


def test_workers_see_what_their_parent_has_put_on_its_path(tmp_path):
    (tmp_path / "own.py").write_text("from helpers import Foreign\n\n\nclass Own(Foreign):\n    pass\n")
    sys.path.insert(0, str(tmp_path))
    try:
        from own import Own

        same(reproject_rs.reproject_interp, (image((70, 90)), Own(FROM)), shape_out=(80, 75))
    finally:
        sys.path.remove(str(tmp_path))


OWN = """
import sys
sys.path.insert(0, sys.argv[1])
from helpers import Foreign, image, tan
import reproject_rs

class Own(Foreign):
    pass

class Shy(Foreign):
    def __getstate__(self):
        raise RuntimeError("not me")

for kind in (Own, Shy):
    try:
        reproject_rs.reproject_interp((image((60, 80)), kind(tan())), tan(), parallel="processes", threads=1)
    except (ValueError, TypeError) as error:
        print(error)
"""


def test_what_cannot_go_to_a_worker_is_told_with_the_way_out():
    done = subprocess.run([sys.executable, "-c", OWN, os.path.dirname(__file__)], capture_output=True, text=True, check=False)
    own, shy = done.stdout.splitlines()
    assert "'Own'" in own and own.endswith("define it in a module, or use threads")
    assert shy == "parallel='processes': a coordinate system does not pickle (not me); use threads"
