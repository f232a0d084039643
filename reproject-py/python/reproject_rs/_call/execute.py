"""What the three functions share: arguments are parsed, then arrays in memory are run."""

import logging
import os

import numpy as np

from .. import _reproject_rs as _engine
from .._coords.hearing import Hearing
from .._coords.maps import Route
from . import checks, shapes
from .empty import report
from .input import is_dask, parse_input, parse_output, unmasked
from .plan import PLANNING, planned
from .planes import planes
from .progress import reporter
from .values import blank_value, result_dtype, whole_numbers

LOG = logging.getLogger(__name__)
# Scripts that ask for the log of `reproject` get this one.
LOG.parent = logging.getLogger("reproject._common")

ENGINE_DTYPES = tuple(np.dtype(t) for t in ("f4", "f8"))


def run(
    method,
    input_data,
    output_projection,
    *,
    shape_out,
    hdu_in,
    roundtrip_coords=False,
    output_array,
    output_footprint,
    return_footprint,
    block_size,
    non_reprojected_dims,
    parallel,
    return_type,
    dask_method,
    zarr_path,
    dtype=None,
    fill=None,
    mask=None,
    threads=None,
    progress=None,
    memory_limit=None,
    tolerance=None,
    pad=0,
    check=None,
):
    """Runs one reprojection by a `~reproject_rs._call.method.Method`; ``check(input, output)`` adds rules of the function's own."""
    if not checks.among(return_type, (None, "numpy", "dask", "zarr")):
        raise ValueError(f"return_type should be set to 'numpy', 'dask' or 'zarr', not {checks.told('', return_type)[1:]}")
    if not checks.among(dask_method, (None, "none", "memmap")):
        raise ValueError(f"dask_method should be set to 'memmap' or 'none', not {checks.told('', dask_method)[1:]}")
    roundtrip = checks.flag("roundtrip_coords", roundtrip_coords)
    return_footprint = checks.flag("return_footprint", return_footprint)
    if (return_type == "zarr") != (zarr_path is not None):
        raise ValueError("return_type='zarr' and zarr_path go together: give both or neither")
    threads = _threads(parallel, threads)
    afar = isinstance(parallel, str) and parallel == "processes"
    if tolerance is not None:
        what = "a positive number of pixels, such as 0.001; None is exact"
        tolerance = float(checks.number("tolerance", tolerance, what, lambda t: 0 < t < np.inf))
    pad = checks.whole("pad", pad, "a number of pixels, 0 or more", least=0)
    if fill is not None:
        checks.number("fill", fill)
    checks.outputs(output_array, output_footprint)
    if zarr_path is not None:
        zarr_path = checks.new_folder("zarr_path", zarr_path)

    source = parse_input(input_data, hdu_in)
    given, unit = (output_array, output_footprint), getattr(output_array, "unit", None)
    output_array, output_footprint = (None if output is None else np.asarray(output) for output in given)
    if None not in (unit, source.unit) and unit != source.unit:
        raise ValueError(f"output_array is in {unit}, the input in {source.unit}: give an array of that unit, or a plain one")
    wcs_out, shape_out = parse_output(output_projection, shape_out, output_array)
    count = shapes.reprojected(source.wcs, wcs_out, shape_out, non_reprojected_dims)
    shape_out = shapes.broadcast(source.array.shape, shape_out, count)
    if output_array is not None and output_array.shape != shape_out:
        raise ValueError(f"Output array shape {output_array.shape} should match shape_out={shape_out}")
    if output_footprint is not None and output_footprint.shape != shape_out:
        raise ValueError(f"output_footprint has shape {output_footprint.shape}, the output {shape_out}")
    if output_footprint is not None and method.has_shares and output_footprint.dtype.kind != "f":
        raise TypeError(f"output_footprint is of type {output_footprint.dtype}, which holds no shares of pixels: give one of floats")
    if non_reprojected_dims is None:
        if source.wcs.naxis != wcs_out.naxis:
            between = "between" if method.kind == "adaptive" else "in"
            raise ValueError(f"Number of dimensions {between} input and output WCS should match")
        shapes.check(source.array.shape, shape_out, source.wcs.naxis, wcs_out.naxis)
    else:
        shapes.check(source.array.shape, shape_out, count, count)
    runs = planes(source.wcs, wcs_out, source.array.shape, shape_out, count)
    routes = [(place, Route(wcs_in, wcs, tolerance)) for place, wcs_in, wcs in runs]
    for _, route in routes:
        if check is not None:
            check(route.input, route.output)
    block, single = shapes.block_shape(block_size, shape_out, count, planes=len(routes) > 1)
    if block_size is not None or parallel is not False:
        _log_blocks(shape_out, count, block_size, single)
    if return_type in ("dask", "zarr") and block_size is None and not parallel:
        # Two releases of `reproject` say it in two ways, and scripts may match either.
        raise ValueError(
            f"Output cannot be returned as {return_type} arrays when parallel=False and no block size has been specified "
            "(Output cannot be returned as dask or zarr arrays as a whole: give block_size='auto')"
        )
    dtype = result_dtype(dtype, source.array, output_array, method)
    fill = blank_value(fill, dtype)
    shapes.possible(shape_out, dtype.itemsize)
    positions = None
    if memory_limit is not None:
        ends = [end.native for _, route in routes[:1] for end in (route.input, route.output)]
        held = sum(native.held for native in ends if native is not None)
        calls = not all(route.is_native for _, route in routes)
        size = max(dtype.itemsize, 8)
        block, positions = shapes.limited(memory_limit, block, shape_out, threads, size, held=held, calls=calls)
    if PLANNING.get():
        return planned(
            method, routes, source.array, _mask(mask, source), shape_out, dtype=dtype, roundtrip=roundtrip, block=block,
            threads=threads,
        )  # fmt: skip
    if afar and (is_dask(source.array) or return_type in ("dask", "zarr")):
        raise ValueError("parallel='processes' is for NumPy arrays and files; dask has schedulers of its own for chunks")
    if is_dask(source.array) or return_type in ("dask", "zarr") or parallel == "current-scheduler":
        try:
            from .._dask.graph import run_graph
        except ImportError as error:
            raise checks.lacking("dask arrays, return_type= and parallel='current-scheduler'", "dask", error) from error
        results = run_graph(
            method, routes, source.array, _mask(mask, source), shape_out, dtype=dtype, fill=fill, roundtrip=roundtrip,
            count=count, block=block, return_type=return_type, zarr_path=zarr_path,
            scheduler=parallel if isinstance(parallel, str) else threads, output_array=output_array,
            output_footprint=output_footprint, return_footprint=return_footprint, progress=progress, pad=pad,
        )  # fmt: skip
        return _as_given(results, given, return_footprint)
    result = np.empty(shape_out, dtype) if output_array is None else output_array
    footprint = output_footprint
    if return_footprint and footprint is None:
        footprint = np.empty(shape_out)
    mask = _mask(mask, source)
    crew = None
    if afar:
        from .._workers.processes import Crew

        crew = Crew(threads, from_file=isinstance(input_data, str | os.PathLike))
    tell, finish = reporter(progress)
    hearing, empty = Hearing(), []
    try:
        for place, route in routes:
            route.hearing = hearing
            known = _run_planes(
                method.engine(route), method.map(route, roundtrip), source.array[place], mask[place],
                result[place], None if footprint is None else footprint[place], fill=fill, copies=method.order == 0,
                threads=threads, held=positions, block=None if block is None else block[len(shape_out) - result[place].ndim :],
                progress=tell, run=_engine.reproject if crew is None else crew.run(method, route, roundtrip),
            )  # fmt: skip
            if not known:
                empty.append((place, route))
    finally:
        finish()
    hearing.tell()
    for place, route in empty:
        part, blind = source.array[place], mask[place]
        report(method, route, part.shape, result[place].shape, roundtrip, mask=blind, array=part)
    return _as_given((result, footprint), given, return_footprint)


