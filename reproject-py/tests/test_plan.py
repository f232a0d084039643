"""Plans: what a call will read, and why pixels stay empty; the same in the log."""

import json
import warnings

import dask.array as da
import numpy as np
import pytest
from astropy.coordinates import FK4, Galactic
from astropy.nddata import NDData
from astropy.wcs import WCS
from helpers import Foreign, header, image, tan

from reproject_rs import Plan, plan, reproject_adaptive, reproject_exact, reproject_interp

FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]
INPUT, TARGET = tan((256, 256)), tan((256, 256), rotation=30.0)
FAR = tan((64, 64), crval=(155.0, 35.0))
BEHIND = tan((64, 64), crval=(330.0, -30.0))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_windows_cover_what_is_read(function):
    planned = plan((image((256, 256)), INPUT), TARGET, function=function, block_size=(64, 64))
    assert isinstance(planned, Plan) and planned.shape_in == planned.shape_out == (256, 256)
    assert planned.cost["blocks"] == len(planned.blocks) == 16 and not planned.is_empty
    data = image((256, 256))
    expected, _ = function((data, INPUT), TARGET)
    for block, windows in planned.blocks:
        # What lies in no window does not count.
        blind = np.full((256, 256), np.nan)
        for window in windows:
            blind[window] = data[window]
        np.testing.assert_array_equal(function((blind, INPUT), TARGET)[0][block], expected[block])


def test_plans_read_no_pixel():
    def never(_):
        raise AssertionError("a pixel was read")

    lazy = da.zeros((256, 256), chunks=64).map_blocks(never, meta=np.empty((0, 0)))
    planned = plan((lazy, INPUT), TARGET, block_size=(64, 64))
    assert planned.cost["chunks"] == [16, 16]
    told = planned.explain()
    assert "in 16 chunks of 64 × 64" in told and "16 of 16 needed" in told
    entries = json.loads(planned.to_json())
    assert len(entries) == 1 and len(entries[0]["plan"]["blocks"]) == 16
    # Petabytes that do not exist.
    large = plan(((20_000_000, 20_000_000), INPUT), TARGET, function="exact")
    assert large.shape_in == (20_000_000, 20_000_000) and large.cost["bytes_written"] == 8 * 256**2


def test_arguments_are_those_of_the_function():
    with pytest.raises(ValueError, match="More than one HDU") as error:
        from astropy.io import fits

        plan(fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU()]), TARGET, hdu_in=None)
    assert "hdu_in" in str(error.value)
    with pytest.raises(ValueError, match="order='none'"):
        plan((image((256, 256)), INPUT), TARGET, order="none")
    with pytest.raises(ValueError, match="function='drizzle' is not one of 'interp', 'adaptive', 'exact'"):
        plan((image((256, 256)), INPUT), TARGET, function="drizzle")
    # Nothing of it is left behind.
    assert isinstance(reproject_interp((image((256, 256)), INPUT), TARGET, order=0)[0], np.ndarray)
    wide = plan((image((3, 256, 256)), INPUT), TARGET, threads=2, memory_limit="26 MB", dtype="f4")
    assert wide.cost["in_flight"] == 2 and wide.cost["bytes_written"] == 4 * 3 * 256**2


