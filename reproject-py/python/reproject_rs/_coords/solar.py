"""Frames of the Sun, in which a direction is a point of its surface (Thompson 2006, section 4): the way between two of them is a
ray, a sphere and a motion. sunpy says which, and is asked on points all over the sphere whether that is all that it does.
"""

import dataclasses
import sys

import numpy as np
from astropy import units as u
from astropy.coordinates import SphericalRepresentation, UnitSphericalRepresentation

from .hearing import unheard

# A share of the Sun's radius, a millionth of an arcsecond as seen from the Earth. sunpy's distance to the surface comes from a
# difference of two squares, which leaves a few centimetres of 700 000 km.
NEAR = 1e-9
# Where the surface is looked for: from the centre of the disk outwards, in its radii. At the limb itself sunpy has half the digits.
ON, OFF = (0.0, 0.3, 0.7, 0.95), (1.05, 1.5, 4.0)


@dataclasses.dataclass(frozen=True)
class Surface:
    """The way from one frame to another over the Sun, in metres: what `~reproject_rs._reproject_rs.Sky.over_surface` takes."""

    here: tuple[float, float]
    there: tuple[float, float]
    rotation: tuple[tuple[float, float, float], ...]
    shift: tuple[float, float, float]

    def seen(self, sky):
        """An image of the first frame in directions of the second."""
        return sky.over_surface(self.here, self.there, self.rotation, self.shift)


def surface(start, end):
    """The way from frame ``start`` to ``end`` as a `Surface`; None where sunpy does anything else: with a screen, or with
    differential rotation between two times.
    """
    if "sunpy.coordinates.frames" not in sys.modules:
        return None
    try:
        with unheard():
            here, there = _viewpoint(start), _viewpoint(end)
            if None in (here, there) or not _meets(end, there):
                return None
            return _moved(start, end, here, there)
    except Exception:  # sunpy knows no way: whoever goes it will say so
        return None


def _viewpoint(frame):
    """Distance from the centre of the Sun and radius of the sphere that directions of a frame are taken to."""
    frames = sys.modules["sunpy.coordinates.frames"]
    if type(frame) in (frames.HeliographicStonyhurst, frames.HeliographicCarrington):
        return 0.0, float(frame.rsun.to_value(u.m))
    if type(frame) is frames.Helioprojective and isinstance(frame.observer, frames.HeliographicStonyhurst):
        return float(frame.observer.radius.to_value(u.m)), float(frame.rsun.to_value(u.m))
    return None


def _looks(place):
    """Directions from a place, on the disk and beyond its limb, in radians, and how far along each the surface is; NaN where it
    is not.
    """
    distance, radius = place
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    if distance == 0:
        return turns, np.linspace(-1.5, 1.5, turns.size), np.full(turns.size, radius)
    parts, turns = (grid.ravel() for grid in np.meshgrid([*ON, *OFF], turns))
    past = np.arcsin(np.minimum(parts * radius / distance, 1.0))
    y, z = np.sin(past) * np.cos(turns), np.sin(past) * np.sin(turns)
    depth = 1 - parts**2
    along = distance * np.cos(past) - radius * np.sqrt(np.where(depth > 0, depth, np.nan))
    return np.arctan2(y, np.cos(past)), np.arcsin(z), along


def _meets(frame, place):
    """Whether sunpy has the points that directions of a frame meet where a ray from that place meets the sphere."""
    lon, lat, along = _looks(place)
    found = frame.realize_frame(UnitSphericalRepresentation(lon * u.rad, lat * u.rad)).make_3d()
    found = found.represent_as(SphericalRepresentation).distance.to_value(u.m)
    return np.isclose(found, along, rtol=0, atol=NEAR * place[1], equal_nan=True).all()


def _moved(start, end, here, there):
    """The motion from coordinates of one frame to those of another, from where sunpy has directions of the first in the second.
    Between observers at one place it has them stay what they are, beyond the limb too: that is no way over the surface.
    """
    lon, lat, along = _looks(here)
    images = start.realize_frame(UnitSphericalRepresentation(lon * u.rad, lat * u.rad)).transform_to(end).cartesian.xyz
    images = images.to_value(u.m)
    seen = np.isfinite(along)
    if np.isfinite(images[:, ~seen]).any():
        return None
    points = along * np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    points, images = points[:, seen], images[:, seen]
    middles = points.mean(axis=1), images.mean(axis=1)
    about = (points - middles[0][:, None], images - middles[1][:, None])
    left, _, right = np.linalg.svd(about[1] @ about[0].T)
    rotation = left @ right  # mirrored where one frame looks from outside: helioprojective longitudes run to the west
    shift = middles[1] - rotation @ middles[0]
    if not np.abs(rotation @ points + shift[:, None] - images).max() < NEAR * here[1]:
        return None
    return Surface(here, there, tuple(map(tuple, rotation.tolist())), tuple(shift.tolist()))
