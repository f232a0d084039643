"""Coordinate systems of Python as coordinate systems of the engine, without losing a digit."""

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.wcsapi import BaseHighLevelWCS, BaseLowLevelWCS

from ._reproject_rs import Wcs


def native(wcs, what):
    """The engine's coordinate system for a Header, a dict or an astropy WCS; ``what`` is its name in errors.

    An ``astropy.wcs.WCS`` is taken by its attributes, not by a printed header, so that every digit survives.
    """
    if isinstance(wcs, Wcs):
        return wcs
    if isinstance(wcs, fits.Header):
        return Wcs(_cards_of_header(wcs))
    if isinstance(wcs, dict):
        return Wcs([(str(k).upper(), _plain(v)) for k, v in wcs.items()])
    if isinstance(wcs, WCS):
        return Wcs(*_cards_of_wcs(wcs))
    if isinstance(wcs, BaseLowLevelWCS | BaseHighLevelWCS):
        low = wcs if isinstance(wcs, BaseLowLevelWCS) else wcs.low_level_wcs
        if isinstance(low, WCS):
            return native(low, what)
        raise NotImplementedError(
            f"{what}: coordinate systems other than FITS ({type(low).__name__}) are not supported yet; "
            "give an astropy.wcs.WCS or a FITS header"
        )
    raise TypeError(f"{what} should be a FITS header or an astropy.wcs.WCS, not {type(wcs).__name__}")


def _plain(value):
    """A card value as bool, int, float or str."""
    return value.item() if isinstance(value, np.generic) else value


def _cards_of_header(header):
    cards = []
    for card in header.cards:
        if card.field_specifier is not None:
            cards.append((card.rawkeyword, card.rawvalue))
        elif isinstance(card.value, bool | int | float | str) and card.keyword:
            cards.append((card.keyword, card.value))
    return cards


def _cards_of_wcs(wcs):
    """Cards and look-up images of an ``astropy.wcs.WCS``, in the units that WCSLIB computes in."""
    prm = wcs.wcs
    prm.set()
    n = prm.naxis
    cards = [("WCSAXES", n)]
    shape = wcs.pixel_shape or ()
    if len(shape) == n and all(size is not None for size in shape):
        cards += [("NAXIS", n), *((f"NAXIS{i}", int(size)) for i, size in enumerate(shape, 1))]
    pc, cdelt = prm.get_pc(), prm.get_cdelt()
    for i in range(1, n + 1):
        cards += [
            (f"CTYPE{i}", prm.ctype[i - 1]),
            (f"CUNIT{i}", str(prm.cunit[i - 1])),
            (f"CNAME{i}", prm.cname[i - 1]),
            (f"CRPIX{i}", float(prm.crpix[i - 1])),
            (f"CRVAL{i}", float(prm.crval[i - 1])),
            (f"CDELT{i}", float(cdelt[i - 1])),
        ]
        cards += [(f"PC{i}_{j}", float(pc[i - 1, j - 1])) for j in range(1, n + 1)]
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
