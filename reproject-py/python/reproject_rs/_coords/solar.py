"""Frames of the Sun, in which a direction is a point of its surface (Thompson 2006, section 4): the way between two of them is a
ray, a sphere and a motion. sunpy says which, and is asked on points all over the sphere whether that is all that it does.
"""

import dataclasses
import sys

import numpy as np
from astropy import units as u
from astropy.coordinates import CartesianRepresentation, SphericalRepresentation, UnitSphericalRepresentation

from .hearing import unheard

# A share of the Sun's radius: as seen from the Earth a ten-millionth of an arcsecond.
CLOSE = 1e-10
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
            if None in (here, there) or not (_meets(start, here) and _meets(end, there)):
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


def _meets(frame, place):
    """Whether sunpy has the points that directions of a frame meet where a ray from that place meets the sphere."""
    distance, radius = place
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    if distance == 0:
        lon, lat = turns, np.linspace(-1.5, 1.5, turns.size)
        along = np.full(turns.size, radius)
    else:
        parts, turns = (grid.ravel() for grid in np.meshgrid([*ON, *OFF], turns))
        past = np.arcsin(np.minimum(parts * radius / distance, 1.0))
        y, z = np.sin(past) * np.cos(turns), np.sin(past) * np.sin(turns)
        lon, lat = np.arctan2(y, np.cos(past)), np.arcsin(z)
        depth = 1 - parts**2
        along = distance * np.cos(past) - radius * np.sqrt(np.where(depth > 0, depth, np.nan))
    found = frame.realize_frame(UnitSphericalRepresentation(lon * u.rad, lat * u.rad)).make_3d()
    found = found.represent_as(SphericalRepresentation).distance.to_value(u.m)
    return np.isclose(found, along, rtol=0, atol=1e-7 * radius, equal_nan=True).all()


def _moved(start, end, here, there):
    """The motion from coordinates of one frame to those of another, from the images of points of the sphere."""
    distance, radius = here
    rng = np.random.default_rng(20)
    test = rng.normal(size=(3, 16))
    about = np.concatenate([np.eye(3), -np.eye(3), test / np.linalg.norm(test, axis=0)], axis=1)
    centre = np.array([distance, 0.0, 0.0])
    points = CartesianRepresentation(*(radius * about + centre[:, None]), unit=u.m).represent_as(SphericalRepresentation)
    images = start.realize_frame(points).transform_to(end).cartesian.xyz.to_value(u.m)
    sides = (images[:, :3] - images[:, 3:6]) / (2 * radius)
    left, _, right = np.linalg.svd(sides)
    rotation = left @ right  # mirrored where one frame looks from outside: helioprojective longitudes run to the west
    shift = images[:, :6].mean(axis=1) - rotation @ centre
    moved = rotation @ (radius * about + centre[:, None]) + shift[:, None]
    if not np.abs(moved - images).max() < CLOSE * radius:
        return None
    return Surface(here, there, tuple(map(tuple, rotation.tolist())), tuple(shift.tolist()))
