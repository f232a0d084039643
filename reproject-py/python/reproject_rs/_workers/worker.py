"""The work of a process that `processes` starts; importing it costs nothing."""

from .. import _reproject_rs as _engine


def made(recipe):
    """The engine's resampler and map, from the pickle that `processes` made; the engine calls this in a worker."""
    import pickle

    from .._coords import evidence
    from .._coords.packing import unpacked

    try:
        method, route, roundtrip, seen = pickle.loads(recipe)
    except AttributeError as error:
        if "__main__" not in str(error):
            raise
        why = "workers load modules, not the program that was started; define it in a module, or use threads"
        raise AttributeError(f"{error}: {why}") from None
    route = unpacked(route)
    evidence.check(seen, evidence.map_of(route))
    return method.engine(route), method.map(route, roundtrip)


def serve():
    """Serves until the parent ends."""
    _engine.serve_if_worker()
    raise SystemExit("reproject_rs._worker is started by reproject_rs itself, for parallel='processes'")
