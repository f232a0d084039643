"""Where `reproject_rs` and `astropy.wcs` may differ on a mutated header: each class says why, and proves that it holds.

A position counts as equal within 1e-9 degrees on the sky, 1e-9 of the largest value on any other axis, and 1e-6 pixels on the
way back. Beyond that:
"""

import numpy as np

EQUAL_SKY = 1e-9
EQUAL_AXIS = 1e-9
EQUAL_PIXEL = 1e-6
LIGHT = 299792458.0

# An incomplete set of plate keywords is no plate solution here; WCSLIB raises, crashes, or takes what is absent for zero.
PLATE = "incomplete plate"
# A pixel size of zero: a plate of one point, which is refused.
FLAT_PLATE = "plate without extent"
# AMDX14 and beyond: terms of the plate that the format does not have; astropy is killed by some of them.
CRASH = "astropy crashes"
# WCSLIB's scanner fails, but reads the same header once a COMMENT card stands at its end.
SCANNER = "internal error of WCSLIB's scanner"
# A header that WCSLIB reads and then can map no pixel of, such as a logarithmic axis about zero: refused at once.
VOID = "read, but no pixel can be mapped"
# Squares of intermediate coordinates, or products of parameters, are beyond the range of a double: NaN here.
OVERFLOW = "overflow"
# An angle so large that one unit in its last place is more than 1e-9 degrees: what remains of it is a matter of rounding.
NO_DIGITS = "angle without digits"
# WCSLIB evaluates the polynomials of CSC in single precision: 1e-5 degrees.
CSC = "CSC in single precision"
# At r = 0 AZP with mu < -1 is the antipode, like its neighbours; WCSLIB says the pole.
AZP = "AZP at r = 0"
# Next to the speed of light the rounding of a velocity, 1e-16 c, is that of 1 - v/c.
LIGHTSPEED = "velocity next to c"
# TPV among more than two axes, not the first two: WCSLIB's inverse finds next to nothing, and there is none here.
ROWS = "TPV among other axes"
# Ours maps to the position that was asked for, through astropy's own map; astropy's does not, or it found none.
ROOT = "only ours is a root"
# Both map to it: poles, seams, overlapping faces, and far from the reference point a second root of a distortion. Of a
# distortion ours is on the sheet of CRPIX.
PLACES = "two pixels of one position"
# Astropy's last iterate does not map to the position that was asked for; ours says that there is none.
NO_ROOT = "astropy's is no root"
# Astropy's root of a distortion lies beyond a fold: the determinant of the Jacobian changes its sign on the way to CRPIX.
FOLD = "astropy's root lies beyond a fold"
# So badly conditioned that astropy's own pixel closes no better than ours.
CLOSURE = "ill-conditioned, closes as well"

PLATE_KEYWORDS = [
    *("PLTRAH", "PLTRAM", "PLTRAS", "PLTDECSN", "PLTDECD", "PLTDECM", "PLTDECS"),
    *("CNPIX1", "CNPIX2", "PPO3", "PPO6", "XPIXELSZ", "YPIXELSZ"),
    *(f"AMD{axis}{i}" for axis in "XY" for i in range(1, 14)),
]


def vectors(lng, lat):
    lng, lat = np.radians(np.fmod(lng, 360.0)), np.radians(lat)
    return np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)])


