"""Resamplers with their options, as plain data that pickles, compares and hashes; the engine's object is made where it runs."""

import dataclasses

import numpy as np

from .._reproject_rs import Map, Resampler
from . import checks

ORDERS = {"nearest-neighbor": 0, "bilinear": 1, "biquadratic": 2, "bicubic": 3}
FOOTPRINTS = (None, "valid", "coverage")


@dataclasses.dataclass(frozen=True)
class Method:
    """A resampler and its options: ``kind`` is 'interpolation', 'adaptive' or 'exact'."""

    kind: str
    options: tuple = ()

    def engine(self, route):
        """The engine's object for a `~reproject_rs._coords.maps.PixelRoute`."""
        if self.kind == "exact":
            if route.is_native:
                return Resampler.exact(route.input.native, route.output.native)
            return Resampler.overlap(*route.sampled_areas)
        return getattr(Resampler, self.kind)(**dict(self.options))

    def map(self, route, roundtrip):
        """The engine's map for a route: adaptive resampling wants all axes in one group."""
        if self.kind == "exact" and not route.is_native:
            map = Map.through(*route.areas, roundtrip)  # so that the map hears of errors in the overlaps
            return map.sampled(route.tolerance) if route.calls and route.tolerance is not None else map
        map = route.map(roundtrip)
        return map.joined() if self.kind == "adaptive" else map

    @property
    def has_shares(self):
        """Whether a footprint holds numbers between 0 and 1."""
        return self.kind == "exact" or dict(self.options).get("footprint") is not None

    @property
    def order(self):
        """The order of an interpolation; None for others."""
        return dict(self.options).get("order")


def interpolation(order, bad="propagate", footprint=None):
    """The interpolation of an order given by name or number."""
    number = ORDERS.get(order) if isinstance(order, str) else order
    if isinstance(number, bool | np.bool_) or not checks.among(number, (0, 1, 2, 3)):
        raise ValueError(f"{checks.told('order', order)} is not one of {', '.join(map(repr, ORDERS))}, or 0 to 3")
    order = number
    bad, number = _bad(bad)
    options = {"order": int(order), "bad": bad, "number": float(number), "footprint": counted(footprint)}
    return Method("interpolation", tuple(options.items()))


def _bad(bad):
    """The name of the effect of pixels that are not finite, and the number that goes with it."""
    name, *numbers = bad if isinstance(bad, tuple) and bad else (bad,)
    defaults = {"propagate": 0.0, "ignore": 0.5, "fill": 0.0}
    if not isinstance(name, str) or name not in defaults:
        raise ValueError(f"{checks.told('bad', bad)} is not one of 'propagate', 'ignore', 'fill'")
    if not isinstance(bad, tuple):
        return name, defaults[name]
    if len(numbers) != 1:
        raise ValueError(f"bad={bad!r}: a tuple is ('ignore', share) or ('fill', number)")
    if name == "ignore":
        what = "a share of the weight on good pixels: above 0, at most 1"
        return name, checks.number("the number of bad", numbers[0], what, lambda share: 0 < share <= 1)
    return name, checks.number("the number of bad", numbers[0])


def adaptive(footprint=None, **options):
    return Method("adaptive", (*options.items(), ("footprint", counted(footprint))))


def counted(footprint):
    """The name of the footprint's meaning, checked."""
    if footprint is not None and not isinstance(footprint, str):
        raise TypeError(f"footprint is of type {type(footprint).__name__}: it names what to count; arrays go to output_footprint")
    if footprint not in FOOTPRINTS:
        raise ValueError(f"footprint={footprint!r} is not one of None, 'valid', 'coverage'")
    return footprint
