"""The pixels of an input that are left out: the mask of the call and that of the input as one."""

import numpy as np

from . import checks
from .input import unmasked


def joined(mask, source):
    """Booleans or weights, of the shape of the input; None if nothing is left out.

    Parameters
    ----------
    mask : array or None
        What the caller gave.
    source : `~reproject_rs._call.input.Input`
        The input, which may bring a mask of its own.
    """
    mask = None if mask is np.ma.nomask else mask
    if mask is not None:
        mask, unknown = unmasked(mask)
        if unknown is not None and mask.dtype.kind in "biuf":
            mask = np.where(unknown, mask.dtype.type(mask.dtype.kind == "b"), mask)
        if mask.dtype.kind not in "biuf" or not mask.ndim:
            given = f"of {mask.dtype}" if mask.ndim else checks.told("", mask.item())[1:]
            raise TypeError(f"mask: an array of booleans or of weights is needed, not {given}")
        if mask.dtype.kind == "f" and mask.dtype.itemsize not in (4, 8):
            mask = mask.astype(np.float64)
        if mask.shape != source.array.shape[source.array.ndim - mask.ndim :]:
            raise ValueError(f"mask has shape {mask.shape}, the input {source.array.shape}: it needs that, or its last axes")
        mask = np.broadcast_to(mask, source.array.shape)
    if source.mask is None or mask is None:
        return source.mask if mask is None else mask
    return source.mask | (mask if mask.dtype.kind == "b" else ~(mask > 0))
