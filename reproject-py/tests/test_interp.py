"""``reproject_interp`` against ``reproject``: synthetic images, kinds of input and output, arguments and errors."""

import threading

import numpy as np
import pytest
import reproject
from astropy.io import fits
from astropy.nddata import NDData
from astropy.wcs import WCS
from helpers import agree, header, image, tan

from reproject_rs import pixel_to_pixel, reproject_interp

TARGETS = {
    "rotated TAN": tan((70, 75), (150.005, 29.99), 0.9e-3, 30.0),
    "flipped TAN": header(("RA---TAN", "DEC--TAN"), (150, 30), (40.2, 30.3), (1e-3, 1e-3), (60, 80)),
    "SIN": header(("RA---SIN", "DEC--SIN"), (150.01, 30.0), (33, 44), (-1e-3, 1e-3), (66, 88), 100.0),
    "Galactic CAR": header(("GLON-CAR", "GLAT-CAR"), (198.142, 0.0), (50.5, -52419.0), (-1e-3, 1e-3), (90, 110)),
    "FK5 ZEA": header(("RA---ZEA", "DEC--ZEA"), (149.64, 30.12), (40.3, 30.1), (-1e-3, 1e-3), (60, 80), EQUINOX=1975.0),
    "coarse STG": header(("RA---STG", "DEC--STG"), (150, 30), (15.03, 10.07), (-4e-3, 4e-3), (20, 30)),
}


@pytest.mark.parametrize("order", ["nearest-neighbor", "bilinear"])
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", ">i2", "u1", "i8"])
def test_equals_reproject(name, order, dtype):
    data, h, target = image((60, 80), dtype=dtype if dtype[-2] == "f" else "f8"), tan(), TARGETS[name]
    if dtype[-2] != "f":
        data = np.abs(data).astype(dtype)
    ours, footprint = reproject_interp((data, h), target, order=order)
    theirs, expected = reproject.reproject_interp((data, h), target, order=order)
    assert ours.dtype == theirs.dtype == np.float64
    assert np.isfinite(theirs).mean() > 0.3
    agree(ours, theirs)
    np.testing.assert_array_equal(footprint, expected)


def test_broadcast_axes_share_coordinates():
    cube = image((2, 3, 60, 80), dtype=np.float32)
    target = TARGETS["rotated TAN"]
    ours, footprint = reproject_interp((cube, tan()), target)
    theirs, expected = reproject.reproject_interp((cube, tan()), target)
    assert ours.shape == (2, 3, 70, 75)
    agree(ours, theirs)
    np.testing.assert_array_equal(footprint, expected)


def test_any_memory_layout_gives_the_same_bits():
    data, target = image((60, 80)), TARGETS["SIN"]
    expected, _ = reproject_interp((data, tan()), target)
    wide = np.zeros((120, 240))
    wide[::2, ::3] = data
    odd = np.frombuffer(b"x" + data.tobytes(), np.uint8)[1:].view(np.float64).reshape(data.shape)
    assert not odd.flags.aligned
    frozen = data.copy()
    frozen.flags.writeable = False
    for same in (np.asfortranarray(data), data[::-1, ::-1].copy()[::-1, ::-1], wide[::2, ::3], odd, frozen, data.astype(">f8")):
        result, _ = reproject_interp((same, tan()), target)
        np.testing.assert_array_equal(result, expected)
    row = np.broadcast_to(data[:1], data.shape)
    np.testing.assert_array_equal(
        reproject_interp((row, tan()), target)[0], reproject_interp((row.copy(), tan()), target)[0]
    )


