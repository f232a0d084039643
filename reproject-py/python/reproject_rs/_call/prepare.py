"""A call whose arguments are read: all that is to be done is decided, and no pixel is touched."""

import dataclasses
import logging
import os
from typing import Any

import numpy as np

from .._coords.maps import PixelRoute
from . import shapes
from .input import parse_input, parse_output
from .mask import joined
from .method import Method
from .options import Options
from .planes import planes
from .values import blank_value, result_dtype

LOG = logging.getLogger(__name__)
# Scripts that ask for the log of `reproject` get this one.
LOG.parent = logging.getLogger("reproject._common")


@dataclasses.dataclass(frozen=True, eq=False)
class Prepared:
    """One reprojection, which `execute`, `graph` and `plan` make something of.

    Attributes
    ----------
    method : `~reproject_rs._call.method.Method`
        The resampler.
    options : `~reproject_rs._call.options.Options`
        The options, checked.
    array : array
        The input: a plain NumPy array or a dask array.
    mask : `~numpy.ndarray` or None
        Which of its pixels are left out: booleans or weights, of its shape.
    from_file : bool
        Whether this call opened the file that the input lies in.
    outputs : tuple
        Plain arrays of the caller for values and footprint, or None.
    routes : list
        Indices of the leading axes, and the `~reproject_rs._coords.maps.PixelRoute` of those planes.
    shape_out : tuple of int
        The shape of the output, broadcast axes included.
    count : int
        The number of reprojected axes, the last ones.
    dtype : `~numpy.dtype`
        The type of the result.
    fill : int or float or None
        What stands where nothing is known; None is NaN.
    block : tuple of int or None
        One side for every axis of the output; None leaves the choice to who computes.
    positions : int or None
        How many positions may be held at once, where memory is limited.
    """

    method: Method
    options: Options
    array: Any
    mask: np.ndarray | None
    from_file: bool
    outputs: tuple
    routes: list
    shape_out: tuple
    count: int
    dtype: np.dtype
    fill: Any
    block: tuple | None
    positions: int | None

    def parts(self):
        """The parts of the input that have coordinates of their own: a `Part` for every route."""
        for place, route in self.routes:
            array, mask = (a if a is None or not place else a[place] for a in (self.array, self.mask))
            yield Part(place, route, array, mask)


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """Planes that share a route: their index in input and output (empty for all of them), their pixels and their mask."""

    place: tuple
    route: PixelRoute
    array: Any
    mask: np.ndarray | None


def prepare(method, arguments, rules):
    """Decides what a call will do.

    Parameters
    ----------
    method : `~reproject_rs._call.method.Method`
        The resampler that its arguments ask for.
    arguments : dict
        The arguments of the function, by name.
    rules : callable
        What the function asks of two coordinate systems, input and output: errors and warnings.
    """
    options = Options.of(arguments)
    source = parse_input(arguments["input_data"], options.hdu_in)
    outputs = _outputs(options, source.unit)
    wcs_out, shape_out = parse_output(arguments["output_projection"], options.shape_out, outputs[0])
    count = shapes.reprojected(source.wcs, wcs_out, shape_out, options.non_reprojected_dims)
    shape_out = shapes.broadcast(source.array.shape, shape_out, count)
    _check_outputs(outputs, shape_out, method)
    _check_axes(source, wcs_out, shape_out, count, options, method)
    runs = planes(source.wcs, wcs_out, source.array.shape, shape_out, count)
    routes = [(place, PixelRoute(wcs_in, wcs, options.tolerance)) for place, wcs_in, wcs in runs]
    for _, route in routes:
        rules(route.input, route.output)
    block = _block(options, shape_out, count, planes=len(routes) > 1)
    dtype = result_dtype(options.dtype, source.array, outputs[0], method)
    fill = blank_value(options.fill, dtype)
    shapes.possible(shape_out, dtype.itemsize)
    block, positions = _limited(options, block, shape_out, dtype, [route for _, route in routes])
    return Prepared(
        method, options, source.array, joined(options.mask, source), isinstance(arguments["input_data"], str | os.PathLike),
        outputs, routes, shape_out, count, dtype, fill, block, positions,
    )  # fmt: skip


def _outputs(options, unit):
    """The caller's arrays as plain ones, if they are of the unit of the input."""
    given = getattr(options.output_array, "unit", None)
    if None not in (given, unit) and given != unit:
        raise ValueError(f"output_array is in {given}, the input in {unit}: give an array of that unit, or a plain one")
    return tuple(None if a is None else np.asarray(a) for a in (options.output_array, options.output_footprint))


def _check_outputs(outputs, shape_out, method):
    """The rules about arrays of the caller."""
    array, footprint = outputs
    if array is not None and array.shape != shape_out:
        raise ValueError(f"Output array shape {array.shape} should match shape_out={shape_out}")
    if footprint is not None and footprint.shape != shape_out:
        raise ValueError(f"output_footprint has shape {footprint.shape}, the output {shape_out}")
    if footprint is not None and method.has_shares and footprint.dtype.kind != "f":
        raise TypeError(f"output_footprint is of type {footprint.dtype}, which holds no shares of pixels: give one of floats")


def _check_axes(source, wcs_out, shape_out, count, options, method):
    """The rules between the axes of arrays and coordinate systems."""
    counts = count, count
    if options.non_reprojected_dims is None:
        counts = source.wcs.naxis, wcs_out.naxis
        if counts[0] != counts[1]:
            between = "between" if method.kind == "adaptive" else "in"
            raise ValueError(f"Number of dimensions {between} input and output WCS should match")
    shapes.check(source.array.shape, shape_out, *counts)


def _block(options, shape_out, count, planes):
    """The block that is asked for, or None."""
    size, parallel = options.block_size, options.parallel
    block, single = shapes.block_shape(size, shape_out, count, planes)
    if size is not None or parallel is not False:
        LOG.info("Broadcasting is %sbeing used, reprojecting last %d axes", "" if count < len(shape_out) else "not ", count)
        LOG.info(
            "%sarallelizing along broadcasted dimension (block_size=%s, shape_out=%s)",
            "P" if single else "Not p", size, shape_out,
        )  # fmt: skip
    if options.is_lazy and size is None and not parallel:
        # Two releases of `reproject` say it in two ways, and scripts may match either.
        raise ValueError(
            f"Output cannot be returned as {options.return_type} arrays when parallel=False and no block size has been specified "
            "(Output cannot be returned as dask or zarr arrays as a whole: give block_size='auto')"
        )
    return block


def _limited(options, block, shape_out, dtype, routes):
    """The block that fits the memory that is allowed, and how many positions do; as it is where all is."""
    if options.memory_limit is None:
        return block, None
    ends = [end.native for route in routes[:1] for end in (route.input, route.output)]
    held = sum(native.held for native in ends if native is not None)
    calls = any(route.calls for route in routes)
    size = max(dtype.itemsize, 8)
    return shapes.limited(options.memory_limit, block, shape_out, options.threads, size, held=held, calls=calls)
