"""``parallel='processes'``: arrays in memory or in a file, reprojected by worker processes that may die."""

import os
import pickle
import sys

import numpy as np

from .. import _reproject_rs as _engine
from .._coords import evidence
from .._coords.packing import packed

# A worker looks for modules where its parent does, and nowhere else; without ``-P`` the current folder would come first.
START = "import sys; sys.path[:], sys.argv[1:] = sys.argv[1:], []; from reproject_rs._workers.worker import serve; serve()"
FLAGS = {"isolated": "-I", "ignore_environment": "-E", "no_user_site": "-s", "no_site": "-S", "dont_write_bytecode": "-B"}


class Crew:
    """Worker processes for one call.

    Parameters
    ----------
    count : int
        The number of workers.
    from_file : bool
        Whether the pixels were read from a file by this call, so that nobody has changed them since: what is still mapped
        from it is then opened by each worker, not shared.
    """

    def __init__(self, count, from_file):
        if not sys.executable:
            raise ValueError("parallel='processes': sys.executable does not say which Python to start; use threads")
        self.count, self.from_file = count, from_file

    def run(self, method, route, roundtrip):
        """A function that runs arrays as the engine's ``reproject`` does, for one route."""

        def reproject(array, map, resampler, output, footprint, *, threads=None, held=None, mask=None, weighs=False, **options):
            recipe = None  # a native map goes as it is
            if not route.is_native:
                recipe = pickled((method, packed(route), roundtrip, evidence.of(route, output.shape)))
            if mask is not None:
                mask = (~(mask > 0) if weighs else mask != 0).astype(np.uint8)
            _engine.reproject_afar(
                array, map, resampler, output, footprint, recipe=recipe, file=place(array) if self.from_file else None,
                workers=self.count, command=command(), mask=mask, **options,
            )  # fmt: skip

        return reproject


def pickled(recipe):
    """The bytes that a worker makes map and resampler of."""
    try:
        return pickle.dumps(recipe)
    except Exception as error:  # whatever a coordinate system makes of it
        raise TypeError(f"parallel='processes': a coordinate system does not pickle ({error}); use threads") from error


def command():
    """The command that starts a worker: this Python, with the switches and the import path of this process."""
    flags = [flag for name, flag in FLAGS.items() if getattr(sys.flags, name)]
    flags += ["-O"] * sys.flags.optimize
    return [sys.executable, *flags, "-P", "-c", START, *(folder for folder in sys.path if isinstance(folder, str))]


def place(array):
    """The file that an array is mapped from, and the byte of its first pixel there; None if it is in memory."""
    if not array.size or any(step < 0 for step in array.strides):
        return None
    first = array.__array_interface__["data"][0]
    last = first + array.itemsize + sum((n - 1) * step for n, step in zip(array.shape, array.strides, strict=True))
    try:
        with open("/proc/self/maps") as maps:
            for line in maps:
                span, _, offset, _, inode, *path = line.rstrip("\n").split(None, 5)
                start, stop = (int(end, 16) for end in span.split("-"))
                if start <= first and last <= stop:
                    same = path and path[0].startswith("/") and os.stat(path[0]).st_ino == int(inode)
                    return (path[0], int(offset, 16) + first - start) if same else None
    except OSError:
        return None
    return None
