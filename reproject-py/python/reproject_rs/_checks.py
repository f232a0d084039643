"""What arguments may be, asked in one way: a wrong one is named, with the rule."""

import operator

import numpy as np


def whole(name, value, what, least=None):
    """A whole number, of at least ``least``."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool | np.bool_) or least is not None and number < least:
        raise ValueError(f"{name}={value!r} is not {what}")
    return number


def wholes(name, values, what, least=None):
    """A tuple of whole numbers, of at least ``least``."""
    try:
        numbers = tuple(operator.index(value) for value in values)
    except TypeError:
        numbers = None
    if numbers is None or least is not None and any(number < least for number in numbers):
        raise ValueError(f"{name}={values!r} is not {what}")
    return numbers


def number(name, value, what="a number", within=lambda value: True):
    """A real number for which ``within`` holds, as it is given."""
    try:
        if isinstance(value, str | bytes) or value is np.ma.masked or np.iscomplexobj(value) or not within(float(value)):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{name}={value!r} is not {what}") from None
    return value


def choice(name, value, choices):
    """One of some names, in whatever case."""
    if not isinstance(value, str) or value.lower() not in choices:
        raise ValueError(f"{name} {value!r} not recognized: it is one of {', '.join(map(repr, choices))}")
    return value.lower()


def outputs(array, footprint):
    """Arrays to store the results in."""
    for name, output, kinds in (("output_array", array, "iuf"), ("output_footprint", footprint, "biuf")):
        if output is None:
            continue
        if not isinstance(output, np.ndarray):
            raise TypeError(f"{name} is of type {type(output).__name__}: a NumPy array is needed to store results in")
        if output.dtype.kind not in kinds:
            raise TypeError(f"{name} is of type {output.dtype}: results are real numbers")
        if not output.flags.writeable:
            raise ValueError(f"{name} is read-only: give an array that can be written")
    if array is not None and footprint is not None and np.shares_memory(array, footprint):
        raise ValueError("output_array and output_footprint share memory: give two arrays")
