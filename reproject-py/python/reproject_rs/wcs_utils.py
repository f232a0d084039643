"""Questions about coordinate systems, for packages that ask them of ``reproject``."""

from astropy.wcs import WCS

from ._coords.coordinates import Coordinates

__all__ = ["has_celestial"]


def has_celestial(wcs: object) -> bool:
    """Whether a coordinate system has longitude and latitude on the sky.

    Parameters
    ----------
    wcs : `~astropy.wcs.WCS` or `~astropy.io.fits.Header` or any other coordinate system of APE 14
    """
    return wcs.has_celestial if isinstance(wcs, WCS) else Coordinates(wcs, "wcs").has_celestial
