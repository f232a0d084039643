"""The arrays that the engine writes a part of a result to: those it is for where it can, its own where it cannot."""

import numpy as np

from .values import ENGINE_DTYPES, no_value, whole_numbers


class Landing:
    """Values and weights of one part, on their way into its result.

    Parameters
    ----------
    part : `~reproject_rs._call.prepare.Part`
        What is reprojected.
    result, footprint : `~numpy.ndarray`
        The places of its values and weights; the footprint may be None.
    fill : int or float or None
        What stands where nothing is known; None is NaN.
    copies : bool
        Whether values are never changed, so that integers stay what they are.
    """

    def __init__(self, part, result, footprint, fill, copies):
        self.result, self.footprint, self.fill = result, footprint, fill
        sources, native = (part.array, part.mask), result.dtype.newbyteorder("=")
        same = part.array.dtype.newbyteorder("=") == native
        self.is_exact = copies and result.dtype.kind in "iu" and part.mask is None and same
        dtype = native if self.is_exact or native in ENGINE_DTYPES else np.float64
        self.values = result if _writable(result, dtype, sources) else np.empty(result.shape, dtype)
        self.weights = footprint
        unfit = self.is_exact if footprint is None else not _writable(footprint, np.float64, sources)
        if unfit:
            self.weights = np.empty(result.shape)

    @property
    def blank(self):
        """The value that the engine writes where nothing is known; None is NaN."""
        if not self.is_exact:
            return None
        return 0 if self.fill is None else self.fill

    def store(self):
        """Stores the numbers that the engine wrote where they are wanted; tells whether any pixel is known."""
        result, values, integer = self.result, self.values, self.result.dtype.kind in "iu"
        if self.is_exact:
            known, unknown = _any(self.weights, np.any), self.fill is None and not self.weights.all()
        else:
            known = _any(values, lambda some: not np.isnan(some).all())
            unknown = self._put_fill(integer)
        if integer and unknown:
            raise no_value(result.dtype)
        if values is not result:
            result[...] = whole_numbers(values, result.dtype) if integer and not self.is_exact else values
        if self.footprint is not None and self.weights is not self.footprint:
            self.footprint[...] = self.weights
        return known

    def _put_fill(self, integer):
        """Fills pixels where nothing is known, if NaN will not do; tells whether there are any without a value."""
        if not integer and self.fill is None:
            return False
        blank = np.isnan(self.values)
        self.values[blank] = 0 if self.fill is None else self.fill
        return self.fill is None and blank.any()


def _any(array, test):
    """Whether any pixel passes a test; a look here and there comes first. True of an array without pixels."""
    return not array.size or test(array[(..., *(slice(None, None, 61),) * min(array.ndim, 2))]) or test(array)


def _writable(array, dtype, sources):
    """Whether the engine can write numbers of a type into an array as it is, while it reads others."""
    flags = array.flags
    if any(source is not None and np.may_share_memory(array, source) for source in sources):
        return False
    return array.dtype == dtype and array.dtype.isnative and flags.aligned and flags.writeable and 0 not in array.strides
