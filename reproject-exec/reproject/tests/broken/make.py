"""Makes ``cases.txt``: headers that are not quite FITS, each with the header that it means, or the words of its refusal.

The positions are astropy's, of the repaired header: ``python make.py > cases.txt`` (astropy 8.0.2). What is read is stated here,
case by case; nothing is taken from the code that is tested.
"""

import itertools
import warnings

from astropy.io import fits
from astropy.wcs import WCS

BASE = {
    "CTYPE1": "'RA---TAN'", "CTYPE2": "'DEC--TAN'", "CRVAL1": "150.0", "CRVAL2": "30.0", "CRPIX1": "10.5", "CRPIX2": "5.5",
    "CDELT1": "-0.01", "CDELT2": "0.01", "RADESYS": "'ICRS'",
}  # fmt: skip
CASES = []


def case(name, cards, drop=(), means=None, refused=None, note=None, **more):
    """A case: raw cards beside those of the base; ``means`` are the cards (None: not there) of the repaired header."""
    CASES.append((name, cards, drop, means or {}, refused, note, more))


def card(keyword, value):
    return f"{keyword:<8}= {value:>20}"


def split(value):
    """The mantissa and exponent of a number, with all its digits."""
    mantissa, exponent = f"{value:.10E}".split("E")
    return mantissa, exponent


# Every number that places a pixel, with what has to stand beside it for it to count.
SIN = {"CTYPE1": "'RA---SIN'", "CTYPE2": "'DEC--SIN'", "PV2_1": "0.0", "PV2_2": "0.0"}
NUMBERS = {
    "CRVAL1": (150.5, {}), "CRVAL2": (30.25, {}), "CRPIX1": (8.5, {}), "CRPIX2": (3.5, {}), "CDELT1": (-0.02, {}),
    "CDELT2": (0.02, {}), "PC1_2": (0.25, {}), "PC1_1": (0.75, {}), "CROTA2": (30.0, {}), "LONPOLE": (170.0, {}),
    "LATPOLE": (40.0, {}), "PV2_1": (0.125, SIN), "CD1_1": (-0.015, {"CDELT1": None, "CDELT2": None, "CD2_2": "0.01"}),
    "EQUINOX": (1975.0, {"RADESYS": "'FK5'"}),
}  # fmt: skip
RIGHT = {
    "quoted": lambda k, v: card(k, f"'{v}'"),
    "quoted-d": lambda k, v: card(k, "'{}D{}'".format(*split(v))),
    "quoted-blanks": lambda k, v: card(k, f"'  {v}  '"),
    "d-exponent": lambda k, v: card(k, "{}D{}".format(*split(v))),
    "lower-d": lambda k, v: card(k, "{}d{}".format(*split(v))),
    "no-blank": lambda k, v: f"{k:<8}={v}",
    "early": lambda k, v: f"{k}={v}",
    "early-blank": lambda k, v: f"{k} ={v} / comment",
    "late": lambda k, v: f"{k:<8}   = {v}",
    "lower-case": lambda k, v: card(k.lower(), v),
    "tab": lambda k, v: f"{k:<8}=\\t{v}",
    "zeros": lambda k, v: f"{k:<8}= {v}" + "\\x00" * 8,
}
WRONG = {
    "sexagesimal": "'16:41:41'", "word": "'abc'", "empty": "''", "nan": "nan", "quoted-nan": "'nan'", "inf": "inf", "minus-inf": "-Inf",
    "comma": "12,5", "unit": "12.5 [deg]", "quoted-unit": "'12.5 deg'", "true": "T", "complex": "(12.5, 0.0)", "open-quote": "'12.5",
    "no-e": "1.2500000000000+01", "two-points": "1.2.5", "hexadecimal": "0x10", "two-numbers": "12 5", "bare-word": "unknown",
    "sign-only": "-", "overflow": "'1E999'",
}  # fmt: skip
rights, wrongs = itertools.cycle(RIGHT.items()), itertools.cycle(WRONG.items())
for keyword, (value, beside) in NUMBERS.items():
    for name, written in itertools.islice(rights, 5):
        means = {**beside, keyword: repr(value)}
        raw = [written(keyword, value)] + [card(k, v) for k, v in beside.items() if v is not None and k != keyword]
        note = keyword if name.startswith("quoted") else None
        case(f"{keyword}-{name}", raw, [keyword, *beside], means, note=note)
    for name, written in itertools.islice(wrongs, 4):
        raw = [card(keyword, written)] + [card(k, v) for k, v in beside.items() if v is not None and k != keyword]
        case(f"{keyword}-{name}", raw, [keyword, *beside], refused=f"{keyword} remove")
