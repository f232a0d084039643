"""A coordinate system as it was given; the engine's reading of it and astropy's are made when they are asked for."""

import functools
import warnings

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.wcsapi import BaseHighLevelWCS, BaseLowLevelWCS, HighLevelWCSWrapper

from .._reproject_rs import Wcs
from . import frames
from .slices import unsliced
from .wcs import HiddenError, as_read, cards_of, native, native_from, told

# Greisen et al. 2006 (FITS paper III), table 1; VELO and FELO of AIPS.
SPECTRAL = {"FREQ", "ENER", "WAVN", "VRAD", "WAVE", "VOPT", "ZOPT", "AWAV", "VELO", "BETA", "FELO"}


class Coordinates:
    """A coordinate system.

    Parameters
    ----------
    given : `~astropy.io.fits.Header` or dict or a coordinate system of APE 14
        What the caller gave.
    what : str
        The argument it was given as, for errors.
    hdus : `~astropy.io.fits.HDUList`, optional
        The file that holds its tables; it may be closed afterwards.
    """

    def __init__(self, given, what, hdus=None):
        if not isinstance(given, fits.Header | dict | BaseLowLevelWCS | BaseHighLevelWCS | Wcs):
            if what == "output_projection":
                raise TypeError("output_projection should either be a Header, a WCS object, or a filename")
            raise TypeError(f"{what} should be a FITS header or a WCS object, not {type(given).__name__}")
        self.given, self.what = given, what
        self._cards = cards_of(given, " ", hdus) if isinstance(given, fits.Header | dict) else None
        self._file = None if hdus is None else _tables(hdus)

    @functools.cached_property
    def native(self):
        """The engine's reading, or None where the coordinate system is not one of FITS."""
        if self._cards is not None:
            return told(native_from(self._cards), self.what)
        if isinstance(self.given, Wcs):
            return self.given
        low = self.low
        if not isinstance(low, WCS) and not isinstance(getattr(low, "_native", None), Wcs):
            low = unsliced(low)
        try:
            return None if low is None else native(low, self.what)
        except HiddenError:  # called like any coordinate system of APE 14
            return None

    @functools.cached_property
    def high(self):
        """A high-level coordinate system of APE 14."""
        if isinstance(self.given, BaseHighLevelWCS):
            return self.given
        if isinstance(self.given, BaseLowLevelWCS):
            return HighLevelWCSWrapper(self.given)
        if isinstance(self.given, Wcs):
            raise TypeError(f"{self.what}: this needs an astropy.wcs.WCS or a FITS header")
        header = self.given if isinstance(self.given, fits.Header) else fits.Header(self.given)
        header = as_read(header, self._cards[0])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return WCS(header, fobj=self._file)

    @property
    def low(self):
        """A low-level coordinate system of APE 14."""
        return self.given if isinstance(self.given, BaseLowLevelWCS) else self.high.low_level_wcs

    @property
    def naxis(self):
        return self.low.pixel_n_dim if self.native is None else self.native.naxis

    @property
    def array_shape(self):
        if isinstance(self.given, BaseLowLevelWCS | BaseHighLevelWCS):
            return self.low.array_shape
        return self.native.array_shape

    @property
    def is_sky(self):
        """Whether it is two celestial axes and nothing else."""
        if self.native is not None:
            return self.native.is_image
        return self.low.pixel_n_dim == 2 and self.low.world_n_dim == 2 and self.has_celestial

    @property
    def has_celestial(self):
        if self.native is not None:
            return self.native.has_celestial
        from astropy.coordinates import SkyCoord

        classes = self.low.world_axis_object_classes.values()
        return any(isinstance(c[0], type) and issubclass(c[0], SkyCoord) for c in classes)

    def world(self, pixels):
        """World values of pixel positions: one row an axis, x first, in the units of the coordinate system."""
        pixels = np.ascontiguousarray(pixels, dtype=np.float64)
        if self.native is None:
            with np.errstate(invalid="ignore"):
                return np.atleast_2d(np.asarray(self.low.pixel_to_world_values(*pixels), dtype=np.float64))
        values = np.empty_like(pixels)
        self.native.pixel_to_world(list(pixels), list(values))
        return values

    @functools.cached_property
    def lonlat(self):
        """The world axes of longitude and latitude and their units in degrees; of several spheres the first."""
        if self.native is not None:
            return self.native.celestial_axes, (1.0, 1.0)
        return frames.lonlat_axes(self.low)

    @functools.cached_property
    def sky_axes(self):
        """The two pixel axes (x first) that longitude and latitude change along most."""
        if self.native is not None:
            return self.native.celestial_pixels
        both = np.asarray(self.low.axis_correlation_matrix)[list(self.lonlat[0])].sum(axis=0)
        return tuple(sorted(np.argsort(-both, kind="stable")[:2].tolist()))

    @property
    def sphere(self):
        """The name of the celestial frame."""
        frame = frames.frame_of(self.low) if self.native is None else None
        return self.native.sphere if self.native is not None else "an unnamed frame" if frame is None else frame.name

    @property
    def spectral(self):
        """The CTYPE of the spectral axis of a FITS coordinate system; None without one."""
        if self.native is None or not self.native.has_spectral:
            return None
        return next((c for c in self.native.ctype if c[:4].rstrip("-") in SPECTRAL), None)


def _tables(hdus):
    """Copies of the HDUs that a header's tables lie in, so that the file may be closed."""
    images = [hdu.copy() for hdu in hdus if isinstance(hdu, fits.ImageHDU) and hdu.name in _IMAGES]
    tables = [hdu.copy() for hdu in hdus if isinstance(hdu, fits.BinTableHDU) and hdu.name.startswith("WCS")]
    return fits.HDUList([fits.PrimaryHDU(), *images, *tables]) if images or tables else None


_IMAGES = ("WCSDVARR", "D2IMARR", "AXISCORR")
