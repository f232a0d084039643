"""Options, outputs and coordinate systems mean the same in a graph as for arrays in memory, to the bit."""

import os
import shutil
import subprocess
import sys

import dask
import dask.array as da
import numpy as np
import pytest
import zarr
from astropy.coordinates import SkyCoord
from astropy.wcs.wcsapi import BaseLowLevelWCS
from helpers import equal, image, tan

from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp


@pytest.mark.parametrize("footprint", [True, False])
@pytest.mark.parametrize("parallel", [False, 2, "current-scheduler"])
def test_into_zarr(tmp_path, footprint, parallel):
    data, w, o = image((64, 64)), tan((64, 64)), tan((64, 64), rotation=10.0)
    expected, path = reproject_interp((data, w), o), tmp_path / "result.zarr"
    options = {"return_type": "zarr", "zarr_path": str(path), "return_footprint": footprint, "parallel": parallel}
    for array in (data, da.from_array(data, chunks=20)):
        stored = reproject_interp((array, w), o, block_size=(32, 32), **options)
        for ours, theirs in zip(stored if footprint else (stored,), expected, strict=False):
            equal(ours.compute(), theirs)
        # As `reproject` lays it out: values, then footprint.
        assert zarr.open_array(path, mode="r").shape == (2, 64, 64)
        shutil.rmtree(path)


