"""Inputs and outputs of functions like these, brought to arrays, shapes and coordinate systems of astropy."""

import os

import numpy as np
from astropy.io import fits
from astropy.nddata import NDDataBase
from astropy.wcs import WCS
from astropy.wcs.wcsapi import BaseHighLevelWCS, BaseLowLevelWCS, HighLevelWCSWrapper

from ._call.input import IMAGE_HDUS, is_array, is_picture, one_hdu, pixels_of, read_picture

__all__ = [
    "as_transparent_rgb",
    "hdu_to_numpy_memmap",
    "parse_input_data",
    "parse_input_shape",
    "parse_input_weights",
    "parse_output_projection",
]


def hdu_to_numpy_memmap(hdu):
    """The pixels of an HDU: mapped from its file where they lie there as they are, read otherwise."""
    return pixels_of(hdu)


def parse_input_data(input_data, hdu_in=None, source_hdul=None):
    """The array and the coordinate system of an input.

    Parameters
    ----------
    input_data : object
        As for `~reproject_rs.reproject_interp`; or a coordinate system that knows its shape, whose shape is returned
        instead of an array.
    hdu_in : int or str, optional
        The HDU of a FITS file.
    source_hdul : `~astropy.io.fits.HDUList`, optional
        The file that holds the look-up tables of an HDU.

    Returns
    -------
    array : `~numpy.ndarray` or dask array
    wcs : a high-level coordinate system of APE 14
    """
    if isinstance(input_data, str | os.PathLike):
        if is_picture(input_data):
            return read_picture(input_data)
        with fits.open(input_data) as hdus:
            return parse_input_data(hdus, hdu_in=hdu_in)
    if isinstance(input_data, fits.HDUList):
        return parse_input_data(one_hdu(input_data, hdu_in), source_hdul=input_data)
    if isinstance(input_data, IMAGE_HDUS):
        return pixels_of(input_data), WCS(input_data.header, fobj=source_hdul)
    if isinstance(input_data, tuple) and len(input_data) == 2 and is_array(input_data[0]):
        return input_data[0], _high(input_data[1])
    if (shape := _shape_of(input_data)) is not None:
        return shape, _high(input_data)
    if isinstance(input_data, NDDataBase):
        return input_data.data, input_data.wcs
    raise TypeError("input_data should either be an HDU object or a tuple of (array, WCS) or (array, Header)")


def parse_input_shape(input_shape, hdu_in=None):
    """The shape and the coordinate system of an input; where arrays are taken, their shapes are too.

    Parameters
    ----------
    input_shape : object
        As for `parse_input_data`, or a tuple of a shape and a coordinate system.
    hdu_in : int or str, optional
        The HDU of a FITS file.

    Returns
    -------
    shape : tuple
    wcs : a high-level coordinate system of APE 14
    """
    if isinstance(input_shape, str | os.PathLike):
        if is_picture(input_shape):
            data, wcs = read_picture(input_shape)
            return data.shape, wcs
        with fits.open(input_shape) as hdus:
            return parse_input_shape(hdus, hdu_in=hdu_in)
    if isinstance(input_shape, fits.HDUList):
        return parse_input_shape(one_hdu(input_shape, hdu_in))
    if isinstance(input_shape, IMAGE_HDUS):
        return input_shape.shape, WCS(input_shape.header)
    if isinstance(input_shape, tuple) and len(input_shape) == 2 and is_array(input_shape[0]):
        return input_shape[0].shape, _high(input_shape[1])
    if isinstance(input_shape, tuple) and len(input_shape) == 2 and isinstance(input_shape[0], tuple):
        return input_shape[0], _high(input_shape[1])
    if (shape := _shape_of(input_shape)) is not None:
        return shape, _high(input_shape)
    if isinstance(input_shape, NDDataBase):
        return input_shape.data.shape, input_shape.wcs
    raise TypeError(
        "input_shape should either be an HDU object or a tuple of (array-or-shape, WCS) or (array-or-shape, Header)"
    )


