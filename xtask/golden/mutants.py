"""Mutated headers of the corpus, read by `reproject_rs` and by `astropy.wcs`: accept or refuse, positions, and back.

    python mutants.py [COUNT [SEED]]

Every header is one of the corpus with one to four cards deleted, doubled, added, scaled, or given another value. Whatever
differs must belong to a class of `classes.py`, which says why it may and proves by computation that it does; anything else is
printed with its header and makes the exit status 1.
"""

import collections
import gzip
import json
import random
import sys
import warnings
from pathlib import Path

import classes
import numpy as np
from astropy.io import fits
from oracle import Oracle

import reproject_rs

CORPUS = Path(__file__).parents[2] / "reproject-wcs" / "tests" / "corpus"
FILES = ["celestial", "cubes", "distortion", "quirks", "real"]

NAMES = """NAXIS WCSAXES CRPIX1 CRPIX2 CRVAL1 CRVAL2 CRVAL3 CDELT1 CDELT2 CDELT3 CD1_1 CD1_2 CD2_1 CD2_2 PC1_1 PC1_2 PC3_3
CROTA1 CROTA2 CTYPE1 CTYPE2 CTYPE3 CUNIT1 CUNIT2 LONPOLE LATPOLE PV1_0 PV1_1 PV1_2 PV2_0 PV2_1 PV2_2 PV2_3 PV2_5 A_ORDER B_ORDER
A_2_0 B_0_2 EQUINOX RADESYS""".split()
TEXTS = """RA---TAN DEC--TAN RA---TPV DEC--TPV GLON-CAR GLAT-CAR HPLN-HPX HPLT-HPX RA---ZPN DEC--ZPN RA---NCP DEC--GLS FREQ
VOPT-F2W WAVE-TAB deg arcsec m/s M/S FK4 ICRS RA---COP""".split() + [""]
NUMBERS = [0.0, -0.0, 1.0, -1.0, 90.0, -90.0, 180.0, 999.0, 1e-300, 1e300, 5e-324]
INTEGERS = [0, 1, 2, 3, 99, 100, -1]


def value(rng):
    match rng.randrange(6):
        case 0:
            return rng.choice(NUMBERS)
        case 1:
            return rng.uniform(-360, 360)
        case 2:
            return rng.uniform(-1e-3, 1e-3)
        case 3:
            return rng.choice(INTEGERS)
        case 4:
            return rng.random() < 0.5
        case _:
            return rng.choice(TEXTS)


def mutate(cards, rng):
    cards = [list(card) for card in cards]
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(cards))
        number = isinstance(cards[at][1], int | float) and not isinstance(cards[at][1], bool)
        match rng.randrange(6):
            case 0:
                del cards[at]
            case 1:
                cards.append(list(cards[at]))
            case 2:
                cards.append([rng.choice(NAMES), value(rng)])
            case 3:
                cards[at][1] = rng.choice(cards)[1]
            case 4 if number:
                cards[at][1] *= rng.uniform(-1, 1)
            case _:
                cards[at][1] = value(rng)
        if not cards:
            break
    return cards


def written(cards):
    """The header as text; None where a value cannot stand on a card of FITS."""
    record = ("DP", "DQ", "D2IM")
    lines = []
    for keyword, v in cards:
        if isinstance(v, int) and not isinstance(v, bool) and abs(v) >= 2**63:
            return None
        if isinstance(v, float) and not np.isfinite(v) or isinstance(v, str) and not v.isascii():
            return None
        line = f"{keyword:8}= '{v}'" if keyword.startswith(record) else fits.Card(keyword, v).image
        lines.append(line.ljust(80)[:80])
    text = "".join(lines)
    # An image has a whole number of axes.
    whole = all(isinstance(v, int) and not isinstance(v, bool) for k, v in cards if k == "NAXIS")
    return text if whole else None


def judge(cards, text, key, pixels, oracle):
    """"agree", "refused by both", or ((class or None), what differs)."""
    answer = oracle.read(text, key, pixels)
    try:
        ours, why = reproject_rs.WCS(fits.Header.fromstring(text), key=key), ""
    except Exception as e:
        ours, why = None, repr(e)
    if answer[0] != "read":
        if ours is None:
            return "refused by both"
        return classes.only_we_read(cards, text, key, answer, ours, oracle), f"only we read it: {answer}"
    case = classes.Case(cards, oracle, *answer[1:])
    if ours is None:
        return classes.only_it_reads(case, why), f"only astropy reads it: {why}"
    if ours.pixel_n_dim != case.naxis:
        return None, f"{ours.pixel_n_dim} axes instead of {case.naxis}"
    return classes.positions(case, ours) or "agree"


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    lines = [line for name in FILES for line in gzip.open(CORPUS / f"{name}.jsonl.gz", "rt")]
    records = [r for r in map(json.loads, lines) if r.get("header") and not r.get("tables") and not r.get("error")]
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    tally, faults, oracle = collections.Counter(), 0, Oracle()
    for i in range(count):
        rng = random.Random(seed * 1_000_003 + i)
        record = rng.choice(records)
        cards = mutate(record["header"], rng)
        text = written(cards)
        if text is None:
            tally["no header of FITS"] += 1
            continue
        points = [p for p in record["pixel"] if None not in p]
        found = judge(cards, text, record.get("key") or " ", np.array(points, float).T, oracle)
        name, what = (found, "") if isinstance(found, str) else found
        if name is None:
            faults += 1
            name = "UNEXPLAINED"
            changed = [c for c in cards if c not in record["header"]]
            gone = [c for c in record["header"] if c not in cards]
            types = [v for k, v in cards if k.startswith("CTYPE")]
            print(f"#{i} {record['id']} {types} +{changed} -{gone}\n    {what}", flush=True)
        tally[name] += 1
    print(f"{count} mutants, seed {seed}")
    for name, n in tally.most_common():
        print(f"{n:7} {name}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
