"""Warnings of coordinate systems that are called in parts: what holds for a part need not hold for all of it."""

import collections
import contextlib
import logging
import threading
import warnings

LOG = logging.getLogger(__name__)

# Python's filters are those of the whole process: calls of several threads take turns, each with its own list.
_TURN = threading.RLock()


class Hearing:
    """The warnings of the calls of one run: `tell` repeats those that every call of a kind came with, the rest is logged."""

    def __init__(self):
        self._calls, self._heard, self._kept = collections.Counter(), collections.Counter(), {}

    @contextlib.contextmanager
    def listen(self, kind):
        """Keeps the warnings of a call of that kind to itself."""
        with _TURN:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                yield
            self._calls[kind] += 1
            for key, warning in {(kind, w.category, str(w.message)): w for w in caught}.items():
                self._heard[key] += 1
                self._kept[key] = warning

    def tell(self):
        """Repeats, once, the warnings that every call of a kind came with."""
        again = {}
        for (kind, category, text), count in self._heard.items():
            of = self._calls[kind]
            if count == of:
                again[category, text] = self._kept[kind, category, text]
            else:
                LOG.info("%d of %d calls of a coordinate system (%s) warned: %s: %s", count, of, kind, category.__name__, text)
        self.__init__()
        for warning in again.values():
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


@contextlib.contextmanager
def unheard():
    """Drops the warnings of questions of our own, which nobody else would ask."""
    with Hearing().listen("unheard"):
        yield
