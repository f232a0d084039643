"""Reprojects arrays in memory, here or by worker processes."""

import numpy as np

from .. import _reproject_rs as _engine
from .._coords.hearing import Hearing
from .empty import report
from .landing import Landing
from .progress import reporter


def execute(prepared):
    """Values and footprint of a `~reproject_rs._call.prepare.Prepared`; None for a footprint that nobody wants.

    Says in the log why nothing of a part is known.
    """
    result, footprint = _targets(prepared)
    crew = _crew(prepared)
    tell, finish = reporter(prepared.options.progress)
    hearing, empty = Hearing(), []
    try:
        for part in prepared.parts():
            part.route.hearing = hearing
            places = (None if target is None else target[part.place] for target in (result, footprint))
            landing = Landing(part, *places, prepared.fill, copies=prepared.method.order == 0)
            _run(prepared, part, landing, crew, tell)
            if not landing.store():
                empty.append(part)
    finally:
        finish()
    hearing.tell()
    for part in empty:
        shape = result[part.place].shape
        roundtrip = prepared.options.roundtrip_coords
        report(prepared.method, part.route, part.array.shape, shape, roundtrip, mask=part.mask, array=part.array)
    return result, footprint


def _targets(prepared):
    """The caller's arrays, or new ones."""
    result, footprint = prepared.outputs
    result = np.empty(prepared.shape_out, prepared.dtype) if result is None else result
    if footprint is None and prepared.options.return_footprint:
        footprint = np.empty(prepared.shape_out)
    return result, footprint


def _crew(prepared):
    """The worker processes, where they are asked for."""
    if not prepared.options.by_processes:
        return None
    from .._workers.processes import Crew

    return Crew(prepared.options.threads, prepared.from_file)


def _run(prepared, part, landing, crew, tell):
    """Has the engine write one part to where it can land."""
    method, options, block = prepared.method, prepared.options, prepared.block
    resampler, map = method.engine(part.route), method.map(part.route, options.roundtrip_coords)
    run = _engine.reproject if crew is None else crew.run(method, part.route, options.roundtrip_coords)
    mask = {} if part.mask is None else {"mask": part.mask, "weighs": part.mask.dtype.kind != "b"}
    run(
        part.array, map, resampler, landing.values, landing.weights, fill=landing.blank, threads=options.threads,
        held=prepared.positions, block=None if block is None else block[len(part.place) :], progress=tell, **mask,
    )  # fmt: skip
