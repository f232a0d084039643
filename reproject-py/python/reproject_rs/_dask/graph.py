"""Reprojection through a task graph: dask arrays in or out, by whichever scheduler, without a file and before any pixel."""

import dataclasses
import functools
import itertools
import math

import dask.array as da
import numpy as np
from dask._task_spec import DataNode
from dask.highlevelgraph import HighLevelGraph, MaterializedLayer
from dask.tokenize import tokenize

from .._call import shapes
from .._call.empty import report
from .layers import Blocks, Part
from .store import into_numpy, into_zarr
from .work import Work, blanked

# Bytes of values in a block whose size is left to us: some 10 ms of work, and memory that many tasks may hold at once.
AUTOMATIC = 8 << 20


def run_graph(prepared):
    """Values and footprint of a `~reproject_rs._call.prepare.Prepared`: as dask arrays, or computed; None for a footprint that
    nobody wants."""
    _check(prepared)
    options, (array, footprint) = prepared.options, prepared.outputs
    wanted = options.return_footprint or footprint is not None or options.return_type == "zarr"
    results = _arrays(prepared, wanted)
    if options.return_type == "dask":
        return results
    if options.return_type == "zarr":
        return into_zarr(*results, options.zarr_path, options.scheduler)
    targets = [np.empty(prepared.shape_out, prepared.dtype) if array is None else array]
    if wanted:
        targets.append(np.empty(prepared.shape_out) if footprint is None else footprint)
    into_numpy(results[: len(targets)], targets, options.scheduler)
    return targets if wanted else (targets[0], None)


def _check(prepared):
    """The rules about what a graph can do."""
    options, dtype, given = prepared.options, prepared.dtype, prepared.array.dtype
    if options.is_lazy and any(output is not None for output in prepared.outputs):
        raise ValueError(f"output_array and output_footprint are filled by return_type='numpy', not {options.return_type!r}")
    if options.progress:
        raise ValueError("progress= is for arrays in memory: of a graph, dask.diagnostics.ProgressBar tells")
    if dtype.kind in "iu" and given.kind in "iu" and given.itemsize > 4:
        raise ValueError(f"dtype={dtype}: graphs compute in float64, which does not hold every {given}")


def _arrays(prepared, wanted):
    """Values and footprint as dask arrays; the footprint is None if it is not ``wanted``."""
    array, mask, shape = prepared.array, prepared.mask, prepared.shape_out
    if 0 in shape:  # there are no blocks of nothing
        return da.zeros(shape, prepared.dtype), da.zeros(shape)
    array = array if isinstance(array, da.Array) else _one_key(_apart(array, prepared.outputs))
    mask = None if mask is None else _apart(mask, prepared.outputs)
    chunks = _chunks(prepared.block, shape, prepared.count)
    parts = dataclasses.replace(prepared, array=array, mask=mask).parts()
    planes = [_reproject(prepared, part, chunks[len(part.place) :], wanted) for part in parts]
    return tuple(_stacked(each, shape) for each in zip(*planes, strict=True))


def _reproject(prepared, part, chunks, wanted):
    """Values and footprint of one part, from one computation a block."""
    array = _masked(part.array, part.mask)
    if any(np.isnan(size) for sizes in array.chunks for size in sizes):
        raise ValueError("input_data: a dask array with chunks of unknown size; call compute_chunk_sizes() first")
    borders, borders_in = _borders(chunks), _borders(array.chunks)
    options = prepared.options
    work = Work(
        prepared.method, part.route, options.roundtrip_coords, borders, borders_in, prepared.dtype, array.dtype, prepared.fill,
        wanted,
    )  # fmt: skip
    needs = _needs(work, options.pad)
    if not len(needs[1]):
        report(work.method, work.route, array.shape, work.shape, work.roundtrip)
    return _pair(work, array, chunks, needs, tokenize(work, array.name, options.pad))


def _needs(work, pad):
    """Of every block of the mapped axes where its input chunks begin in a list, and that list."""
    mapped = work.blocks.mapped  # made here and now, as the map of its evidence is: both may hang on context variables
    _ = work.positions
    with work.route.heard(tell=False):  # the blocks will be asked for more
        first, numbers = work.blocks.needs(work.borders[-mapped:], work.chunks[-mapped:], pad)
    return np.asarray(first, np.int64), np.asarray(numbers, np.int64)


def _pair(work, array, chunks, needs, token):
    """The two arrays: layers of blocks over those of the input."""
    values, weights, pairs, shared = (
        f"{what}-{token}" for what in ("reproject", "footprint", "reproject-block", "reproject-work")
    )
    layers = {**array.dask.layers, shared: MaterializedLayer({shared: DataNode(shared, work)})}
    depend = {**array.dask.dependencies, shared: set()}
    first = pairs if work.footprint else values
    layers[first] = Blocks(first, shared, work, array.name, needs)
    depend[first] = {shared, *array.__dask_layers__()}
    if not work.footprint:
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
    return array.copy() if any(output is not None and np.may_share_memory(array, output) for output in outputs) else array


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
