"""Coordinate systems that hang on what is set around a call: a result that comes later is the same, or an error; never another picture."""

import contextlib
import contextvars
import pickle

import dask
import dask.array as da
import numpy as np
import pytest
from helpers import Foreign, equal, image, tan

from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp

SHAPE = (40, 50)
DATA, TARGET = image(SHAPE), tan(SHAPE, rotation=20.0)
FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]
VARIABLE = contextvars.ContextVar("screen", default=False)


class Screened(Foreign):
    """Sees pixels beyond a circle only while a screen is up: a class attribute, as sunpy's screens are."""

    up = False

    def seen(self):
        return type(self).up

    def pixel_to_world_values(self, x, y):
        lat, lon = super().pixel_to_world_values(x, y)
        off = np.hypot(np.asarray(x) - 25, np.asarray(y) - 20) > 15
        return (lat, lon) if self.seen() else (np.where(off, np.nan, lat), np.where(off, np.nan, lon))


class Variable(Screened):
    """The same by a context variable, which other threads do not see."""

    def seen(self):
        return VARIABLE.get()


@contextlib.contextmanager
def screen():
    Screened.up, token = True, VARIABLE.set(True)
    try:
        yield
    finally:
        Screened.up = False
        VARIABLE.reset(token)


def lazily(function, kind, **options):
    source = (da.from_array(DATA, chunks=20), tan(SHAPE))
    return function(source, kind(TARGET), shape_out=SHAPE, return_type="dask", block_size=(20, 20), **options)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
@pytest.mark.parametrize("tolerance", [None, 1e-3])
def test_a_lazy_result_is_computed_in_the_context_it_was_made_in(function, scheduler, tolerance):
    outside = function((DATA, tan(SHAPE)), Screened(TARGET), shape_out=SHAPE)
    with screen():
        inside = function((DATA, tan(SHAPE)), Screened(TARGET), shape_out=SHAPE, tolerance=tolerance)
        lazy = lazily(function, Screened, tolerance=tolerance)
        for ours, theirs in zip(dask.compute(*lazy, scheduler=scheduler), inside, strict=True):
            equal(ours, theirs)
    assert np.isfinite(inside[0]).sum() > np.isfinite(outside[0]).sum() + 300
    for part in (lazy[0], lazy[1][:5, :5], pickle.loads(pickle.dumps(lazy[0]))):
        with pytest.raises(RuntimeError, match="give other positions than when this result was asked for .* new|lost"):
            part.compute(scheduler=scheduler)
    # The other way round, too; and the two are two results, whose blocks do not take each other's place.
    later = lazily(function, Screened, tolerance=tolerance)
    assert {a.name for a in later}.isdisjoint(a.name for a in lazy)
    for ours, theirs in zip(dask.compute(*later, scheduler=scheduler), outside, strict=True):
        if tolerance is None:
            equal(ours, theirs)
    with screen(), pytest.raises(RuntimeError, match="give other positions"):
        later[0].compute(scheduler=scheduler)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_context_variables_are_taken_along_by_threads(function):
    with screen():
        inside = function((DATA, tan(SHAPE)), Variable(TARGET), shape_out=SHAPE)
        for options in ({"threads": 2}, {"parallel": "current-scheduler"}):
            for ours, theirs in zip(function((DATA, tan(SHAPE)), Variable(TARGET), shape_out=SHAPE, **options), inside, strict=True):
                equal(ours, theirs)
        lazy = lazily(function, Variable)
    for scheduler in ("synchronous", "threads"):
        for ours, theirs in zip(dask.compute(*lazy, scheduler=scheduler), inside, strict=True):
            equal(ours, theirs)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("kind", [Screened, Variable])
def test_processes_without_the_context_say_so(function, kind):
    with screen():
        with pytest.raises(Exception, match="give other positions than when this result was asked for"):
            function((DATA, tan(SHAPE)), kind(TARGET), shape_out=SHAPE, parallel="processes", threads=1)
        lazy = lazily(function, kind)
    with pytest.raises(RuntimeError, match="give other positions"), dask.config.set(scheduler="processes", num_workers=1):
        lazy[0].compute()
    expected = function((DATA, tan(SHAPE)), kind(TARGET), shape_out=SHAPE)
    same = function((DATA, tan(SHAPE)), kind(TARGET), shape_out=SHAPE, parallel="processes", threads=1)
    for ours, theirs in zip(same, expected, strict=True):  # astropy pickles a WCS as a printed header, with fewer digits
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
