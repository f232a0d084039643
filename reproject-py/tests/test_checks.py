"""Arguments that cannot be meant: each is refused with its name, and nothing is silently taken for something else."""

import inspect
import pathlib
import warnings

import dask.array as da
import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from helpers import image, tan

from reproject_rs._call.shapes import number_of_bytes
from reproject_rs import WCS, pixel_to_pixel, plan, reproject_adaptive, reproject_exact, reproject_interp, utils

SHAPE = (12, 15)
SAME = np.zeros(SHAPE)
READ_ONLY = np.zeros(SHAPE)
READ_ONLY.flags.writeable = False

ANY = [
    ({"output_array": [[1.0]]}, "output_array is of type list"),
    ({"output_footprint": [1]}, "output_footprint is of type list"),
    ({"output_array": np.zeros(SHAPE, complex)}, "output_array is of type complex128"),
    ({"output_footprint": np.zeros(SHAPE, "M8[s]")}, "output_footprint is of type datetime64"),
    ({"output_array": READ_ONLY}, "output_array is read-only"),
    ({"output_array": SAME, "output_footprint": SAME}, "share memory"),
    ({"output_array": SAME, "output_footprint": SAME[:]}, "share memory"),
    ({"memory_limit": np.inf}, "memory_limit=inf is not a number of bytes"),
    ({"shape_out": (True, 5)}, r"shape_out=\(True, 5\) is not a tuple of numbers of pixels"),
    ({"memory_limit": "1.2.3 MB"}, r"memory_limit='1.2.3 MB' is not a number of bytes"),
    ({"memory_limit": None, "pad": np.inf}, "pad=inf is not a number of pixels"),
    ({"pad": -1}, "pad=-1 is not a number of pixels"),
    ({"pad": 1.5}, "pad=1.5"),
    ({"block_size": 5}, "block_size=5 is not 'auto' or a tuple"),
    ({"block_size": (2.7, 5)}, r"block_size=\(2.7, 5\)"),
    ({"block_size": ()}, r"block_size=\(\)"),
    ({"shape_out": 5}, "shape_out=5 is not a tuple"),
    ({"shape_out": (2.5, 3)}, r"shape_out=\(2.5, 3\)"),
    ({"shape_out": (-2, 3)}, r"shape_out=\(-2, 3\)"),
    ({"non_reprojected_dims": 0}, "non_reprojected_dims should be a tuple"),
    ({"tolerance": "x"}, "tolerance='x' is not a positive number"),
    ({"tolerance": np.nan}, "tolerance=nan"),
    ({"footprint": np.zeros(SHAPE)}, "arrays go to output_footprint"),
    ({"fill": np.ma.masked}, "fill="),
    ({"parallel": 1.5}, "parallel=1.5"),
    ({"threads": 1.5}, "threads=1.5"),
    ({"threads": True}, "threads=True"),
    ({"fill": "x"}, "fill='x' is not a number"),
    ({"fill": 1j}, "fill=1j is not a number"),
    ({"mask": 1}, "mask: an array"),
    ({"mask": np.zeros(SHAPE, complex)}, "mask: an array"),
    ({"dtype": "x"}, "dtype='x' is not a type of numbers"),
    ({"dtype": 5}, "dtype=5 is not a type of numbers"),
    ({"dtype": "2f4"}, "dtype=.*: results are floats or integers"),
    ({"dtype": "f4", "fill": 1e300}, "fill=1e[+]300: float32 holds numbers up to 3.4e[+]38; give one, or ask for float64"),
    ({"output_array": np.zeros(SHAPE, "f4"), "fill": -1e39}, "fill=-1e[+]39: float32 holds"),
    ({"fill": np.array([1.0])}, r"fill=array\(\[1.\]\) is not a number"),
    ({"return_type": np.zeros(3)}, r"return_type should be set to .*, not array\(\[0., 0., 0.\]\)"),
    ({"dask_method": np.zeros(3)}, "dask_method should be set to"),
    ({"parallel": np.zeros(3)}, "parallel=array"),
    ({"threads": 2, "parallel": np.zeros(3)}, "two names of one number"),
    ({"return_footprint": "False"}, "return_footprint='False' is not True or False"),
    ({"non_reprojected_dims": np.array([[1.0]])}, "non_reprojected_dims should be a tuple .* not array"),
]
ROUNDTRIP = [
    ({"roundtrip_coords": "no"}, "roundtrip_coords='no' is not True or False"),
    ({"roundtrip_coords": np.zeros(3)}, "roundtrip_coords=array"),
]
INTERPOLATION = [
    *ROUNDTRIP,
    ({"bad": ("ignore",)}, r"bad=\('ignore',\)"),
    ({"bad": ("fill", "a")}, "number of bad='a'"),
    ({"bad": ("ignore", np.nan)}, "number of bad=nan is not a share"),
    ({"bad": ("ignore", 2)}, "number of bad=2 is not a share"),
    ({"bad": ["ignore"]}, r"bad=\['ignore'\]"),
    ({"bad": ()}, r"bad=\(\)"),
    ({"bad": np.zeros(3)}, "bad=array"),
    ({"order": np.array([1, 2])}, r"order=array\(\[1, 2\]\) is not one of"),
    ({"order": np.True_}, "order=np.True_"),
    ({"order": np.nan}, "order=nan"),
]
FLAGS = ("conserve_flux", "center_jacobian", "despike_jacobian", "x_cyclic", "y_cyclic")
ADAPTIVE = [
    *ROUNDTRIP,
    ({"kernel": None}, "kernel None not recognized"),
    ({"kernel": "box"}, "kernel 'box' not recognized: it is one of 'hann', 'gaussian'"),
    ({"boundary_mode": None}, "boundary_mode None not recognized"),
    ({"bad_value_mode": 3}, "bad_value_mode 3 not recognized"),
    ({"kernel_width": "wide"}, "kernel_width='wide' is not a number"),
    ({"kernel_width": np.ones(2)}, "kernel_width=array"),
    *(({name: "no"}, f"{name}='no' is not True or False") for name in FLAGS),
    ({"boundary_mode": "ignore_threshold", "boundary_ignore_threshold": 2}, "boundary threshold"),
    ({"boundary_mode": "ignore_threshold", "boundary_ignore_threshold": np.nan}, "boundary threshold"),
]
CASES = [
    *((function, *case) for function in (reproject_interp, reproject_adaptive, reproject_exact) for case in ANY),
    *((reproject_interp, *case) for case in INTERPOLATION),
    *((reproject_adaptive, *case) for case in ADAPTIVE),
]


