"""Runs a call that is prepared: in memory, or through dask."""

from . import checks
from .execute import execute
from .input import is_dask


def run(prepared):
    """The results that the caller asked for: values, or values and footprint, in arrays of the caller where there are any."""
    options = prepared.options
    chunked = is_dask(prepared.array) or options.is_lazy
    if options.by_processes and chunked:
        raise ValueError("parallel='processes' is for NumPy arrays and files; dask has schedulers of its own for chunks")
    consumer = _graph() if chunked or options.scheduler == "current-scheduler" else execute
    given = options.output_array, options.output_footprint
    result, footprint = (new if own is None else own for new, own in zip(consumer(prepared), given, strict=True))
    return (result, footprint) if options.return_footprint else result


def _graph():
    try:
        from .._dask.graph import run_graph
    except ImportError as error:
        raise checks.lacking("dask arrays, return_type= and parallel='current-scheduler'", "dask", error) from error
    return run_graph
