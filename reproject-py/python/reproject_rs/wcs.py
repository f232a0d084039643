"""A FITS world coordinate system that many threads may use at once: APE 14's low-level interface over the engine."""

import os

import numpy as np
from astropy import wcs as astropy_wcs
from astropy.io import fits
from astropy.wcs.wcsapi import BaseLowLevelWCS

from ._call import checks
from ._coords.pixels import mapped
from ._coords.sphere import sphere_of
from ._coords.wcs import cards_of, native_from, told
from ._reproject_rs import read_cards

__all__ = ["WCS"]


class WCS(BaseLowLevelWCS):
    """A FITS world coordinate system.

    Immutable, picklable, and free of locks: values are computed by the engine without the interpreter lock. What the
    values mean (physical types, object classes) is astropy's reading of the same header.

    Parameters
    ----------
    header : `~astropy.io.fits.Header`, dict, file name, or `~astropy.wcs.WCS`
        Where the coordinate system is described. An `~astropy.wcs.WCS` is taken by its attributes, so no digit is lost.
    hdu : int or str, optional
        The HDU of a file.
    key : str, optional
        The letter of an alternate description.
    fobj : `~astropy.io.fits.HDUList`, optional
        The file that holds the look-up tables of the header.

    Raises
    ------
    ValueError
        For a header that breaks a rule; the message names keyword, value and rule.
    """

    def __init__(self, header, *, hdu=0, key=" ", fobj=None):
        if not isinstance(key, str) or len(key) != 1:
            raise ValueError(f"{checks.told('key', key)} is neither blank nor a letter A-Z")
        if fobj is not None and not isinstance(fobj, fits.HDUList):
            raise TypeError(f"{checks.told('fobj', fobj)} is not an astropy.io.fits.HDUList")
        if isinstance(header, str | os.PathLike):
            with fits.open(header) as hdus:
                from ._call.input import one_hdu

                state = cards_of(one_hdu(hdus, hdu, "hdu").header, key, hdus)
        else:
            state = cards_of(header, key, fobj)
        self.__setstate__(state)
        told(self._native, "WCS")

    def __getstate__(self):
        return self._state

    def __setstate__(self, state):
        self._state = state
        self._native = native_from(state)
        self._meaning = None

    def __repr__(self):
        return repr(self._native)

    @property
    def _astropy(self):
        """astropy's reading of the cards, made when it is first asked for; None where astropy refuses them."""
        if self._meaning is None:
            self._meaning = (_astropy_wcs(self._state),)
        return self._meaning[0]

    @property
    def pixel_n_dim(self):
        return self._native.naxis

    @property
    def world_n_dim(self):
        return self._native.naxis

    @property
    def array_shape(self):
        shape = self._native.array_shape
        return None if shape is None else tuple(shape)

    @property
    def pixel_shape(self):
        shape = self._native.array_shape
        return None if shape is None else tuple(shape[::-1])

    @property
    def world_axis_physical_types(self):
        return self._told("world_axis_physical_types", [None] * self.world_n_dim)

    @property
    def world_axis_units(self):
        return self._told("world_axis_units", self._native.units)

    @property
    def world_axis_names(self):
        """CNAMEi; where there is none what CTYPEi begins with, in lower case, by which plots find an axis (``ax.coords["ra"]``)."""
        names = self._told("world_axis_names", [""] * self.world_n_dim)
        return [name or kind[:4].replace("-", "").lower() for name, kind in zip(names, self._native.ctype, strict=True)]

    @property
    def axis_correlation_matrix(self):
        return self._told("axis_correlation_matrix", np.ones((self.world_n_dim, self.pixel_n_dim), bool))

    @property
    def world_axis_object_components(self):
        return self._told("world_axis_object_components", [(f"world{i}", 0, "value") for i in range(self.world_n_dim)])

    @property
    def world_axis_object_classes(self):
        from astropy.units import Quantity

        classes = {
            f"world{i}": (Quantity, (), {"unit": unit}) for i, unit in enumerate(self._native.units)
        }
        classes = self._told("world_axis_object_classes", classes)
        frame = _ecliptic(self._native)
        if frame is not None and "celestial" in classes:
            kind, args, options, *rest = classes["celestial"]
            classes = {**classes, "celestial": (kind, args, {**options, "frame": frame}, *rest)}
        return classes

    def _told(self, name, otherwise):
        return otherwise if self._astropy is None else getattr(self._astropy, name)

    def to_astropy(self):
        """The `~astropy.wcs.WCS` of the same description, distortions and tables included, for what takes nothing else, such as
        `~astropy.nddata.CCDData` and `~astropy.nddata.Cutout2D`.
        """
        from ._coords.to_astropy import whole

        return whole(self._state)

    def pixel_to_world_values(self, *pixel_arrays):
        """World values of pixel positions: 0-based, x first; degrees, SI or CUNIT. NaN where there is no such point."""
        return _one(mapped(self._native.pixel_to_world, pixel_arrays, self.pixel_n_dim))

    def world_to_pixel_values(self, *world_arrays):
        """Pixel positions of world values; the converse of `pixel_to_world_values`."""
        return _one(mapped(self._native.world_to_pixel, world_arrays, self.world_n_dim))


def _one(values):
    return values[0] if len(values) == 1 else values


def _astropy_wcs(state):
    """astropy's object for the cards, without distortions: only what the axes are is asked of it."""
    cards, key, _, _ = state
    distortion = ("CPDIS", "DP", "D2IM", "AXISCORR", "A_", "B_", "AP_", "BP_", "WAT", "PLT", "AMD", "PPO", "CNPIX")
    header = fits.Header()
    for keyword, value in read_cards(cards):
        plate = keyword in ("XPIXELSZ", "YPIXELSZ", "OBJCTX", "OBJCTY")
        if not (keyword.startswith(distortion) or plate or keyword in ("COMMENT", "HISTORY", "")):
            try:
                header.append((keyword, value.removesuffix("-SIP") if isinstance(value, str) else value))
            except ValueError:
                continue
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return astropy_wcs.WCS(header, key=key)
    except Exception:  # whatever astropy makes of it, the values are the engine's
        return None


def _ecliptic(native):
    """The frame of ecliptic coordinates, which astropy reads as ICRS."""
    from astropy import coordinates

    sphere = sphere_of(native)
    return coordinates.GeocentricMeanEcliptic(equinox=f"J{sphere.equinox}") if sphere.is_ecliptic else None