@pytest.mark.parametrize(("function", "arguments", "says"), CASES)
def test_an_argument_that_cannot_be_meant_is_named(function, arguments, says):
    with pytest.raises((TypeError, ValueError), match=says):
        function((image(SHAPE), tan(SHAPE)), tan(SHAPE), **arguments)


ODD = [
    "x", "", b"x", 1.5, -1, 10**400, np.nan, 1j, True, None, [1], [], {"a": 1}, np.zeros(3), np.array("x"), np.array([]), object(),
    np.ma.masked, 1 * u.m, np.datetime64("2000-01-01"), range(2), 10**5000, pathlib.Path("x"), (1, "a"), np.zeros(SHAPE, "f2"),
]  # fmt: skip


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_no_argument_ends_in_an_error_that_does_not_name_it(function, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plain = {"input_data": (image(SHAPE), tan(SHAPE)), "output_projection": tan(SHAPE)}
    nameless = []
    for name in inspect.signature(function).parameters:
        for value in ODD:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    function(**{**plain, name: value})
            except UserWarning as word:
                told = str(word)
            except (TypeError, ValueError, NotImplementedError, OSError, ImportError) as error:
                told = f"{error} {getattr(error, 'filename', '')}"
            except Exception as error:
                told = f"!{error!r}"
            else:
                continue
            number = "number of processors"
            others = {"shape_out": "shape of the output", "return_type": "returned as", "parallel": number, "threads": number}
            file = isinstance(value, str | pathlib.Path) and name in ("input_data", "output_projection")
            told = told.lower().replace("_", " ")
            if told.startswith("!") or not (name.replace("_", " ") in told or others.get(name, name) in told or file):
                nameless.append((name, str(type(value)), told))
    assert not nameless, "\n".join(map(str, nameless))


def test_numbers_and_flags_of_every_kind_are_taken():
    data, target = (image(SHAPE), tan(SHAPE)), tan(SHAPE, rotation=20.0)
    plain, _ = reproject_adaptive(data, target, conserve_flux=True, roundtrip_coords=False)
    for yes, no in ((1, 0), (np.True_, np.False_), (np.int8(1), None)):
        result, _ = reproject_adaptive(data, target, conserve_flux=yes, roundtrip_coords=no)
        np.testing.assert_array_equal(result, plain)
    expected, _ = reproject_interp(data, target, order=1)
    for order in ("bilinear", 1.0, np.int8(1), np.float32(1)):
        np.testing.assert_array_equal(reproject_interp(data, target, order=order)[0], expected)
    filled, _ = reproject_interp(data, target, dtype="f4", fill=np.inf)
    assert np.isposinf(filled[np.isnan(expected)]).all()
    with pytest.raises(ValueError, match=r"function=array\(\[0., 0., 0.\]\) is not one of"):
        plan(data, target, function=np.zeros(3))


@pytest.mark.parametrize("value", [1j, "2", None, np.datetime64("2000-01-01")])
def test_positions_are_real_numbers(value):
    with pytest.raises(TypeError, match="positions are real numbers"):
        pixel_to_pixel(tan(SHAPE), tan(SHAPE), [value], [1.0])
    x, y = pixel_to_pixel(tan(SHAPE), tan(SHAPE), np.float32(3), np.uint8(4))
    np.testing.assert_allclose([x, y], [3, 4], atol=1e-9)


def test_numpy_numbers_are_numbers():
    data, target = (image(SHAPE), tan(SHAPE)), tan(SHAPE, rotation=20.0)
    plain, _ = reproject_interp(data, target)
    shape = np.array(SHAPE)
    result, _ = reproject_interp(
        data, target, shape_out=shape, block_size=list(shape // 2), parallel=np.int64(2), memory_limit=np.float64(1e9), pad=np.int8(0)
    )  # fmt: skip
    np.testing.assert_array_equal(result, plain)


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_masked_pixels_of_an_array_count_as_nan(function):
    data, target = image(SHAPE), tan(SHAPE, rotation=20.0)
    mask = np.zeros(SHAPE, bool)
    mask[4:6, 7] = True
    blanked, known = function((np.where(mask, np.nan, data), tan(SHAPE)), target)
    result, footprint = function((np.ma.MaskedArray(data, mask), tan(SHAPE)), target)
    np.testing.assert_array_equal(result, blanked)
    np.testing.assert_array_equal(footprint, known)
    plain, _ = function((data, tan(SHAPE)), target)
    assert not np.array_equal(result, plain, equal_nan=True)
    whole, _ = function((np.ma.MaskedArray(data), tan(SHAPE)), target)
    np.testing.assert_array_equal(whole, plain)


def test_a_mask_of_half_precision_and_one_in_the_memory_of_the_output():
    data, target = (image(SHAPE), tan(SHAPE)), tan(SHAPE, rotation=20.0)
    weights = np.ones(SHAPE)
    weights[3:5, 6] = 0
    expected, _ = reproject_interp(data, target, mask=weights)
    half, _ = reproject_interp(data, target, mask=weights.astype("f2"))
    np.testing.assert_array_equal(half, expected)
    result, _ = reproject_interp(data, target, mask=weights, output_array=weights)
    assert result is weights
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_masks_add_up_wherever_they_come_from(function):
    rng = np.random.default_rng(3)
    data, w, target = image(SHAPE), tan(SHAPE), tan(SHAPE, rotation=20.0)
    own, given = rng.random(SHAPE) < 0.1, rng.random(SHAPE) < 0.1
    masked = np.ma.MaskedArray(data, own)
    expected, _ = function((np.where(own | given, np.nan, data), w), target)
    for array in (masked, da.from_array(masked, chunks=5)):
        for mask in (given, 1.0 - given):
            result, _ = function((array, w), target, mask=mask)
            np.testing.assert_array_equal(result, expected)
    alone, _ = function((np.where(own, np.nan, data), w), target)
    hdu = fits.ImageHDU(masked, w)
    for given in (hdu, fits.HDUList([fits.PrimaryHDU(), hdu])):
        result, _ = function(given, target, hdu_in=1, mask=np.ma.nomask)
        np.testing.assert_array_equal(result, alone)


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_an_output_in_the_memory_of_the_input_through_dask(function):
    data, w, target = image((30, 40)), tan((30, 40)), tan((30, 40), rotation=20.0)
    expected, footprint = function((data, w), target)
    options = {"parallel": "current-scheduler", "block_size": (7, 8)}
    both = data.copy()
    result, _ = function((both, w), target, output_array=both, **options)
    assert result is both
    np.testing.assert_array_equal(result, expected)
    both = data.copy()
    _, covered = function((both, w), target, output_footprint=both[::-1], **options)
    np.testing.assert_array_equal(covered, footprint)


def test_a_memory_limit_of_an_output_without_pixels():
    result, _ = reproject_interp((image(SHAPE), tan(SHAPE)), tan(SHAPE), shape_out=(0, 5), memory_limit="200 MB")
    assert result.shape == (0, 5)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: WCS(tan(), key=None), "key=None is neither blank nor a letter"),
        (lambda: WCS(tan(), key="AB"), "key='AB' is neither blank nor a letter"),
        (lambda: WCS(tan(), fobj="in.fits"), "fobj='in.fits' is not an astropy.io.fits.HDUList"),
        (lambda: plan(((2.5, 3), tan()), tan()), r"input_data=\(2.5, 3\) is not a shape"),
        (lambda: plan((("x", 3), tan()), tan()), r"input_data=\('x', 3\) is not a shape"),
        (lambda: plan(((-1, 3), tan()), tan()), r"input_data=\(-1, 3\) is not a shape"),
        (lambda: utils.parse_input_data((SAME,)), "input_data should either be"),
        (lambda: utils.parse_input_shape((SAME,)), "input_shape should either be"),
        (lambda: utils.parse_input_shape(((2, 3),)), "input_shape should either be"),
        (lambda: utils.parse_input_shape(()), "input_shape should either be"),
    ],
)
def test_what_else_cannot_be_meant(call, says):
    with pytest.raises((TypeError, ValueError), match=says):
        call()


def test_bytes_have_units_in_either_case():
    for text in ("500MB", "500mb", "500 Mb", "500m", "0.5 GB", "500000000"):
        assert number_of_bytes(text) == 500_000_000, text
    assert number_of_bytes("2gib") == number_of_bytes("2 GiB") == number_of_bytes("2Gi") == 2**31
