"""Coordinate systems of Python as coordinate systems of the engine, without losing a digit."""

import warnings

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning
from astropy.wcs import WCS

from .._reproject_rs import Wcs, read_cards

COMMENTARY = ("", "COMMENT", "HISTORY")
NUMBERS = ("CRPIX", "CRVAL", "CDELT", "CROTA", "CD", "PC", "PV", "LONPOLE", "LATPOLE", "EQUINOX", "RESTFRQ", "RESTWAV")


class HiddenError(ValueError):
    """An `astropy.wcs.WCS` that cannot be read whole; it can still be called."""


def native(wcs, what):
    """The engine's coordinate system for what a caller gave; ``what`` is its name in errors."""
    if isinstance(wcs, Wcs):
        return wcs
    own = getattr(wcs, "_native", None)
    if isinstance(own, Wcs):
        return own
    if not isinstance(wcs, fits.Header | dict | WCS):
        raise TypeError(f"{what} should be a FITS header or an astropy.wcs.WCS, not {type(wcs).__name__}")
    return native_from(cards_of(wcs, " ", None))


def native_from(state):
    """The engine's coordinate system from what `cards_of` made."""
    cards, key, images, columns = state
    return Wcs(cards, key, images, columns)


def told(native, what):
    """The coordinate system itself; what was odd about its cards is said in warnings."""
    for note in native.notes:
        warnings.warn(f"{what}: {note}", AstropyUserWarning, stacklevel=2)
    return native


def cards_of(wcs, key, fobj):
    """Cards, key letter, look-up images and table columns of a Header, a dict or an `astropy.wcs.WCS`.

    An `astropy.wcs.WCS` is taken by its attributes, not by a printed header, so that every digit survives.
    """
    if isinstance(wcs, fits.Header):
        cards = _cards_of_header(wcs)
        return (cards, key, *tables_of(fobj, cards))
    if isinstance(wcs, dict):
        cards = [(str(k).upper(), _plain(v)) for k, v in wcs.items() if str(k).upper() not in COMMENTARY]
        return (cards, key, *tables_of(fobj, cards))
    if isinstance(wcs, WCS):
        if key != " ":
            raise ValueError(f"key={key!r}: an astropy.wcs.WCS holds one description; give the Header instead")
        return (*_cards_of_wcs(wcs), [])
    raise TypeError(f"a FITS header, a dict or an astropy.wcs.WCS is expected, not {type(wcs).__name__}")


def tables_of(hdus, cards):
    """The look-up images and the table columns of a file that the cards may refer to."""
    images, columns = [], []
    tables = [hdu for hdu in hdus or () if isinstance(hdu, fits.BinTableHDU)]
    wanted = {value for keyword, value in read_cards(cards) if keyword.startswith("PS")} if tables else ()
    for hdu in hdus or ():
        name = hdu.name
        if isinstance(hdu, fits.ImageHDU) and name in ("WCSDVARR", "D2IMARR", "AXISCORR") and hdu.data is not None:
            data = np.asarray(hdu.data, dtype=np.float64)
            own = _cards_of_header(hdu.header)
            images.append((name, _whole(own, "EXTVER"), list(data.shape[::-1]), data.ravel().tolist(), own))
        elif isinstance(hdu, fits.BinTableHDU) and name in wanted:
            own = _cards_of_header(hdu.header)
            version, level = _whole(own, "EXTVER"), _whole(own, "EXTLEVEL")
            for column in hdu.columns:
                if column.name in wanted:
                    data = np.asarray(hdu.data[column.name][0], dtype=np.float64)
                    shape = list(data.shape[::-1]) or [1]
                    values = data.ravel().tolist()
                    columns.append((name, version, level, column.name, shape, values, column.unit or ""))
    return images, columns


def _whole(cards, keyword):
    """A whole number that says which of several HDUs this is; 1 where the card says nothing that can be read."""
    found = next((value for k, value in read_cards(cards) if k == keyword), 1)
    return int(found) if isinstance(found, int | float) and not isinstance(found, bool) and found == int(found) else 1


