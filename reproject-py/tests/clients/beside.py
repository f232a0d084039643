"""A pytest plugin for the tests of packages that call `reproject`: with our functions in it, or with those of both.

Outcomes and warnings of the tests go into a JSON file. With ``--side both`` every call of a reprojection function is made by
`reproject` and by this package in turns, with the same arguments; the caller gets our result. Kept for each: CPU time,
exception, and how far the results are apart.
"""

import collections
import contextlib
import functools
import json
import re
import sys
import time
import warnings

import numpy as np
import reproject

import reproject_rs

NAMES = ("reproject_adaptive", "reproject_exact", "reproject_interp")


def pytest_addoption(parser):
    parser.addoption("--side", choices=("upstream", "ours", "both"), default="ours")
    parser.addoption("--written-to", help="the JSON file")


def pytest_configure(config):
    config.pluginmanager.register(Record(config.getoption("--side"), config.getoption("--written-to")))


class Record:
    """What is kept of a run."""

    def __init__(self, side, path):
        self.path, self.calls, self.outcomes, self.warnings = path, [], {}, collections.Counter()
        if side == "both":
            for name in NAMES:
                pair = beside(getattr(reproject_rs, name), getattr(reproject, name), self.calls)
                setattr(reproject_rs, name, pair)
        if side != "upstream":
            reproject_rs.install()
            assert reproject.reproject_interp is reproject_rs.reproject_interp

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            words = "" if report.outcome != "failed" else str(report.longrepr)[-2000:]
            self.outcomes[":".join(report.location[::2])] = [report.outcome, words]

    def pytest_warning_recorded(self, warning_message):
        words = re.sub(r"'[^']*/", "'", str(warning_message.message))  # folders are other ones in every run
        self.warnings[f"{warning_message.category.__name__}: {words}"] += 1

    def pytest_sessionfinish(self):
        with open(self.path, "w") as file:
            json.dump({"outcomes": self.outcomes, "warnings": self.warnings, "calls": self.calls}, file)


def beside(ours, theirs, calls):
    """A function that calls both, theirs first every other time, and keeps what came of it."""

    @functools.wraps(ours)
    def call(*args, **kwargs):
        copied = {k: v.copy() if k.startswith("output_") and isinstance(v, np.ndarray) else v for k, v in kwargs.items()}
        sides = {"theirs": (theirs, copied), "ours": (ours, kwargs)}
        found = {}
        for side in list(sides)[:: 1 if len(calls) % 2 else -1]:
            function, given = sides[side]
            found[side] = made(function, args, given)
        kept = {side: {"cpu": one.cpu, "error": repr(one.error)} for side, one in found.items()}
        kept["apart"] = apart(found["ours"].result, found["theirs"].result)
        calls.append({"name": ours.__name__, "caller": caller(), **kept})
        for told in found["ours"].warnings:
            warnings.warn_explicit(told.message, told.category, told.filename, told.lineno)
        if found["ours"].error is not None:
            raise found["ours"].error
        return found["ours"].result

    return call


Made = collections.namedtuple("Made", "result error cpu warnings")


def made(function, args, kwargs):
    """One call: its result or its exception, CPU time, and warnings."""
    result = error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.process_time()
        try:
            result = function(*args, **kwargs)
        except Exception as raised:
            error = raised
        cpu = time.process_time() - start
    return Made(result, error, cpu, caught)


def apart(ours, theirs):
    """For every array of two results: the part of its pixels that is NaN on one side only, and the largest difference in units
    of the range; in words where types or shapes differ."""
    if ours is None or theirs is None:
        return []
    both = [result if isinstance(result, tuple) else (result,) for result in (ours, theirs)]
    if len(both[0]) != len(both[1]):
        return [f"{len(both[0])} results, not {len(both[1])}"]
    return [_apart(*pair) for pair in zip(*both, strict=True)]


def _apart(ours, theirs):
    if type(ours) is not type(theirs) or ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        kinds = [f"{type(a).__name__} of {a.dtype}, shape {a.shape}" for a in (ours, theirs)]
        return f"{kinds[0]}, not {kinds[1]}"
    ours, theirs = (np.asarray(a, dtype=float) for a in (ours, theirs))
    known = np.isfinite(ours) & np.isfinite(theirs)
    alone = float(np.mean(np.isnan(ours) != np.isnan(theirs))) if ours.size else 0.0
    if not known.any():
        return [alone, 0.0]
    span = np.ptp(theirs[known]) or np.abs(theirs[known]).max() or 1.0
    return [alone, float(np.abs(ours - theirs)[known].max() / span)]


def caller():
    """The test that a call comes from, and the line of the client that calls."""
    frame, line = sys._getframe(2), None
    with contextlib.suppress(AttributeError):
        while True:
            where = f"{frame.f_globals.get('__name__')}:{frame.f_lineno}"
            line = line or where
            if frame.f_code.co_name.startswith("test_"):
                return f"{frame.f_code.co_name} ({line})"
            frame = frame.f_back
    return line
