"""The headers of `reproject-exec/reproject/tests/broken`, which are not quite FITS, through Python: read as the command reads them."""

import pathlib
import re
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from reproject_rs import WCS, reproject_interp
from reproject_rs._coords.coordinates import Coordinates

BROKEN = pathlib.Path(__file__).parents[2] / "reproject-exec" / "reproject" / "tests" / "broken" / "cases.txt"
BASE = {
    "CTYPE1": "'RA---TAN'", "CTYPE2": "'DEC--TAN'", "CRVAL1": "150.0", "CRVAL2": "30.0", "CRPIX1": "10.5", "CRPIX2": "5.5",
    "CDELT1": "-0.01", "CDELT2": "0.01", "RADESYS": "'ICRS'",
}  # fmt: skip
SHAPE = (10, 20)
PIXELS = np.arange(200.0).reshape(SHAPE) ** 2


def cases():
    """The cases that are not the command's alone."""
    found = []
    for line in BROKEN.read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "case":
            found.append({"name": rest, "+": [], "-": [], ">": []})
        elif line[:1] in ("+", "-", ">"):
            found[-1][line[0]].append(line[1:])
        elif line and line[0] != "#":
            found[-1][word] = rest
    return [case for case in found if case.get("only") != "command"]


def unescaped(text):
    return re.sub(r"\\x(..)", lambda m: chr(int(m[1], 16)), text.replace("\\t", "\t")).encode("latin-1")


def file(case, path):
    """A FITS file, byte by byte."""
    sizes = [f"NAXIS{i}  = {n:>20}" for i, n in enumerate(SHAPE[::-1], 1)]
    lines = [f"SIMPLE  = {'T':>20}", f"BITPIX  = {-32:>20}", f"NAXIS   = {2:>20}", *sizes]
    lines += [f"{k:<8}= {v:>20}" for k, v in BASE.items() if k not in case["-"]]
    cards = [line.encode() for line in lines] + [unescaped(line) for line in case["+"]]
    fill = b"\0" if case.get("pad") == "zeros" else b" "
    header = b"".join(card.ljust(80) for card in cards) + b"END".ljust(80)
    data = PIXELS.astype(">f4").tobytes()
    padded = data if case.get("pad") == "none" else data.ljust(2880, b"\0")
    path.write_bytes(header.ljust(-(-len(header) // 2880) * 2880, fill) + padded)


def repaired(case):
    cards = dict(BASE)
    for line in case[">"]:
        keyword, _, value = line.partition("=")
        cards[keyword.strip()] = value
    text = "\n".join(f"{k:<8}= {v.strip():>20}" for k, v in cards.items() if v)
    header = fits.Header.fromstring(text, sep="\n")
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, *SHAPE[::-1]
    return header


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_read_as_it_is_meant_or_refused_by_name(case, tmp_path):
    path = tmp_path / "in.fits"
    file(case, path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if "error" in case:
            with pytest.raises(ValueError) as refused:
                reproject_interp(path, repaired(case), order="nearest-neighbor")
            assert all(word in str(refused.value) for word in case["error"].split()), refused.value
            return
        array, _ = reproject_interp(path, repaired(case), order="nearest-neighbor")
        lon, lat = WCS(path).pixel_to_world_values(0.0, 0.0)
    np.testing.assert_array_equal(array, PIXELS)
    np.testing.assert_allclose((lon, lat), [float(v) for v in case["sky"].split()], rtol=1e-12)
    notes = {str(w.message) for w in caught if w.category is AstropyUserWarning}
    notes = {note for note in notes if note.startswith(("input_data: ", "WCS: "))}
    assert bool(notes) == ("note" in case), notes
    assert all(any(word in note for note in notes) for word in case.get("note", "").split()), notes


WHOLE = {"name": "whole", "+": [], "-": [], ">": []}


@pytest.mark.parametrize("version", ["'one'", "", "2.5", "T", "(1, 2)"])
def test_the_version_of_any_hdu_may_be_anything(version, tmp_path):
    path = tmp_path / "in.fits"
    file(WHOLE, path)
    names = {"XTENSION": "'IMAGE   '", "BITPIX": 8, "NAXIS": 0, "PCOUNT": 0, "GCOUNT": 1, "EXTNAME": "'D2IMARR'", "EXTVER": version}
    cards = [f"{k:<8}= {v:>20}".ljust(80) for k, v in names.items()] + ["END"]
    path.write_bytes(path.read_bytes() + "".join(cards).ljust(2880).encode())
    np.testing.assert_array_equal(reproject_interp(path, repaired(WHOLE), hdu_in=0, order=0)[0], PIXELS)
    with fits.open(path) as hdus:
        np.testing.assert_array_equal(reproject_interp(hdus, repaired(WHOLE), hdu_in=0, order=0)[0], PIXELS)


def test_headers_made_here_are_read_in_the_same_way():
    made = repaired(WHOLE)
    made["CRVAL1"], made["SEEING"], made["OBJECT"] = "150.0", None, "M 31"
    for given in (made, {**dict(made), "SEEING": float("nan"), "KEYS": {"a": 1}, "HISTORY": ["one"]}):
        with pytest.warns(AstropyUserWarning, match=r"input_data: CRVAL1 = '150.0' is taken for the number 150"):
            array, _ = reproject_interp((PIXELS, given), repaired(WHOLE), order=0)
        np.testing.assert_array_equal(array, PIXELS)
    made["CRVAL1"] = "10:00:00"
    with pytest.raises(ValueError, match="CRVAL1: '10:00:00' cannot be read"):
        reproject_interp((PIXELS, made), repaired(WHOLE))


def test_astropy_is_told_the_same_numbers():
    """It takes a number in quotes for absent, and is asked where another coordinate system of Python takes part."""
    odd = repaired(WHOLE)
    odd["CRVAL1"] = "150.0"
    values = Coordinates(odd, "input_data").high.low_level_wcs.pixel_to_world_values(9.5, 4.5)
    np.testing.assert_allclose(values, (150.0, 30.0), rtol=1e-12)
    assert odd["CRVAL1"] == "150.0"