def _plain(value):
    """A card value as bool, int, float or str; None where there is none."""
    if isinstance(value, fits.card.Undefined):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _cards_of_header(header):
    """Cards as they stand in a file, where they come from one: astropy parses those that it is asked for, and stops at those that
    it cannot parse, whatever they are about. Values, where they were made or changed here.
    """
    cards, lines = [], []
    for card in header.cards:
        image = card._image
        if image is not None and card._value is None and not card._modified:
            lines.append(image.ljust(-(-len(image) // 80) * 80))
            continue
        if lines:
            cards.append("".join(lines).encode("latin-1", "replace"))
            lines = []
        if card.field_specifier is not None:
            cards.append((card.rawkeyword, card.rawvalue))
        elif card.keyword not in COMMENTARY:
            cards.append((card.keyword, _plain(card.value)))
    if lines:
        cards.append("".join(lines).encode("latin-1", "replace"))
    return cards


def as_read(header, cards):
    """The header with the numbers that the engine reads, where astropy would read others: in quotes, without a blank after ``=``."""
    numbers = {k: v for k, v in read_cards(cards) if k.startswith(NUMBERS) and isinstance(v, int | float)}
    odd = {k: v for k, v in numbers.items() if header.count(k) == 1 and _astropys(header, k) != v}
    if odd:
        header = header.copy()
        header.update(odd)
    return header


def _astropys(header, keyword):
    try:
        return header[keyword]
    except fits.VerifyError:
        return None


def _cards_of_wcs(wcs):
    """Cards and look-up images of an ``astropy.wcs.WCS``, in the units that WCSLIB computes in."""
    prm = wcs.wcs
    prm.set()
    n = prm.naxis
    cards = [("WCSAXES", n)]
    text = prm.to_header(True)
    # Reading it takes longer than reprojecting a small image, and few need it.
    printed = fits.Header.fromstring(text) if any(mark in text for mark in ("CQDIS", "DQ", "-TPV")) else {}
    hidden = next((k for k in printed if k.startswith(("CQDIS", "DQ"))), None)
    if hidden is not None or wcs.wcs.tab:
        raise HiddenError(
            f"an astropy.wcs.WCS does not tell all of its {'table' if hidden is None else 'distortion (' + hidden + ')'}; "
            "give the FITS header (with fobj=) or the file name instead"
        )
    shape = wcs.pixel_shape or ()
    if len(shape) == n and all(size is not None for size in shape):
        cards += [("NAXIS", n), *((f"NAXIS{i}", int(size)) for i, size in enumerate(shape, 1))]
    tpv = any(str(v).endswith("-TPV") for k, v in printed.items() if k.startswith("CTYPE"))
    pc, cdelt = prm.get_pc(), prm.get_cdelt()
    for i in range(1, n + 1):
        cards += [
            (f"CTYPE{i}", printed.get(f"CTYPE{i}", prm.ctype[i - 1]) if tpv else prm.ctype[i - 1]),
            (f"CUNIT{i}", str(prm.cunit[i - 1])),
            (f"CNAME{i}", prm.cname[i - 1]),
            (f"CRPIX{i}", float(prm.crpix[i - 1])),
            (f"CRVAL{i}", float(prm.crval[i - 1])),
            (f"CDELT{i}", float(cdelt[i - 1])),
        ]
        cards += [(f"PC{i}_{j}", float(pc[i - 1, j - 1])) for j in range(1, n + 1)]
    if tpv:
        # WCSLIB keeps these in its own tables; it prints them with 15 digits.
        cards += [(k, float(v)) for k, v in printed.items() if k.startswith("PV")]
    cards += [(f"PV{i}_{m}", float(value)) for i, m, value in prm.get_pv()]
    cards += [(f"PS{i}_{m}", value) for i, m, value in prm.get_ps()]
    for keyword in ("lonpole", "latpole", "equinox", "restfrq", "restwav", "mjdobs"):
        value = float(getattr(prm, keyword))
        if np.isfinite(value) and not (keyword.startswith("rest") and value == 0):
            cards.append(({"mjdobs": "MJD-OBS"}.get(keyword, keyword.upper()), value))
    for keyword in ("radesys", "specsys", "ssysobs"):
        if value := getattr(prm, keyword).strip():
            cards.append((keyword.upper(), value))
    if prm.dateobs.strip():
        cards.append(("DATE-OBS", prm.dateobs.strip()))
    images = []
    if wcs.sip is not None:
        cards = _sip(wcs.sip, cards)
    for stem, record, extname, tables in (
        ("CPDIS", "DP", "WCSDVARR", (wcs.cpdis1, wcs.cpdis2)),
        ("D2IMDIS", "D2IM", "D2IMARR", (wcs.det2im1, wcs.det2im2)),
    ):
        for axis, table in enumerate(tables, 1):
            if table is not None:
                cards += _look_up(stem, record, axis)
                images.append((extname, axis, *_image(table)))
    return cards, " ", images


def _sip(sip, cards):
    """SIP works about the reference pixel, which WCSLIB may hold elsewhere: the header has one CRPIX for both."""
    codes = [
        (k, f"{v}-SIP" if k.startswith("CTYPE") and v[4:5] == "-" and not v.endswith("-SIP") else v) for k, v in cards
    ]
    for name in ("a", "b", "ap", "bp"):
        matrix = getattr(sip, name)
        if matrix is not None:
            letter = name.upper()
            codes.append((f"{letter}_ORDER", matrix.shape[0] - 1))
            codes += [(f"{letter}_{i}_{j}", float(matrix[i, j])) for i, j in zip(*np.nonzero(matrix), strict=True)]
    return codes


def _look_up(stem, record, axis):
    records = [f"EXTVER: {axis}", "NAXES: 2", "AXIS.1: 1", "AXIS.2: 2"]
    return [(f"{stem}{axis}", "LOOKUP"), *((f"{record}{axis}", r) for r in records)]


def _image(table):
    data = np.asarray(table.data, dtype=np.float64)
    header = [
        (f"{key}{i}", float(values[i - 1]))
        for key, values in (("CRPIX", table.crpix), ("CRVAL", table.crval), ("CDELT", table.cdelt))
        for i in (1, 2)
    ]
    return list(data.shape[::-1]), data.ravel().tolist(), header
