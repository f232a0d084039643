from collections.abc import Callable, Sequence
from typing import Any, Self, final

from numpy import float64
from numpy.typing import NDArray

__all__ = ["Blocks", "Map", "Resampler", "Sky", "Wcs", "__version__", "pixel_to_pixel", "plan", "read_cards", "reproject", "reproject_afar", "serve_if_worker"]

__version__: str

_Column = NDArray[float64]
_Value = bool | int | float | str | None
_Card = tuple[str, _Value] | bytes
_Image = tuple[str, int, Sequence[int], Sequence[float], Sequence[_Card]]
_TableColumn = tuple[str, int, int, str, Sequence[int], Sequence[float], str]
_Span = tuple[list[int], list[int]]

@final
class Wcs:
    def __new__(
        cls,
        cards: Sequence[_Card],
        key: str = " ",
        images: Sequence[_Image] = ...,
        columns: Sequence[_TableColumn] = ...,
    ) -> Self: ...
    @property
    def notes(self) -> list[str]: ...
    @property
    def naxis(self) -> int: ...
    @property
    def has_celestial(self) -> bool: ...
    @property
    def has_spectral(self) -> bool: ...
    @property
    def is_image(self) -> bool: ...
    @property
    def array_shape(self) -> list[int] | None: ...
    @property
    def ctype(self) -> list[str]: ...
    @property
    def units(self) -> list[str]: ...
    @property
    def held(self) -> int: ...
    @property
    def frame(self) -> str | None: ...
    @property
    def sphere(self) -> str | None: ...
    @property
    def celestial_axes(self) -> tuple[int, int] | None: ...
    @property
    def celestial_pixels(self) -> tuple[int, int]: ...
    def pixel_to_world(self, inputs: Sequence[_Column], outputs: Sequence[_Column]) -> None: ...
    def world_to_pixel(self, inputs: Sequence[_Column], outputs: Sequence[_Column]) -> None: ...
    @staticmethod
    def from_bytes(bytes: bytes) -> Wcs: ...
    def __reduce__(self) -> tuple[Any, tuple[bytes]]: ...

@final
class Sky:
    @staticmethod
    def fits(wcs: Wcs) -> Sky: ...
    @staticmethod
    def python(lift: Callable[..., Any], project: Callable[..., Any], folds: bool) -> Sky: ...
    def turned(self, matrix: Sequence[Sequence[float]]) -> Sky: ...
    def over_surface(
        self,
        here: tuple[float, float],
        there: tuple[float, float],
        rotation: Sequence[Sequence[float]],
        shift: Sequence[float],
    ) -> Sky: ...
    def sampled(self, tolerance: float) -> Sky: ...

@final
class Map:
    @staticmethod
    def between(from_: Wcs, to: Wcs, roundtrip: bool) -> Map: ...
    @staticmethod
    def through(from_: Sky, to: Sky, roundtrip: bool) -> Map: ...
    @staticmethod
    def python(forward: Callable[..., Any], backward: Callable[..., Any] | None, axes: int) -> Map: ...
    @property
    def period(self) -> list[float | None]: ...
    def joined(self) -> Map: ...
    def sampled(self, tolerance: float) -> Map: ...
    def positions(self, inputs: Sequence[_Column], outputs: Sequence[_Column]) -> None: ...

@final
class Resampler:
    @staticmethod
    def interpolation(
        order: int, *, bad: str = "propagate", number: float = 0.0, footprint: str | None = None
    ) -> Resampler: ...
    @staticmethod
    def adaptive(
        *,
        kernel: str,
        kernel_width: float,
        sample_region_width: float,
        conserve_flux: bool,
        center_jacobian: bool,
        despike_jacobian: bool,
        boundary_mode: str,
        boundary_fill_value: float,
        boundary_ignore_threshold: float,
        x_cyclic: bool,
        y_cyclic: bool,
        bad_value_mode: str,
        bad_fill_value: float,
        footprint: str | None = None,
    ) -> Resampler: ...
    @staticmethod
    def exact(from_: Wcs, to: Wcs) -> Resampler: ...
    @staticmethod
    def overlap(from_: Sky, to: Sky) -> Resampler: ...

@final
class Blocks:
    def __new__(cls, map: Map, resampler: Resampler, input: Sequence[int], output: Sequence[int]) -> Self: ...
    @property
    def mapped(self) -> int: ...
    def needs(
        self, blocks: Sequence[Sequence[int]], chunks: Sequence[Sequence[int]], pad: int = 0
    ) -> tuple[list[int], list[int]]: ...
    def run(
        self,
        start: Sequence[int],
        chunks: Sequence[tuple[Sequence[int], NDArray[Any]]],
        output: NDArray[Any],
        footprint: _Column | None,
    ) -> None: ...

def reproject(
    array: NDArray[Any],
    map: Map,
    resampler: Resampler,
    output: NDArray[Any],
    footprint: _Column | None,
    *,
    threads: int | None = None,
    block: Sequence[int] | None = None,
    mask: NDArray[Any] | None = None,
    weighs: bool = False,
    fill: Any = None,
    progress: Callable[[int, int], object] | None = None,
    held: int | None = None,
) -> None: ...
def reproject_afar(
    array: NDArray[Any],
    map: Map,
    resampler: Resampler,
    output: NDArray[Any],
    footprint: _Column | None,
    *,
    recipe: bytes | None,
    file: tuple[str, int] | None,
    workers: int,
    command: Sequence[str],
    block: Sequence[int] | None = None,
    mask: NDArray[Any] | None = None,
    fill: Any = None,
    progress: Callable[[int, int], object] | None = None,
) -> None: ...
def serve_if_worker() -> None: ...
def plan(
    map: Map,
    resampler: Resampler,
    input: Sequence[int],
    kind: str,
    size: int,
    output: Sequence[int],
    single: bool,
    *,
    chunks: Sequence[int] | None = None,
    block: Sequence[int] | None = None,
    threads: int = 1,
) -> tuple[str, str, list[tuple[_Span, list[_Span]]]]: ...
def read_cards(cards: Sequence[_Card]) -> list[tuple[str, _Value]]: ...
def pixel_to_pixel(from_: Wcs, to: Wcs, inputs: Sequence[_Column], outputs: Sequence[_Column]) -> None: ...
