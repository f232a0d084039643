"""Computes graphs: into arrays in memory, or into zarr."""

import os
import shutil

import dask
import dask.array as da

from .._call import checks


def into_numpy(arrays, targets, scheduler):
    """Computes dask arrays into numpy arrays: block by block where the scheduler shares our memory."""
    from dask import local, threaded

    with _scheduler(scheduler):
        get = dask.base.get_scheduler(collections=arrays)
        if get in (local.get_sync, threaded.get):
            da.store(list(arrays), list(targets), lock=False)
        else:
            for target, result in zip(targets, dask.compute(*arrays), strict=True):
                target[...] = result


def into_zarr(result, footprint, path, scheduler):
    """Computes values and footprint into a zarr array of shape ``(2, …)``, and opens it as dask arrays.

    The array has its name when it is complete; until then it is ``path`` + ``.part``.
    """
    try:
        import zarr  # noqa: F401
    except ImportError as error:
        raise checks.lacking("return_type='zarr'", "zarr", error) from error
    part = path + ".part"
    made = checks.made_folder(part)
    try:
        with _scheduler(scheduler):
            da.stack([result, footprint]).to_zarr(part)
        if not os.path.samestat(made, os.lstat(part)):
            raise FileExistsError(f"{part} was replaced by something else while it was written: it does not become {path}")
        checks.new_folder("zarr_path", path, part=False)
        os.rename(part, path)
    except BaseException:
        if os.path.lexists(part) and os.path.samestat(made, os.lstat(part)):
            shutil.rmtree(part, ignore_errors=True)
        raise
    stored = da.from_zarr(path)
    return stored[0].astype(result.dtype), stored[1].astype(footprint.dtype)


def _scheduler(scheduler):
    """The scheduler that runs: the active one if there is any, else that number of threads."""
    if scheduler == "current-scheduler" or dask.base.get_scheduler() is not None:
        return dask.config.set({})
    if scheduler is None:
        return dask.config.set(scheduler="synchronous")
    return dask.config.set(scheduler="threads", num_workers=scheduler)
