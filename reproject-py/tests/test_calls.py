"""How often coordinate systems of Python are called, for how many positions, and what becomes of their warnings."""

import logging
import warnings

import astropy.units as u
import dask.array as da
import numpy as np
import pytest
from astropy.wcs import WCS
from helpers import Foreign, agree, equal, image, tan

from reproject_rs import plan, reproject_adaptive, reproject_exact, reproject_interp

INPUT, TARGET = tan((90, 80)), tan((70, 75), (150.005, 29.99), 0.9e-3, 30.0)
FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]
# Sites of the lattice that each needs: centres, centres with a ring of neighbours, corners.
SITES = {reproject_interp: 70 * 75, reproject_adaptive: 72 * 77, reproject_exact: 71 * 76}
OPTIONS = [{"block_size": (13, 17)}, {"block_size": (70, 3), "threads": 2}, {"threads": 3}, {"block_size": "auto", "parallel": True}]


class Counted(Foreign):
    """Keeps the number of positions of every call, to the sky and from it."""

    def __init__(self, header):
        super().__init__(header)
        self.lifted, self.projected = [], []

    def pixel_to_world_values(self, *pixels):
        self.lifted.append(np.size(pixels[0]))
        return super().pixel_to_world_values(*pixels)

    def world_to_pixel_values(self, *world):
        self.projected.append(np.size(world[0]))
        return super().world_to_pixel_values(*world)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_output_is_asked_once_for_all_its_positions(function):
    data, options = image((90, 80)), {"shape_out": (70, 75)}
    expected = function((data, INPUT), Counted(TARGET), **options)
    for more in [{}, *OPTIONS]:
        system = Counted(TARGET)
        for ours, theirs in zip(function((data, INPUT), system, **options, **more), expected, strict=True):
            equal(ours, theirs)
        assert system.lifted == [SITES[function]]
        # The round trip of positions that are somewhere.
        back = [] if function is reproject_exact else [SITES[function]]
        assert system.projected == back, more


@pytest.mark.parametrize("function", FUNCTIONS)
def test_an_input_is_asked_a_few_times(function):
    data = image((90, 80))
    expected = function((data, Counted(INPUT)), TARGET)
    for more in [{}, *OPTIONS]:
        system = Counted(INPUT)
        for ours, theirs in zip(function((data, system), TARGET, **more), expected, strict=True):
            equal(ours, theirs)
        if function is not reproject_exact:
            assert (system.projected, system.lifted) == ([SITES[function]], [SITES[function]]), more
            continue
        # Corners of the output; borders here and there. Borders of input pixels here and there; all corners once.
        corners, some = system.projected
        few, all_corners = system.lifted
        assert (corners, all_corners) == (SITES[function], 91 * 81) and some < 0.25 * corners and few < 0.25 * corners


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_tolerance_has_its_nodes_from_a_few_calls(function):
    system = Counted(INPUT)
    function((image((90, 80)), system), tan((300, 280), (150.005, 29.99), 3e-4, 30.0), tolerance=1e-3, block_size=(20, 20))
    # At most one for each of the four sizes of cells, and one for what those do not hold, there and back.
    assert len(system.lifted) <= 10 and len(system.projected) <= 10


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_memory_limit_makes_more_and_smaller_calls(function):
    data, target = image((90, 80)), tan((300, 320), scale=3e-4)
    expected = function((data, INPUT), target)
    system = Counted(INPUT)
    for ours, theirs in zip(function((data, system), target, memory_limit="20 MB"), expected, strict=True):
        agree(ours, theirs, tolerance=1e-7)
    # A quarter of it, and 256 bytes for each.
    assert 5 <= len(system.projected) <= 20 and max(system.projected[:-1]) <= 20_000_000 / 4 / 256 * 1.05


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_block_of_a_graph_asks_once(function):
    data, system = image((90, 80)), Counted(TARGET)
    expected = function((data, INPUT), TARGET)
    lazy = function((da.from_array(data, chunks=40), INPUT), system, shape_out=(70, 75), block_size=(35, 25), return_type="dask")
    system.lifted.clear()
    for ours, theirs in zip(da.compute(*lazy, scheduler="threads"), expected, strict=True):
        agree(ours, theirs, tolerance=1e-7)
    # Six blocks: each asks for its pixels, and whether the system still gives what it gave when the graph was made.
    assert len(system.lifted) == 12


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_plan_counts_the_positions_that_are_held(function):
    name = function.__name__.removeprefix("reproject_")
    peaks = [plan((image((90, 80)), wcs), TARGET, function=name).cost["peak"] for wcs in (INPUT, Foreign(INPUT))]
    assert peaks[1] - peaks[0] >= 16 * 70 * 75


class Worried(Foreign):
    """Warns where nothing of a call has a pixel, as sunpy does, and on demand in every call."""

    def __init__(self, header, always=False):
        super().__init__(header)
        self.always = always

    def world_to_pixel_values(self, *world):
        x, y = super().world_to_pixel_values(*world)
        x = np.where(y < 40, np.nan, x)
        if np.isnan(x).all():
            warnings.warn("all NaNs", UserWarning, stacklevel=2)
        if self.always:
            warnings.warn("a worn-out system", DeprecationWarning, stacklevel=2)
        return x, y


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_holds_for_a_part_is_not_said_of_all(function, caplog):
    data, target = image((90, 80)), tan((300, 320), scale=3e-4)
    with warnings.catch_warnings(), caplog.at_level(logging.INFO, "reproject_rs"):
        warnings.simplefilter("error")
        parts, _ = function((data, Worried(INPUT)), target, memory_limit="20 MB")
    assert 0.2 < np.isfinite(parts).mean() < 0.9
    assert any("calls of a coordinate system" in r.message and "all NaNs" in r.message for r in caplog.records)
    with pytest.warns(DeprecationWarning, match="worn-out") as told:
        function((data, Worried(INPUT, always=True)), target, memory_limit="20 MB")
    assert [str(w.message) for w in told] == ["a worn-out system"]


def test_what_holds_for_all_is_said_once():
    data, away = image((90, 80)), tan((300, 320), crval=(150.0, 29.9), scale=1e-5)
    with pytest.warns(UserWarning, match="all NaNs") as told:
        result, _ = reproject_interp((data, Worried(INPUT)), away, memory_limit="20 MB")
    assert len(told) == 1 and np.isnan(result).all()
    with warnings.catch_warnings(), pytest.raises(UserWarning, match="all NaNs"):
        warnings.simplefilter("error")
        reproject_interp((data, Worried(INPUT)), away, memory_limit="20 MB")
