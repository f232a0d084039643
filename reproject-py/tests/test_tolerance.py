"""Coordinate systems that are called for few positions, to a tolerance; and plans that look at few positions, with a margin."""

import dask.array as da
import numpy as np
import pytest
from helpers import Foreign, equal, image, tan

from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp

FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]
INPUT, TARGET = tan((300, 320)), tan((280, 290), (150.005, 29.99), 0.9e-3, 30.0)


class Counted(Foreign):
    """Counts the positions that it is asked for; ``wave`` pixels of distortion, ``length`` pixels long."""

    def __init__(self, header, wave=0.0, length=1000.0):
        super().__init__(header)
        self.wave, self.length, self.asked = wave, length, 0

    def pixel_to_world_values(self, x, y):
        self.asked += np.size(x)
        return super().pixel_to_world_values(x + self.wave * np.sin(2 * np.pi * np.asarray(y) / self.length), y)


def ramps():
    """Images of which interpolation gives the position: columns and rows."""
    return np.mgrid[0:300, 0:320].astype(float)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-6])
def test_positions_are_within_the_tolerance(function, tolerance):
    # Mean positions of what a pixel covers, apart from the input's edges, are as good as the positions.
    options = {"shape_out": (280, 290)}
    if function is not reproject_exact:
        options["roundtrip_coords"] = False
    exact, _ = function((ramps(), INPUT), Counted(TARGET, 3.0), **options)
    system = Counted(TARGET, 3.0)
    near, _ = function((ramps(), INPUT), system, tolerance=tolerance, **options)
    both = np.isfinite(exact) & np.isfinite(near)
    inner = both & np.all((exact > 3) & (exact < [[[296]], [[316]]]), axis=0)
    assert inner.mean() > 0.6
    assert np.abs(near - exact)[inner].max() <= 2 * tolerance
    if tolerance == 1e-3 and function is not reproject_exact:
        # 97 sites in a cell of 128 pixels, in squares of 4 × 4 cells: four of those for what looks at neighbours as well.
        assert system.asked <= 4 * 16 * 97 < 0.08 * 280 * 290


def test_what_cannot_be_sampled_is_exact():
    # A wave of six pixels: no lattice holds it.
    options = {"shape_out": (280, 290), "roundtrip_coords": False}
    expected = reproject_interp((image((300, 320)), INPUT), Counted(TARGET, 0.5, 6.0), **options)
    near = reproject_interp((image((300, 320)), INPUT), Counted(TARGET, 0.5, 6.0), tolerance=1e-4, **options)
    for a, b in zip(near, expected, strict=True):
        equal(a, b)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_fits_needs_no_tolerance(function):
    for a, b in zip(function((image((300, 320)), INPUT), TARGET, tolerance=0.5), function((image((300, 320)), INPUT), TARGET)):
        equal(a, b)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_blocks_graphs_and_threads_change_nothing(function):
    data = image((300, 320))
    given = {"shape_out": (280, 290), "tolerance": 1e-3}
    expected = function((data, INPUT), Counted(TARGET, 3.0), **given)
    options = [{"threads": 2, "block_size": (50, 70)}, {"block_size": (100, 290)}]
    lazy = da.from_array(data, chunks=(100, 90))
    for array, more in [(data, options[0]), (data, options[1]), (lazy, {}), (lazy, {"block_size": (77, 80)})]:
        for ours, theirs in zip(function((array, INPUT), Counted(TARGET, 3.0), **given, **more), expected, strict=True):
            equal(ours, theirs)


@pytest.mark.parametrize("option", [{"tolerance": 0}, {"tolerance": -1.0}, {"tolerance": np.nan}, {"pad": -1}, {"pad": 0.5}])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_tolerances_and_margins_are_checked(function, option):
    (name,) = option
    with pytest.raises(ValueError, match=f"{name}=.* is not a"):
        function((image((60, 80)), tan()), TARGET, **option)


class Bump(Foreign):
    """Four pixels by four of it lie somewhere else, where no plan looks."""

    def pixel_to_world_values(self, x, y):
        x, y = np.asarray(x), np.asarray(y)
        inside = (x >= 40) & (x < 44) & (y >= 40) & (y < 44)
        return super().pixel_to_world_values(np.where(inside, x + 150, x), y)


@pytest.mark.parametrize("shape", [(128, 128), (300, 320)])
def test_a_block_that_misses_a_pixel_is_an_error_that_says_how_to_mend_it(shape):
    data, target = image((300, 320)), tan((300, 320))
    options = {"shape_out": shape, "roundtrip_coords": False}
    expected = reproject_interp((data, INPUT), Bump(target), **options)
    lazy = da.from_array(data, chunks=40)
    call = {**options, "block_size": (64, 64)}
    with pytest.raises(ValueError, match=r"input window: .* pixels .* pad= .* tolerance="):
        reproject_interp((lazy, INPUT), Bump(target), **call)
    for ours, theirs in zip(reproject_interp((lazy, INPUT), Bump(target), pad=150, **call), expected, strict=True):
        equal(ours, theirs)
    sampled = [reproject_interp((a, INPUT), Bump(target), tolerance=0.01, **call) for a in (data, lazy)]
    for ours, theirs in zip(*sampled, strict=True):
        equal(ours, theirs)
