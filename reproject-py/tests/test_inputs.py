"""What comes in and where it goes: masks of every kind, types, HDUs, shapes; each against arrays in which NaN stands for masked."""

import logging
import re

import dask.array as da
import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, NDData
from astropy.utils.masked import Masked
from astropy.wcs import WCS
from helpers import equal, image, tan

from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp
from reproject_rs.utils import parse_input_data, parse_input_weights

SHAPE = (12, 15)
TARGET = tan(SHAPE, rotation=20.0)
DATA = image(SHAPE)
MASK = np.zeros(SHAPE, bool)
MASK[4:6, 7] = MASK[9, 2] = True
FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]


def lazily(array):
    """As dask's, in chunks of 5, each of which is of the same kind."""
    meta = np.empty((0, 0))
    slices = [[array[i : i + 5, j : j + 5] for j in range(0, 15, 5)] for i in range(0, 12, 5)]

    def part(block_info=None):
        i, j = block_info[None]["chunk-location"]
        return slices[i][j]

    return da.map_blocks(part, chunks=((5, 5, 2), (5, 5, 5)), dtype=array.dtype, meta=meta)


MASKED = {
    "numpy's": np.ma.MaskedArray(DATA, MASK),
    "astropy's": Masked(DATA, MASK),
    "a masked quantity": Masked(DATA * u.Jy, MASK),
    "a masked quantity made from one": Masked(DATA, MASK) * u.Jy,
    "float32": Masked(DATA.astype("f4"), MASK),
    "integers": Masked(np.abs(DATA).astype("i2"), MASK),
    "of the other byte order": np.ma.MaskedArray(DATA.astype(">f8"), MASK),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("kind", MASKED)
def test_masks_of_every_kind_count(function, kind):
    masked = MASKED[kind]
    values = np.asarray(masked.unmasked if hasattr(masked, "unmasked") else masked.data).astype(float)
    expected = function((np.where(MASK, np.nan, values), tan(SHAPE)), TARGET)
    assert not np.array_equal(expected[0], function((values, tan(SHAPE)), TARGET)[0], equal_nan=True)
    given = [(masked, tan(SHAPE)), (lazily(masked), tan(SHAPE)), NDData(masked, wcs=WCS(tan(SHAPE)))]
    if isinstance(masked, np.ma.MaskedArray):
        given.append(fits.ImageHDU(masked, tan(SHAPE)))
    for each in given:
        for ours, theirs in zip(function(each, TARGET), expected, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    lazy, _ = function((masked, tan(SHAPE)), TARGET, return_type="dask", block_size=(5, 6))
    np.testing.assert_array_equal(lazy.compute(), expected[0])
    more = np.zeros(SHAPE, bool)
    more[2, 3] = True
    expected = function((np.where(MASK | more, np.nan, values), tan(SHAPE)), TARGET)
    for each in (*given, NDData(masked, wcs=WCS(tan(SHAPE)), mask=MASK)):
        np.testing.assert_array_equal(function(each, TARGET, mask=more)[0], expected[0])


def test_what_is_masked_in_a_mask_is_left_out():
    hole = np.zeros(SHAPE, bool)
    hole[3, 3] = True
    expected, _ = reproject_interp((np.where(MASK | hole, np.nan, DATA), tan(SHAPE)), TARGET)
    for mask in (np.ma.MaskedArray(MASK, hole), Masked(MASK, hole), np.ma.MaskedArray(np.where(MASK, 0.0, 1.0), hole)):
        np.testing.assert_array_equal(reproject_interp((DATA, tan(SHAPE)), TARGET, mask=mask)[0], expected)


def test_an_array_with_a_mask_is_no_place_for_results():
    for output in (np.ma.zeros(SHAPE), Masked(np.zeros(SHAPE))):
        for name in ("output_array", "output_footprint"):
            with pytest.raises(TypeError, match=f"{name} is of type Masked.*: results have no mask"):
                reproject_interp((DATA, tan(SHAPE)), TARGET, **{name: output})


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_quantity_as_output_gets_the_numbers(order):
    expected, _ = reproject_interp((DATA, tan(SHAPE)), TARGET)
    lazy = da.from_array(DATA, chunks=5)
    for given in ((DATA, tan(SHAPE)), (DATA * u.Jy, tan(SHAPE)), NDData(DATA, wcs=WCS(tan(SHAPE)), unit="Jy"), (lazy, tan(SHAPE))):
        output = np.zeros(SHAPE, f"{order}f8") * u.Jy
        result, _ = reproject_interp(given, TARGET, output_array=output)
        assert result is output
        np.testing.assert_array_equal(output.value, expected)
    for given in ((DATA * u.K, tan(SHAPE)), CCDData(DATA, unit="K", wcs=WCS(tan(SHAPE)))):
        with pytest.raises(ValueError, match="output_array is in Jy, the input in K"):
            reproject_interp(given, TARGET, output_array=np.zeros(SHAPE) * u.Jy)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_numbers_of_128_bits_are_taken_in_double_precision_with_a_word(function, caplog):
    wide = DATA.astype(np.longdouble)
    if wide.dtype.itemsize == 8:
        pytest.skip("this machine has no wider numbers")
    expected, _ = function((DATA, tan(SHAPE)), TARGET)
    for given in ((wide, tan(SHAPE)), (da.from_array(wide, chunks=5), tan(SHAPE)), NDData(wide, wcs=WCS(tan(SHAPE)))):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            np.testing.assert_array_equal(function(given, TARGET)[0], expected)
        assert "pixels of type float128 are taken as float64" in caplog.text
    output = np.zeros(SHAPE, np.longdouble)
    function((DATA, tan(SHAPE)), TARGET, output_array=output)
    np.testing.assert_array_equal(output, expected)
    half, _ = function((da.from_array(DATA.astype("f2"), chunks=5), tan(SHAPE)), TARGET)
    np.testing.assert_array_equal(half, function((DATA.astype("f2"), tan(SHAPE)), TARGET)[0])


FIELDS = np.zeros(SHAPE, [("a", "f4"), ("b", "i2")])


@pytest.mark.parametrize(
    "array", [FIELDS, np.ma.MaskedArray(FIELDS), Masked(FIELDS), DATA.astype(complex), DATA.astype(str), DATA.astype(object), DATA.astype("M8[s]")]
)
def test_what_is_no_number_is_refused_before_anything_else(array):
    given = [array, da.from_array(np.asarray(array), chunks=5)] if array.dtype.kind != "O" else [array]
    for each in given:
        with pytest.raises(TypeError, match="input_data: pixels of type .* cannot be reprojected; use integers or floats"):
            reproject_interp((each, tan(SHAPE)), TARGET)


def test_hdus_that_are_not_there_are_told():
    table = fits.BinTableHDU.from_columns([fits.Column("x", "D", array=[1.0])], name="EVENTS")
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(DATA, tan(SHAPE), name="SCI"), table])
    there = r"there are 0 PRIMARY \(no pixels\), 1 SCI \(12 × 15 pixels\), 2 EVENTS \(no image\)"
    for hdu in (3, -4, "ERR", ("SCI", 2), 10**30):
        for call in (lambda k: reproject_interp(hdus, TARGET, hdu_in=k), lambda k: parse_input_data(hdus, hdu_in=k)):
            with pytest.raises(KeyError if isinstance(hdu, str | tuple) else IndexError) as error:
                call(hdu)
            assert isinstance(error.value, ValueError)
            assert re.fullmatch(f"hdu_in=.*: there is no such HDU; {there}", str(error.value))
    with pytest.raises(ValueError, match=f"hdu_weights=7: there is no such HDU; {there}"):
        parse_input_weights(hdus, hdu_weights=7)
    with pytest.raises(ValueError, match=f"hdu_in=2: that HDU is no image; {there}"):
        reproject_interp(hdus, TARGET, hdu_in=2)
    with pytest.raises(ValueError, match=f"HDU PRIMARY holds no pixels; choose another with ``hdu_in=``: {there}"):
        reproject_interp(hdus, TARGET)
    for wrong in (1.0, [1], True, np.array([1]), slice(1, 2)):
        with pytest.raises(TypeError, match="hdu_in=.* is not the number or the name of an HDU"):
            reproject_interp(hdus, TARGET, hdu_in=wrong)
    expected, _ = reproject_interp((DATA, tan(SHAPE)), TARGET)
    for right in (1, "SCI", "sci", ("SCI", 1), np.int64(1), -2):
        equal(reproject_interp(hdus, TARGET, hdu_in=right)[0], expected)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_output_array_has_the_shape_of_the_target_header(function, tmp_path):
    """Upstream's rule and words (``reproject._common``): a header says the shape, an array has to have it."""
    path = tmp_path / "target.fits"
    fits.PrimaryHDU(np.zeros(SHAPE, "u1"), TARGET).writeto(path)
    cube = image((3, *SHAPE))
    for given, shape in [(DATA, (3, 3)), (DATA, (3, *SHAPE)), (cube, SHAPE), (cube, (2, *SHAPE)), (DATA, SHAPE[::-1])]:
        for target in (TARGET, path, str(path)):
            with pytest.raises(ValueError, match=r"Output array shape \(.*\) should match shape_out=\(.*12, 15\)"):
                function((given, tan(SHAPE)), target, output_array=np.zeros(shape))
    both = np.zeros((3, *SHAPE))
    assert function((cube, tan(SHAPE)), TARGET, output_array=both)[0] is both
    # Where nothing else says it, the array does; what a WCS knows comes after it, as upstream has it.
    bare = TARGET.copy()
    del bare["NAXIS1"], bare["NAXIS2"]
    small, wcs = np.zeros((5, 6)), WCS(TARGET)
    assert wcs.array_shape == SHAPE
    expected = function((DATA, tan(SHAPE)), TARGET)[0][:5, :6]
    for target in (bare, wcs):
        result, _ = function((DATA, tan(SHAPE)), target, output_array=small)
        assert result is small
        np.testing.assert_allclose(small, expected, rtol=1e-9)
    with pytest.raises(ValueError, match="shape_out does not match shape of output_array"):
        function((DATA, tan(SHAPE)), TARGET, shape_out=SHAPE, output_array=small)
    with pytest.raises(ValueError, match="output_footprint has shape"):
        function((DATA, tan(SHAPE)), TARGET, output_footprint=small)


