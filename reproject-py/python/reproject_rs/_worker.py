"""Worker processes: ``python -m reproject_rs._worker`` is one, started by `_processes`; importing it costs nothing."""

from . import _reproject_rs as _engine


def made(recipe):
    """The engine's resampler and map, from the pickle that `_processes` made; the engine calls this in a worker."""
    import pickle

    from ._dask_work import _unpacked

    method, route, roundtrip = pickle.loads(recipe)
    route = _unpacked(route)
    return method.engine(route), method.map(route, roundtrip)


if __name__ == "__main__":
    _engine.serve_if_worker()
    raise SystemExit("reproject_rs._worker is started by reproject_rs itself, for parallel='processes'")
