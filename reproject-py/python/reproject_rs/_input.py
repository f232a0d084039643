"""What a caller may give as input and as output projection, brought to one form."""

import dataclasses
import logging
import os
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.nddata import NDDataBase
from astropy.wcs.wcsapi import BaseHighLevelWCS, BaseLowLevelWCS

from . import _checks as checks
from ._coordinates import Coordinates

LOG = logging.getLogger(__name__)
IMAGE_HDUS = (fits.PrimaryHDU, fits.ImageHDU, fits.CompImageHDU)


@dataclasses.dataclass
class Input:
    """Pixels (a NumPy or dask array), their coordinate system, and which of them are masked."""

    array: Any
    wcs: Coordinates
    mask: np.ndarray | None = None


def parse_input(input_data, hdu_in):
    """The pixels of an input and its coordinate system."""
    if isinstance(input_data, str | os.PathLike):
        if is_picture(input_data):
            data, wcs = read_picture(input_data)
            return Input(data, Coordinates(wcs, "input_data"))
        with fits.open(input_data) as hdus:
            return parse_input(hdus, hdu_in)
    if isinstance(input_data, fits.HDUList):
        hdu = input_data[one_hdu(input_data, hdu_in)]
        return _with_mask(pixels_of(hdu), Coordinates(hdu.header, "input_data", input_data))
    if isinstance(input_data, IMAGE_HDUS):
        return _with_mask(pixels_of(input_data), Coordinates(input_data.header, "input_data"))
    if isinstance(input_data, tuple) and len(input_data) == 2 and is_array(input_data[0]):
        return _with_mask(input_data[0], Coordinates(input_data[1], "input_data"))
    if isinstance(input_data, NDDataBase):
        return _nddata(input_data)
    raise TypeError("input_data should either be an HDU object or a tuple of (array, WCS) or (array, Header)")


def is_dask(array):
    """Whether an array is dask's, without importing dask."""
    return type(array).__module__.startswith("dask.array")


def is_array(array):
    return isinstance(array, np.ndarray) or is_dask(array)


def one_hdu(hdus, hdu_in, option="hdu_in"):
    """The HDU asked for; the only one if none was."""
    if hdu_in is None and len(hdus) > 1:
        raise ValueError(f"More than one HDU is present, please specify HDU to use with ``{option}=`` option")
    return 0 if hdu_in is None else hdu_in


def pixels_of(hdu):
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
        raise ValueError(f"HDU {hdu.name or 'PRIMARY'} holds no pixels; choose another with ``hdu_in=``")
    return data


def _nddata(nddata):
    kind = type(nddata).__name__
    if nddata.wcs is None:
        raise ValueError(f"input_data: the {kind} has no WCS; give it one, or pass a tuple of (array, WCS)")
    if nddata.uncertainty is not None:
        LOG.info("input_data: the uncertainty of the %s is dropped, as `reproject` does; only its data are reprojected", kind)
    array = nddata.data if is_array(nddata.data) else np.asarray(nddata.data)
    return Input(array, Coordinates(nddata.wcs, "input_data"), _masked(nddata.mask, array.shape))


def _with_mask(array, wcs):
    """Pixels, and the mask of those that bring one."""
    if isinstance(array, np.ma.MaskedArray):
        return Input(array.data, wcs, _masked(array.mask, array.shape))
    return Input(array, wcs)


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
            f"input_data: reading {os.fspath(path)} takes pillow and pyavm (pip install reproject-rs[avm])"
        ) from error
    with Image.open(path) as picture:
        data = np.asarray(picture)
    return np.atleast_3d(data).transpose(2, 0, 1)[:, ::-1], AVM.from_image(path).to_wcs()


def parse_output(output_projection, shape_out, output_array):
    """The coordinate system of the output, and its shape as far as it is told: that of ``shape_out`` comes first."""
    if shape_out is not None:
        shape_out = checks.wholes("shape_out", shape_out, "a tuple of numbers of pixels, one for every axis", least=0)
    if output_array is not None:
        if shape_out is not None and shape_out != output_array.shape:
            raise ValueError("shape_out does not match shape of output_array")
        shape_out = output_array.shape
    if isinstance(output_projection, str | os.PathLike):
        with fits.open(output_projection) as hdus:
            hdu = next((h for h in hdus if h.is_image and h.header.get("NAXIS", 0) > 0), hdus[0])
            wcs = Coordinates(hdu.header.copy(), "output_projection", hdus)
            shape_out = hdu.shape if shape_out is None else shape_out
    elif isinstance(output_projection, fits.Header):
        wcs = Coordinates(output_projection, "output_projection")
        if shape_out is None:
            shape_out = _shape_of_header(output_projection)
    else:
        wcs = Coordinates(output_projection, "output_projection")
        shape_out = wcs.array_shape if shape_out is None else shape_out
        if shape_out is None:
            raise ValueError("Need to specify shape_out when specifying output_projection as WCS object")
    shape_out = tuple(int(size) for size in shape_out)
    if not shape_out:
        raise ValueError("The shape of the output image should not be an empty tuple")
    return wcs, shape_out


def _shape_of_header(header):
    sizes = [header.get(f"NAXIS{i}") for i in range(header.get("NAXIS", -1), 0, -1)]
    if None in sizes or "NAXIS" not in header:
        raise ValueError("Need to specify shape since output header does not contain complete shape information")
    return sizes


def is_wcs(wcs):
    return isinstance(wcs, BaseLowLevelWCS | BaseHighLevelWCS)
