"""The way from output pixels to input pixels: native between FITS, through the sky, or by astropy for anything else."""

import contextlib
import contextvars
import copy
import math
import threading

import numpy as np
from astropy.wcs.utils import pixel_to_pixel

from .._reproject_rs import Map, Sky
from . import frames, solar
from .hearing import Hearing, unheard
from .sphere import sphere_of


class PixelRoute:
    """The way between two coordinate systems.

    Parameters
    ----------
    input, output : `~reproject_rs._coords.coordinates.Coordinates`
        The coordinate systems.
    tolerance : float, optional
        How far positions may be off, in pixels, where Python is called for them: they are sampled then.
    """

    # The `~reproject_rs._coords.hearing.Hearing` of a run that calls in parts; without one, warnings go where they go.
    hearing = None

    def __init__(self, input, output, tolerance=None):
        self.input, self.output, self.tolerance = input, output, tolerance
        self.is_native = self._are_read and not self._differ()

    @property
    def _are_read(self):
        """Whether the engine reads both ends."""
        return self.input.native is not None and self.output.native is not None

    @property
    def _frames(self):
        """The frames of the two ends, as astropy has them; None where it has none."""
        return frames.frame_of(self.input.low), frames.frame_of(self.output.low)

    def _differ(self):
        """Whether FITS alone does not say how two spheres lie: solar and planetary frames have observers and times."""
        named = [sphere_of(end.native).is_named for end in (self.input, self.output)]
        if not all(named):
            return any(named)
        a, b = self._frames
        return a is not None and b is not None and not frames.same(a, b)

    def map(self, roundtrip):
        """The engine's map, sampled if that is asked for."""
        map = self.exact_map(roundtrip)
        return map.sampled(self.tolerance) if self.calls and self.tolerance is not None else map

    def exact_map(self, roundtrip):
        """The engine's map."""
        if self.is_native:
            return Map.between(self.input.native, self.output.native, roundtrip)
        self._one_sphere()
        if self._leads_through_skies:
            return Map.through(*self.skies, roundtrip)
        forward = _pixels(self.output.high, self.input.high, self._listening("to the input"))
        backward = _pixels(self.input.high, self.output.high, self._listening("back to the output"))
        return Map.python(forward, backward if roundtrip else None, self.output.naxis)

    def _one_sphere(self):
        """An error where astropy knows the frame of one end only: the Sun onto the sky, say."""
        a, b = self._frames
        if (a is None) != (b is None):
            raise ValueError(
                f"frames: {self.input.sphere} ({self.input.what}) and {self.output.sphere} ({self.output.what}) share no sphere: "
                "nothing fixes one sphere relative to the other; both images need frames of one kind, or frames that astropy "
                "knows (those of the Sun if `import sunpy.coordinates` comes first)"
            )

    def placed(self, pixels, sizes, roundtrip):
        """Positions on an input of ``sizes`` pixels of output positions: one row an axis, x first; NaN where there is none."""
        there, map = np.empty_like(pixels), self.exact_map(roundtrip)
        map.positions(list(pixels), list(there))
        for row, size, period in zip(there, sizes, map.period, strict=True):
            if period is not None:
                low = (size - 1 - period) / 2
                row -= period * np.floor((row - low) / period)
        return there

    @property
    def matrix(self):
        """The rotation from the frame of the input to that of the output; None if there is none."""
        if not hasattr(self, "_matrix"):
            a, b = self._frames
            self._matrix = None if a is None or b is None else frames.rotation(a, b)
        return self._matrix

    @property
    def surface(self):
        """The way over the surface of the Sun, where the engine goes it by itself; None otherwise."""
        if not hasattr(self, "_surface"):
            self._surface = solar.surface(*self._frames) if self._are_read and self.matrix is None else None
        return self._surface

    @property
    def _leads_through_skies(self):
        """Whether positions go from sky to sky: between frames that lie still, or over the surface of the Sun."""
        skies = self.input.is_sky and self.output.is_sky
        return skies and (self.matrix is not None or self.surface is not None)

    @property
    def calls(self):
        """Whether Python is called for positions."""
        return not self.is_native and not (self._are_read and self._leads_through_skies)

    @property
    def skies(self):
        """The two images as the engine sees them: directions in the frame of the output."""
        if not hasattr(self, "_skies"):
            self._skies = self._directions()
        return self._skies

    @property
    def areas(self):
        """The same for pixels as areas: they go on beyond a bounding box, so that the pixels on its border have a place. The box
        itself still says which pixels there are.
        """
        if not hasattr(self, "_areas"):
            self._areas = self._directions(boxed=False)
        return self._areas

    @property
    def sampled_areas(self):
        """The same, with directions sampled if that is asked for."""
        ends = zip(self.areas, (self.input, self.output), strict=True)
        exact = self.tolerance is None
        return tuple(sky if exact or end.native is not None else sky.sampled(self.tolerance) for sky, end in ends)

    def _directions(self, boxed=True):
        self._one_sphere()
        listening = self._listening("input"), self._listening("output")
        if self.surface is not None:
            first = self.surface.seen(_sky(self.input, boxed, listening[0]))
        elif self.matrix is None:
            first = _called(self.input, boxed, listening[0], frames.frame_of(self.output.low))
        else:
            first = _sky(self.input, boxed, listening[0]).turned(self.matrix.tolist())
        return first, _sky(self.output, boxed, listening[1])

    @contextlib.contextmanager
    def heard(self, tell=True):
        """Warnings of the calls in here come at its end: those that hold for all, or none."""
        self.hearing = Hearing()
        try:
            yield
            if tell:
                self.hearing.tell()
        finally:
            self.hearing = None

    def _listening(self, which):
        """The context that a call is made in; ``which`` tells one kind of call from others."""

        def listen(how=""):
            return contextlib.nullcontext() if self.hearing is None else self.hearing.listen(f"{which}{how}")

        return listen