@pytest.mark.parametrize(
    "options",
    [
        {"dtype": "f4"}, {"dtype": "input"}, {"fill": -5.0}, {"dtype": "f4", "fill": 0.5, "order": "bicubic"},
        {"footprint": "coverage"}, {"footprint": "valid", "order": "bicubic"}, {"bad": "ignore"}, {"bad": ("fill", 3.0)},
        {"mask": np.eye(64, dtype=bool)}, {"mask": np.arange(64.0) - 20}, {"roundtrip_coords": False},
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("dtype", ["f4", ">f8", "i2"])
def test_options_mean_the_same(options, dtype):
    data, w, o = image((64, 64)).astype(dtype), tan((64, 64)), tan((64, 64), rotation=30.0)
    if dtype != "i2":
        data[20:23, 30:33] = np.nan
    elif options.get("dtype") == "input":
        options = {"dtype": "i2", "order": 0, "fill": -7}
    expected = reproject_interp((data, w), o, **options)
    lazy = reproject_interp((da.from_array(data, chunks=30), w), o, return_type="dask", block_size=(50, 20), **options)
    for array, theirs in zip(lazy, expected, strict=True):
        assert array.dtype == theirs.dtype
        equal(array.compute(), theirs)


def test_an_active_scheduler_runs_what_goes_through_dask():
    data, w, o = image((64, 64)), tan((64, 64)), tan((64, 64), rotation=10.0)
    expected, calls = reproject_interp((data, w), o), []

    def scheduler(graph, keys, **options):
        calls.append(keys)
        return dask.get(graph, keys, **options)

    for array, parallel, ran in [
        (da.from_array(data, chunks=20), False, True), (da.from_array(data, chunks=20), 2, True),
        (da.from_array(data, chunks=20), "current-scheduler", True), (data, "current-scheduler", True),
        (data, False, False), (data, 2, False),
    ]:  # fmt: skip
        calls.clear()
        with dask.config.set(scheduler=scheduler):
            ours = reproject_interp((array, w), o, parallel=parallel)
        assert bool(calls) == ran
        for a, b in zip(ours, expected, strict=True):
            equal(a, b)


def cube(planes=3, shape=(48, 64), rotation=0.0):
    """The header of planes of frequency."""
    h = tan(shape, rotation=rotation)
    h["NAXIS"], h["NAXIS3"], h["CTYPE3"], h["CRVAL3"], h["CRPIX3"], h["CDELT3"] = 3, planes, "FREQ", 1e9, 1, 1e6
    h["CUNIT3"] = "Hz"
    return h


@pytest.mark.parametrize("blocks", [(1, 48, 64), (3, 20, 30), "auto"])
def test_cubes_and_planes_that_stay(blocks):
    data, w, o = image((3, 48, 64)), cube(), cube(rotation=20.0)
    lazy = da.from_array(data, chunks=(2, 30, 30))
    for options in ({}, {"non_reprojected_dims": (0,)}):
        expected = reproject_interp((data, w), o, block_size=blocks, **options)
        for a, b in zip(reproject_interp((lazy, w), o, block_size=blocks, **options), expected, strict=True):
            equal(a, b)
        result = reproject_interp((lazy, w), o, block_size=blocks, return_type="dask", **options)[0]
        equal(result.compute(), expected[0])


class Sheared(BaseLowLevelWCS):
    """Longitude and latitude by a formula of its own: a coordinate system that is not one of FITS."""

    pixel_n_dim = world_n_dim = 2
    world_axis_physical_types = "pos.eq.ra", "pos.eq.dec"
    world_axis_units = "deg", "deg"
    world_axis_object_components = ("celestial", 0, "spherical.lon.degree"), ("celestial", 1, "spherical.lat.degree")
    array_shape = None

    def __init__(self, shear):
        self.shear = shear

    @property
    def world_axis_object_classes(self):
        return {"celestial": (SkyCoord, (), {"frame": "icrs", "unit": "deg"})}

    def pixel_to_world_values(self, x, y):
        return 150 - 1e-3 * (np.asarray(x) - 31.5) + self.shear * np.asarray(y), 30 + 1e-3 * (np.asarray(y) - 31.5)

    def world_to_pixel_values(self, lon, lat):
        y = (np.asarray(lat) - 30) / 1e-3 + 31.5
        return (150 - np.asarray(lon) + self.shear * y) / 1e-3 + 31.5, y


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_any_coordinate_system(function):
    data, w, o = image((64, 64)), Sheared(2e-4), tan((64, 64))
    if function is reproject_exact:
        w, o = o, w
    options = {"shape_out": (64, 64), "block_size": (40, 40)}
    expected = function((data, w), o, **options)
    assert np.isfinite(expected[0]).mean() > 0.5
    lazy = function((da.from_array(data, chunks=40), w), o, return_type="dask", **options)
    for options in ({"scheduler": "threads"}, {"scheduler": "processes", "num_workers": 2}):
        for ours, theirs in zip(dask.compute(*lazy, **options), expected, strict=True):
            equal(ours, theirs)


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_cubes_without_planes_and_images_without_pixels(function, tmp_path):
    w = tan((12, 15))
    for shape in [(0, 12, 15), (3, 0, 15), (0, 15)]:
        for array in (np.zeros(shape), da.zeros(shape)):
            for options in ({}, {"return_type": "dask", "block_size": "auto"}):
                result, footprint = function((array, w), w, **options)
                assert result.shape == footprint.shape == (*shape[:-2], 12, 15)
                assert np.isnan(np.asarray(result)).all() and not np.asarray(footprint).any()
    path = tmp_path / "none.zarr"
    result, _ = function((da.zeros((0, 12, 15)), w), w, return_type="zarr", block_size="auto", zarr_path=path)
    assert result.shape == (0, 12, 15) and zarr.open_array(path, mode="r").shape == (2, 0, 12, 15)


def folder(array, block_info=None, path=None):
    """A chunk as it is; what lies in a folder meanwhile goes to `seen`."""
    seen.append(sorted(os.listdir(path)))
    return array


seen = []


def test_a_zarr_array_has_its_name_when_it_is_whole(tmp_path):
    path, data = tmp_path / "deeper" / "out.zarr", image((48, 64))
    expected = reproject_interp((data, tan((48, 64))), tan((48, 64)))
    options = {"return_type": "zarr", "block_size": (16, 16)}

    def fails(array, block_info=None):
        if block_info[0]["chunk-location"] == (2, 3):
            raise ZeroDivisionError("no pixels today")
        return array

    # An input that raises midway: nothing is there, under neither name.
    broken = da.from_array(data, chunks=16).map_blocks(fails, dtype=float)
    with pytest.raises(ZeroDivisionError, match="no pixels today"):
        reproject_interp((broken, tan((48, 64))), tan((48, 64)), zarr_path=path, **options)
    assert os.listdir(path.parent) == []
    whole = da.from_array(data, chunks=16).map_blocks(folder, path=path.parent, dtype=float, meta=np.empty((0, 0)))
    seen.clear()
    stored = reproject_interp((whole, tan((48, 64))), tan((48, 64)), zarr_path=str(path) + "/", **options)
    assert seen and all(names == ["out.zarr.part"] for names in seen)
    assert os.listdir(path.parent) == ["out.zarr"]
    for ours, theirs in zip(dask.compute(*stored), expected, strict=True):
        equal(ours, theirs)
    # What is there is left alone, whatever it is.
    other = tmp_path / "other.zarr"
    (tmp_path / "other.zarr.part").mkdir()
    (tmp_path / "other.zarr.part" / "theirs").write_text("kept")
    (tmp_path / "link.zarr").symlink_to(tmp_path / "nowhere")
    for taken, words in [(path, "exists already"), (other, "other.zarr.part is there"), (tmp_path / "link.zarr", "exists already")]:
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(FileExistsError, match=f"zarr_path: .*{words}"):
            reproject_interp((whole, tan((48, 64))), tan((48, 64)), zarr_path=taken, **options)
        assert sorted(tmp_path.rglob("*")) == before
    for wrong in (5, "", "s3://bucket/x.zarr", zarr.storage.MemoryStore()):
        with pytest.raises(ValueError, match="zarr_path"):
            reproject_interp((whole, tan((48, 64))), tan((48, 64)), zarr_path=wrong, **options)


def test_what_takes_the_place_of_an_unfinished_zarr_array_does_not_get_its_name(tmp_path):
    path, data = tmp_path / "out.zarr", image((48, 64))

    def swaps(array, block_info=None):
        if not (tmp_path / "aside").exists():
            os.rename(tmp_path / "out.zarr.part", tmp_path / "aside")
            (tmp_path / "out.zarr.part").mkdir()
            (tmp_path / "out.zarr.part" / "theirs").write_text("kept")
        return array

    lazy = da.from_array(data, chunks=-1).map_blocks(swaps, dtype=float, meta=np.empty((0, 0)))
    with pytest.raises(FileExistsError, match="was replaced by something else"):
        reproject_interp((lazy, tan((48, 64))), tan((48, 64)), zarr_path=path, return_type="zarr", block_size="auto")
    assert not path.exists()
    assert (tmp_path / "out.zarr.part" / "theirs").read_text() == "kept"


KILLED = """
import os, sys
import dask.array as da
import numpy as np
sys.path.insert(0, sys.argv[1])
from helpers import tan
from reproject_rs import reproject_interp

def ends(array, block_info=None):
    if block_info[0]["chunk-location"] == (1, 1):
        os.kill(os.getpid(), 9)
    return array

if __name__ == "__main__":
    lazy = da.ones((48, 64), chunks=16).map_blocks(ends, dtype=float, meta=np.empty((0, 0)))
    reproject_interp((lazy, tan((48, 64))), tan((48, 64)), return_type="zarr", block_size=(16, 16), zarr_path=sys.argv[2])
"""


def test_a_killed_process_leaves_no_array_under_its_name(tmp_path):
    path = tmp_path / "out.zarr"
    done = subprocess.run([sys.executable, "-c", KILLED, os.path.dirname(__file__), str(path)], check=False)
    assert done.returncode == -9 and os.listdir(tmp_path) == ["out.zarr.part"]
    lazy, w = da.ones((48, 64), chunks=16), tan((48, 64))
    with pytest.raises(FileExistsError, match="out.zarr.part is there, left by a run that was killed"):
        reproject_interp((lazy, w), w, return_type="zarr", block_size=(16, 16), zarr_path=path)