class Case:
    """A header that astropy reads: what it makes of it, and how far apart positions are."""

    def __init__(self, cards, oracle, facts, pixels, world, back):
        self.cards, self.oracle = cards, oracle
        self.pixels, self.world, self.back = pixels, world, back
        self.facts = facts
        self.naxis, self.lng, self.lat = facts["naxis"], facts["lng"], facts["lat"]
        self.pair = [self.lng, self.lat] if self.lng >= 0 and self.lat >= 0 else []
        self.code = facts["ctype"][self.lng][5:8] if self.pair else ""
        self.others = [i for i in range(self.naxis) if i not in self.pair]

    def parameter(self, axis, m, default):
        found = [v for i, n, v in self.facts["pv"] if (i, n) == (axis + 1, m)]
        return found[-1] if found else default

    def apart(self, a, b):
        """How far apart two sets of world positions are, in units of what counts as equal; infinite where one is NaN."""
        far = np.zeros(a.shape[1])
        for i in self.others:
            finite = np.abs(self.world[i][np.isfinite(self.world[i])])
            equal = EQUAL_AXIS * finite.max(initial=0.0)
            if self.facts["ctype"][i][:4] in ("VELO", "VRAD", "VOPT"):
                equal += 8 * np.finfo(float).eps * LIGHT
            far = np.maximum(far, _ratio(a[i], b[i], np.abs(a[i] - b[i]) / max(equal, 5e-324)))
        if self.pair:
            one, other = vectors(*a[self.pair]), vectors(*b[self.pair])
            chord = np.linalg.norm(one - other, axis=0)
            degrees = np.degrees(2 * np.arcsin(np.minimum(chord / 2, 1)))
            far = np.maximum(far, _ratio(one.sum(axis=0), other.sum(axis=0), degrees / EQUAL_SKY))
        return far

    def forward(self, pixels):
        return self.oracle.forward(pixels)

    def codes(self):
        """What CTYPE says before WCSLIB translates it."""
        return [v[5:8] for k, v in self.cards if k.startswith("CTYPE") and isinstance(v, str)]

    def distorted(self):
        keywords = ("A_ORDER", "CQDIS", "AMDX", "WAT", "PV")
        return bool(self.pair) and any(k.startswith(keywords) for k, _ in self.cards)


def _ratio(a, b, far):
    """`far`, zero where both are NaN or the same, infinite where one is NaN."""
    missing = np.isnan(a), np.isnan(b)
    far = np.where(missing[0] & missing[1] | (a == b), 0.0, far)
    return np.where(missing[0] != missing[1], np.inf, far)


def positions(case, ours):
    """None where all positions agree, forwards and back; else (class or None, the first difference)."""
    try:
        world = np.asarray(ours.pixel_to_world_values(*case.pixels), float).reshape(case.naxis, -1)
    except Exception as e:
        return None, f"we map no pixel: {e!r}"
    far = case.apart(case.world, world)
    found = None
    for k in np.flatnonzero(~(far <= 1)):
        name = _forward(case, case.pixels[:, k], case.world[:, k], world[:, k])
        found = found or (name, "")
        if name is None:
            return None, f"pixel {case.pixels[:, k]}: {world[:, k]} instead of {case.world[:, k]}"
    if found or case.back is None:
        return found
    asked = case.world[:, np.isfinite(case.world).all(axis=0)]
    pixels = np.asarray(ours.world_to_pixel_values(*asked), float).reshape(case.naxis, -1)
    here, there = np.isfinite(pixels).all(axis=0), np.isfinite(case.back).all(axis=0)
    near = np.abs(pixels - case.back) <= EQUAL_PIXEL * np.maximum(1, np.abs(case.back))
    for k in np.flatnonzero(~(near.all(axis=0) | ~here & ~there)):
        name = _back(case, asked[:, k], case.back[:, k], pixels[:, k])
        found = found or (name, "")
        if name is None:
            truth = case.pixels[:, np.isfinite(case.world).all(axis=0)][:, k]
            return None, f"sky {asked[:, k]}: {pixels[:, k]} instead of {case.back[:, k]}, the image of {truth}"
    return found


def _no_digits(case, values):
    angles = [*case.facts["pole"], *(case.parameter(case.lng, m, 0.0) for m in (1, 2, 3, 4))]
    angles += [case.facts["crval"][i] for i in case.pair] + [values[i] for i in case.pair]
    return bool(case.pair) and any(np.spacing(abs(a)) > EQUAL_SKY for a in angles if np.isfinite(a))


def _overflows(case, pixel):
    plane = case.facts["matrix"] @ (pixel + 1 - case.facts["crpix"])
    numbers = [*np.abs(plane), *(abs(v) for _, _, v in case.facts["pv"])]
    tiny = np.abs(case.facts["matrix"]).max(axis=1).min() < 1e-300
    return not max(numbers, default=0.0) < 1e150 or tiny


