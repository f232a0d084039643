"""The headers of `reproject-exec/tests/broken`, which are not quite FITS, through Python: read as the command reads them."""

import pathlib
import re
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from reproject_rs import WCS, reproject_interp

BROKEN = pathlib.Path(__file__).parents[2] / "reproject-exec" / "tests" / "broken" / "cases.txt"
BASE = {
    "CTYPE1": "'RA---TAN'", "CTYPE2": "'DEC--TAN'", "CRVAL1": "150.0", "CRVAL2": "30.0", "CRPIX1": "10.5", "CRPIX2": "5.5",
    "CDELT1": "-0.01", "CDELT2": "0.01", "RADESYS": "'ICRS'",
}  # fmt: skip
SHAPE = (10, 20)
PIXELS = np.arange(200, dtype=">f4").reshape(SHAPE) ** 2


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
    data = PIXELS.tobytes()
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