REASONS = {
    # What is there to see, the reason, and its words.
    "outside": ((image((256, 256)), INPUT), FAR, {}, "lie outside of the input"),
    "not_invertible": ((image((256, 256)), INPUT), BEHIND, {}, "are not invertible"),
    "masked": (NDData(image((256, 256)), wcs=WCS(INPUT), mask=np.ones((256, 256), bool)), TARGET, {}, "are masked"),
    "off_sky": (
        (image((256, 256)), INPUT), header(("RA---AIT", "DEC--AIT"), (0, 0), (500, 500), (-1, 1), (30, 30)), {}, "no points",
    ),
}  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("reason", REASONS)
def test_why_an_output_is_empty(function, reason, caplog):
    given, target, options, words = REASONS[reason]
    planned = plan(given, target, function=function, **options)
    assert planned.is_empty and not planned.reasons["known"]
    assert max(planned.reasons, key=planned.reasons.get) == reason
    told = planned.explain()
    assert words in told and "empty" in told
    # Corners of both images in degrees: those that astropy has.
    for wcs, what in ((WCS(INPUT), "input"), (WCS(target), "output")):
        lon, lat = wcs.pixel_to_world_values(-0.5, -0.5)
        corner = f"({lon:.5f}, {lat:+.5f})" if np.isfinite(lon) else "(off the sky)"
        assert f"sky       {what} corners {corner}" in told and "ICRS" in told
    assert not caplog.records
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = function(given, target, **options)[0]
    assert np.isnan(result).all()
    (record,) = caplog.records
    assert record.name == "reproject_rs._call.empty" and record.levelname == "WARNING"
    assert record.getMessage().startswith("The output is empty: ") and words in record.getMessage()


def test_the_other_reasons(caplog):
    class Folded(Foreign):
        """Comes back ten pixels away."""

        def world_to_pixel_values(self, *world):
            x, y = super().world_to_pixel_values(*world)
            return x + 10, y

    data = image((256, 256))
    planned = plan((data, INPUT), Folded(INPUT), shape_out=(256, 256))
    assert planned.is_empty and set(k for k, v in planned.reasons.items() if v) == {"round_trip"}
    assert "roundtrip_coords=False" in planned.explain()
    reproject_interp((data, INPUT), Folded(INPUT), shape_out=(256, 256))
    assert "failed the round trip" in caplog.text
    caplog.clear()
    reproject_interp((np.full((256, 256), np.nan), INPUT), TARGET, fill=0.0)
    assert "are not finite in the input" in caplog.text
    caplog.clear()
    reproject_interp((np.ones((256, 256), int), INPUT), FAR, order=0, dtype="input", fill=0)
    assert "lie outside of the input" in caplog.text
    caplog.clear()
    reproject_interp((da.zeros((256, 256), chunks=64), INPUT), FAR, block_size="auto", return_type="dask")
    assert caplog.text.count("lie outside of the input") == 1
    caplog.clear()
    for known in (np.zeros((256, 256)), np.where(np.eye(256), 1.0, np.nan)):
        reproject_interp((known, INPUT), INPUT)
    reproject_interp((np.zeros((256, 256), int), INPUT), INPUT, order=0, dtype="input")
    assert not caplog.records


@pytest.mark.parametrize("frame", [Galactic(), FK4(equinox="B1950")])
def test_footprints_of_any_coordinate_system(frame):
    given = Foreign(tan((256, 256), crval=(30.0, 20.0)), frame)
    planned = plan((image((256, 256)), given), BEHIND)
    assert planned.is_empty and frame.name in planned.explain() and "(30.00000, +20.00000)" in planned.explain()


def test_planes_of_their_own():
    systems = [WCS(naxis=3), WCS(naxis=3)]
    for w, drift in zip(systems, (0.6, 0.0), strict=True):
        w.wcs.ctype, w.wcs.crpix, w.wcs.crval = ["RA---TAN", "DEC--TAN", "TIME"], [15, 15, 1], [40.0, 0.0, 0.0]
        w.wcs.cdelt, w.wcs.pc = [-0.01, 0.01, 1.0], [[1.0, 0.0, drift], [0.0, 1.0, drift], [0.0, 0.0, 1.0]]
    options = {"shape_out": (4, 30, 30), "non_reprojected_dims": (0,)}
    planned = plan((image((4, 30, 30)), systems[0]), systems[1], **options)
    assert planned.shape_out == (4, 30, 30) and len(planned.blocks) == planned.cost["blocks"] == 4
    assert "4 with coordinates of their own" in planned.explain()
    assert [block[0] for block, _ in planned.blocks] == [slice(i, i + 1) for i in range(4)]
