from typing import Any

from astropy.io import fits
from numpy.typing import NDArray

__all__ = [
    "as_transparent_rgb",
    "hdu_to_numpy_memmap",
    "parse_input_data",
    "parse_input_shape",
    "parse_input_weights",
    "parse_output_projection",
]

def hdu_to_numpy_memmap(hdu: Any) -> NDArray[Any]: ...
def parse_input_data(
    input_data: Any, hdu_in: int | str | None = None, source_hdul: fits.HDUList | None = None
) -> tuple[Any, Any]: ...
def parse_input_shape(input_shape: Any, hdu_in: int | str | None = None) -> tuple[tuple[int, ...], Any]: ...
def parse_input_weights(
    input_weights: Any, hdu_weights: int | str | None = None
) -> tuple[Any, Any]: ...
def parse_output_projection(
    output_projection: Any,
    shape_in: tuple[int, ...] | None = None,
    shape_out: tuple[int, ...] | None = None,
    output_array: NDArray[Any] | None = None,
) -> tuple[Any, tuple[int, ...]]: ...
def as_transparent_rgb(data: NDArray[Any], alpha: NDArray[Any] | None = None) -> Any: ...