def test_blocks_and_threads_do_not_change_a_bit():
    data, target = image((60, 80)), TARGETS["Galactic CAR"]
    expected = reproject_interp((data, tan()), target)
    for options in ({"parallel": 3}, {"parallel": True}, {"block_size": (7, 13)}, {"block_size": "auto", "parallel": 2}):
        for a, b in zip(reproject_interp((data, tan()), target, **options), expected, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8"])
def test_results_are_written_in_place(dtype):
    data, target = image((60, 80)), TARGETS["rotated TAN"]
    expected, footprint = reproject_interp((data, tan()), target)
    big, foot = np.full((70, 150), -7.0, dtype), np.full((140, 75), -7.0)
    out, fout = big[:, ::2], foot[::-2]
    result = reproject_interp((data, tan()), target, output_array=out, output_footprint=fout)
    assert result[0] is out and result[1] is fout
    np.testing.assert_array_equal(out, expected.astype(dtype))
    np.testing.assert_array_equal(fout, footprint)
    assert (big[:, 1::2] == -7).all() and (foot[-2::-2] == -7).all()
    assert reproject_interp((data, tan()), target, return_footprint=False).shape == (70, 75)


def test_blank_input_pixels_spread_to_their_neighbours_only():
    data = image((60, 80))
    data[20:25, 30:33] = np.nan
    for order in ("nearest-neighbor", "bilinear"):
        ours, _ = reproject_interp((data, tan()), TARGETS["rotated TAN"], order=order)
        theirs, _ = reproject.reproject_interp((data, tan()), TARGETS["rotated TAN"], order=order)
        agree(ours, theirs)


def test_kinds_of_input_and_output(tmp_path):
    data, target = image((60, 80), dtype=np.float32), TARGETS["rotated TAN"]
    expected, _ = reproject_interp((data, tan()), target)
    hdu = fits.ImageHDU(data, tan(), name="SCI")
    hdus = fits.HDUList([fits.PrimaryHDU(), hdu])
    path, out = tmp_path / "in.fits", tmp_path / "target.fits"
    hdus.writeto(path)
    fits.PrimaryHDU(np.zeros((70, 75), np.uint8), target).writeto(out)
    compressed = fits.CompImageHDU(data, tan(), compression_type="GZIP_2", quantize_level=0)
    wcs = WCS(target)
    for kind, options in [
        (str(path), {"hdu_in": 1}), (path, {"hdu_in": "SCI"}), (hdus, {"hdu_in": 1}), (hdu, {}), (compressed, {}),
        ((data, WCS(tan())), {}), (NDData(data, wcs=WCS(tan())), {}),
    ]:
        np.testing.assert_array_equal(reproject_interp(kind, target, **options)[0], expected)
    for to, options in [(wcs, {}), (WCS(target).deepcopy(), {"shape_out": (70, 75)}), (str(out), {}), (out, {})]:
        np.testing.assert_allclose(reproject_interp((data, tan()), to, **options)[0], expected, rtol=1e-7, atol=1e-9)


def test_integer_images_with_blank_are_read_as_they_are_meant(tmp_path):
    """An extension with BLANK: upstream issue 475 returned raw integers as floats."""
    data = np.arange(2500, dtype=np.int16).reshape(50, 50)
    data[7, 9] = -32768
    h = tan((50, 50))
    hdu = fits.ImageHDU(data, h)
    hdu.header["BLANK"] = -32768
    path = tmp_path / "blank.fits"
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    result, footprint = reproject_interp(path, h, hdu_in=1, order="nearest-neighbor")
    assert np.isnan(result[7, 9]) and footprint[7, 9] == 0 and np.isnan(result).sum() == 1
    np.testing.assert_array_equal(result[~np.isnan(result)], data[data >= 0])


def test_masked_nddata_is_blank():
    data, mask = image((60, 80)), np.zeros((60, 80), bool)
    mask[10:20, 10:20] = True
    blank = np.where(mask, np.nan, data)
    a, _ = reproject_interp(NDData(data, wcs=WCS(tan()), mask=mask), TARGETS["SIN"])
    np.testing.assert_array_equal(a, reproject_interp((blank, WCS(tan())), TARGETS["SIN"])[0])


def test_half_pixel_shifts_take_every_column_once():
    """Rounding noise at ties must not drop or double a column."""
    data = np.tile(np.arange(80.0), (60, 1))
    shifted = tan()
    shifted["CRPIX1"] += 0.5
    result, _ = reproject_interp((data, tan()), shifted, order="nearest-neighbor")
    steps = np.diff(result[30][np.isfinite(result[30])])
    assert set(steps[1:]) == {1.0}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"order": "bicubical"}, ValueError, "bicubical"),
        ({"order": 7}, ValueError, "7"),
        ({"parallel": -1}, ValueError, "must be strictly positive"),
        ({"parallel": "sometimes"}, ValueError, "parallel='sometimes'"),
        ({"return_type": "list"}, ValueError, "return_type"),
        ({"return_type": "dask"}, ValueError, "Output cannot be returned as dask arrays"),
        ({"dask_method": "hope"}, ValueError, "dask_method"),
        ({"zarr_path": "a.zarr"}, ValueError, "zarr_path"),
        ({"shape_out": (3,)}, ValueError, "Too few dimensions in shape_out"),
        ({"shape_out": (3, 4, 5, 6)}, ValueError, "Number of dimensions in input and output data should match"),
        ({"block_size": (0, 5)}, ValueError, "1 pixel or more"),
        ({"output_footprint": np.zeros((3, 3))}, ValueError, "output_footprint"),
    ],
)
def test_bad_arguments_are_named(options, error, message):
    with pytest.raises(error, match=message):
        reproject_interp((image((60, 80)), tan()), WCS(tan()), **{"shape_out": (60, 80), **options})


