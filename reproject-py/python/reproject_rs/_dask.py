"""Reprojection through a task graph: dask arrays in or out, by whichever scheduler, without a file and before any pixel."""

import itertools
import logging

import dask
import dask.array as da
import numpy as np
from dask._task_spec import DataNode
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from dask.tokenize import tokenize

from . import _dask_graph as graph
from ._reproject_rs import Blocks

# Bytes of values in a block whose size is left to us: some 10 ms of work, and memory that many tasks may hold at once.
AUTOMATIC = 8 << 20


def is_dask(array):
    """Whether it is a dask array."""
    return isinstance(array, da.Array)


def run_graph(
    array, from_, to, how, shape_out, *,
    roundtrip, coverage, block_size, parallel, return_type, zarr_path, output_array, output_footprint, return_footprint,
):  # fmt: skip
    """The rest of a call of one of the three functions, through a graph."""
    lazy = return_type in ("dask", "zarr")
    if lazy and not parallel and block_size is None:
        # Two releases of `reproject` say it in two ways, and scripts may match either.
        raise ValueError(
            f"Output cannot be returned as {return_type} arrays when parallel=False and no block size has been specified "
            "(Output cannot be returned as dask or zarr arrays as a whole: give block_size='auto')"
        )
    if lazy and (output_array is not None or output_footprint is not None):
        raise ValueError(f"output_array and output_footprint are filled by return_type='numpy', not {return_type!r}")
    chunks = block_chunks(block_size, shape_out, to.naxis)
    dtype = np.dtype(float)
    wanted = return_footprint or output_footprint is not None or return_type == "zarr"
    result, footprint = reproject(
        array, from_, to, how, shape_out, roundtrip=roundtrip, coverage=coverage, dtype=dtype, chunks=chunks, footprint=wanted
    )
    if return_type == "zarr":
        result, footprint = into_zarr((result, footprint), zarr_path, parallel)
    elif return_type != "dask":
        targets = [np.empty(shape_out) if output_array is None else output_array]
        if wanted:
            targets.append(np.empty(shape_out) if output_footprint is None else output_footprint)
        into_numpy((result, footprint)[: len(targets)], targets, parallel)
        result, footprint = targets if wanted else (targets[0], None)
    return (result, footprint) if return_footprint else result


def reproject(array, from_, to, how, shape_out, *, roundtrip, coverage, dtype, chunks, footprint):
    """A reprojection as dask arrays.

    Parameters
    ----------
    array : `~dask.array.Array` or `~numpy.ndarray`
        The input; a numpy array becomes one key of the graph.
    from_, to, how
        The engine's coordinate systems and resampler.
    shape_out : tuple of int
        The shape of the result.
    chunks : tuple
        Its blocks, as `block_chunks` gives them.
    footprint : bool
        Whether it is wanted.

    Returns
    -------
    array, footprint : `~dask.array.Array`
        Both from one computation a block; the footprint is None if it is not wanted.
    """
    if not is_dask(array):
        array = _one_key(array)
    if any(np.isnan(size) for sizes in array.chunks for size in sizes):
        raise ValueError("input_data: a dask array with chunks of unknown size; call compute_chunk_sizes() first")
    blocks = Blocks(from_, to, how, array.shape, shape_out, roundtrip=roundtrip, coverage=coverage)
    borders, borders_in = _borders(chunks), _borders(array.chunks)
    work = graph.Work(blocks, borders, borders_in, dtype, array.dtype, footprint)
    mapped = blocks.mapped
    first, numbers = blocks.needs(borders[-mapped:], borders_in[-mapped:])
    needs = np.asarray(first, np.int64), np.asarray(numbers, np.int64)
    token = tokenize(work, array.name)
    names = [f"{what}-{token}" for what in ("reproject", "footprint", "reproject-block", "reproject-work")]
    return _arrays(array, work, needs, chunks, names)


def _arrays(array, work, needs, chunks, names):
    values, footprint, pairs, shared = names
    first = pairs if work.footprint else values
    layers = {**array.dask.layers, shared: MaterializedLayer({shared: DataNode(shared, work)})}
    depend = {**array.dask.dependencies, shared: set()}
    layers[first] = graph.Blocks(first, shared, work, array.name, needs)
    depend[first] = {shared, *array.__dask_layers__()}
    if not work.footprint:
        return _array(layers, depend, values, chunks, work.dtype), None
    result = []
    for which, (name, dtype) in enumerate(((values, work.dtype), (footprint, np.dtype(float)))):
        part = {name: graph.Part(name, work.counts, pairs, which)}
        result.append(_array({**layers, **part}, {**depend, name: {pairs}}, name, chunks, dtype))
    return tuple(result)