for keyword in ("CRVAL1", "CDELT2", "CRPIX1", "PC1_1"):
    case(f"{keyword}-no-value", [card(keyword, "")], [keyword], refused=f"{keyword} no value")
    case(f"{keyword}-no-indicator", [f"{keyword:<8}  12.5"], [keyword], refused=f"{keyword} 12.5")
for keyword in ("LONPOLE", "CROTA2", "CUNIT1"):
    case(f"{keyword}-no-value", [card(keyword, "/ none")], note=f"{keyword} no value")
FK5 = {"RADESYS": "'FK5'"}
case("EQUINOX-no-value", [card("EQUINOX", ""), card("RADESYS", "'FK5'")], ["RADESYS"], FK5, note="EQUINOX no value")

# Texts.
for keyword in ("CTYPE1", "CTYPE2", "CUNIT1", "CUNIT2", "RADESYS"):
    case(f"{keyword}-number", [card(keyword, "3")], [keyword], refused=f"{keyword} 3")
case("CTYPE1-true", [card("CTYPE1", "T")], ["CTYPE1"], refused="CTYPE1")
case("CTYPE1-unquoted", [card("CTYPE1", "RA---TAN / no quotes")], ["CTYPE1"], note="CTYPE1")
case("RADESYS-unquoted", [card("RADESYS", "FK5")], ["RADESYS"], {"RADESYS": "'FK5'"}, note="RADESYS")
case("CTYPE1-open-quote", [card("CTYPE1", "'RA---TAN")], ["CTYPE1"], refused="CTYPE1 'RA---TAN")
case("CTYPE1-padded", [card("CTYPE1", "'RA---TAN       '")], ["CTYPE1"])
case("CTYPE1-lower-case", [card("CTYPE1", "'ra---tan'")], ["CTYPE1"], refused="CTYPE1 tan")
case("CTYPE-long", ["CTYPE1  = 'RA---&'", "CONTINUE  'TAN'"], ["CTYPE1"], only="command")
for name in ("degrees", "DEG", "Deg", "degree", "deg     ", " deg", "(deg)"):
    units = {"CUNIT1": "'deg'", "CUNIT2": "'deg'"}
    case(f"CUNIT-{name.strip()}-{len(name)}", [card(k, f"'{name}'") for k in units], means=units)
case("CUNIT-empty", [card("CUNIT1", "''"), card("CUNIT2", "'   '")])
case("CUNIT-unknown", [card("CUNIT1", "'furlong'")], refused="CUNIT1 furlong")
case("EQUINOX-J2000", [card("EQUINOX", "'J2000'"), card("RADESYS", "'FK5'")], ["RADESYS"],
     {"EQUINOX": "2000.0", "RADESYS": "'FK5'"}, note="EQUINOX J2000")  # fmt: skip
case("EQUINOX-B1950", [card("EQUINOX", "'B1950.0'")], ["RADESYS"], {"EQUINOX": "1950.0", "RADESYS": None}, note="EQUINOX B1950")
case("EQUINOX-J1975-unclear", [card("EQUINOX", "'J1975'")], ["RADESYS"], refused="EQUINOX J1975")
case("EQUINOX-beside-ICRS", [card("EQUINOX", "'of date'")])
case("EPOCH-date", [card("EPOCH", "'2001-01-01'")], ["RADESYS"], {"RADESYS": None}, note="EPOCH 2001-01-01")
case("EPOCH-number-in-text", [card("EPOCH", "'1950.0'")], ["RADESYS"], {"EQUINOX": "1950.0", "RADESYS": None}, note="EPOCH")

# Cards that say nothing about the coordinates in use, whatever they hold.
ASIDE = {
    "SEEING": "nan", "SNR": "inf", "EXPTIME": "30.0 s", "FOCALLEN": "530,5", "OBSDATE": "2016-09-14T01:02:03", "FLIPPED": "t", "OBJECT": "'M 31",
    "GAIN": "1.0.0", "AIRMASS": "", "EXTVER": "'one'", "FILTER": "R / I", "TELESCOP": "(a, b)", "PIXTEMP": "--", "EXTLEVEL": "x",
    "CRVAL1A": "'abc'", "CDELT2B": "nan", "CTYPE1C": "5", "LONPOLEA": "'x'", "WCSNAME": "7", "CNAME1": "3", "CROTA1": "'30 deg'",
    "PV1_1A": "x", "CD": "nan", "PC": "'a'", "CRVALX": "nan", "CD1": "x", "CRDER1": "nan", "RESTFRQ": "'unknown'", "RESTFREQ": "nan",
    "VELREF": "'LSR'", "SPECSYS": "5", "PLTRAH": "x", "AMDX1": "nan", "XPIXELSZ": "'a'", "HGLN_OBS": "'nan'", "CRPIX3": "'a'",
    "A_FACTOR": "x", "PROJP": "x", "PS1_0": "5", "DATE-OBS": "2016/09/14", "MJD-OBS": "nan", "PVALUE": "nan",
}  # fmt: skip
for keyword, value in ASIDE.items():
    case(f"aside-{keyword}", [card(keyword, value)])
