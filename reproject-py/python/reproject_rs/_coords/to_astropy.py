"""An ``astropy.wcs.WCS`` from the cards, look-up images and table columns that a coordinate system was read from."""

import re
import warnings

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

# Record-valued cards (FITS paper IV): a keyword that comes more than once, with texts such as 'AXIS.1: 2'.
RECORD = re.compile(r"(DP|DQ|D2IM|CQ)\d+$")


def whole(state):
    """astropy's object for what `cards_of` made."""
    cards, key, images, columns, *_ = state
    hdus = fits.HDUList([fits.PrimaryHDU(), *map(_image, images), *_tables(columns)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WCS(_header(cards), fobj=hdus, key=key)


def _header(cards):
    header = fits.Header()
    for keyword, value in cards:
        if keyword in ("COMMENT", "HISTORY", "") or isinstance(value, float) and not np.isfinite(value):
            continue
        if RECORD.match(keyword) and isinstance(value, str) and ":" in value:
            header.append(fits.Card.fromstring(f"{keyword:8}= '{value}'"))
        else:
            header.append((keyword, value))
    return header


def _image(image):
    name, version, shape, values, cards = image
    # astropy takes tables of single precision only.
    hdu = fits.ImageHDU(np.reshape(np.asarray(values, dtype=np.float32), shape[::-1]), name=name, ver=version)
    hdu.header.update({k: v for k, v in cards if k.startswith(("CRPIX", "CRVAL", "CDELT"))})
    return hdu


def _tables(columns):
    """The tables that columns are of: one row each, as FITS paper III has it."""
    grouped = {}
    for name, version, level, title, shape, values, unit in columns:
        array = np.reshape(np.asarray(values, dtype=float), (1, *shape[::-1]))
        dim = f"({','.join(map(str, shape))})" if len(shape) > 1 else None
        column = fits.Column(name=title, format=f"{array.size}D", dim=dim, unit=unit or None, array=array)
        grouped.setdefault((name, version, level), []).append(column)
    for (name, version, level), together in grouped.items():
        hdu = fits.BinTableHDU.from_columns(together, name=name, ver=version)
        hdu.header["EXTLEVEL"] = level
        yield hdu
