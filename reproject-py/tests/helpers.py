"""Headers, images and comparisons that the tests share."""

import pathlib

import numpy as np
from astropy.coordinates import ICRS, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.wcsapi import BaseLowLevelWCS

SHARED = pathlib.Path(__file__).parents[2].parent / "shared" / "data"


def header(ctype, crval, crpix, cdelt, shape, rotation=0.0, **extra):
    """A celestial header; ``cdelt`` in degrees, ``rotation`` in degrees."""
    h = fits.Header()
    h["NAXIS"] = 2
    h["NAXIS1"], h["NAXIS2"] = shape[1], shape[0]
    for i in (1, 2):
        h[f"CTYPE{i}"], h[f"CRVAL{i}"], h[f"CRPIX{i}"] = ctype[i - 1], crval[i - 1], crpix[i - 1]
        h[f"CDELT{i}"], h[f"CUNIT{i}"] = cdelt[i - 1], "deg"
    c, s = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    h["PC1_1"], h["PC1_2"], h["PC2_1"], h["PC2_2"] = c, -s, s, c
    h.update(extra)
    return h


def tan(shape=(60, 80), crval=(150.0, 30.0), scale=1e-3, rotation=0.0, **extra):
    crpix = (shape[1] / 2 + 0.5, shape[0] / 2 + 0.5)
    return header(("RA---TAN", "DEC--TAN"), crval, crpix, (-scale, scale), shape, rotation, **extra)


def image(shape, seed=1, dtype=np.float64):
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[tuple(slice(0, n) for n in shape[-2:])]
    smooth = 100 * np.sin(x / 7.0) * np.cos(y / 5.0)
    return (smooth + rng.normal(size=shape)).astype(dtype)


def agree(ours, theirs, positions=None, tolerance=1e-6):
    """Two results agree to ``tolerance`` of the data range, with the same NaNs except where ``positions`` excuses a pixel."""
    excused = np.zeros(ours.shape, bool) if positions is None else positions
    differ = (np.isnan(ours) != np.isnan(theirs)) & ~excused
    assert not differ.any(), f"{differ.sum()} pixels are NaN on one side only, first at {np.argwhere(differ)[0]}"
    both = np.isfinite(ours) & np.isfinite(theirs) & ~excused
    span = np.ptp(theirs[both])
    worst = np.abs(ours[both] - theirs[both]).max() / (span or 1.0)
    assert worst <= tolerance, f"differ by {worst:.2e} of the range"
    return worst


def equal(ours, expected):
    """Two results have the same type and, NaNs included, the same values."""
    np.testing.assert_array_equal(ours, expected)
    assert ours.dtype == expected.dtype


class Foreign(BaseLowLevelWCS):
    """A FITS coordinate system that does not say so; its world axes are latitude and longitude, in arcseconds."""

    pixel_n_dim = world_n_dim = 2
    world_axis_physical_types = "pos.eq.dec", "pos.eq.ra"
    world_axis_units = "arcsec", "arcsec"
    world_axis_object_components = ("sky", 1, "spherical.lat.arcsec"), ("sky", 0, "spherical.lon.arcsec")

    def __init__(self, header, frame=None, broken=False):
        self.wcs, self.frame, self.broken = WCS(header), ICRS() if frame is None else frame, broken

    @property
    def world_axis_object_classes(self):
        return {"sky": (SkyCoord, (), {"frame": self.frame, "unit": ("arcsec", "arcsec")})}

    def pixel_to_world_values(self, *pixels):
        if self.broken:
            raise ZeroDivisionError("no world today")
        lon, lat = self.wcs.pixel_to_world_values(*pixels)
        return lat * 3600, lon * 3600

    def world_to_pixel_values(self, lat, lon):
        return self.wcs.world_to_pixel_values(lon / 3600, lat / 3600)
