"""``reproject_adaptive`` and ``reproject_exact`` against ``reproject``."""

import numpy as np
import pytest
import reproject
from helpers import agree, header, image, tan
from test_interp import TARGETS

from reproject_rs import reproject_adaptive, reproject_exact


# Of equal singular values and turned or flipped pixels `reproject` takes singular vectors that do not belong together: its
# Hann window, padded along them, is then not a product any more (see `test_hann_windows_are_products`).
TURNED = {"flipped TAN"}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"kernel": "Hann"},
        {"conserve_flux": True},
        {"center_jacobian": True},
        {"boundary_mode": "ignore"},
        {"boundary_mode": "ignore_threshold", "boundary_ignore_threshold": 0.3},
        {"boundary_mode": "grid-constant", "boundary_fill_value": 5.0},
        {"boundary_mode": "nearest", "kernel": "hann"},
    ],
    ids=str,
)
def test_adaptive_equals_reproject(name, options):
    if name in TURNED and options.get("kernel", "").lower() == "hann":
        name = "rotated TAN"
    data = image((60, 80))
    ours, footprint = reproject_adaptive((data, tan()), TARGETS[name], **options)
    theirs, expected = reproject.reproject_adaptive((data, tan()), TARGETS[name], **options)
    assert np.isfinite(theirs).mean() > 0.2
    agree(ours, theirs, tolerance=1e-8)
    np.testing.assert_array_equal(footprint, expected)


@pytest.mark.parametrize("cdelt", [(-1e-3, 1e-3), (1e-3, 1e-3), (-1e-3, -1e-3)])
def test_hann_windows_are_products(cdelt):
    """The response to one pixel is a product of two windows, whichever way the output is turned (DeForest 2004, eq. 9)."""
    data = np.zeros((60, 80))
    data[30, 40] = 1.0
    target = header(("RA---TAN", "DEC--TAN"), (150, 30), (40.2, 30.3), cdelt, (60, 80))
    ours, _ = reproject_adaptive((data, tan()), target, kernel="hann")
    y, x = (sorted(set(axis)) for axis in np.nonzero(np.nan_to_num(ours) > 1e-6))
    (a, b), (c, d) = ours[np.ix_(y, x)]
    assert a * d == pytest.approx(b * c, rel=1e-5)
    theirs, _ = reproject.reproject_adaptive((data, tan()), target, kernel="hann")
    (a, b), (c, d) = theirs[np.ix_(y, x)]
    assert (a * d == pytest.approx(b * c, rel=1e-5)) == (cdelt == (-1e-3, 1e-3))


@pytest.mark.parametrize("mode", ["strict", "ignore", "constant"])
def test_bad_values_count_as_in_reproject(mode):
    data = image((60, 80))
    data[20:23, 30:33] = np.nan
    options = {"bad_value_mode": mode, "bad_fill_value": 3.0}
    ours, _ = reproject_adaptive((data, tan()), TARGETS["rotated TAN"], **options)
    theirs, _ = reproject.reproject_adaptive((data, tan()), TARGETS["rotated TAN"], **options)
    agree(ours, theirs, tolerance=1e-8)


@pytest.mark.parametrize("name", TARGETS)
def test_exact_equals_reproject(name):
    data = image((60, 80), dtype=np.float32)
    ours, footprint = reproject_exact((data, tan()), TARGETS[name])
    theirs, expected = reproject.reproject_exact((data, tan()), TARGETS[name])
    assert np.isfinite(theirs).mean() > 0.3
    # A sliver of overlap at the edge is found by one side or the other.
    sliver = (footprint < 1e-6) | (expected < 1e-6)
    agree(ours, theirs, sliver, tolerance=1e-6)
    np.testing.assert_allclose(footprint, expected, atol=2e-6)


def test_exact_keeps_planes_together_and_ignores_nan():
    cube = np.stack([image((60, 80), seed) for seed in (1, 2, 3)])
    cube[1, 20, 30] = np.nan
    ours, footprint = reproject_exact((cube, tan()), TARGETS["SIN"])
    for plane, result in zip(cube, ours, strict=True):
        np.testing.assert_array_equal(reproject_exact((plane, tan()), TARGETS["SIN"])[0], result)
    lost = footprint[0] - footprint[1]
    # A blank pixel covers nothing: the coverage that is missing is that of one pixel, here of equal size.
    assert lost.sum() == pytest.approx(1.0, rel=1e-4) and (lost >= -1e-12).all()


