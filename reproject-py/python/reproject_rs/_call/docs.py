"""The docstrings of the functions, of words that are written once: in `SHARED`, or in those of `Options`."""

import re
import textwrap

from .options import Options

SHARED = """
    input_data : object
        The input: a FITS file name, an `~astropy.io.fits.HDUList` or image HDU, a tuple of a `~numpy.ndarray` or dask
        array and its coordinate system (`~astropy.io.fits.Header`, `~astropy.wcs.WCS`, or any other of APE 14), an
        `~astropy.nddata.NDData`, or a PNG or JPEG file with AVM metadata. Masked pixels of an NDData, of a
        `~numpy.ma.MaskedArray` or of a `~astropy.utils.masked.Masked` array count as NaN. Numbers of more than 64 bits are
        taken in double precision, with a word in the log.
        Axes before those of the coordinate system are broadcast: they share one set of coordinates.
    output_projection : `~astropy.wcs.WCS` or `~astropy.io.fits.Header` or file name
        The output grid; any coordinate system of APE 14 will do.
    footprint : {None, 'valid', 'coverage'}
        What the footprint counts: where the result is known (default), the share of its weight on good pixels, or
        the part that lies on the input, good or not.
    bad : {'propagate', 'ignore', 'fill'} or tuple
        What input pixels that are not finite do: blank every value they carry weight in, be left out while the others
        carry their weight, or count as a number. ``('ignore', share)`` needs that share of the weight on good pixels
        (default one half); ``('fill', number)`` gives the number (default 0).
    array : `~numpy.ndarray`
        The result; NaN where nothing is known.
"""


def documented(function):
    """Puts the words of shared parameters into a docstring, where it has a line ``{name}`` or ``{first:last}``."""
    if function.__doc__ is None:  # python -OO leaves none
        return function
    words = _words(SHARED) | _words(Options.__doc__.partition("----------\n")[2])
    names = list(words)

    def put(line):
        indent, first, last = line[1], line[2], line[3] or line[2]
        wanted = names[names.index(first) : names.index(last) + 1]
        return textwrap.indent("\n".join(words[name] for name in wanted), indent)

    function.__doc__ = re.sub(r"^( *)\{(\w+)(?::(\w+))?\}$", put, function.__doc__, flags=re.MULTILINE)
    return function


def _words(text):
    """Parameters in the manner of numpydoc, by (the first) name."""
    entries = re.split(r"^(?=\w)", textwrap.dedent(text).strip(), flags=re.MULTILINE)
    return {re.match(r"\w+", entry)[0]: entry.rstrip() for entry in entries if entry}