def _sky(coordinates, boxed, listen):
    native = coordinates.native
    return _called(coordinates, boxed, listen) if native is None else Sky.fits(native)


def _called(coordinates, boxed, listen, end=None):
    """An image of any coordinate system, by calls; ``end`` is the frame it is wanted in, if not its own.

    Unless it is ``boxed``, directions have pixels beyond a bounding box too.
    """
    low, frame = coordinates.low, frames.frame_of(coordinates.low)
    if frame is None:
        raise ValueError(f"{coordinates.what}: astropy knows no celestial frame for it; give a WCS whose world is a SkyCoord")
    order, degrees = frames.lonlat_axes(low)
    scale = [math.radians(degrees[k]) for k in range(2)]
    inverse = low if boxed else _unboxed(low)
    lock = threading.Lock()  # coordinate systems of Python need not be safe for threads

    def lift(x, y):
        with lock, listen(" to the sky"), np.errstate(invalid="ignore"):
            world = _columns(low.pixel_to_world_values(x, y), 2, coordinates.what)
            lon, lat = (world[i] * unit for i, unit in zip(order, scale, strict=True))
            vectors = frames.to_vectors(lon, lat)
            return _columns(vectors if end is None else frames.turn(*vectors, frame, end))

    def project(x, y, z):
        with lock, listen(" from the sky"), np.errstate(invalid="ignore"):
            vectors = (x, y, z) if end is None else frames.turn(x, y, z, end, frame)
            world = [None, None]
            for i, unit, values in zip(order, scale, frames.from_vectors(*vectors), strict=True):
                world[i] = values / unit
            return _columns(inverse.world_to_pixel_values(*world), 2, coordinates.what)

    # Of one sphere: only from another place do parts of it lie in one direction.
    return Sky.python(_as_here(lift), _as_here(project), end is not None)


def _unboxed(low):
    """The same coordinate system without its bounding box, as those of gwcs have one."""
    if getattr(low, "bounding_box", None) is None:
        return low
    free = copy.deepcopy(low)
    free.bounding_box = None
    return free


def _pixels(start, end, listen):
    """Pixels of one coordinate system to those of another, as astropy has it."""
    lock = threading.Lock()
    unchecked = [True]

    def call(*columns):
        with lock, listen(), np.errstate(invalid="ignore"):
            if unchecked and columns[0].size:
                with unheard():  # one position may lie where all others do not
                    _count(start.low_level_wcs, end.low_level_wcs, [column[:1] for column in columns])
                unchecked.clear()
            return _columns(pixel_to_pixel(start, end, *columns), end.low_level_wcs.pixel_n_dim, "a coordinate system")

    return _as_here(call)


def _count(start, end, columns):
    """Checks that two coordinate systems give as many values as they have axes; astropy takes what it needs of whatever is given.

    Each is asked about itself: the way between their frames may cost as much as thousands of positions.
    """
    _columns(start.pixel_to_world_values(*columns), start.world_n_dim, "a coordinate system")
    world = end.pixel_to_world_values(*(np.zeros(1) for _ in range(end.pixel_n_dim)))
    world = _columns(world, end.world_n_dim, "a coordinate system")
    _columns(end.world_to_pixel_values(*world), end.pixel_n_dim, "a coordinate system")


def _as_here(call):
    """A function that sees the context variables of here wherever it is called: worker threads have none of their own."""
    context = contextvars.copy_context()
    return lambda *columns: context.copy().run(call, *columns)


def _columns(arrays, count=None, what=""):
    """Columns of numbers; of ``count`` values for every position, by the coordinate system called ``what``."""
    arrays = arrays if isinstance(arrays, tuple | list) else (arrays,)
    if count not in (None, len(arrays)):
        raise ValueError(f"{what}: {len(arrays)} value(s) were given for every position, {count} are needed, one an axis")
    return tuple(np.ascontiguousarray(_plain(a, what), dtype=np.float64).reshape(-1) for a in arrays)


def _plain(values, what):
    """Values as plain numbers, as APE 14 has them; masked ones are NaN."""
    kind = "of complex numbers" if np.iscomplexobj(values) else f"in {values.unit}" if getattr(values, "unit", None) is not None else ""
    if kind:
        raise TypeError(f"{what or 'a coordinate system'}: values {kind} were given; low-level methods of APE 14 give plain numbers")
    return values.filled(np.nan) if isinstance(values, np.ma.MaskedArray) and values.dtype.kind == "f" else np.asarray(values)
