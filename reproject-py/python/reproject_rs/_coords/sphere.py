"""The sphere that a FITS coordinate system lies on, as a value; the engine tells it in a text, which is read here only."""

import dataclasses
import functools
import re


@dataclasses.dataclass(frozen=True)
class Sphere:
    """A celestial frame: ``kind`` is the engine's name for it (None without one), ``equinox`` its year, if it has one."""

    kind: str | None = None
    equinox: float | None = None

    @property
    def is_named(self):
        """Whether the engine knows no more than its name: FITS alone does not say how it lies among others."""
        return self.kind == "Named"

    @property
    def is_ecliptic(self):
        return self.kind == "Ecliptic"


def sphere_of(native):
    """The sphere of the engine's reading of a coordinate system."""
    return _known(native.frame)


def _read(text):
    if text is None:
        return Sphere()
    kind, year = re.match(r"\w*", text)[0], re.search(r"\{ equinox: ([^ ]+) \}", text)
    return Sphere(kind, float(year[1]) if year and kind != "Named" else None)


_known = functools.lru_cache(maxsize=64)(_read)
