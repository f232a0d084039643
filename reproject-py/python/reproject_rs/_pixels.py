"""Pixel positions of one image as pixel positions of another."""

import numpy as np

from ._reproject_rs import pixel_to_pixel as _map
from ._wcs import native


def mapped(call, arrays, count):
    """What ``call(inputs, outputs)`` makes of ``count`` coordinate arrays that broadcast: fresh arrays of their shape, numbers for
    numbers."""
    if len(arrays) != count:
        raise ValueError(f"{count} coordinate arrays are expected, {len(arrays)} were given")
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in arrays))
    outputs = tuple(np.empty(a.shape) for a in arrays)
    call([np.require(a, requirements="CA").reshape(-1) for a in arrays], [out.reshape(-1) for out in outputs])
    return outputs if outputs[0].shape else tuple(out[()] for out in outputs)


def pixel_to_pixel(wcs_in, wcs_out, *inputs):
    """Transform pixel coordinates in a dataset with a WCS to pixel coordinates in another.

    Parameters
    ----------
    wcs_in, wcs_out : `~reproject_rs.WCS` or `~astropy.io.fits.Header` or `~astropy.wcs.WCS`
        The coordinate systems of the two images.
    *inputs : array-like
        Pixel positions in ``wcs_in``, one argument an axis, x first: 0-based, centres at integers, of shapes that
        broadcast.

    Returns
    -------
    tuple of `~numpy.ndarray`
        The positions in ``wcs_out``; NaN where there is no such point.
    """
    from_, to = native(wcs_in, "wcs_in"), native(wcs_out, "wcs_out")
    return mapped(lambda given, out: _map(from_, to, given, out), inputs, from_.naxis)
