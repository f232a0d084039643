"""Reprojection through a task graph: dask arrays in or out, by whichever scheduler, without a file and before any pixel."""

import functools
import itertools
import math
import os
import shutil

import dask
import dask.array as da
import numpy as np
from dask._task_spec import DataNode
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from dask.tokenize import tokenize

from .._call import checks, shapes
from .._call.empty import report
from .layers import Blocks, Part
from .work import Work, blanked

# Bytes of values in a block whose size is left to us: some 10 ms of work, and memory that many tasks may hold at once.
AUTOMATIC = 8 << 20


def run_graph(
    method, routes, array, mask, shape_out, *,
    dtype, fill, roundtrip, count, block, scheduler, return_type, zarr_path, output_array, output_footprint, return_footprint,
    progress, pad,
):  # fmt: skip
    """The rest of a call of one of the three functions.

    Parameters
    ----------
    method : `~reproject_rs._call.method.Method`
        The resampler.
    routes : list
        Indices of the leading axes, and the `~reproject_rs._coords.maps.Route` of those planes.
    array, mask : array
        The input, and which of its pixels are masked, by plane.
    count : int
        The number of reprojected axes, the last ones.
    block : tuple of int or None
        One side for every axis, if the blocks are not left to us.
    scheduler : str or int or None
        'current-scheduler', or a number of threads, or None for the calling one.
    pad : int
        Pixels to read around the windows that are planned.

    The others are the arguments of the three functions, checked. Values and footprint are returned, or None for it.
    """
    lazy = return_type in ("dask", "zarr")
    if lazy and (output_array is not None or output_footprint is not None):
        raise ValueError(f"output_array and output_footprint are filled by return_type='numpy', not {return_type!r}")
    if progress:
        raise ValueError("progress= is for arrays in memory: of a graph, dask.diagnostics.ProgressBar tells")
    if dtype.kind in "iu" and array.dtype.kind in "iu" and array.dtype.itemsize > 4:
        raise ValueError(f"dtype={dtype}: graphs compute in float64, which does not hold every {array.dtype}")
    wanted = return_footprint or output_footprint is not None or return_type == "zarr"
    options = {"dtype": dtype, "fill": fill, "roundtrip": roundtrip, "footprint": wanted, "pad": pad}
    outputs = [output for output in (output_array, output_footprint) if output is not None]
    array = array if isinstance(array, da.Array) else _one_key(_apart(array, outputs))
    mask = _apart(mask, outputs) if isinstance(mask, np.ndarray) else mask
    if 0 in shape_out:  # there are no blocks of nothing
        result, footprint = da.zeros(shape_out, dtype), da.zeros(shape_out)
    else:
        chunks = _chunks(block, shape_out, count)
        parts = []
        for place, route in routes:
            part = _masked(array[place] if place else array, mask[place])
            parts.append(_reproject(method, route, part, chunks[len(place) :], **options))
        result, footprint = (_stacked(planes, shape_out) for planes in zip(*parts, strict=True))
    if return_type == "zarr":
        result, footprint = _into_zarr(result, footprint, zarr_path, scheduler)
    elif return_type != "dask":
        targets = [np.empty(shape_out, dtype) if output_array is None else output_array]
        if wanted:
            targets.append(np.empty(shape_out) if output_footprint is None else output_footprint)
        _into_numpy((result, footprint)[: len(targets)], targets, scheduler)
        result, footprint = targets if wanted else (targets[0], None)
    return result, footprint


def _reproject(method, route, array, chunks, *, dtype, fill, roundtrip, footprint, pad):
    """Values and footprint as dask arrays, from one computation a block; the footprint is None if it is not wanted."""
    if any(np.isnan(size) for sizes in array.chunks for size in sizes):
        raise ValueError("input_data: a dask array with chunks of unknown size; call compute_chunk_sizes() first")
    borders, borders_in = _borders(chunks), _borders(array.chunks)
    work = Work(method, route, roundtrip, borders, borders_in, dtype, array.dtype, fill, footprint)
    mapped = work.blocks.mapped  # made here and now, as the map of its evidence is: both may hang on context variables
    _ = work.positions
    with route.heard(tell=False):  # the blocks will be asked for more
        first, numbers = work.blocks.needs(borders[-mapped:], borders_in[-mapped:], pad)
    needs = np.asarray(first, np.int64), np.asarray(numbers, np.int64)
    if not len(numbers):
        report(method, route, array.shape, work.shape, roundtrip)
    token = tokenize(work, array.name, pad)
    values, weights, pairs, shared = (
        f"{what}-{token}" for what in ("reproject", "footprint", "reproject-block", "reproject-work")
    )
    layers = {**array.dask.layers, shared: MaterializedLayer({shared: DataNode(shared, work)})}
    depend = {**array.dask.dependencies, shared: set()}
    first = pairs if footprint else values
    layers[first] = Blocks(first, shared, work, array.name, needs)
    depend[first] = {shared, *array.__dask_layers__()}
    if not footprint:
        return _array(layers, depend, values, chunks, work.dtype), None
    result = []
    for which, (name, dtype) in enumerate(((values, work.dtype), (weights, np.dtype(float)))):
        part = {name: Part(name, work.counts, pairs, which)}
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
    return da.Array(HighLevelGraph({name: layer}, {name: set()}), name, chunks, meta=np.empty((0,) * array.ndim, array.dtype))


