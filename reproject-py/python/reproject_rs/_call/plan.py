"""Plans: the pixels that a reprojection would read, hold and leave empty, before any is read."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import _reproject_rs as _engine
from . import checks
from .empty import look
from .input import is_dask

__all__ = ["Plan", "plan"]


class Plan:
    """The plan of one call of `~reproject_rs.reproject_interp` and its like.

    Attributes
    ----------
    shape_in, shape_out : tuple of int
        The shapes of input and output, broadcast axes included.
    blocks : list
        For every block of the output, in the order of the run: the slices that it is, and a list of the windows of the
        input that it reads, as slices too. A block without windows meets no input.
    cost : dict
        Numbers of blocks, of chunks and of bytes (read, written, and held at once at most).
    reasons : dict
        How many of the output positions that were looked at are ``known``, ``off_sky`` (no point of the output's sky),
        ``not_invertible`` (the input has no pixel there), ``round_trip`` (do not come back to within a pixel), ``outside``
        of the input, or ``masked``.
    """

    shape_in: tuple[int, ...]
    shape_out: tuple[int, ...]
    blocks: list[tuple[tuple[slice, ...], list[tuple[slice, ...]]]]

    def __init__(self, shape_in, shape_out, texts, plans, blocks, sights):
        self.shape_in, self.shape_out, self.blocks = tuple(shape_in), tuple(shape_out), blocks
        self._texts, self._plans, self._sights = texts, plans, sights

    @property
    def cost(self) -> dict[str, Any]:
        every = [plan["cost"] for plan in self._plans]
        summed = {"blocks", "empty", "chunk_reads", "window_bytes", "bytes_read", "bytes_written"}
        return {key: sum(c[key] for c in every) if key in summed else value for key, value in every[0].items()}

    @property
    def reasons(self) -> dict[str, int]:
        return {name: sum(sight.counts[name] for sight in self._sights) for name in self._sights[0].counts}

    @property
    def is_empty(self) -> bool:
        """Whether no pixel of the output can be known."""
        return all(not windows for _, windows in self.blocks) or not (self.reasons["known"] or self._may_hide)

    @property
    def _may_hide(self):
        """Whether pixels between the positions looked at may be known though none of those is."""
        return any(windows for _, windows in self.blocks) and not self.reasons["masked"]

    def to_json(self) -> str:
        """Cost and plan (blocks, windows, chunk numbers) as JSON: a list of one entry for each set of coordinates."""
        return json.dumps(self._plans)

    def explain(self) -> str:
        """The plan in words, and why the output is empty where it is."""
        text = self._texts[0]
        if len(self._texts) > 1:
            text += f"planes    {len(self._texts)} with coordinates of their own; the lines above are of the first\n"
        return text + "".join(f"{name:<9} {what}\n" for name, what in self._sights[0].lines(self.is_empty))

    def __repr__(self) -> str:
        cost = self.cost
        return f"<Plan {self.shape_in} to {self.shape_out}: {cost['blocks']} blocks, {cost['empty']} empty>"


def plan(
    input_data: Any,
    output_projection: Any,
    shape_out: Sequence[int] | None = None,
    hdu_in: int | str | None = 0,
    *,
    function: str | Callable[..., Any] = "interp",
    **options: Any,
) -> Plan:
    """Plans a reprojection before any pixel is read: the windows it reads, the memory it takes, and why pixels stay empty.

    Parameters
    ----------
    input_data, output_projection, shape_out, hdu_in
        As for `~reproject_rs.reproject_interp`; the input may be a tuple of a shape and a coordinate system as well.
    function : {'interp', 'adaptive', 'exact'} or callable
        The function that is planned for, by name or itself.
    **options
        Its other arguments: ``block_size``, ``threads``, ``mask``, ``memory_limit``, ``order`` …

    Returns
    -------
    `Plan`
        ``print(plan.explain())`` tells it in words.
    """
    reproject, prepared = _function(function)
    if isinstance(input_data, tuple) and len(input_data) == 2 and isinstance(input_data[0], tuple):
        shape = checks.wholes("input_data", input_data[0], "a shape, a number of pixels for every axis", least=0)
        input_data = np.broadcast_to(np.float64(0), shape), input_data[1]
    arguments = _arguments(reproject, input_data, output_projection, shape_out=shape_out, hdu_in=hdu_in, **options)
    return planned(prepared(arguments))


def _function(function):
    """One of the three functions, and the function that prepares its calls."""
    from .. import adaptive, interpolation, spherical_intersect

    named = {
        "interp": (interpolation.reproject_interp, interpolation.prepared),
        "adaptive": (adaptive.reproject_adaptive, adaptive.prepared),
        "exact": (spherical_intersect.reproject_exact, spherical_intersect.prepared),
    }
    for one in named.values():
        if function is one[0]:
            return one
    if not checks.among(function, named):
        raise ValueError(f"{checks.told('function', function)} is not one of {', '.join(map(repr, named))}, or one of those functions")
    return named[function]


def _arguments(function, *given, **options):
    """The arguments of a function by name, as it would have them if it were called."""
    try:
        call = inspect.signature(function).bind(*given, **options)
    except TypeError as error:
        raise TypeError(f"{function.__name__}() {error}") from None
    call.apply_defaults()
    return call.arguments


def planned(prepared):
    """The `Plan` of a `~reproject_rs._call.prepare.Prepared`."""
    texts, plans, blocks, sights = [], [], [], []
    method, roundtrip, block = prepared.method, prepared.options.roundtrip_coords, prepared.block
    for part in prepared.parts():
        array, route, skip = part.array, part.route, len(part.place)
        chunks = [max(sizes, default=1) or 1 for sizes in array.chunks] if is_dask(array) else None
        map, shape = method.map(route, roundtrip), list(prepared.shape_out[skip:])
        with route.heard():
            text, data, found = _engine.plan(
                map, method.engine(route), list(array.shape), array.dtype.kind, array.dtype.itemsize, shape,
                prepared.dtype == np.float32, chunks=chunks, block=None if block is None else list(block[skip:]),
                threads=prepared.options.threads or 1,
            )  # fmt: skip
        texts.append(text)
        plans.append(json.loads(data))
        ahead = tuple(slice(i, i + 1) for i in part.place)
        blocks += [(ahead + _slices(r), [ahead + _slices(w) for w in windows]) for r, windows in found]
        sights.append(look(method, route, array.shape, shape, roundtrip, mask=part.mask))
    return Plan(prepared.array.shape, prepared.shape_out, texts, plans, blocks, sights)


def _slices(region):
    return tuple(slice(start, start + size) for start, size in zip(*region, strict=True))