def _forward(case, pixel, theirs, ours):
    if plate(case.cards) == "incomplete":
        return PLATE
    if _no_digits(case, theirs):
        return NO_DIGITS
    one, other = theirs[:, None], ours[:, None]
    if case.code == "CSC" and case.apart(one, other)[0] * EQUAL_SKY <= 1e-5:
        return CSC
    if np.isnan(ours[case.pair or range(case.naxis)]).any() and _overflows(case, pixel):
        return OVERFLOW
    if case.code == "AZP" and case.parameter(case.lat, 1, 0.0) < -1:
        centre = np.abs(case.facts["matrix"] @ (pixel + 1 - case.facts["crpix"]))[case.pair].max()
        if centre == 0 and abs(case.apart(one, other)[0] * EQUAL_SKY - 180) < 1e-6:
            return AZP
    return None


def _back(case, asked, theirs, ours):
    if _no_digits(case, asked):
        return NO_DIGITS
    wanted = asked[:, None]
    # Of CSC the way back is a fit of its own: what counts is that both go to the same place.
    if case.code == "CSC":
        both = case.apart(case.forward(theirs[:, None]), case.forward(ours[:, None]))[0]
        return CSC if both * EQUAL_SKY <= 1e-5 else None
    closes = [case.apart(wanted, case.forward(p[:, None]))[0] if np.isfinite(p).all() else np.inf for p in (theirs, ours)]
    if np.isfinite(ours).all():
        if closes[1] <= 1:
            if not closes[0] <= 1:
                return ROOT
            return PLACES if not case.distorted() or _sheet(case, ours) else None
        return CLOSURE if closes[1] <= 2 * closes[0] and closes[0] < 1e3 else None
    if not closes[0] <= 1:
        return NO_ROOT
    if "TPV" in case.codes() and max(case.pair) > 1:
        return ROWS
    if _overflows(case, theirs):
        return OVERFLOW
    return FOLD if case.distorted() and not _sheet(case, theirs) else None


def _sheet(case, pixel):
    """Whether the map keeps its orientation on the straight line from the reference point to a pixel, by differences of the
    sky of astropy."""
    at = case.facts["crpix"] - 1
    numbers = dict(case.cards)
    if plate(case.cards) == "complete":
        size, centre = ("XPIXELSZ", "YPIXELSZ"), ("PPO3", "PPO6")
        at = np.array([numbers[c] / numbers[s] - numbers[n] - 0.5 for c, s, n in zip(centre, size, ("CNPIX1", "CNPIX2"), strict=True)])
    line = at[:, None] + np.linspace(0, 1, 65) * (pixel - at)[:, None]
    step = 1e-3
    ends = []
    for j in case.pair:
        for sign in (1, -1):
            moved = line.copy()
            moved[j] += sign * step
            ends.append(vectors(*case.forward(moved)[case.pair]))
    dx, dy = ends[0] - ends[1], ends[2] - ends[3]
    middle = vectors(*case.forward(line)[case.pair])
    size = np.linalg.norm(dx, axis=0) * np.linalg.norm(dy, axis=0)
    turn = np.einsum("ik,ik->k", middle, np.cross(dx, dy, axis=0)) / size
    return bool((turn * np.sign(turn[0]) > 1e-6).all())


def plate(cards):
    """"complete", "incomplete" or "" by the numbers of a plate solution that are there."""
    good = {k for k, v in cards if isinstance(v, str) == (k == "PLTDECSN") and not isinstance(v, bool)}
    there = [k in good for k in PLATE_KEYWORDS]
    stray = any(k.startswith(("AMDX", "AMDY", "PPO", "CNPIX", "PLTRA", "PLTDEC", "XPIXELSZ", "YPIXELSZ")) for k, _ in cards)
    return "complete" if all(there) else "incomplete" if stray else ""


def only_we_read(cards, text, key, answer, ours, oracle):
    if answer[0] == "crashed":
        return CRASH if plate(cards) else None
    if plate(cards) == "incomplete":
        return PLATE
    if "Internal error in wcslib header parser" in answer[-1]:
        n = ours.pixel_n_dim
        again = oracle.read(text + f"{'COMMENT':80}", key, np.zeros((n, 1)))
        return SCANNER if again[0] == "read" else None
    return None


def only_it_reads(case, why):
    numbers = dict(case.cards)
    if plate(case.cards) == "complete" and 0 in (numbers["XPIXELSZ"], numbers["YPIXELSZ"]):
        return FLAT_PLATE
    return None