case("aside-CDELT-beside-CD", [card("CDELT1", "'abc'"), card("CD1_1", "-0.01"), card("CD2_2", "0.01")], ["CDELT1"])
case("aside-CROTA2-beside-CD", [card("CROTA2", "'x'"), card("CD1_1", "-0.01"), card("CD2_2", "0.01")], ["CDELT1", "CDELT2"])
case("aside-CROTA2-beside-PC", [card("CROTA2", "'x'"), card("PC1_1", "1.0")])
case("aside-CD-beside-PC", [card("CD1_1", "'x'"), card("PC1_1", "1.0"), card("PC2_2", "1.0")])
case("aside-first-of-two", [card("CRVAL1", "'abc'"), card("CRVAL1", "151.0")], ["CRVAL1"], {"CRVAL1": "151.0"})
case("last-of-two", [card("CRVAL1", "151.0"), card("CRVAL1", "'abc'")], ["CRVAL1"], refused="CRVAL1 abc")
case("two-numbers", [card("CRVAL1", "151.0")], means={"CRVAL1": "151.0"})
case("hierarch", ["HIERARCH CRVAL1 = 99.0", "HIERARCH ESO TEL ALT = nan"])
case("no-ascii", ["OBSERVER= 'Andr\\xe9'", "COMMENT \\xff\\xfe", "ABCDE\\xe9= 1"], only="command")
case("escape", ["OBJECT  = '\\x1b[31m'"], only="command")
case("line-feed", ["HISTORY one\\ntwo"], only="command")
case("long-integer", [card("BIGNUM", "99999999999999999999"), card("CRPIX1", "8")], ["CRPIX1"], {"CRPIX1": "8.0"})
case("whole-WCSAXES", [card("WCSAXES", "2.0")], note="WCSAXES")
case("quoted-WCSAXES", [card("WCSAXES", "'2'")], note="WCSAXES")
case("half-WCSAXES", [card("WCSAXES", "2.5")], refused="WCSAXES 2.5")
TURN = {f"{a}00{i}00{j}": v for a in ("PC",) for i, j, v in [(1, 1, "0.8"), (1, 2, "-0.6"), (2, 1, "0.6"), (2, 2, "0.8")]}
case("old-matrix", [card(k, v) for k, v in TURN.items()], means={"PC1_1": "0.8", "PC1_2": "-0.6", "PC2_1": "0.6", "PC2_2": "0.8"})
case("old-cd", [card("CD001001", "-0.01"), card("CD002002", "0.01")], ["CDELT1", "CDELT2"])
case("old-matrix-word", [card("PC001001", "'x'")], refused="PC001001 x")
SIP = {"CTYPE1": "'RA---TAN-SIP'", "CTYPE2": "'DEC--TAN-SIP'", "A_ORDER": "2", "B_ORDER": "2", "A_2_0": "0.001", "B_0_2": "0.001"}
for keyword, value in [("A_ORDER", "'two'"), ("A_2_0", "'x'"), ("B_0_2", "nan")]:
    case(f"sip-{keyword}", [card(k, v) for k, v in {**SIP, keyword: value}.items()], ["CTYPE1", "CTYPE2"], refused=keyword)
case("sip-quoted", [card(k, v) for k, v in {**SIP, "A_2_0": "'0.001'"}.items()], ["CTYPE1", "CTYPE2"], SIP, note="A_2_0")
case("zeros-after-end", [], pad="zeros")
case("cut-after-the-last-pixel", [], pad="none")

