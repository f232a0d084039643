"""Checks of arguments, made in one way: a wrong one is named, with the rule."""

import numbers
import operator
import os
import sys
import warnings

import numpy as np

PACKAGE = __package__.partition(".")[0]


def told(name, value):
    """An argument as errors tell it: ``name=value``, on one line."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # whole numbers of thousands of digits have none, and whose is what it likes
        text = f"<{type(value).__name__}>"
    return f"{name}={text if len(text) <= 100 else text[:97] + '...'}"


def among(value, choices):
    """Whether a value is one of some plain ones; arrays and the like, which compare as they please, are not."""
    value = value[()] if isinstance(value, np.ndarray) and value.ndim == 0 else value
    return (value is None or isinstance(value, str | numbers.Number | np.bool_)) and value in choices


def flag(name, value):
    """True or False, 1 or 0, or None for False; of words and arrays nobody knows what they mean."""
    if not among(value, (True, False, None)):
        raise ValueError(f"{told(name, value)} is not True or False")
    return bool(value)


def whole(name, value, what, least=None):
    """A whole number, of at least ``least``."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool | np.bool_) or least is not None and number < least:
        raise ValueError(f"{told(name, value)} is not {what}")
    return number


def wholes(name, values, what, least=None):
    """A tuple of whole numbers, of at least ``least``."""
    try:
        each = tuple(values)
        truths = any(isinstance(value, bool | np.bool_) for value in each)
        numbers = None if truths else tuple(operator.index(value) for value in each)
    except TypeError:
        numbers = None
    if numbers is None or least is not None and any(number < least for number in numbers):
        raise ValueError(f"{told(name, values)} is not {what}")
    return numbers


def number(name, value, what="a number", within=lambda value: True):
    """A real number for which ``within`` holds, as it is given."""
    try:
        plain = not isinstance(value, str | bytes) and value is not np.ma.masked and np.ndim(value) == 0
        if not plain or np.iscomplexobj(value) or not within(float(value)):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{told(name, value)} is not {what}") from None
    return value


def choice(name, value, choices):
    """One of some names, in whatever case."""
    if not isinstance(value, str) or value.lower() not in choices:
        raise ValueError(f"{name} {told('', value)[1:]} not recognized: it is one of {', '.join(map(repr, choices))}")
    return value.lower()


def is_masked(array):
    """Whether an array is one of NumPy's masked ones or of astropy's."""
    return isinstance(array, np.ma.MaskedArray) or hasattr(array, "unmasked") and hasattr(array, "mask")


def outputs(array, footprint):
    """Arrays to store the results in."""
    for name, output, kinds in (("output_array", array, "iuf"), ("output_footprint", footprint, "biuf")):
        if output is None:
            continue
        if not isinstance(output, np.ndarray):
            raise TypeError(f"{name} is of type {type(output).__name__}: a NumPy array is needed to store results in")
        if is_masked(output):
            raise TypeError(f"{name} is of type {type(output).__name__}: results have no mask, give a plain array to store them in")
        if output.dtype.kind not in kinds:
            raise TypeError(f"{name} is of type {output.dtype}: results are real numbers")
        if not output.flags.writeable:
            raise ValueError(f"{name} is read-only: give an array that can be written")
    if array is not None and footprint is not None and np.shares_memory(array, footprint):
        raise ValueError("output_array and output_footprint share memory: give two arrays")


def new_folder(name, path, part=True):
    """The path of a folder to be made, as a string; neither it nor what it is called until it is whole may exist."""
    if not isinstance(path, str | os.PathLike) or "://" in os.fsdecode(path):
        raise ValueError(
            f"{told(name, path)} is not a path on this machine, where a result is renamed when it is whole; for other stores "
            "take return_type='dask' and to_zarr()"
        )
    path = os.fsdecode(path).rstrip("/")
    if not path:
        raise ValueError(f"{name} is empty: give the path of a folder that does not exist yet")
    if os.path.lexists(path):
        raise FileExistsError(f"{name}: {path} exists already; remove it, or give another path")
    if part and os.path.lexists(path + ".part"):
        raise FileExistsError(f"{name}: {path}.part is there, left by a run that was killed or somebody else's; remove it first")
    return path


def made_folder(path):
    """Makes a folder, and those that it lies in, and says which it is; what exists is left alone."""
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        os.mkdir(path)
    except OSError as error:
        raise type(error)(f"{path} cannot be made: {error.strerror}") from error
    return os.lstat(path)


def lacking(what, extra, error):
    """The error that says which extra package something takes."""
    return ImportError(f'{what}: a package is missing, pip install "reproject-rs[{extra}]" ({error})')


def warn(text):
    """A warning about the line that called this package, however deep it is found."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=level)