def test_a_word_beside_a_header_is_no_shape(tmp_path):
    """Upstream never looks at ``shape_out`` where a header has NAXISn; a package gives a word there."""
    expected, _ = reproject_interp((DATA, tan(SHAPE)), TARGET)
    path = tmp_path / "target.fits"
    fits.PrimaryHDU(np.zeros(SHAPE, "u1"), TARGET).writeto(path)
    for target in (TARGET, path):
        with pytest.warns(UserWarning, match=r"shape_out='parallel' is not a shape: \(12, 15\) of output_projection is taken"):
            result, _ = reproject_interp((DATA, tan(SHAPE)), target, shape_out="parallel")
        equal(result, expected)
    with pytest.raises(ValueError, match="shape_out='parallel' is not a tuple"):
        reproject_interp((DATA, tan(SHAPE)), WCS(TARGET), shape_out="parallel")


def test_blocks_of_some_planes():
    cube = image((3, *SHAPE))
    expected = reproject_interp((cube, tan(SHAPE)), TARGET)
    for block in ((2, *SHAPE), (2, 40, 40), (1, *SHAPE), (3, 4, 5)):
        for given in (cube, da.from_array(cube, chunks=(2, 5, 5))):
            for ours, theirs in zip(reproject_interp((given, tan(SHAPE)), TARGET, block_size=block), expected, strict=True):
                equal(ours, theirs)


def test_shares_of_pixels_are_not_cut_to_whole_numbers():
    for kind in ("?", "i4", "u1"):
        output = np.zeros(SHAPE, kind)
        _, known = reproject_interp((DATA, tan(SHAPE)), TARGET, output_footprint=output)
        assert known is output and 0 < known.sum() < known.size
        for function, options in [(reproject_exact, {}), (reproject_interp, {"footprint": "valid"}), (reproject_adaptive, {"footprint": "coverage"})]:
            with pytest.raises(TypeError, match="output_footprint is of type .* holds no shares of pixels"):
                function((DATA, tan(SHAPE)), TARGET, output_footprint=output, **options)
    expected = reproject_exact((DATA, tan(SHAPE)), TARGET)[1]
    output = np.zeros(SHAPE, ">f4")
    reproject_exact((DATA, tan(SHAPE)), TARGET, output_footprint=output)
    np.testing.assert_array_equal(output, expected.astype("f4"))
