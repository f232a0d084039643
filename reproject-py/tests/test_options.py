"""What goes beyond ``reproject``: types, footprints, bad pixels, masks, fill values, progress, memory."""

import numpy as np
import pytest
from astropy.nddata import NDData
from astropy.wcs import WCS
from helpers import image, tan

from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp

TARGET = tan((70, 75), (150.005, 29.99), 0.9e-3, 30.0)
FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_results_of_another_type_are_the_same_numbers(function):
    data = image((60, 80), dtype=np.float32)
    wide, _ = function((data, tan()), TARGET)
    for dtype in ("f4", np.float32, "input"):
        narrow, footprint = function((data, tan()), TARGET, dtype=dtype)
        assert narrow.dtype == np.float32 and footprint.dtype == np.float64
        np.testing.assert_array_equal(narrow, wide.astype(np.float32))
    with pytest.raises(ValueError, match="dtype"):
        function((data, tan()), TARGET, dtype="f4", output_array=np.zeros((70, 75)))
    with pytest.raises(ValueError, match="dtype=complex128"):
        function((data, tan()), TARGET, dtype=complex)


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "i8", ">i8"])
def test_nearest_neighbour_copies_integers(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    data = np.random.default_rng(1).integers(low, high, (60, 80), dtype=np.dtype(dtype).newbyteorder("="), endpoint=True)
    data[30:33, 40] = low, high - 1, high
    result, footprint = reproject_interp((data.astype(dtype), tan()), TARGET, order=0, dtype="input", fill=7)
    where, _ = reproject_interp((np.arange(4800.0).reshape(60, 80), tan()), TARGET, order=0)
    known = np.isfinite(where)
    assert result.dtype == data.dtype and 0 < known.sum() < known.size
    np.testing.assert_array_equal(result[known], data.ravel()[where[known].astype(int)])
    assert (result[~known] == 7).all()
    np.testing.assert_array_equal(footprint, known)
    with pytest.raises(ValueError, match="fill"):
        reproject_interp((data, tan()), TARGET, order=0, dtype="input")
    with pytest.raises(ValueError, match="nearest-neighbor"):
        reproject_interp((data, tan()), TARGET, dtype="input", fill=0)
    inside, _ = reproject_interp((data, tan()), tan(), order=0, dtype="input")
    np.testing.assert_array_equal(inside, data)


def test_fill_stands_where_nothing_is_known():
    data = image((60, 80))
    data[10, 10] = np.nan
    plain, expected = reproject_interp((data, tan()), TARGET)
    filled, footprint = reproject_interp((data, tan()), TARGET, fill=-5.0)
    np.testing.assert_array_equal(filled, np.where(np.isnan(plain), -5.0, plain))
    np.testing.assert_array_equal(footprint, expected)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_footprints_tell_coverage_from_knowledge(order):
    data = image((60, 80))
    clean, covered = reproject_interp((data, tan()), TARGET, order=order)
    data[20:30, 30:40] = np.nan
    result, known = reproject_interp((data, tan()), TARGET, order=order)
    np.testing.assert_array_equal(known, ~np.isnan(result))
    _, coverage = reproject_interp((data, tan()), TARGET, order=order, footprint="coverage")
    np.testing.assert_array_equal(coverage, covered)
    _, valid = reproject_interp((data, tan()), TARGET, order=order, footprint="valid", bad="ignore")
    assert ((valid > 0) & (valid <= 1 + 1e-12)).any() and (valid <= coverage + 1e-12).all()
    with pytest.raises(ValueError, match="footprint='all'"):
        reproject_interp((data, tan()), TARGET, footprint="all")


def test_bad_pixels_propagate_are_ignored_or_filled():
    data = np.full((60, 80), 3.0)
    data[30, 40] = np.inf
    counts = {}
    for bad in ("propagate", "ignore", ("ignore", 1.0), ("fill", 3.0)):
        result, _ = reproject_interp((data, tan()), TARGET, bad=bad)
        good = result[np.isfinite(result)]
        np.testing.assert_allclose(good, 3.0, rtol=1e-14)
        counts[bad] = good.size
    assert counts["propagate"] == counts["ignore", 1.0] < counts["ignore"] <= counts["fill", 3.0]
    for wrong in ("skip", ("ignore", 0.0)):
        with pytest.raises(ValueError, match="bad="):
            reproject_interp((data, tan()), TARGET, bad=wrong)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("shape", [(60, 80), (3, 60, 80)])
def test_masked_pixels_are_nan(function, shape):
    data, mask = image(shape), np.zeros((60, 80), bool)
    mask[20:30, 30:40] = True
    expected = function((np.where(mask, np.nan, data), tan()), TARGET)
    for given in (mask, np.where(mask, -1.0, 0.5), np.where(mask, np.nan, 2), np.broadcast_to(mask, shape)):
        for a, b in zip(function((data, tan()), TARGET, mask=given), expected, strict=True):
            np.testing.assert_array_equal(a, b)
    both = np.zeros((60, 80), bool)
    both[20:30, 35:40] = True
    nddata = NDData(data, wcs=WCS(tan()), mask=np.broadcast_to(mask & ~both, shape))
    np.testing.assert_array_equal(function(nddata, TARGET, mask=both)[0], function((np.where(mask, np.nan, data), WCS(tan())), TARGET)[0])
    with pytest.raises(ValueError, match="mask has shape"):
        function((data, tan()), TARGET, mask=mask[:5])


def test_progress_is_told_and_errors_in_it_stop_the_run():
    data, seen = image((60, 80)), []
    for threads in (None, 2):
        reproject_interp(
            (data, tan()), TARGET, block_size=(7, 7), threads=threads, progress=lambda done, of: seen.append((done, of))
        )
        assert seen[-1] == (110, 110)

    def stop(done, of):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        reproject_interp((data, tan()), TARGET, progress=stop)
    with pytest.raises(TypeError, match="progress"):
        reproject_interp((data, tan()), TARGET, progress="yes")


def test_memory_limits_cut_blocks_and_change_nothing():
    data = image((2, 60, 80))
    expected, _ = reproject_interp((data, tan()), TARGET)
    for limit in (13_000_000, "13 MB", "0.0122GiB", 12_100_000):
        np.testing.assert_array_equal(reproject_interp((data, tan()), TARGET, memory_limit=limit)[0], expected)
    with pytest.raises(ValueError, match="too little"):
        reproject_interp((data, tan()), TARGET, memory_limit="1 MB")
    with pytest.raises(ValueError, match="number of bytes"):
        reproject_interp((data, tan()), TARGET, memory_limit="much")


def test_threads_is_another_name():
    data = image((60, 80))
    expected, _ = reproject_interp((data, tan()), TARGET)
    np.testing.assert_array_equal(reproject_interp((data, tan()), TARGET, threads=3)[0], expected)
    with pytest.raises(ValueError, match="two names"):
        reproject_interp((data, tan()), TARGET, threads=3, parallel=2)
    with pytest.raises(ValueError, match="must be strictly positive"):
        reproject_interp((data, tan()), TARGET, threads=0)


@pytest.mark.parametrize("fill", [-1, 256, 1.5, np.nan, np.inf])
@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_an_integer_result_refuses_what_it_cannot_hold(fill, dtype):
    data = np.ones((60, 80), dtype)
    with pytest.raises(ValueError, match="fill=.*uint8 holds whole numbers from 0 to 255"):
        reproject_interp((data, tan()), TARGET, order=0, dtype="uint8", fill=fill)


def test_an_output_in_the_memory_of_the_input_gets_the_same_result():
    shape = (300, 600)  # more than a block
    data = image(shape)
    turned = tan(shape, rotation=180.0)
    expected, _ = reproject_interp((data.copy(), tan(shape)), turned)
    result, _ = reproject_interp((data, tan(shape)), turned, output_array=data)
    assert result is data
    np.testing.assert_array_equal(result, expected)


def test_integers_do_not_wrap_around(caplog):
    """The engine's rule: the nearest whole number of the type's range."""
    data = np.array([[300.0, -1.0, 2.5, 255.0]])
    for options in ({}, {"return_type": "dask", "block_size": (1, 4)}):
        for given, dtype in ((data, "u1"), (data.astype("i4"), "u1")):
            result, _ = reproject_interp((given, tan((1, 4))), tan((1, 4)), order=0, dtype=dtype, **options)
            assert np.asarray(result).tolist() == [[255, 0, 2, 255]]
    assert "2 values lie beyond the range of uint8" in caplog.text
