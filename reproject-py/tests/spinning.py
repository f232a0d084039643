"""A frame of a body that turns, which astropy learns of when this module is loaded: as sunpy's are of the Sun."""

import numpy as np
from astropy import units as u
from astropy.coordinates import BaseCoordinateFrame, FunctionTransform, TimeAttribute, UnitSphericalRepresentation, frame_transform_graph
from astropy.wcs.utils import WCS_FRAME_MAPPINGS


class Spinning(BaseCoordinateFrame):
    """Longitude counts from where it was at ``obstime``."""

    default_representation = UnitSphericalRepresentation
    obstime = TimeAttribute(default="J2000")


@frame_transform_graph.transform(FunctionTransform, Spinning, Spinning)
def spin(start, end):
    days = (end.obstime - start.obstime).to_value("day")
    # No rotation: what lies at high latitudes lags behind.
    turned = start.lon + 0.1 * days * np.cos(start.lat) ** 2 * u.deg
    return end.realize_frame(UnitSphericalRepresentation(turned, start.lat))


def mapping(wcs):
    return Spinning(obstime=wcs.wcs.dateobs) if wcs.wcs.ctype[0].startswith("QQLN") else None


WCS_FRAME_MAPPINGS.append([mapping])
