"""Directions of one astropy frame in another, and the rotation between them where there is one."""

import sys

import numpy as np
from astropy import units as u
from astropy.coordinates import (
    BaseCoordinateFrame,
    CartesianRepresentation,
    SkyCoord,
    UnitSphericalRepresentation,
    frame_transform_graph,
)

from .hearing import unheard

# Rounding of astropy's own rotations; a hundred-millionth of an arcsecond is 5e-14.
EXACT = 1e-12


def frame_of(low):
    """The frame of a coordinate system of two celestial axes, as astropy names it; None if it has none."""
    try:
        classes = low.world_axis_object_classes
    except (ValueError, TypeError):  # a sphere that astropy knows no frame for
        return None
    for kind, _, options, *_ in classes.values():
        if isinstance(kind, type) and issubclass(kind, SkyCoord):
            frame = options.get("frame", "icrs")  # SkyCoord's own default
            frame = frame_transform_graph.lookup_name(frame) if isinstance(frame, str) else frame
            frame = frame() if isinstance(frame, type) else frame
            return frame if isinstance(frame, BaseCoordinateFrame) else None
    return None


def lonlat_axes(low):
    """The world axes of longitude and latitude, and their units in degrees."""
    kinds = low.world_axis_object_classes
    place = {}
    for axis, (name, component, _) in enumerate(low.world_axis_object_components):
        kind = kinds[name][0]
        if isinstance(kind, type) and issubclass(kind, SkyCoord):
            place[{"lon": 0, "lat": 1}.get(component, component)] = axis
    axes = place[0], place[1]
    return axes, tuple(u.Unit(low.world_axis_units[axis]).to(u.deg) for axis in axes)


def same(a, b):
    """Whether two frames are one, attributes and all."""
    try:
        return a.is_equivalent_frame(b)
    except TypeError:
        return False


def turn(x, y, z, start, end):
    """Directions (columns of unit vectors) of frame ``start`` in frame ``end``."""
    vectors = CartesianRepresentation(x, y, z).represent_as(UnitSphericalRepresentation)
    there = SkyCoord(start.realize_frame(vectors)).transform_to(end)
    return to_vectors(*lonlat(there))


def lonlat(sky):
    """Longitudes and latitudes in radians."""
    sphere = sky.represent_as(UnitSphericalRepresentation)
    return sphere.lon.to_value(u.rad), sphere.lat.to_value(u.rad)


def to_vectors(lon, lat):
    """Unit vectors, as columns."""
    across = np.cos(lat)
    return across * np.cos(lon), across * np.sin(lon), np.sin(lat)


def from_vectors(x, y, z):
    """Longitudes in [0, 2π) and latitudes."""
    return np.arctan2(y, x) % (2 * np.pi), np.arctan2(z, np.hypot(x, y))


def _by_the_surface(start, end):
    """Whether the way between two frames leads over the surface of the Sun: a direction from an observer is a point of it
    (Thompson 2006, section 4), elsewhere in the sky of another observer. That no rotation does.
    """
    frames = sys.modules.get("sunpy.coordinates.frames")
    seen = () if frames is None else (frames.Helioprojective, frames.HelioprojectiveRadial)
    ends = [isinstance(frame, seen) for frame in (start, end)]
    if not all(ends):
        return any(ends)
    if isinstance(start.observer, str) or isinstance(end.observer, str):
        return False
    places = [frame.observer for frame in (start, end)]
    return None not in places and not (same(*places) and (places[0].cartesian.xyz == places[1].cartesian.xyz).all())


def rotation(start, end):
    """The matrix that takes directions of ``start`` to ``end``; None if the way between them is no rotation.

    Found from the images of the axes and verified on directions all over the sphere.
    """
    if same(start, end):
        return np.eye(3)
    if _by_the_surface(start, end):
        return None
    rng = np.random.default_rng(20)
    test = rng.normal(size=(3, 64))
    test /= np.linalg.norm(test, axis=0)
    points = np.concatenate([np.eye(3), test], axis=1)
    try:
        with unheard():
            images = np.array(turn(*points, start, end))
    except Exception:  # astropy knows no way, or not without distances: whoever goes it will say so
        return None
    matrix = images[:, :3]
    with np.errstate(invalid="ignore"):
        straight = np.abs(matrix.T @ matrix - np.eye(3)).max() < EXACT and np.linalg.det(matrix) > 0
        if not straight or not np.abs(matrix @ points - images).max() < EXACT:
            return None
    return matrix
