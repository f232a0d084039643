"""Reprojection by interpolation."""

import os

import numpy as np

from . import _reproject_rs as _engine
from ._input import parse_input, parse_output
from ._wcs import native

__all__ = ["reproject_interp"]

ORDERS = {"nearest-neighbor": 0, "bilinear": 1}


def reproject_interp(
    input_data,
    output_projection,
    shape_out=None,
    hdu_in=0,
    order="bilinear",
    roundtrip_coords=True,
    output_array=None,
    output_footprint=None,
    return_footprint=True,
    block_size=None,
    parallel=False,
    return_type=None,
    dask_method=None,
):
    """Reproject data to a new projection using interpolation.

    Parameters
    ----------
    input_data : object
        The image: a FITS file name, an `~astropy.io.fits.HDUList` or image HDU, a tuple of a `~numpy.ndarray` and its
        `~astropy.wcs.WCS` or `~astropy.io.fits.Header`, or an `~astropy.nddata.NDData` (masked pixels count as NaN).
        Axes before those of the WCS are broadcast: they share one set of coordinates.
    output_projection : `~astropy.wcs.WCS` or `~astropy.io.fits.Header` or file name
        The output grid.
    shape_out : tuple, optional
        The shape of the output, where ``output_projection`` does not tell.
    hdu_in : int or str, optional
        The HDU of a FITS file.
    order : int or str, optional
        ``'nearest-neighbor'`` (0) or ``'bilinear'`` (1).
    roundtrip_coords : bool
        Whether pixels whose position does not come back to within a pixel are left empty; free where it cannot happen.
    output_array, output_footprint : `~numpy.ndarray`, optional
        Arrays to store the results in, of any strides and dtype.
    return_footprint : bool
        Whether to return the footprint as well.
    block_size : tuple or 'auto', optional
        The block of output pixels computed at a time; results do not depend on it.
    parallel : bool or int
        `True` uses all processors, a number that many threads; results do not depend on it.
    return_type : {'numpy', None}
        Kind of the result.
    dask_method : None
        Not used: dask input is not supported yet.

    Returns
    -------
    array : `~numpy.ndarray`
        The reprojected image, float64 unless ``output_array`` says otherwise; NaN where nothing is known.
    footprint : `~numpy.ndarray`
        1 where the array is known, 0 elsewhere.
    """
    _not_yet(return_type=(return_type, (None, "numpy")), dask_method=(dask_method, (None, "none", "memmap")))
    order = _order(order)
    threads = _threads(parallel)
    array, wcs_in = parse_input(input_data, hdu_in)
    wcs_out, shape_out = parse_output(output_projection, shape_out, array.shape, output_array)
    from_, to = native(wcs_in, "input_data"), native(wcs_out, "output_projection")
    shape_out = _full_shape(array, from_, to, shape_out)
    block = _block(block_size, shape_out)

    result = np.empty(shape_out) if output_array is None else output_array
    direct = result if _writable(result) else np.empty(shape_out)
    footprint = weight = None
    if return_footprint or output_footprint is not None:
        footprint = np.empty(shape_out) if output_footprint is None else output_footprint
        if footprint.shape != shape_out:
            raise ValueError(f"output_footprint has shape {footprint.shape}, the output {shape_out}")
        weight = footprint if _writable(footprint, (np.float64,)) else np.empty(shape_out)
    _engine.interpolate(
        array, from_, to, direct, weight, order=order, roundtrip=bool(roundtrip_coords), threads=threads, block=block,
        coverage=False,
    )
    if direct is not result:
        result[...] = direct
    if weight is not footprint:
        footprint[...] = weight
    return (result, footprint) if return_footprint else result


def _not_yet(**arguments):
    for name, (value, known) in arguments.items():
        if value not in known:
            raise NotImplementedError(f"{name}={value!r} is not supported yet; use one of {known}")


def _order(order):
    if isinstance(order, str):
        if order in ("biquadratic", "bicubic"):
            raise NotImplementedError(f"order={order!r} is not supported yet; use one of {tuple(ORDERS)}")
        if order not in ORDERS:
            raise ValueError(f"order={order!r} is not one of {tuple(ORDERS)}")
        return ORDERS[order]
    if order in (2, 3):
        raise NotImplementedError(f"order={order} is not supported yet; use 0 or 1")
    if order not in (0, 1):
        raise ValueError(f"order={order!r} is not 0 (nearest-neighbor) or 1 (bilinear)")
    return int(order)


def _threads(parallel):
    """The number of threads, or None for none but the caller's."""
    if isinstance(parallel, str):
        raise NotImplementedError(f"parallel={parallel!r} is not supported yet; use True or a number of threads")
    if isinstance(parallel, bool | np.bool_) or parallel is None:
        return max(1, len(os.sched_getaffinity(0))) if parallel else None
    if parallel <= 0:
        raise ValueError("The number of processors to use must be strictly positive")
    return int(parallel)


def _full_shape(array, from_, to, shape_out):
    """The shape of the output with the broadcast axes of the input in front."""
    if from_.naxis != to.naxis:
        raise ValueError("Number of dimensions in input and output WCS should match")
    if from_.naxis != 2:
        raise NotImplementedError(
            f"coordinate systems of {from_.naxis} axes are not supported yet; use their celestial part (WCS.celestial)"
        )
    if array.ndim < from_.naxis:
        raise ValueError("Too few dimensions in input data")
    if len(shape_out) < to.naxis:
        raise ValueError("Too few dimensions in shape_out")
    if len(shape_out) == to.naxis:
        shape_out = (*array.shape[: array.ndim - to.naxis], *shape_out)
    if len(shape_out) != array.ndim:
        raise ValueError("Number of dimensions in input and output data should match")
    leading = array.ndim - to.naxis
    if tuple(shape_out[:leading]) != array.shape[:leading]:
        raise ValueError("Dimensions to be looped over must match exactly")
    return shape_out


def _block(block_size, shape_out):
    if block_size is None or isinstance(block_size, str) and block_size == "auto":
        return None
    block = [int(side) for side in block_size]
    if len(block) < len(shape_out):
        block = [*shape_out[: len(shape_out) - len(block)], *block]
    return block


def _writable(array, dtypes=(np.float32, np.float64)):
    """Whether the engine can write into an array as it is."""
    return (
        isinstance(array, np.ndarray)
        and array.dtype in dtypes
        and array.dtype.isnative
        and array.flags.aligned
        and array.flags.writeable
    )
