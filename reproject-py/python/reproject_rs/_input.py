"""What a caller may give as input and as output projection, brought to one form."""

import os

import numpy as np
from astropy.io import fits
from astropy.nddata import NDDataBase
from astropy.wcs.wcsapi import BaseHighLevelWCS, BaseLowLevelWCS

from ._wcs import cards_of, native_from


def parse_input(input_data, hdu_in):
    """The pixels of an input, and its header or WCS."""
    if isinstance(input_data, str | os.PathLike):
        if os.fspath(input_data).lower().endswith((".png", ".jpg", ".jpeg")):
            raise NotImplementedError(f"input_data: PNG and JPEG files ({input_data}) are not supported yet")
        with fits.open(input_data) as hdus:
            return parse_input(hdus, hdu_in)
    if isinstance(input_data, fits.HDUList):
        if hdu_in is None:
            if len(input_data) > 1:
                raise ValueError("More than one HDU is present, please specify HDU to use with ``hdu_in=`` option")
            hdu_in = 0
        hdu = input_data[hdu_in]
        return _pixels(hdu), native_from(cards_of(hdu.header, " ", input_data))
    if isinstance(input_data, fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU):
        return _pixels(input_data), input_data.header
    if isinstance(input_data, tuple) and len(input_data) == 2:
        array, wcs = input_data
        if isinstance(array, np.ndarray) or type(array).__module__.startswith("dask.array"):
            return array, wcs
    if isinstance(input_data, NDDataBase):
        return _nddata(input_data), input_data.wcs
    raise TypeError("input_data should either be an HDU object or a tuple of (array, WCS) or (array, Header)")


def _pixels(hdu):
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
        raise ValueError(f"HDU {hdu.name or 'PRIMARY'} of {hdu.filename() if hasattr(hdu, 'filename') else 'the input'}"
                         " holds no pixels; choose another with ``hdu_in=``")
    return data


def _nddata(nddata):
    """The pixels of an NDData: masked ones become NaN."""
    if nddata.uncertainty is not None:
        raise NotImplementedError(
            "input_data: the uncertainty of an NDData cannot be propagated yet; pass NDData(data, wcs=...) without it"
        )
    if nddata.mask is None or not np.any(nddata.mask):
        return np.asarray(nddata.data)
    data = np.array(nddata.data, dtype=np.result_type(nddata.data, np.float32))
    data[np.broadcast_to(nddata.mask, data.shape)] = np.nan
    return data


def parse_output(output_projection, shape_out, shape_in, output_array):
    """The header or WCS of the output, and its shape including broadcast axes."""
    if output_array is not None:
        if shape_out is not None and tuple(shape_out) != output_array.shape:
            raise ValueError("shape_out does not match shape of output_array")
        shape_out = output_array.shape
    if isinstance(output_projection, str | os.PathLike):
        with fits.open(output_projection) as hdus:
            hdu = next((h for h in hdus if h.is_image and h.header.get("NAXIS", 0) > 0), hdus[0])
            output_projection = hdu.header.copy()
    if isinstance(output_projection, fits.Header):
        header, n = output_projection, output_projection.get("NAXIS", 0)
        sizes = [header.get(f"NAXIS{i}") for i in range(n, 0, -1)]
        if shape_out is None and sizes and None not in sizes:
            shape_out = sizes
        elif shape_out is None:
            raise ValueError(
                "Need to specify shape since output header does not contain complete shape information"
            )
    elif isinstance(output_projection, BaseLowLevelWCS | BaseHighLevelWCS):
        wcs = output_projection
        low = wcs if isinstance(wcs, BaseLowLevelWCS) else wcs.low_level_wcs
        shape_out = low.array_shape if shape_out is None else shape_out
        if shape_out is None:
            raise ValueError("Need to specify shape_out when specifying output_projection as WCS object")
    else:
        raise TypeError("output_projection should either be a Header, a WCS object, or a filename")
    shape_out = tuple(int(size) for size in shape_out)
    if not shape_out:
        raise ValueError("The shape of the output image should not be an empty tuple")
    return output_projection, shape_out
