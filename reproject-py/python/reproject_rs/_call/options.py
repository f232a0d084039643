"""The options that the functions share: their types, their words, and the rules that they follow by themselves."""

from __future__ import annotations

import dataclasses
import functools
import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from . import checks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike

    from numpy.typing import ArrayLike, DTypeLike, NDArray


@dataclasses.dataclass(frozen=True, eq=False)
class Options:
    """The options of a call, apart from its input, its output and its method; the docstrings of the functions take these words.

    Attributes
    ----------
    shape_out : tuple, optional
        The shape of the output, where ``output_projection`` does not tell or another is wanted.
    hdu_in : int or str, optional
        The HDU of a FITS file.
    roundtrip_coords : bool
        Whether pixels whose position does not come back to within a pixel are left empty; free where that cannot
        happen.
    output_array, output_footprint : `~numpy.ndarray`, optional
        Arrays to store the results in, of any strides and dtype, and of the shape of the output. A
        `~astropy.units.Quantity` gets the numbers.
    return_footprint : bool
        Whether to return the footprint as well.
    block_size : tuple or 'auto', optional
        The block of output pixels computed at a time; results do not depend on it.
    non_reprojected_dims : tuple, optional
        Leading axes, counted from zero as in ``(0, 1)``, that are not reprojected: plane after plane keeps its place,
        by its own coordinates where they change from plane to plane.
    parallel : bool or int or 'current-scheduler' or 'processes'
        `True` uses all processors, a number that many threads; results do not depend on it. What goes through dask (a
        dask input, ``return_type``) runs on an active scheduler (a `distributed.Client`, ``dask.config.set``) whatever
        is given here; without one it runs on that many threads. ``'current-scheduler'`` sends arrays in memory through
        dask too, on the active scheduler or dask's default one. ``'processes'`` starts worker processes, one for each
        processor or as many as ``threads`` says; what crashes in one of them costs its block only. They look for modules where this
        process does.
    return_type : {'numpy', 'dask', 'zarr'}, optional
        The kind of the result. What is computed later is what would be computed now, or an error where a coordinate system
        of Python hangs on something set around the call, such as a screen of sunpy, that is no longer set.
    dask_method : {'memmap', 'none'}, optional
        Without meaning here: chunks of a dask array are read as they are needed.
    zarr_path : path, optional
        Where ``return_type='zarr'`` writes: a folder that does not exist yet. Until it is whole it is called that plus
        ``.part``; an error leaves neither.
    dtype : dtype or 'input', optional
        The type of the result: float64 unless given; 'input' keeps that of the input. Integers are for nearest
        neighbour.
    fill : number, optional
        The value of pixels where nothing is known, instead of NaN; integer results need one if there are such pixels.
    mask : `~numpy.ndarray`, optional
        Input pixels to leave out, of the input's shape or that of its last axes: booleans (`True` is left out), or
        weights (what is not above zero is left out). They count as NaN.
    threads : int, optional
        Another name for a number in ``parallel``; with ``parallel='processes'`` the number of workers.
    progress : bool or callable, optional
        `True` shows a bar (by tqdm); a callable is given blocks done and blocks in all.
    memory_limit : int or str, optional
        Bytes of working memory, as a number or as in '500 MB': blocks are made to fit. Input and result come on top.
    tolerance : float, optional
        How far positions may be off, in pixels, where a coordinate system is not one of FITS: it is then called at a
        coarse lattice of positions, refined until what lies between agrees, and everywhere near edges and jumps. `None`
        calls it for every pixel.
    pad : int
        Pixels of a dask input that blocks ask for around what is planned, where a coordinate system that is not one of
        FITS bends between the positions that the plan looks at. A block that misses a pixel is an error, never NaN.
    """

    shape_out: Sequence[int] | None
    hdu_in: int | str | None
    output_array: NDArray[Any] | None
    output_footprint: NDArray[Any] | None
    return_footprint: bool
    block_size: Sequence[int] | Literal["auto"] | None
    non_reprojected_dims: Sequence[int] | None
    parallel: bool | int | Literal["current-scheduler", "processes"] | None
    return_type: Literal["numpy", "dask", "zarr"] | None
    dask_method: Literal["memmap", "none"] | None
    zarr_path: str | PathLike[str] | None
    dtype: DTypeLike | None
    fill: float | None
    mask: ArrayLike | None
    threads: int | None  # once checked those of either name; None for the caller's alone
    progress: bool | Callable[[int, int], object] | None
    memory_limit: int | str | None
    tolerance: float | None
    pad: int
    roundtrip_coords: bool = False

    @classmethod
    def of(cls, arguments):
        """The options among the arguments of a function, checked."""
        return cls(**{name: arguments[name] for name in NAMES if name in arguments})

    def __post_init__(self):
        put = functools.partial(object.__setattr__, self)  # here, and nowhere else
        if not checks.among(self.return_type, (None, "numpy", "dask", "zarr")):
            given = checks.told("", self.return_type)[1:]
            raise ValueError(f"return_type should be set to 'numpy', 'dask' or 'zarr', not {given}")
        if not checks.among(self.dask_method, (None, "none", "memmap")):
            given = checks.told("", self.dask_method)[1:]
            raise ValueError(f"dask_method should be set to 'memmap' or 'none', not {given}")
        for name in ("roundtrip_coords", "return_footprint"):
            put(name, checks.flag(name, getattr(self, name)))
        if (self.return_type == "zarr") != (self.zarr_path is not None):
            raise ValueError("return_type='zarr' and zarr_path go together: give both or neither")
        put("threads", _threads(self.parallel, self.threads))
        if self.tolerance is not None:
            what = "a positive number of pixels, such as 0.001; None is exact"
            put("tolerance", float(checks.number("tolerance", self.tolerance, what, lambda t: 0 < t < np.inf)))
        put("pad", checks.whole("pad", self.pad, "a number of pixels, 0 or more", least=0))
        if self.fill is not None:
            checks.number("fill", self.fill)
        checks.outputs(self.output_array, self.output_footprint)
        if self.zarr_path is not None:
            put("zarr_path", checks.new_folder("zarr_path", self.zarr_path))

    @property
    def is_lazy(self):
        """Whether the result is a graph, or stored by one."""
        return self.return_type in ("dask", "zarr")

    @property
    def by_processes(self):
        return isinstance(self.parallel, str) and self.parallel == "processes"

    @property
    def scheduler(self):
        """Of a graph: 'current-scheduler', or a number of threads, or None for the calling one."""
        return self.parallel if isinstance(self.parallel, str) else self.threads


NAMES = tuple(field.name for field in dataclasses.fields(Options))


def _threads(parallel, threads):
    """The number of threads, or None for none but the caller's."""
    if threads is not None:
        if not checks.among(parallel, (False, True, None, "processes")):
            raise ValueError(f"threads={threads} and {checks.told('parallel', parallel)} are two names of one number: give one of them")
        threads = checks.whole("threads", threads, "a number of threads")
        parallel = parallel if parallel == "processes" else threads
    if isinstance(parallel, str):
        if parallel not in ("current-scheduler", "processes"):
            raise ValueError(f"{checks.told('parallel', parallel)} is not a bool, a number of threads, 'current-scheduler' or 'processes'")
        parallel = True if threads is None else threads
    if isinstance(parallel, bool | np.bool_) or parallel is None:
        return max(1, len(os.sched_getaffinity(0))) if parallel else None
    parallel = checks.whole("parallel", parallel, "a bool, a number of threads, 'current-scheduler' or 'processes'")
    if parallel <= 0:
        raise ValueError("The number of processors to use must be strictly positive")
    # No run has more blocks at a time than this, and the engine counts in machine words.
    return min(parallel, 1 << 16)
