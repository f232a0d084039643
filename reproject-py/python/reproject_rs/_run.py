"""What the three functions share: arguments, shapes, the call of the engine, and the text of their options."""

import os
import textwrap

import numpy as np

from . import _reproject_rs as _engine
from ._input import parse_input, parse_output
from ._wcs import native

OPTIONS = {
    "input": """
        input_data : object
            The image: a FITS file name, an `~astropy.io.fits.HDUList` or image HDU, a tuple of a `~numpy.ndarray` and its
            `~astropy.wcs.WCS` or `~astropy.io.fits.Header`, or an `~astropy.nddata.NDData` (masked pixels count as NaN).
            Axes before those of the WCS are broadcast: they share one set of coordinates.
        output_projection : `~astropy.wcs.WCS` or `~astropy.io.fits.Header` or file name
            The output grid.
        shape_out : tuple, optional
            The shape of the output, where ``output_projection`` does not tell or another is wanted.
        hdu_in : int or str, optional
            The HDU of a FITS file.""",
    "roundtrip": """
        roundtrip_coords : bool
            Whether pixels whose position does not come back to within a pixel are left empty; free where it cannot happen.
        """,
    "output": """
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
        dask_method : {'memmap', 'none', None}
            Without meaning for arrays in memory; dask arrays are not supported yet.""",
}


def documented(function):
    """Puts the text of the shared options into a docstring: each is written once."""
    for name, text in OPTIONS.items():
        body = textwrap.indent(textwrap.dedent(text).strip(), "    ").lstrip()
        function.__doc__ = function.__doc__.replace("{" + name + "}", body)
    return function


def run(
    how,
    input_data,
    output_projection,
    *,
    shape_out,
    hdu_in,
    roundtrip_coords,
    output_array,
    output_footprint,
    return_footprint,
    block_size,
    parallel,
    return_type,
    dask_method,
    zarr_path=None,
    coverage=False,
    images_only=None,
):
    """Runs one reprojection; ``how(from, to)`` makes the resampler, ``images_only`` refuses other coordinate systems."""
    if return_type not in (None, "numpy", "dask", "zarr"):
        raise ValueError(f"return_type should be set to 'numpy', 'dask' or 'zarr', not {return_type!r}")
    if dask_method not in (None, "none", "memmap"):
        raise ValueError(f"dask_method={dask_method!r} is not one of ('memmap', 'none')")
    threads = None if parallel == "current-scheduler" else _threads(parallel)
    array, wcs_in = parse_input(input_data, hdu_in)
    wcs_out, shape_out = parse_output(output_projection, shape_out, array.shape, output_array)
    from_, to = native(wcs_in, "input_data"), native(wcs_out, "output_projection")
    if images_only and not (from_.is_image and to.is_image):
        raise NotImplementedError(images_only)
    shape_out = _full_shape(array, from_, to, shape_out)
    if return_type in ("dask", "zarr") or parallel == "current-scheduler" or not isinstance(array, np.ndarray):
        from ._dask import run_graph

        return run_graph(
            array, from_, to, how(from_, to), shape_out, roundtrip=bool(roundtrip_coords), coverage=coverage,
            block_size=block_size, parallel=parallel, return_type=return_type, zarr_path=zarr_path,
            output_array=output_array, output_footprint=output_footprint, return_footprint=return_footprint,
        )  # fmt: skip
    block = _block(block_size, shape_out)

    result = np.empty(shape_out) if output_array is None else output_array
    direct = result if _writable(result) else np.empty(shape_out)
    footprint = weight = None
    if return_footprint or output_footprint is not None:
        footprint = np.empty(shape_out) if output_footprint is None else output_footprint
        if footprint.shape != shape_out:
            raise ValueError(f"output_footprint has shape {footprint.shape}, the output {shape_out}")
        weight = footprint if _writable(footprint, (np.float64,)) else np.empty(shape_out)
    _engine.reproject(
        array, from_, to, how(from_, to), direct, weight,
        roundtrip=bool(roundtrip_coords), threads=threads, block=block, coverage=coverage,
    )  # fmt: skip
    if direct is not result:
        result[...] = direct
    if weight is not footprint:
        footprint[...] = weight
    return (result, footprint) if return_footprint else result


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
    for name, has in (("celestial components", "has_celestial"), ("a spectral component", "has_spectral")):
        if getattr(from_, has) and not getattr(to, has):
            raise ValueError(f"Input WCS has {name} but output WCS does not")
        if getattr(to, has) and not getattr(from_, has):
            raise ValueError(f"Output WCS has {name} but input WCS does not")
    if array.ndim < from_.naxis:
        raise ValueError("Too few dimensions in input data")
    if len(shape_out) < to.naxis:
        raise ValueError("Too few dimensions in shape_out")
    if len(shape_out) == to.naxis:
        shape_out = (*array.shape[: array.ndim - to.naxis], *shape_out)
    if len(shape_out) != array.ndim:
        raise ValueError("Number of dimensions in input and output data should match")
    leading = array.ndim - to.naxis
    if shape_out[:leading] != array.shape[:leading]:
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
