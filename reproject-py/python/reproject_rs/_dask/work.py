"""The tasks of a graph: the data that all blocks of one reprojection share, and the computation of one block."""

import functools
import pickle

import numpy as np

from .._call.input import unmasked
from .._call.values import ENGINE_DTYPES, no_value, whole_numbers
from .._coords import evidence
from .._coords.packing import packed, unpacked
from .._reproject_rs import Blocks

# What every process makes for itself.
MADE = ("blocks", "positions")


class Work:
    """A reprojection without its pixels: a few kilobytes, one key of the graph.

    Parameters
    ----------
    method : `~reproject_rs._call.method.Method`
        The resampler.
    route : `~reproject_rs._coords.maps.PixelRoute`
        The way between the coordinate systems.
    roundtrip : bool
        Whether positions are checked by going back.
    borders, chunks : tuple of tuple of int
        The borders of output blocks and of input chunks along every axis, from 0 to its length.
    dtype, dtype_in : `~numpy.dtype`
        Of the result and of the input.
    fill : float or None
        The value of pixels without input, if not NaN.
    footprint : bool
        Whether a block is a pair of values and footprint.

    What Python says of positions is noted, and every block makes sure that it still says so.
    """

    def __init__(self, method, route, roundtrip, borders, chunks, dtype, dtype_in, fill, footprint):
        self.method, self.route, self.roundtrip = method, route, roundtrip
        self.borders, self.chunks = borders, chunks
        self.dtype, self.dtype_in = np.dtype(dtype), np.dtype(dtype_in)
        self.fill, self.footprint = fill, footprint
        self.seen = evidence.of(route, self.shape)

    @functools.cached_property
    def blocks(self):
        """The engine's object, made once a process."""
        shapes = ([borders[-1] for borders in all_borders] for all_borders in (self.chunks, self.borders))
        return Blocks(self.method.map(self.route, self.roundtrip), self.method.engine(self.route), *shapes)

    @functools.cached_property
    def positions(self):
        """The map whose positions were noted, made once a process."""
        return evidence.map_of(self.route)

    def __getstate__(self):
        return {**{k: v for k, v in self.__dict__.items() if k not in MADE}, "route": packed(self.route)}

    def __setstate__(self, state):
        self.__dict__.update(state, route=unpacked(state["route"]))

    def __dask_tokenize__(self):
        native, tolerance, *ends = packed(self.route)
        rest = {k: v for k, v in self.__dict__.items() if k not in (*MADE, "route")}
        return (pickle.dumps(ends) if native else ends, tolerance, sorted(rest.items()))

    @property
    def shape(self):
        """The shape of the output."""
        return tuple(borders[-1] for borders in self.borders)

    @property
    def counts(self):
        """Output blocks along every axis."""
        return tuple(len(borders) - 1 for borders in self.borders)

    @property
    def chunk_counts(self):
        """Input chunks along every axis."""
        return tuple(len(chunks) - 1 for chunks in self.chunks)


def run_block(work, block, numbers, *chunks):
    """Computes one block from the input chunks of those numbers."""
    evidence.check(work.seen, work.positions)
    block = np.unravel_index(block, work.counts)
    start = [borders[i] for borders, i in zip(work.borders, block, strict=True)]
    shape = [borders[i + 1] - borders[i] for borders, i in zip(work.borders, block, strict=True)]
    parts = []
    for number, chunk in zip(numbers, chunks, strict=True):
        place = np.unravel_index(number, work.chunk_counts)
        expected = tuple(c[i + 1] - c[i] for c, i in zip(work.chunks, place, strict=True))
        parts.append(([c[i] for c, i in zip(work.chunks, place, strict=True)], _pixels(chunk, work, expected)))
    array = np.empty(shape, work.dtype if work.dtype in ENGINE_DTYPES else np.float64)
    footprint = np.empty(shape) if work.footprint else None
    work.blocks.run(start, parts, array, footprint)
    array = _typed(array, work)
    return (array, footprint) if work.footprint else array


def _pixels(chunk, work, shape):
    """A chunk as the engine reads it: of the promised shape and type, masked pixels NaN."""
    chunk, mask = unmasked(chunk)
    chunk = np.asarray(chunk, dtype=work.dtype_in)
    if chunk.shape != shape:
        raise ValueError(f"input_data: a dask chunk has shape {chunk.shape}, its array promised {shape}")
    return chunk if mask is None or not np.any(mask) else blanked(chunk, mask, np.result_type(chunk, np.float32))


def blanked(values, blank, dtype):
    """Pixels of a floating-point type, NaN where they are blank or masked by themselves."""
    values, mask = unmasked(values)
    blank = blank if mask is None else blank | mask
    return np.where(blank, np.dtype(dtype).type(np.nan), values.astype(dtype, copy=False))


def _typed(array, work):
    """Values of the type that was asked for."""
    if work.fill is not None:
        array[np.isnan(array)] = work.fill
    if work.dtype.kind in "iu":
        if np.isnan(array).any():
            raise no_value(work.dtype)
        return whole_numbers(array, work.dtype)
    return array.astype(work.dtype, copy=False)


def pick(pair, which):
    """Values (0) or footprint (1) of a block."""
    return pair[which]
