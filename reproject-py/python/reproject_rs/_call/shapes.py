"""Shapes and blocks: which axes are reprojected, which are broadcast, and the rules between them."""

import math
import re
import sys

from . import checks


def reprojected(wcs_in, wcs_out, shape_out, dims):
    """The number of last axes that are reprojected; ``dims`` are those that are not, as the caller gave them."""
    if dims is None:
        return wcs_out.naxis
    if not isinstance(dims, tuple | list) or tuple(dims) != tuple(range(len(dims))):
        raise ValueError(
            "non_reprojected_dims should be a tuple with values increasing sequentially from zero, not "
            + checks.told("", dims)[1:]
        )
    for label, wcs in (("input", wcs_in), ("output", wcs_out)):
        missing = len(shape_out) - wcs.naxis
        if missing > 0 and missing != len(dims):
            raise ValueError(
                f"The {label} WCS has {wcs.naxis} pixel dimensions which is fewer than the {len(shape_out)} data "
                f"dimensions, but the difference ({missing}) does not match the number of non_reprojected_dims "
                f"({len(dims)})"
            )
    if len(shape_out) - len(dims) < 1:
        raise ValueError("non_reprojected_dims should leave at least one dimension to be reprojected")
    return len(shape_out) - len(dims)


def broadcast(shape_in, shape_out, count):
    """The shape of the output with the leading axes of the input in front, if it has none of its own."""
    if len(shape_out) == count and len(shape_out) < len(shape_in):
        return (*shape_in[: len(shape_in) - count], *shape_out)
    return shape_out


def check(shape_in, shape_out, count_in, count_out):
    """The rules between the shapes and the numbers of mapped axes."""
    if len(shape_out) < count_out:
        raise ValueError("Too few dimensions in shape_out")
    if len(shape_in) < count_in:
        raise ValueError("Too few dimensions in input data")
    if len(shape_in) != len(shape_out):
        raise ValueError("Number of dimensions in input and output data should match")
    if tuple(shape_in[: len(shape_in) - count_in]) != tuple(shape_out[: len(shape_out) - count_out]):
        raise ValueError("Dimensions to be looped over must match exactly")


# Blocks of one output: lists and graphs of more would not be held.
MOST_BLOCKS = 1 << 22


def possible(shape_out, itemsize):
    """The rule about sizes that no machine can address."""
    size = math.prod(shape_out) * itemsize
    if size > sys.maxsize:
        raise ValueError(
            f"shape_out={tuple(map(int, shape_out))}: the output would be {told(size)}, more than can be addressed; give "
            "fewer pixels"
        )