def _array(layers, depend, name, chunks, dtype):
    return da.Array(HighLevelGraph(layers, depend), name, chunks, meta=np.empty((0,) * len(chunks), dtype))


def _one_key(array):
    """An array in memory as a dask array of one chunk that is in the graph as it is."""
    name = "reproject-input-" + tokenize(array)
    key = (name, *(0,) * array.ndim)
    layer = MaterializedLayer({key: DataNode(key, array)})
    chunks = tuple((size,) for size in array.shape)
    return da.Array(HighLevelGraph({name: layer}, {name: set()}), name, chunks, meta=array[(slice(0, 0),) * array.ndim])


def _borders(chunks):
    return tuple(tuple(itertools.accumulate((int(size) for size in sizes), initial=0)) for sizes in chunks)


def block_chunks(block_size, shape_out, mapped):
    """The blocks of an output: as asked, or about `AUTOMATIC` bytes with whole broadcast axes."""
    leading = len(shape_out) - mapped
    logger = logging.getLogger(__name__)
    logger.info("Broadcasting is %sbeing used", "" if leading else "not ")
    automatic = block_size is None or isinstance(block_size, str) and block_size == "auto"
    apart = False
    if automatic:
        block_size = (-1,) * leading + ("auto",) * mapped
    else:
        block_size = tuple(int(side) for side in block_size)
        if len(block_size) > len(shape_out):
            raise ValueError(
                f"block_size {len(block_size)} cannot have more elements "
                f"than the dimensionality of the output ({len(shape_out)})"
            )
        if len(block_size) == len(shape_out) and leading:
            full = tuple(n if side == -1 else side for side, n in zip(block_size, shape_out, strict=True))
            apart = full[leading:] == tuple(shape_out[leading:])
            if not apart and full[:leading] != tuple(shape_out[:leading]):
                raise ValueError(
                    "block shape should either match output data shape along broadcasted dimension or "
                    "non-broadcasted dimensions"
                )
        block_size = (-1,) * (len(shape_out) - len(block_size)) + block_size
    logger.info(
        "%sarallelizing along broadcasted dimension (block_size=%s, shape_out=%s)",
        "P" if apart else "Not p", block_size, shape_out,
    )  # fmt: skip
    return da.core.normalize_chunks(block_size, shape_out, limit=AUTOMATIC, dtype=np.dtype(float))


def into_numpy(arrays, targets, parallel):
    """Computes dask arrays into numpy arrays: block by block where the scheduler shares our memory."""
    from dask import local, threaded

    with _scheduler(parallel):
        get = dask.base.get_scheduler(collections=arrays)
        if get in (local.get_sync, threaded.get):
            da.store(list(arrays), list(targets), lock=False)
        else:
            for target, result in zip(targets, dask.compute(*arrays), strict=True):
                target[...] = result


def into_zarr(arrays, path, parallel):
    """Computes values and footprint into a zarr array of shape ``(2, …)`` at ``path``, and opens it as dask arrays."""
    try:
        import zarr  # noqa: F401
    except ImportError as error:
        raise ImportError("return_type='zarr' needs the package zarr; install it, or use 'dask'") from error
    if path is None:
        raise ValueError("return_type='zarr' needs zarr_path=, where the array is to be written")
    with _scheduler(parallel):
        da.stack(arrays).to_zarr(path)
    stored = da.from_zarr(path)
    return stored[0], stored[1]


def _scheduler(parallel):
    """The scheduler that runs: the active one if there is any, else as ``parallel`` says."""
    if parallel == "current-scheduler" or dask.base.get_scheduler() is not None:
        return dask.config.set({})
    if isinstance(parallel, bool | np.bool_) or parallel is None:
        return dask.config.set(scheduler="threads" if parallel else "synchronous")
    if parallel <= 0:
        raise ValueError("The number of processors to use must be strictly positive")
    return dask.config.set(scheduler="threads", num_workers=int(parallel))
