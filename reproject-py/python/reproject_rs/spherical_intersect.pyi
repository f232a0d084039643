from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Literal, overload

from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["reproject_exact"]

@overload
def reproject_exact(
    input_data: Any,
    output_projection: Any,
    shape_out: Sequence[int] | None = None,
    hdu_in: int | str | None = 0,
    output_array: NDArray[Any] | None = None,
    output_footprint: NDArray[Any] | None = None,
    return_footprint: Literal[True] = True,
    block_size: Sequence[int] | Literal["auto"] | None = None,
    parallel: bool | int | Literal["current-scheduler", "processes"] | None = False,
    return_type: Literal["numpy", "dask", "zarr"] | None = None,
    dask_method: Literal["memmap", "none"] | None = None,
    non_reprojected_dims: Sequence[int] | None = None,
    zarr_path: str | PathLike[str] | None = None,
    *,
    dtype: DTypeLike | None = None,
    footprint: Literal["valid", "coverage"] | None = None,
    fill: float | None = None,
    mask: ArrayLike | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
    memory_limit: int | str | None = None,
    tolerance: float | None = None,
    pad: int = 0,
) -> tuple[Any, Any]: ...
@overload
def reproject_exact(
    input_data: Any,
    output_projection: Any,
    shape_out: Sequence[int] | None = None,
    hdu_in: int | str | None = 0,
    output_array: NDArray[Any] | None = None,
    output_footprint: NDArray[Any] | None = None,
    *,
    return_footprint: Literal[False],
    block_size: Sequence[int] | Literal["auto"] | None = None,
    parallel: bool | int | Literal["current-scheduler", "processes"] | None = False,
    return_type: Literal["numpy", "dask", "zarr"] | None = None,
    dask_method: Literal["memmap", "none"] | None = None,
    non_reprojected_dims: Sequence[int] | None = None,
    zarr_path: str | PathLike[str] | None = None,
    dtype: DTypeLike | None = None,
    footprint: Literal["valid", "coverage"] | None = None,
    fill: float | None = None,
    mask: ArrayLike | None = None,
    threads: int | None = None,
    progress: bool | Callable[[int, int], object] | None = None,
    memory_limit: int | str | None = None,
    tolerance: float | None = None,
    pad: int = 0,
) -> Any: ...
