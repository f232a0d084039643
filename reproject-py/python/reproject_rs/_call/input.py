"""Inputs and output projections of every kind that a caller may give, brought to one form."""

import dataclasses
import logging
import os
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import NDDataBase
from astropy.wcs.wcsapi import BaseHighLevelWCS, BaseLowLevelWCS

from .._coords.coordinates import Coordinates
from . import checks

LOG = logging.getLogger(__name__)

IMAGE_HDUS = (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)


@dataclasses.dataclass
class Input:
    """Pixels (a plain NumPy array or a dask array), their coordinate system, which of them are masked, and their unit."""

    array: Any
    wcs: Coordinates
    mask: np.ndarray | None = None
    unit: Any = None


def parse_input(input_data, hdu_in):
    """The pixels of an input and its coordinate system."""
    if isinstance(input_data, str | os.PathLike):
        if is_picture(input_data):
            data, wcs = read_picture(input_data)
            return Input(data, Coordinates(wcs, "input_data"))
        with fits.open(input_data) as hdus:
            return parse_input(hdus, hdu_in)
    if isinstance(input_data, fits.HDUList):
        hdu = one_image(input_data, hdu_in)
        return _parsed(pixels_of(hdu, input_data), Coordinates(hdu.header, "input_data", input_data))
    if isinstance(input_data, IMAGE_HDUS):
        return _parsed(pixels_of(input_data), Coordinates(input_data.header, "input_data"))
    if isinstance(input_data, tuple) and len(input_data) == 2 and is_array(input_data[0]):
        return _parsed(input_data[0], Coordinates(input_data[1], "input_data"))
    if isinstance(input_data, NDDataBase):
        return _nddata(input_data)
    raise TypeError("input_data should either be an HDU object or a tuple of (array, WCS) or (array, Header)")


def is_dask(array):
    """Whether an array is dask's, without importing dask."""
    return type(array).__module__.startswith("dask.array")


def is_array(array):
    return isinstance(array, np.ndarray) or is_dask(array)


class NoSuchNumber(IndexError, ValueError):
    """The number of an HDU that is not there: what astropy raises, and a wrong argument."""


class NoSuchName(KeyError, ValueError):
    """The name of an HDU that is not there, likewise."""

    __str__ = ValueError.__str__  # a KeyError shows its text as a key


def one_hdu(hdus, hdu_in, option="hdu_in"):
    """The HDU asked for, by number, name, or name and version; the only one if none was."""
    if hdu_in is None and len(hdus) > 1:
        raise ValueError(f"More than one HDU is present, please specify HDU to use with ``{option}=`` option")
    hdu_in = 0 if hdu_in is None else hdu_in
    kinds = str | int | np.integer | tuple
    if not isinstance(hdu_in, kinds) or isinstance(hdu_in, bool):
        raise TypeError(f"{checks.told(option, hdu_in)} is not the number or the name of an HDU")
    try:
        return hdus[hdu_in]
    except (IndexError, KeyError, TypeError, ValueError):
        kind = NoSuchName if isinstance(hdu_in, str | tuple) else NoSuchNumber
        raise kind(f"{checks.told(option, hdu_in)}: there is no such HDU; there are {_told(hdus)}") from None


def one_image(hdus, hdu_in, option="hdu_in"):
    """The same, of HDUs that are images."""
    hdu = one_hdu(hdus, hdu_in, option)
    if not isinstance(hdu, IMAGE_HDUS):
        raise ValueError(f"{checks.told(option, hdu_in)}: that HDU is no image; there are {_told(hdus)}")
    return hdu


def _told(hdus):
    """The HDUs of a file in words."""
    each = []
    for number, hdu in enumerate(hdus):
        shape = " × ".join(map(str, hdu.shape)) if isinstance(hdu, IMAGE_HDUS) else ""
        what = f"{shape} pixels" if shape else "no pixels" if isinstance(hdu, IMAGE_HDUS) else "no image"
        each.append(f"{number} {hdu.name} ({what})".replace("  ", " "))
    return ", ".join(each[:20] + ["…"] * (len(each) > 20))


def pixels_of(hdu, hdus=None):
    """The pixels of an HDU. Integer images with BLANK cannot be mapped by astropy; they are read."""
    try:
        data = hdu.data
    except ValueError as error:
        info = hdu.fileinfo()
        if info is None or "memory-mapped" not in str(error):
            raise
        with fits.open(info["file"].name, memmap=False) as hdus:
            index = next(i for i, h in enumerate(hdus) if h.fileinfo()["datLoc"] == info["datLoc"])
            data = hdus[index].data
    if data is None:
        others = "" if hdus is None else f": there are {_told(hdus)}"
        raise ValueError(f"HDU {hdu.name or 'PRIMARY'} holds no pixels; choose another with ``hdu_in=``{others}")
    return data


