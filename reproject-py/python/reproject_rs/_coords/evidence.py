"""Positions that coordinate systems of Python gave when a result was asked for, so that a part that would get others is an error.

Functions of Python may hang on what is set around a call: the screens and observers of sunpy, the states of astropy. A part that
is computed later, or in another process, would silently become another picture.
"""

import numpy as np

from .hearing import unheard

# About as many positions are looked at, whatever the number of axes.
LOOKS = 1024
# Pixels, and their share: libraries of two machines differ by less.
CLOSE = {"atol": 1e-6, "rtol": 1e-9}


def of(route, shape_out):
    """Positions on the output and where they lie on the input; None where Python is not called for them."""
    if not route.calls or 0 in shape_out:
        return None
    naxis = route.output.naxis
    pixels = sites(shape_out[len(shape_out) - naxis :], max(2, round(LOOKS ** (1 / naxis))))
    return pixels, _there(map_of(route), pixels)


def sites(shape, most):
    """Pixel positions all over an array, at most that many along each axis, x first, one row an axis."""
    along = [np.unique(np.linspace(0, max(n - 1, 0), min(n, most)).round()) for n in shape]
    return np.array([axis.ravel() for axis in np.meshgrid(*along, indexing="ij")][::-1], dtype=float)


def map_of(route):
    """The map of a route whose positions are looked at; None where Python is not called for them."""
    return route.exact_map(False) if route.calls else None


def check(seen, map):
    """Checks that a map still gives the positions that were seen.

    Raises
    ------
    RuntimeError
        If it does not.
    """
    if seen is None:
        return
    pixels, there = seen
    now = _there(map, pixels)
    same = np.isclose(now, there, equal_nan=True, **CLOSE).all(axis=0)
    if same.all():
        return
    lost, won = (np.isfinite(a).all(axis=0) & ~np.isfinite(b).all(axis=0) for a, b in ((there, now), (now, there)))
    raise RuntimeError(
        f"the coordinate systems give other positions than when this result was asked for ({(~same).sum()} of {len(same)} "
        f"looked at differ; {lost.sum()} are lost, {won.sum()} new): they hang on something set around that call, such as a "
        "`with` of sunpy or a state of astropy, which is not set here. Compute the result inside of it, and in the process that "
        "set it (by threads: of dask scheduler='threads', of arrays threads=)"
    )


def _there(map, pixels):
    there = np.empty_like(pixels)
    with unheard():
        map.positions(list(pixels), list(there))
    return there