def countable(shape_out, block):
    """The rule about outputs that would be cut into too many blocks."""
    count = math.prod(-(-size // max(side, 1)) for size, side in zip(shape_out, block, strict=True))
    if count > MOST_BLOCKS:
        raise ValueError(
            f"an output of shape {tuple(map(int, shape_out))}, {told(8 * math.prod(shape_out))}, in blocks of "
            f"{tuple(map(int, block))} would be {count} blocks, and {MOST_BLOCKS} are the most; give a larger block_size"
        )


def told(size):
    """A number of bytes in the unit that suits it."""
    unit = next((u for u in ("EB", "PB", "TB", "GB", "MB", "kB") if size >= UNITS_TOLD[u]), None)
    return f"{size} bytes" if unit is None else f"{size / UNITS_TOLD[unit]:.3f} {unit}"


UNITS_TOLD = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "EB": 1e18}


def same_axes(wcs_in, wcs_out):
    """The rules between two coordinate systems."""
    for name, a, b in (("Input", wcs_in, wcs_out), ("Output", wcs_out, wcs_in)):
        if a.has_celestial and not b.has_celestial:
            other = "output" if name == "Input" else "input"
            raise ValueError(f"{name} WCS has celestial components but {other} WCS does not")
    a, b = wcs_in.spectral, wcs_out.spectral
    if wcs_in.native is None or wcs_out.native is None:
        return
    if a and b and a[:4] != b[:4]:
        raise ValueError(f"The input ({a}) and output ({b}) spectral coordinate types are not equivalent.")
    if a and not b:
        raise ValueError("Input WCS has a spectral component but output WCS does not")
    if b and not a:
        raise ValueError("Output WCS has a spectral component but input WCS does not")


def block_shape(block_size, shape_out, count, planes=False):
    """One side for every axis of the output, and whether blocks are single planes; None leaves the choice to the engine.

    ``planes`` says that every plane has coordinates of its own, so that blocks may cut both kinds of axes.
    """
    if block_size is None or isinstance(block_size, str) and block_size == "auto":
        return None, False
    what = "'auto' or a tuple of numbers of pixels"
    block, leading = checks.wholes("block_size", block_size, what), len(shape_out) - count
    if not block:
        raise ValueError(f"{checks.told('block_size', block_size)} is not {what}")
    if len(block) > len(shape_out):
        raise ValueError(
            f"block_size {block} cannot have more elements than the dimensionality of the output ({len(shape_out)})"
        )
    block = (-1,) * (len(shape_out) - len(block)) + block
    if any(side < 1 and side != -1 for side in block):
        raise ValueError(f"block_size {block_size}: every side is 1 pixel or more, or -1 for the whole axis")
    block = tuple(size if side == -1 else side for side, size in zip(block, shape_out, strict=True))
    whole = all(side >= size for side, size in zip(block[leading:], shape_out[leading:], strict=True))
    single = leading > 0 and (planes or whole) and len(block_size) == len(shape_out)
    if leading and not single and block[:leading] != tuple(shape_out[:leading]):
        raise ValueError(
            "block shape should either match output data shape along broadcasted dimension or non-broadcasted dimensions"
        )
    if single and planes and any(s not in (1, n) for s, n in zip(block[:leading], shape_out[:leading], strict=True)):
        raise ValueError(
            f"block_size {block} should be 1 or match the output shape along the non-reprojected dimensions "
            "(each block covers a single non-reprojected slice)"
        )
    return tuple(max(1, min(s, n)) for s, n in zip(block, shape_out, strict=True)), single


UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
# What a thread holds besides its block: a copied window of the input, and the positions of a piece.
SCRATCH = 12_000_000
# What a position takes while Python is called for it: some thirty columns, of which two or three are kept.
POSITION = 256


def limited(memory_limit, block, shape_out, threads, itemsize, *, held=0, calls=False):
    """The block that fits the memory that may be used on top of what is ``held`` anyway: ``block``, or one cut smaller; and the
    positions that may be held at once.

    ``calls`` tells that there are coordinate systems of Python, whose positions get a quarter of it.
    """
    limit = number_of_bytes(memory_limit) - held
    positions = max(limit // 4 // POSITION, 1 << 12) if calls else None
    share = 0.75 if calls else 1
    each = int(share * limit) // (threads or 1) - SCRATCH
    pixel = itemsize + 8  # the value and its weight
    if each < pixel * 64:
        least = math.ceil((SCRATCH + pixel * 64 * 64) * (threads or 1) / share) + held
        beside = f" beside the tables of the coordinate systems, {told(held)}" if held else ""
        raise ValueError(
            f"memory_limit={memory_limit!r} is too little for {threads or 1} thread(s){beside}: give {least} bytes or more, "
            "or fewer threads"
        )
    block = [max(side, 1) for side in (shape_out if block is None else block)]
    while math.prod(block) * pixel > each:
        longest = max(range(len(block)), key=lambda k: (block[k] > 64 or k < len(block) - 2, block[k]))
        block[longest] = -(-block[longest] // 2)
    return tuple(block), positions


def number_of_bytes(text):
    """Bytes from a number or a text such as '500 MB' or '2GiB', in either case."""
    what = "a number of bytes such as 500000000, '500 MB' or '2 GiB'"
    if not isinstance(text, str):
        return int(checks.number("memory_limit", text, what, math.isfinite))
    found = re.fullmatch(r"\s*(\d+\.?\d*|\.\d+)\s*([kmgt]i?)?b?\s*", text.lower())
    if not found:
        raise ValueError(f"memory_limit={text!r} is not {what}")
    return int(float(found[1]) * UNITS[found[2] or ""])