def _nddata(nddata):
    kind = type(nddata).__name__
    if nddata.wcs is None:
        raise ValueError(f"input_data: the {kind} has no WCS; give it one, or pass a tuple of (array, WCS)")
    if nddata.uncertainty is not None:
        LOG.info("input_data: the uncertainty of the %s is dropped, as `reproject` does; only its data are reprojected", kind)
    array = nddata.data if is_array(nddata.data) else np.asarray(nddata.data)
    source = _parsed(array, Coordinates(nddata.wcs, "input_data"))
    mask = _masked(nddata.mask, array.shape)
    source.mask = mask if source.mask is None else source.mask if mask is None else source.mask | mask
    source.unit = getattr(nddata, "unit", None) or source.unit
    return source


def _parsed(array, wcs):
    """Pixels of a type that the engine reads, and the mask and the unit of those that bring one."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    if kind not in "biuf":
        kinds = f"pixels of type {array.dtype} cannot be reprojected; use integers or floats of up to 64 bits"
        raise TypeError(f"input_data: {kinds}{' (a complex array part by part: .real, .imag)' if kind == 'c' else ''}")
    unit = getattr(array, "unit", None)
    mask = None
    if isinstance(array, np.ndarray):
        array, mask = unmasked(array)
        mask = _masked(mask, array.shape)
    if kind == "f" and size == 2:
        array = array.astype(np.float32)
    elif kind == "f" and size > 8:
        LOG.warning("input_data: pixels of type %s are taken as float64", array.dtype)
        array = array.astype(np.float64)
    return Input(array, wcs, mask, unit)


def unmasked(array):
    """A plain array and the mask that it comes with, by NumPy's masked arrays or astropy's; None without one."""
    if isinstance(array, np.ma.MaskedArray):
        return np.asarray(array.data), array.mask
    if checks.is_masked(array):
        return np.asarray(array.unmasked), array.mask
    return np.asarray(array), None


def _masked(mask, shape):
    """The mask that comes with an array; None if it leaves nothing out."""
    mask = None if mask is None else np.broadcast_to(np.asarray(mask, dtype=bool), shape)
    return mask if mask is not None and mask.any() else None


def is_picture(path):
    """Whether a file is a PNG or a JPEG, by its first bytes."""
    with open(path, "rb") as file:
        start = file.read(8)
    return start == b"\x89PNG\r\n\x1a\n" or start[:3] == b"\xff\xd8\xff"


def read_picture(path):
    """The channels of a picture, first axis, from the bottom up; and the coordinate system in its AVM metadata."""
    try:
        from PIL import Image
        from pyavm import AVM
    except ImportError as error:
        raise ImportError(
            f'input_data: reading {os.fspath(path)} takes pillow and pyavm: pip install "reproject-rs[avm]"'
        ) from error
    with Image.open(path) as picture:
        data = np.asarray(picture)
    return np.atleast_3d(data).transpose(2, 0, 1)[:, ::-1], AVM.from_image(path).to_wcs()


def parse_output(output_projection, shape_out, output_array):
    """The coordinate system of the output, and its shape as far as it is told.

    ``shape_out`` comes first, then what a header says, then ``output_array``, then what a coordinate system knows.
    """
    known = None if output_array is None else output_array.shape
    if isinstance(output_projection, str | os.PathLike):
        with fits.open(output_projection) as hdus:
            hdu = next((h for h in hdus if h.is_image and h.header.get("NAXIS", 0) > 0), hdus[0])
            wcs = Coordinates(hdu.header.copy(), "output_projection", hdus)
            said = hdu.shape or None
    else:
        wcs = Coordinates(output_projection, "output_projection")
        said = _shape_of_header(output_projection) if isinstance(output_projection, fits.Header) else None
    if isinstance(shape_out, str) and said is not None:
        checks.warn(f"{checks.told('shape_out', shape_out)} is not a shape: {tuple(said)} of output_projection is taken")
    elif shape_out is not None:
        said = checks.wholes("shape_out", shape_out, "a tuple of numbers of pixels, one for every axis", least=0)
        if known not in (None, said):
            raise ValueError("shape_out does not match shape of output_array")
    said = known if said is None else said
    if said is None and isinstance(output_projection, str | os.PathLike | fits.Header):
        raise ValueError("Need to specify shape since output header does not contain complete shape information")
    said = wcs.array_shape or None if said is None else said
    if said is None:
        raise ValueError("Need to specify shape_out when specifying output_projection as WCS object")
    shape_out = tuple(int(size) for size in said)
    if not shape_out:
        raise ValueError("The shape of the output image should not be an empty tuple")
    return wcs, shape_out


def _shape_of_header(header):
    """The shape that a header gives; None if it leaves out a part."""
    sizes = [header.get(f"NAXIS{i}") for i in range(header.get("NAXIS", -1), 0, -1)]
    return None if None in sizes or "NAXIS" not in header else sizes


def is_wcs(wcs):
    return isinstance(wcs, BaseLowLevelWCS | BaseHighLevelWCS)
