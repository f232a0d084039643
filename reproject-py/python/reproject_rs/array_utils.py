"""Interpolation of arrays at given positions, for packages that take it from ``reproject``."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["map_coordinates"]


def map_coordinates(
    image: NDArray[Any],
    coords: ArrayLike,
    max_chunk_size: int | None = None,
    output: NDArray[Any] | None = None,
    optimize_memory: bool = False,
    **kwargs: Any,
) -> NDArray[Any]:
    """`scipy.ndimage.map_coordinates` up to the borders of the outer pixels, where the edge value is held.

    Parameters
    ----------
    image : `~numpy.ndarray`
        The array.
    coords : array
        Positions in pixels, shape ``(image.ndim, n)``: one row an axis, in the order of the axes.
    max_chunk_size, optimize_memory : optional
        Without meaning here.
    output : `~numpy.ndarray`, optional
        Where the values go.
    **kwargs
        For SciPy: ``order``; ``cval`` is the value beyond the borders (0 unless given).
    """
    from scipy import ndimage

    if image.dtype.kind != "f" or image.dtype.itemsize < 4:
        image = image.astype(np.float32)
    coords = np.asarray(coords, dtype=np.float64)
    last = np.reshape([size - 1.0 for size in image.shape], (-1, *(1,) * (coords.ndim - 1)))
    values = ndimage.map_coordinates(image, coords.clip(0.0, last), output=output, **kwargs)
    values[((coords < -0.5) | (coords > last + 0.5)).any(axis=0)] = kwargs.get("cval", 0.0)
    return values
