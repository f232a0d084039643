"""Memory of positions is used again only once nobody can see it."""

import threading

import numpy as np
import pytest
from reproject_rs._coords import memory


@pytest.fixture(autouse=True)
def forgotten():
    memory._kept.clear()


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_when_every_view_is_gone():
    a, b = memory.fresh(2, (300, 100))
    assert a.shape == b.shape == (300, 100) and not np.shares_memory(a, b)
    first, part = address(a), b[::7, 3:]
    del a
    other = memory.fresh(2, (300, 100))
    assert address(other[0]) != first  # b is still held
    del b
    assert address(memory.fresh(2, (300, 100))[0]) not in (first, address(other[0]))  # a part of b is
    looked_at = memoryview(part)
    del part
    assert first not in [address(memory.fresh(2, (300, 100))[0]) for _ in range(3)]
    looked_at.release()
    del looked_at
    assert first in [address(memory.fresh(2, (300, 100))[0]) for _ in range(4)]


def test_little_and_much_memory_is_not_kept():
    assert memory.fresh(2, ())[0].shape == () and memory.fresh(1, (0, 3))[0].size == 0
    memory.fresh(2, (10,)), memory.fresh(2, (1 << 20,))
    assert not memory._kept
    results = [memory.fresh(2, (1 << 17,)) for _ in range(40)]
    assert len(memory._kept) == memory._kept.maxlen
    assert len({address(x) for x, _ in results}) == 40


def test_middling_arrays_lie_in_one_piece_that_has_huge_pages():
    x, y = memory.fresh(2, (300_000,))
    assert x.nbytes < 1 << 22 and x.base is y.base and x.base.nbytes == 4_800_000
    assert x.shape == y.shape == (300_000,) and not np.shares_memory(x, y) and not memory._kept


def test_threads_never_share_memory():
    wrong = []

    def work(number):
        for turn in range(200):
            x, y = memory.fresh(2, (10_000,))
            x[:], y[:] = number, turn
            if (x != number).any() or (y != turn).any():
                wrong.append((number, turn))

    workers = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    [w.start() for w in workers]
    [w.join() for w in workers]
    assert not wrong