def _masked(array, mask):
    """Masked pixels become NaN, chunk by chunk; of weights those that are not above zero."""
    if mask is None:
        return array
    blank = da.from_array(mask if mask.dtype.kind == "b" else ~(mask > 0), chunks=array.chunks)
    dtype = np.float32 if array.dtype.newbyteorder("=") == np.float32 else np.float64
    return da.map_blocks(functools.partial(blanked, dtype=dtype), array, blank, dtype=dtype, meta=np.empty((0,) * array.ndim, dtype))


def _apart(array, outputs):
    """An array that is not written to while it is read."""
    return array.copy() if any(np.may_share_memory(array, output) for output in outputs) else array


def _stacked(planes, shape_out):
    """Planes that were reprojected each by itself, as one array."""
    if planes[0] is None or len(planes) == 1 and planes[0].shape == tuple(shape_out):
        return planes[0]
    return da.stack(planes).reshape(shape_out)


def _borders(chunks):
    return tuple(tuple(itertools.accumulate((int(size) for size in sizes), initial=0)) for sizes in chunks)


def _chunks(block, shape_out, count):
    """The blocks of an output: as asked, or about `AUTOMATIC` bytes with whole broadcast axes."""
    if block is None:
        block = (-1,) * (len(shape_out) - count) + ("auto",) * count
        side = max(1, int(AUTOMATIC / 8) ** (1 / max(count, 1)))
        shapes.countable(shape_out[len(shape_out) - count :], (math.ceil(side),) * count)
    else:
        shapes.countable(shape_out, block)
    return da.core.normalize_chunks(block, shape_out, limit=AUTOMATIC, dtype=np.dtype(float))


def _into_numpy(arrays, targets, scheduler):
    """Computes dask arrays into numpy arrays: block by block where the scheduler shares our memory."""
    from dask import local, threaded

    with _scheduler(scheduler):
        get = dask.base.get_scheduler(collections=arrays)
        if get in (local.get_sync, threaded.get):
            da.store(list(arrays), list(targets), lock=False)
        else:
            for target, result in zip(targets, dask.compute(*arrays), strict=True):
                target[...] = result


def _into_zarr(result, footprint, path, scheduler):
    """Computes values and footprint into a zarr array of shape ``(2, …)``, and opens it as dask arrays.

    The array has its name when it is complete; until then it is ``path`` + ``.part``.
    """
    try:
        import zarr  # noqa: F401
    except ImportError as error:
        raise checks.lacking("return_type='zarr'", "zarr", error) from error
    part = path + ".part"
    made = checks.made_folder(part)
    try:
        with _scheduler(scheduler):
            da.stack([result, footprint]).to_zarr(part)
        if not os.path.samestat(made, os.lstat(part)):
            raise FileExistsError(f"{part} was replaced by something else while it was written: it does not become {path}")
        checks.new_folder("zarr_path", path, part=False)
        os.rename(part, path)
    except BaseException:
        if os.path.lexists(part) and os.path.samestat(made, os.lstat(part)):
            shutil.rmtree(part, ignore_errors=True)
        raise
    stored = da.from_zarr(path)
    return stored[0].astype(result.dtype), stored[1].astype(footprint.dtype)


def _scheduler(scheduler):
    """The scheduler that runs: the active one if there is any, else that number of threads."""
    if scheduler == "current-scheduler" or dask.base.get_scheduler() is not None:
        return dask.config.set({})
    if scheduler is None:
        return dask.config.set(scheduler="synchronous")
    return dask.config.set(scheduler="threads", num_workers=scheduler)