# A sky beside other axes.
WAVE = [card("WCSAXES", "3"), card("CTYPE3", "'WAVE'"), card("CUNIT3", "'m'"), card("CRVAL3", "1E-6"), card("CRPIX3", "0.0")]
for name, more in {
    "hangs-on-the-sky": [*WAVE, card("PC3_1", "2.9E-10"), card("PC3_2", "1.5E-9")],
    "time-hangs": [card("WCSAXES", "4"), card("CTYPE4", "'UTC'"), card("PC4_1", "-60.25")],
    "unit-upper-case": [*WAVE[:1], card("CTYPE3", "'VRAD'"), card("CUNIT3", "'M/S'")],
    "unit-microns": [*WAVE[:2], card("CUNIT3", "'Microns'")],
    "no-rest-value": [*WAVE[:1], card("CTYPE3", "'FELO-HEL'"), card("CUNIT3", "'m/s'")],
    "no-rest-frequency": [*WAVE[:1], card("CTYPE3", "'VRAD-F2F'"), card("CUNIT3", "'m/s'")],
    "unknown-code": [*WAVE[:1], card("CTYPE3", "'FREQ-XYZ'")],
    "no-table": [*WAVE[:1], card("CTYPE3", "'WAVE-TAB'")],
    "word-in-CRVAL3": [*WAVE[:3], card("CRVAL3", "'abc'")],
    "no-step": [*WAVE, card("CDELT3", "0.0")],
    "nan-in-CDELT3": [*WAVE, card("CDELT3", "nan")],
    "number-in-CTYPE3": [*WAVE[:1], card("CTYPE3", "5")],
}.items():  # fmt: skip
    for shape in ("10 20", "2 10 20"):
        told = "depends on the pixels" if "hang" in name else "the sky alone is read"
        case(f"beside-{name}-{len(shape.split())}", more, shape=shape, only="command", said=told)
case("beside-sip", [card(k, v) for k, v in SIP.items()], ["CTYPE1", "CTYPE2"], SIP, shape="2 10 20", only="command",
     said="the sky alone is read")  # fmt: skip

# Headers as text, which only the command reads.
for name, lines in {
    "no-blanks": ["NAXIS=2", "NAXIS1=20", "NAXIS2 =10"],
    "indented": ["  NAXIS   = 2", "  NAXIS1  = 20", "    NAXIS2  = 10"],
    "tabs": ["NAXIS\\t= 2", "NAXIS1\\t=\\t20", "NAXIS2  =\\t10\\t/ rows"],
    "carriage-returns": ["NAXIS   = 2\\r", "NAXIS1  = 20\\r", "NAXIS2  = 10\\r"],
    "quoted": ["NAXIS   = 2", "NAXIS1  = '20'", "NAXIS2  = 10"],
    "d-exponent": ["NAXIS   = 2", "NAXIS1  = 20", "NAXIS2  = 10", "CRVAL1  = 1.5D+2"],
    "late": ["NAXIS      = 2", "NAXIS1     = 20", "NAXIS2     = 10"],
    "end": ["NAXIS   = 2", "NAXIS1  = 20", "NAXIS2  = 10", "END", "CRVAL1  = 99.0"],
    "indented-end": ["NAXIS   = 2", "NAXIS1  = 20", "NAXIS2  = 10", "   END", "CRVAL1  = 99.0"],
    "lower-case": ["naxis   = 2", "naxis1  = 20", "naxis2  = 10"],
}.items():  # fmt: skip
    case(f"text-{name}", lines, kind="text", only="command", note="NAXIS1" if name == "quoted" else None)
for name, line, words in [
    ("word", "NAXIS1  = 'ten'", "NAXIS1 ten"), ("half", "NAXIS1  = 20.5", "NAXIS1 20.5"), ("long", "CRVAL1  = 150.0 /" + " x" * 40, "line 10"),
    ("sexagesimal", "CRVAL1  = 10:00:00", "CRVAL1 10:00:00"), ("comma", "CRVAL1=150,0", "CRVAL1 150,0"),
]:  # fmt: skip
    case(f"text-{name}", ["NAXIS   = 2", line, "NAXIS2  = 10", "NAXIS1  = 20"][: 4 if "NAXIS1" not in line else 3], ["CRVAL1"] if "CRVAL1" in line else [],
         refused=words, kind="text", only="command")  # fmt: skip


def repaired(means):
    cards = {**BASE, **{k: v for k, v in means.items() if v is not None}}
    for keyword in [k for k, v in means.items() if v is None]:
        cards.pop(keyword, None)
    return cards


def sky(cards):
    """Where astropy puts the first pixel of the repaired header."""
    text = "\n".join(card(k, v) for k, v in {"NAXIS": 2, "NAXIS1": 20, "NAXIS2": 10, **cards}.items())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WCS(fits.Header.fromstring(text, sep="\n")).all_pix2world([[0.0, 0.0]], 0)[0]


print("# Headers that are not quite FITS, and what they mean; made by make.py, where the lines are explained.")
for name, cards, drop, means, refused, note, more in CASES:
    print(f"\ncase {name}")
    for keyword in drop:
        print(f"-{keyword}")
    for line in cards:
        print(f"+{line.rstrip()}")
    for keyword, value in means.items():
        print(f">{keyword}" if value is None else f">{card(keyword, value)}")
    for keyword, value in more.items():
        if value is not None:
            print(f"{keyword} {value}")
    if note is not None:
        print(f"note {note}")
    if refused is not None:
        print(f"error {refused}")
    else:
        print("sky {!r} {!r}".format(*map(float, sky(repaired(means)))))