def test_bad_inputs_are_named():
    data = image((60, 80))
    with pytest.raises(TypeError, match="input_data should either be an HDU object"):
        reproject_interp(data, tan())
    with pytest.raises(TypeError, match="complex128"):
        reproject_interp((data.astype(complex), tan()), tan())
    with pytest.raises(ValueError, match="Too few dimensions in input data"):
        reproject_interp((data[0], tan()), tan())
    with pytest.raises(ValueError, match="Need to specify shape"):
        reproject_interp((data, tan()), WCS(naxis=2))
    with pytest.raises(ValueError, match="CTYPE"):
        reproject_interp((data, tan(CTYPE1="RA---XYZ")), tan())
    with pytest.raises(ValueError, match="Dimensions to be looped over must match exactly"):
        reproject_interp((np.stack([data, data]), tan()), tan(), shape_out=(3, 60, 80), output_array=np.zeros((3, 60, 80)))


def test_many_threads_get_their_own_results():
    data = image((60, 80))
    expected = {name: reproject_interp((data, tan()), target)[0] for name, target in TARGETS.items()}
    wrong = []

    def work(name):
        for _ in range(20):
            if not np.array_equal(reproject_interp((data, tan()), TARGETS[name])[0], expected[name], equal_nan=True):
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in TARGETS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_empty_and_single_pixel_images():
    assert reproject_interp((image((60, 80)), tan()), WCS(tan()), shape_out=(0, 5))[0].shape == (0, 5)
    assert np.isnan(reproject_interp((np.zeros((0, 80)), tan()), WCS(tan()), shape_out=(60, 80))[0]).all()
    one = reproject_interp((np.full((1, 1), 5.0), tan((1, 1))), WCS(tan((1, 1))), shape_out=(1, 1))[0]
    assert one[0, 0] == 5.0


def test_pixel_to_pixel_equals_astropy():
    from astropy.wcs.utils import pixel_to_pixel as theirs

    x, y = np.meshgrid(np.linspace(-5, 85, 7), np.linspace(-5, 65, 5))
    for target in TARGETS.values():
        ours = pixel_to_pixel(tan(), target, x, y)
        for a, b in zip(ours, theirs(WCS(tan()), WCS(target), x, y), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-6 if "SIN" not in target["CTYPE1"] else 1e-5)
    assert pixel_to_pixel(tan(), tan(), 3, 4) == pytest.approx((3, 4), abs=1e-9)