def _as_given(results, given, both):
    """Results as the caller asked for them: his own arrays where he gave any."""
    result, footprint = (own if own is not None else new for new, own in zip(results, given, strict=True))
    return (result, footprint) if both else result


def _run_planes(how, map, array, mask, result, footprint, *, fill, copies, run, **options):
    """Runs arrays in memory; what the engine cannot write to as it is gets a copy. ``copies``: values are never changed;
    ``run`` is the engine's ``reproject``, or what does the same elsewhere.

    Tells whether any pixel is known.
    """
    integer = result.dtype.kind in "iu"
    exact = copies and integer and mask is None and array.dtype.newbyteorder("=") == result.dtype.newbyteorder("=")
    dtype = result.dtype.newbyteorder("=") if exact or result.dtype.newbyteorder("=") in ENGINE_DTYPES else np.float64
    direct = result if _writable(result, dtype, array, mask) else np.empty(result.shape, dtype)
    weight = footprint
    if exact and footprint is None or footprint is not None and not _writable(footprint, np.float64, array, mask):
        weight = np.empty(result.shape)
    mask = {} if mask is None else {"mask": mask, "weighs": mask.dtype.kind != "b"}
    run(array, map, how, direct, weight, fill=(0 if fill is None else fill) if exact else None, **mask, **options)
    known = _any_known(weight, np.any) if exact else _any_known(direct, lambda values: not np.isnan(values).all())
    if exact:
        unknown = fill is None and not weight.all()
    elif integer or fill is not None:
        blank = np.isnan(direct)
        unknown = integer and fill is None and blank.any()
        direct[blank] = 0 if fill is None else fill
    if integer and unknown:
        raise ValueError(f"pixels without input have no value of type {result.dtype}: give fill=, or ask for floats")
    if direct is not result:
        result[...] = whole_numbers(direct, result.dtype) if integer and not exact else direct
    if weight is not footprint and footprint is not None:
        footprint[...] = weight
    return known


