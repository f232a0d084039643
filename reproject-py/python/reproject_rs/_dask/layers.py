"""The task graph of a reprojection: symbolic layers whose tasks depend on the input chunks they need, and on nothing else."""

import bisect
import itertools

import numpy as np
from dask._task_spec import Task, TaskRef
from dask.highlevelgraph import Layer

from .work import pick, run_block


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
