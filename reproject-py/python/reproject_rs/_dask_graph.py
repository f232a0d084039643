"""The task graph of a reprojection: symbolic layers whose tasks depend on the input chunks they need, and on nothing else."""

import bisect
import itertools

import numpy as np
from dask._task_spec import Task, TaskRef
from dask.highlevelgraph import Layer


class Work:
    """What all blocks of one reprojection share: a few kilobytes, one key of the graph.

    Parameters
    ----------
    blocks : Blocks
        Map, resampler and shapes.
    borders, chunks : tuple of tuple of int
        The borders of output blocks and of input chunks along every axis, from 0 to its length.
    dtype, dtype_in : `~numpy.dtype`
        Of the result and of the input.
    footprint : bool
        Whether a block is a pair of values and footprint.
    """

    def __init__(self, blocks, borders, chunks, dtype, dtype_in, footprint):
        self.blocks, self.borders, self.chunks = blocks, borders, chunks
        self.dtype, self.dtype_in, self.footprint = np.dtype(dtype), np.dtype(dtype_in), footprint

    def __dask_tokenize__(self):
        return (self.blocks.bytes(), self.borders, self.chunks, str(self.dtype), str(self.dtype_in), self.footprint)

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
    block = np.unravel_index(block, work.counts)
    start = [borders[i] for borders, i in zip(work.borders, block, strict=True)]
    shape = [borders[i + 1] - borders[i] for borders, i in zip(work.borders, block, strict=True)]
    parts = []
    for number, chunk in zip(numbers, chunks, strict=True):
        place = np.unravel_index(number, work.chunk_counts)
        expected = tuple(int(c[i + 1] - c[i]) for c, i in zip(work.chunks, place, strict=True))
        parts.append(([int(c[i]) for c, i in zip(work.chunks, place, strict=True)], _pixels(chunk, work, expected)))
    array = np.empty(shape, work.dtype)
    footprint = np.empty(shape) if work.footprint else None
    work.blocks.run(start, parts, array, footprint)
    return (array, footprint) if work.footprint else array


def _pixels(chunk, work, shape):
    """A chunk as the engine reads it: of the promised shape and type, masked pixels NaN."""
    if isinstance(chunk, np.ma.MaskedArray):
        chunk = chunk.astype(np.result_type(chunk, np.float32)).filled(np.nan)
        return _shaped(chunk, shape)
    return _shaped(np.asarray(chunk, dtype=work.dtype_in), shape)


def _shaped(chunk, shape):
    if chunk.shape != shape:
        raise ValueError(f"input_data: a dask chunk has shape {chunk.shape}, its array promised {shape}")
    return chunk


def pick(pair, which):
    """Values (0) or footprint (1) of a block."""
    return pair[which]


class _Task(Task):
    """A task that pickles as little: only what its constructor needs."""

    __slots__ = ()

    @property
    def block_fusion(self):
        """Fused tasks carry their whole past with them: more bytes than a task of its own costs."""
        return True

    def __reduce__(self):
        return _remade, (self.func, self.key, *self.args)


def _remade(func, key, *args):
    return _Task(key, func, *args)


class _Symbolic(Layer):
    """A layer of one task a block, each made when it is asked for."""

    has_legacy_tasks = False

    def __init__(self, name, counts, only=None):
        super().__init__()
        self.name, self.counts, self.only = name, tuple(counts), only

    def is_materialized(self):
        return False

    def get_output_keys(self):
        return set(self)

    def __len__(self):
        return int(np.prod(self.counts)) if self.only is None else len(self.only)

    def __iter__(self):
        indices = itertools.product(*map(range, self.counts)) if self.only is None else sorted(self.only)
        return ((self.name, *index) for index in indices)

    def __contains__(self, key):
        if not (isinstance(key, tuple) and len(key) == 1 + len(self.counts) and key[0] == self.name):
            return False
        index = key[1:]
        if self.only is not None:
            return index in self.only
        return all(isinstance(i, int | np.integer) and 0 <= i < n for i, n in zip(index, self.counts, strict=True))

    def __getitem__(self, key):
        if key not in self:
            raise KeyError(key)
        return self._task(key)

    def cull(self, keys, all_hlg_keys):
        only = frozenset(key[1:] for key in keys if key in self)
        part = self.__copy__()
        part.only = only
        return part, {(self.name, *index): self._needs(index) for index in only}


class Blocks(_Symbolic):
    """The blocks: from the key of the `Work` and the input chunks that each needs."""

    def __init__(self, name, work_key, work, source, needs):
        super().__init__(name, work.counts)
        self.work_key, self.source = work_key, source
        self.chunk_counts, self.needs = work.chunk_counts, needs
        self.leading = tuple(
            tuple(range(*_meets(chunks, low, high)) for low, high in itertools.pairwise(borders))
            for borders, chunks in zip(work.borders, work.chunks, strict=True)
        )[: len(work.counts) - work.blocks.mapped]
        self._refs = {}

    def __getstate__(self):
        first, numbers = self.needs
        return {**self.__dict__, "needs": (_packed(first), _packed(numbers)), "_refs": {}}

    def __setstate__(self, state):
        self.__dict__.update(state, needs=tuple(map(_unpacked, state["needs"])))

    def _places(self, index):
        """The chunks that a block needs, as indices along every axis."""
        n = len(self.leading)
        first, numbers = self.needs
        block = np.ravel_multi_index(index[n:], self.counts[n:])
        there = numbers[first[block] : first[block + 1]]
        mapped = list(zip(*(axis.tolist() for axis in np.unravel_index(there, self.chunk_counts[n:])), strict=True))
        ahead = itertools.product(*(ranges[i] for ranges, i in zip(self.leading, index[:n], strict=True)))
        return [(*a, *m) for a in ahead for m in mapped]

    def _needs(self, index):
        return {self.work_key, *((self.source, *place) for place in self._places(index))}

    def _task(self, key):
        places = self._places(key[1:])
        numbers = tuple(int(np.ravel_multi_index(place, self.chunk_counts)) for place in places)
        block = int(np.ravel_multi_index(key[1:], self.counts))
        refs = (self._ref(number, (self.source, *place)) for number, place in zip(numbers, places, strict=True))
        return _Task(key, run_block, self._ref(None, self.work_key), block, numbers, *refs)

    def _ref(self, number, key):
        """One reference a chunk, shared by all tasks: pickled once."""
        return self._refs.setdefault(number, TaskRef(key))


class Part(_Symbolic):
    """Values or footprint of blocks that are pairs."""

    def __init__(self, name, counts, pairs, which):
        super().__init__(name, counts)
        self.pairs, self.which = pairs, which

    def _needs(self, index):
        return {(self.pairs, *index)}

    def _task(self, key):
        return _Task(key, pick, TaskRef((self.pairs, *key[1:])), self.which)


def _meets(borders, low, high):
    """First and past the last of the chunks that share pixels with [low, high)."""
    first = bisect.bisect_right(borders, low) - 1
    return first, max(bisect.bisect_left(borders, high), first)


def _packed(numbers):
    """Growing numbers and short runs of neighbours compress well as differences."""
    import zlib

    return zlib.compress(np.diff(numbers.astype(np.int64), prepend=0).astype("<i4").tobytes())


def _unpacked(packed):
    import zlib

    return np.cumsum(np.frombuffer(zlib.decompress(packed), "<i4"), dtype=np.int64)