def _any_known(array, test):
    """Whether any pixel passes a test; a look here and there comes first. True of an array without pixels."""
    return not array.size or test(array[(..., *(slice(None, None, 61),) * min(array.ndim, 2))]) or test(array)


def _mask(mask, source):
    """The mask of the caller and that of the input as one: booleans, or weights."""
    mask = None if mask is np.ma.nomask else mask
    if mask is not None:
        mask, unknown = unmasked(mask)
        if unknown is not None and mask.dtype.kind in "biuf":
            mask = np.where(unknown, mask.dtype.type(mask.dtype.kind == "b"), mask)
        if mask.dtype.kind not in "biuf" or not mask.ndim:
            given = f"of {mask.dtype}" if mask.ndim else checks.told("", mask.item())[1:]
            raise TypeError(f"mask: an array of booleans or of weights is needed, not {given}")
        if mask.dtype.kind == "f" and mask.dtype.itemsize not in (4, 8):
            mask = mask.astype(np.float64)
        if mask.shape != source.array.shape[source.array.ndim - mask.ndim :]:
            raise ValueError(f"mask has shape {mask.shape}, the input {source.array.shape}: it needs that, or its last axes")
        mask = np.broadcast_to(mask, source.array.shape)
    if source.mask is None:
        return _Nothing() if mask is None else mask
    if mask is None:
        return source.mask
    return source.mask | (mask if mask.dtype.kind == "b" else ~(mask > 0))


class _Nothing:
    """No mask, of any part of the input."""

    def __getitem__(self, _):
        return None


def _log_blocks(shape_out, count, block_size, single):
    LOG.info("Broadcasting is %sbeing used, reprojecting last %d axes", "" if count < len(shape_out) else "not ", count)
    LOG.info(
        "%sarallelizing along broadcasted dimension (block_size=%s, shape_out=%s)",
        "P" if single else "Not p", block_size, shape_out,
    )  # fmt: skip


def _threads(parallel, threads):
    """The number of threads, or None for none but the caller's."""
    if threads is not None:
        if not checks.among(parallel, (False, True, None, "processes")):
            raise ValueError(f"threads={threads} and {checks.told('parallel', parallel)} are two names of one number: give one of them")
        threads = checks.whole("threads", threads, "a number of threads")
        parallel = parallel if parallel == "processes" else threads
    if isinstance(parallel, str):
        if parallel not in ("current-scheduler", "processes"):
            raise ValueError(f"{checks.told('parallel', parallel)} is not a bool, a number of threads, 'current-scheduler' or 'processes'")
        parallel = True if threads is None else threads
    if isinstance(parallel, bool | np.bool_) or parallel is None:
        return max(1, len(os.sched_getaffinity(0))) if parallel else None
    parallel = checks.whole("parallel", parallel, "a bool, a number of threads, 'current-scheduler' or 'processes'")
    if parallel <= 0:
        raise ValueError("The number of processors to use must be strictly positive")
    # No run has more blocks at a time than this, and the engine counts in machine words.
    return min(parallel, 1 << 16)


def _writable(array, dtype, *sources):
    """Whether the engine can write numbers of a type into an array as it is, while it reads others."""
    flags = array.flags
    if any(source is not None and np.may_share_memory(array, source) for source in sources):
        return False
    return array.dtype == dtype and array.dtype.isnative and flags.aligned and flags.writeable and 0 not in array.strides