@pytest.mark.parametrize("function", [reproject_adaptive, reproject_exact])
def test_blocks_and_threads_do_not_change_a_bit(function):
    data, target = image((60, 80)), TARGETS["Galactic CAR"]
    expected = function((data, tan()), target)
    for options in ({"parallel": 3}, {"block_size": (7, 13)}):
        for a, b in zip(function((data, tan()), target, **options), expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_unknown_modes_are_named():
    for options, message in (
        ({"bad_value_mode": "bad"}, "bad_value_mode 'bad' not recognized"),
        ({"boundary_mode": "edge"}, "boundary_mode 'edge' not recognized"),
        ({"kernel": "lanczos"}, "kernel 'lanczos' not recognized"),
        ({"kernel_width": -1.0}, "kernel width"),
    ):
        with pytest.raises(ValueError, match=message):
            reproject_adaptive((image((60, 80)), tan()), tan(), **options)


def test_exact_footprint_of_pixels_twenty_times_as_high_as_wide():
    """Steep borders of 10° pass below output pixels of 1.2°: they share nothing, to rounding."""
    x = 2 * np.sqrt(2) / np.pi
    source = header(("RA---MOL", "DEC--MOL"), (0.0, 0.0), (300.5, 9.0), (-0.6 * x, 180 * x / 17), (17, 600))
    target = header(("RA---CAR", "DEC--CAR"), (0.0, 0.0), (121.5, -49.5), (-1.2, 0.6), (60, 60))
    result, footprint = reproject_exact((np.ones((17, 600)), source), target)
    assert footprint.max() < 1 + 1e-12
    np.testing.assert_allclose(footprint[:40], 1.0, rtol=0, atol=1e-12)
    np.testing.assert_allclose(result[:40], 1.0, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scale", [1, 6])
def test_exact_across_a_seam_is_the_same_from_every_block(scale):
    """Corners of an output pixel may lie farther from the seam than its borders bulge: blocks of one pixel are the test."""
    n, m, rows, columns = 58 * scale, 116 * scale, 44 * scale, 20 * scale
    source = header(("RA---CAR", "DEC--CAR"), (0.0, 0.0), (m / 2 + 0.5, n / 2 + 0.5), (-360 / m, 180 / n), (n, m))
    shape, cdelt = (rows, columns), (-324 / columns, 162 / rows)
    target = header(("RA---AIT", "DEC--AIT"), (33.0, 0.0), (columns / 2 + 0.5, rows / 2 + 0.5), cdelt, shape)
    data = np.indices((n, m))[1].astype(float)
    result, footprint = reproject_exact((data, source), target)
    inner = np.isfinite(result) & (footprint > 0.999)
    assert inner[18 * scale : 22 * scale, 1 * scale].all()
    for block in [(1, 1), (3, 10), (2, 2)] if scale == 1 else [(8, 8), (1, 200), (rows, 1)]:
        again, covered = reproject_exact((data, source), target, block_size=block)
        np.testing.assert_array_equal(again, result)
        np.testing.assert_array_equal(covered, footprint)
    # A cutout of one column.
    target["CRPIX1"] -= scale
    target["CRPIX2"] -= 18 * scale
    cutout, covered = reproject_exact((data, source), target, shape_out=(4 * scale, 1))
    np.testing.assert_array_equal(covered, footprint[18 * scale : 22 * scale, scale : scale + 1])
    np.testing.assert_allclose(cutout, result[18 * scale : 22 * scale, scale : scale + 1], rtol=1e-12)


def test_adaptive_on_the_same_grid_is_a_convolution():
    """All pixels at the rim of the sampled region count, 2 pixels away: `reproject` takes or leaves each by rounding noise."""
    shape = (20, 22)
    data, w = image(shape), tan(shape)
    result, _ = reproject_adaptive((data, w), w)
    y, x = np.mgrid[-2:3, -2:3]
    kernel = np.exp(-(x**2 + y**2) / (2 * (1.3 / 2) ** 2))
    windows = np.lib.stride_tricks.sliding_window_view(data, (5, 5))
    expected = (windows * kernel).sum(axis=(2, 3)) / kernel.sum()
    np.testing.assert_allclose(result[2:-2, 2:-2], expected, rtol=0, atol=1e-13 * np.ptp(data))
