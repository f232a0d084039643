"""Routes as tuples that pickle without losing a digit, for other processes."""

from .coordinates import Coordinates
from .frames import frame_of
from .maps import PixelRoute


def packed(route):
    """A route as a tuple that pickles without losing a digit: of FITS coordinate systems the engine's reading."""
    if route.is_native:
        return (True, route.tolerance, route.input.native, route.output.native)
    # Found here and now: elsewhere it may hang on other things that are set around.
    skies = route.input.is_sky and route.output.is_sky
    ways = {"_matrix": route.matrix, "_surface": route.surface} if skies else {}
    return (False, route.tolerance, *(_state(end) for end in (route.input, route.output)), ways)


def unpacked(state):
    """The route that `packed` made this of."""
    native, tolerance, *ends = state
    route = PixelRoute.__new__(PixelRoute)
    route.is_native, route.tolerance = native, tolerance
    if native:
        route.input, route.output = (Coordinates(wcs, "WCS") for wcs in ends)
        return route
    route.input, route.output = (Coordinates.__new__(Coordinates) for _ in ends[:2])
    route.input.__dict__.update(ends[0])
    route.output.__dict__.update(ends[1])
    route.__dict__.update(ends[2])
    return route


def _state(coordinates):
    """The engine's reading goes along, so that it stays what it is; what can be made again does not.

    So does the frame that FITS has a name for only: who unpickles it has loaded the package that astropy learned it from.
    """
    state = {k: v for k, v in coordinates.__dict__.items() if k != "high"}
    frame = None if coordinates.native is None else frame_of(coordinates.low)
    return {**state, "native": coordinates.native, "frame": frame}
