"""The numbers of a result: of which type they are, and what stands where nothing is known."""

import logging
import math

import numpy as np

from . import checks

LOG = logging.getLogger(__name__)
# The engine computes in these.
ENGINE_DTYPES = (np.dtype(np.float32), np.dtype(np.float64))


def result_dtype(dtype, array, output_array, method):
    """The type of the result: native byte order, a float, or an integer for nearest neighbour."""
    if dtype is None:
        return np.dtype(np.float64) if output_array is None else output_array.dtype
    try:
        dtype = np.dtype(array.dtype if isinstance(dtype, str) and dtype == "input" else dtype).newbyteorder("=")
    except (TypeError, ValueError, SyntaxError):
        raise ValueError(f"{checks.told('dtype', dtype)} is not a type of numbers such as 'float32', nor 'input'") from None
    if output_array is not None and dtype != output_array.dtype.newbyteorder("="):
        raise ValueError(f"dtype={dtype} is not that of output_array ({output_array.dtype})")
    if dtype.kind in "iu" and method.order != 0:
        raise ValueError(f"dtype={dtype}: integers are for order='nearest-neighbor'; ask for float32 or float64")
    if dtype.kind not in "iuf":
        raise ValueError(f"dtype={dtype}: results are floats or integers")
    return dtype


def whole_numbers(values, dtype):
    """Values as integers: the nearest, half to even; beyond the type's range its largest or smallest, with a word."""
    info, values = np.iinfo(dtype), np.rint(values)
    low, high = float(info.min), float(info.max)
    high = np.nextafter(high, 0) if high > info.max else high
    beyond = np.count_nonzero((values < low) | (values > high))
    if beyond:
        LOG.warning("%d values lie beyond the range of %s and are its largest or smallest number", beyond, dtype)
        values = np.clip(values, low, high)
    return values.astype(dtype)


def blank_value(fill, dtype):
    """The value of pixels without input, checked: a result holds numbers of its range only, integers whole ones."""
    if fill is None:
        return None
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            if math.isfinite(fill) and not np.isfinite(dtype.type(fill)):
                most = np.finfo(dtype).max
                raise ValueError(f"fill={fill}: {dtype} holds numbers up to {most:.3g}; give one, or ask for float64")
        return float(fill)
    info = np.iinfo(dtype)
    if not (info.min <= fill <= info.max and fill == int(fill)):
        raise ValueError(f"fill={fill}: {dtype} holds whole numbers from {info.min} to {info.max}; give one or ask for floats")
    return int(fill)


def no_value(dtype):
    """The error about pixels without input in a result of whole numbers."""
    return ValueError(f"pixels without input have no value of type {dtype}: give fill=, or ask for floats")