def parse_input_weights(input_weights, hdu_weights=None):
    """The array of weights, and their coordinate system if they have one.

    Parameters
    ----------
    input_weights : file name or `~astropy.io.fits.HDUList` or image HDU or `~numpy.ndarray`
        The weights.
    hdu_weights : int or str, optional
        The HDU of a FITS file.
    """
    if isinstance(input_weights, str | os.PathLike):
        with fits.open(input_weights) as hdus:
            return parse_input_weights(hdus, hdu_weights)
    if isinstance(input_weights, fits.HDUList):
        return parse_input_data(one_hdu(input_weights, hdu_weights, "hdu_weights"))
    if isinstance(input_weights, IMAGE_HDUS):
        return input_weights.data, WCS(input_weights.header) if "CTYPE1" in input_weights.header else None
    if isinstance(input_weights, np.ndarray):
        return input_weights, None
    raise TypeError("input_weights should either be an HDU object or a Numpy array")


def parse_output_projection(output_projection, shape_in=None, shape_out=None, output_array=None):
    """The coordinate system and the shape of an output, broadcast axes included.

    Parameters
    ----------
    output_projection : `~astropy.io.fits.Header` or a coordinate system of APE 14 or file name
        The output grid.
    shape_in : tuple, optional
        The shape of the input, whose leading axes are broadcast.
    shape_out : tuple, optional
        The shape wanted, which comes before that of ``output_projection``.
    output_array : `~numpy.ndarray`, optional
        An array that has the shape.
    """
    from ._call.input import parse_output

    coordinates, shape = parse_output(output_projection, shape_out, output_array)
    wcs = coordinates.high
    count = wcs.low_level_wcs.pixel_n_dim
    if shape_in is not None and len(shape) < len(shape_in) and len(shape) == count:
        shape = (*shape_in[: -len(shape)], *shape)
    return wcs, shape


def as_transparent_rgb(data, alpha=None):
    """A pillow image of three or four channels (first axis, from the bottom up); NaN is transparent.

    Parameters
    ----------
    data : `~numpy.ndarray`
        Shape ``(3, ny, nx)`` or ``(4, ny, nx)``, values 0 to 255.
    alpha : `~numpy.ndarray`, optional
        Opacity from 0 to 1 on top of that, of shape ``(ny, nx)``.
    """
    from PIL import Image

    data, alpha = np.asarray(data), None if alpha is None else np.asarray(alpha)
    if data.ndim != 3:
        raise ValueError("Data needs to be three-dimensional to return RGB image")
    if data.shape[0] not in (3, 4):
        raise ValueError("Data should have shape (3, ny, nx) or (4, ny, nx)")
    if alpha is not None and alpha.ndim != 2:
        raise ValueError("alpha needs to be two-dimensional")
    if alpha is not None and alpha.shape != data.shape[1:]:
        raise ValueError(f"alpha layer shape {alpha.shape} does not match data spatial shape {data.shape[1:]}")
    opacity = np.ones(data.shape[1:]) if alpha is None else np.array(alpha, dtype=float)
    opacity[np.isnan(data).any(axis=0)] = 0
    channels = np.full((4, *data.shape[1:]), 255, dtype=np.uint8)
    channels[: data.shape[0]] = np.nan_to_num(data)
    channels[3] = channels[3] * opacity
    return Image.fromarray(channels.transpose(1, 2, 0)[::-1])


def _high(wcs):
    """A coordinate system as a high-level one."""
    if isinstance(wcs, fits.Header):
        return WCS(wcs)
    return wcs if isinstance(wcs, BaseHighLevelWCS) else HighLevelWCSWrapper(wcs)


def _shape_of(wcs):
    """The shape that a coordinate system knows; None for what is none."""
    if isinstance(wcs, BaseLowLevelWCS):
        return wcs.array_shape
    return wcs.low_level_wcs.array_shape if isinstance(wcs, BaseHighLevelWCS) else None
