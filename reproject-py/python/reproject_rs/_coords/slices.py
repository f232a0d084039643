"""Slices of FITS coordinate systems as FITS coordinate systems again: planes of a cube, cut-outs."""

import numbers

import numpy as np
from astropy.wcs import WCS, Sip
from astropy.wcs.wcsapi import SlicedLowLevelWCS


def unsliced(low):
    """The FITS coordinate system that a `SlicedLowLevelWCS` comes to; None where it is none or cannot be said in FITS."""
    plain = ("pixel_to_world_values", "world_to_pixel_values")
    if not isinstance(low, SlicedLowLevelWCS) or any(
        getattr(type(low), name) is not getattr(SlicedLowLevelWCS, name) for name in plain
    ):
        return None
    inner, slices = getattr(low, "_wcs", None), getattr(low, "_slices_array", None)
    if not isinstance(inner, WCS) or slices is None or len(slices) != inner.naxis:
        return None
    return fits_slice(inner, slices)


def fits_slice(wcs, slices):
    """``wcs`` at ``slices`` (in array order: ranges move the reference pixel, integers fix an axis); None if FITS has no such.

    A fixed pixel axis adds a constant to the other axes where the matrix couples them (FITS paper I, equation 9): that is
    a shift of their reference pixel.
    """
    slices = [s if isinstance(s, slice) else int(s) for s in slices][::-1]
    fixed = [i for i, s in enumerate(slices) if not isinstance(s, slice)]
    kept = [i for i in range(wcs.naxis) if i not in fixed]
    starts = [(slices[i].start or 0) if i in kept else 0 for i in range(wcs.naxis)]
    if not fixed and not any(starts) and all(slices[i].step in (None, 1) for i in kept):
        return wcs
    tables = (wcs.cpdis1, wcs.cpdis2, wcs.det2im1, wcs.det2im2)
    if any(t is not None for t in tables) or wcs.wcs.tab or any(slices[i].step not in (None, 1) for i in kept):
        return None
    if any(not isinstance(s, numbers.Integral) or s < 0 for s in starts):
        return None
    sub = wcs.deepcopy()
    crpix = np.array(wcs.wcs.crpix, dtype=float) - starts
    if wcs.sip is not None:
        if 0 in fixed or 1 in fixed:
            return None
        sip = wcs.sip
        sub.sip = Sip(sip.a, sip.b, sip.ap, sip.bp, np.asarray(sip.crpix) - starts[:2])
    name = "cd" if wcs.wcs.has_cd() else "pc"
    matrix = np.array(getattr(wcs.wcs, name) if name == "cd" else wcs.wcs.get_pc(), dtype=float)
    if fixed:
        if matrix[np.ix_(fixed, kept)].any():
            return None
        offset = [slices[i] + 1 - crpix[i] for i in fixed]
        try:
            crpix[kept] -= np.linalg.solve(matrix[np.ix_(kept, kept)], matrix[np.ix_(kept, fixed)] @ offset)
        except np.linalg.LinAlgError:
            return None
        matrix[np.ix_(kept, fixed)] = 0.0
        setattr(sub.wcs, name, matrix)
    sub.wcs.crpix = crpix
    sub.wcs.set()
    if fixed:
        # One of two celestial axes means nothing without the other.
        if wcs.has_celestial and ((wcs.wcs.lng in fixed) != (wcs.wcs.lat in fixed)):
            return None
        sub = sub.sub([i + 1 for i in kept])
    sub.array_shape = None
    return sub
