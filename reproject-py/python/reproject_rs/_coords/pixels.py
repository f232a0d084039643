"""Pixel positions of one image as pixel positions of another."""

import functools
from typing import Any

import numpy as np

from .._reproject_rs import Wcs
from .._reproject_rs import pixel_to_pixel as _map
from .memory import fresh
from .sphere import sphere_of


def mapped(call, arrays, count):
    """The results of ``call(inputs, outputs)`` for ``count`` coordinate arrays that broadcast: fresh arrays of their shape, numbers for
    numbers."""
    if len(arrays) != count:
        raise ValueError(f"{count} coordinate arrays are expected, {len(arrays)} were given")
    if not all(map(_is_ready, arrays)) or len({a.shape for a in arrays}) > 1:
        arrays = np.broadcast_arrays(*map(_numbers, arrays))
        arrays = [np.require(a, requirements="CA") for a in arrays]
    outputs = fresh(count, np.shape(arrays[0]))
    call([a.reshape(-1) for a in arrays], [out.reshape(-1) for out in outputs])
    return outputs if outputs[0].shape else tuple(out[()] for out in outputs)


def _numbers(array):
    array = np.asarray(array)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"positions are real numbers, not {array.dtype}")
    return array.astype(np.float64, copy=False)


def _is_ready(array):
    """Whether the engine can read an array as it is: threads should not wait for each other's conversions that do nothing."""
    return type(array) is np.ndarray and array.dtype == np.float64 and array.flags.c_contiguous and array.flags.aligned


def pixel_to_pixel(wcs_in: Any, wcs_out: Any, *inputs: Any) -> tuple[Any, ...]:
    """Transform pixel coordinates in a dataset with a WCS to pixel coordinates in another.

    Parameters
    ----------
    wcs_in, wcs_out : `~astropy.io.fits.Header` or a coordinate system of APE 14
        The coordinate systems of the two images, such as a `~reproject_rs.WCS` or an `~astropy.wcs.WCS`. FITS goes through
        the engine; what is called in Python is called once for all positions.
    *inputs : array-like
        Pixel positions in ``wcs_in``, one argument an axis, x first: 0-based, centres at integers, of shapes that
        broadcast.

    Returns
    -------
    tuple of `~numpy.ndarray`
        The positions in ``wcs_out``; NaN where there is no such point.
    """
    # The usual case waits for nobody: other threads hold the interpreter lock for as long as it takes to look further.
    if (start := _plain(wcs_in, len(inputs))) and (end := _plain(wcs_out, len(inputs))):
        return mapped(functools.partial(_map, start, end), inputs, len(inputs))
    from .coordinates import Coordinates
    from .maps import PixelRoute

    given, wanted = Coordinates(wcs_in, "wcs_in"), Coordinates(wcs_out, "wcs_out")
    if given.naxis != wanted.naxis:
        raise ValueError(f"wcs_in has {given.naxis} pixel axes, wcs_out {wanted.naxis}: positions need as many in both")
    route = PixelRoute(wanted, given)
    if route.is_native:
        return mapped(functools.partial(_map, given.native, wanted.native), inputs, given.naxis)
    return mapped(route.map(False).positions, inputs, given.naxis)


def _plain(wcs: Any, count: int) -> Wcs | None:
    """The engine's coordinate system of a `~reproject_rs.WCS` of ``count`` axes on a sphere that FITS says all of."""
    own = getattr(wcs, "_native", None)
    if isinstance(own, Wcs) and own.naxis == count and not sphere_of(own).is_named:
        return own
    return None
