"""Planes that keep their place: the coordinate systems of every plane, or one for all where they are the same."""

import itertools

import numpy as np

from .._coords.coordinates import Coordinates
from .._coords.slices import fits_slice


def planes(wcs_in, wcs_out, shape_in, shape_out, count):
    """Parts of the arrays and the coordinate systems of each: one part for all planes if they share one.

    Each is an index of the leading axes and two `~reproject_rs._coords.coordinates.Coordinates` of ``count`` axes.
    """
    if wcs_in.naxis == count and wcs_out.naxis == count:
        return [((), wcs_in, wcs_out)]
    if _constant(wcs_in, count) and _constant(wcs_out, count):
        first = (0,) * (len(shape_out) - count)
        return [((), _plane(wcs_in, first, count), _plane(wcs_out, first, count))]
    leading = itertools.product(*(range(n) for n in shape_out[: len(shape_out) - count]))
    return [(place, _plane(wcs_in, place, count), _plane(wcs_out, place, count)) for place in leading]


def _constant(wcs, count):
    """Whether the last axes have the same coordinates in every plane."""
    extra = wcs.naxis - count
    if extra <= 0:
        return True
    correlated = np.asarray(wcs.low.axis_correlation_matrix)
    ours = correlated[:, :count].any(axis=1)
    return not correlated[ours, count:].any()


def _plane(wcs, place, count):
    """One plane of a coordinate system."""
    extra = wcs.naxis - count
    if extra <= 0:
        return wcs
    from astropy.wcs import WCS
    from astropy.wcs.wcsapi import SlicedLowLevelWCS

    slices = [*place[len(place) - extra :], *(slice(None) for _ in range(count))]
    sliced = fits_slice(wcs.low, slices) if isinstance(wcs.low, WCS) else None
    return Coordinates(SlicedLowLevelWCS(wcs.low, slices) if sliced is None else sliced, wcs.what)
