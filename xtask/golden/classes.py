"""Where `reproject_rs` and `astropy.wcs` may differ on a mutated header: each class says why, and proves that it holds.

A position counts as equal within 1e-9 degrees on the sky, 1e-9 of the largest value on any other axis, and 1e-6 pixels on the
way back. Beyond that:
"""

import numpy as np
from formulas import slanted, solution, vectors

EQUAL_SKY = 1e-9
EQUAL_AXIS = 1e-9
EQUAL_PIXEL = 1e-6
LIGHT = 299792458.0

# An incomplete set of plate keywords is no plate solution here; WCSLIB raises, crashes, or takes what is absent for zero.
PLATE = "incomplete plate"
# A pixel size of zero: a plate of one point, which is refused.
FLAT_PLATE = "plate without extent"
# AMDX14 and beyond, terms of the plate that the format does not have, and stray DQ records: astropy is killed by some of them.
CRASH = "astropy crashes"
# WCSLIB's scanner fails, but reads the same header once a COMMENT card stands at its end.
SCANNER = "internal error of WCSLIB's scanner"
# WATi_nnn missing, doubled or no text: WCSLIB takes some of what remains for a surface, and we none.
SURFACE = "broken text of a surface"
# A header that WCSLIB reads and then can map no pixel of, such as a logarithmic axis about zero: refused at once.
VOID = "read, but no pixel can be mapped"
# Squares of intermediate coordinates, or products of parameters, are beyond the range of a double: NaN here.
OVERFLOW = "overflow"
# An angle so large that one unit in its last place is more than 1e-9 degrees, or a number of axes beyond all integers: what
# remains of it is a matter of rounding.
NO_DIGITS = "angle without digits"
# CRVAL beyond a pole is no point of the sphere; the equations still have solutions, of which either takes one.
BEYOND = "reference latitude beyond 90 degrees"
# Below 200 nm the refraction of air (paper III, equation 65) is beyond its range, and the iteration for it converges slowly.
AIR = "air below 200 nm"
# WCSLIB evaluates the polynomials of CSC in single precision: 1e-5 degrees.
CSC = "CSC in single precision"
# WCSLIB counts a plate card that stands twice twice, and takes the plate for upright where AMDX1 AMDY1 < AMDX2 AMDY2; ours is
# the plate solution, to 1e-9 degrees.
PLATE_TERMS = "plate solution"
# A cone whose opening is next to none: cot(theta_a) or cot(theta_1) radii away, and rounding with it.
CONE = "cone next to a cylinder"
# theta_a beyond a pole, which makes no cone.
NO_CONE = "no cone"
# The native pole next to a celestial one: its longitude has no more digits than the cosine of its latitude.
POLE = "native pole next to a celestial one"
# WCSLIB solves ZPN to 1e-13 in R, which is 1e-13/P_1 in the latitude.
ZPN = "ZPN to 1e-13"
# SIN and SZP: evaluated with 50 digits, the position is nearer to ours.
EXACT = "exact evaluation is nearer to ours"
# A grism of next to no grooves divides by their density.
GRISM = "grism next to none"
# A single pixel without a position, or with that of the pole, in WCSLIB's map (PCO on its central meridian and at theta = 90),
# while those a thousandth of a pixel away lie around ours.
HOLE = "hole in astropy's map"
# WCSLIB counts the facets of HPX before PVi_0 shifts the plane; its own way back does not lead to the pixel.
FACETS = "shifted facets of HPX"
# A matrix so badly conditioned that rounding moves the pixel as far.
MATRIX = "ill-conditioned matrix"
# Between two velocities the rest value cancels; without one every pixel of WCSLIB is CRVAL.
REST = "velocities without rest value"
# At r = 0 AZP with mu < -1 is the antipode, like its neighbours; WCSLIB says the pole.
AZP = "AZP at r = 0"
# Next to the speed of light the rounding of a velocity, 1e-16 c, is that of 1 - v/c.
LIGHTSPEED = "velocity next to c"
# TPV among more than two axes, not the first two: WCSLIB's inverse finds next to nothing, and there is none here.
ROWS = "TPV among other axes"
# Ours maps to the position that was asked for, through astropy's own map; astropy's does not, or it found none.
ROOT = "only ours is a root"
# Both map to it: poles, seams, overlapping faces, and far from the reference point a second root of a distortion. Of a
# distortion ours is on the sheet of CRPIX, or neither is.
PLACES = "two pixels of one position"
# Astropy's last iterate does not map to the position that was asked for; ours says that there is none.
NO_ROOT = "astropy's is no root"
# Astropy's root of a distortion lies beyond a fold: the determinant of the Jacobian changes its sign on the way to CRPIX.
FOLD = "astropy's root lies beyond a fold"
# Next to CRPIX the map folds: the determinant there is less than a fifth of its largest on the way to astropy's root, as where
# a linear term is missing. From there the way to that root leads over a fold, and ours is another or none.
FAINT = "CRPIX next to a fold"
# So badly conditioned that both pixels and all between share the position, or astropy's own pixel closes no better than ours.
CLOSURE = "ill-conditioned, closes as well"

PLATE_KEYWORDS = [
    *("PLTRAH", "PLTRAM", "PLTRAS", "PLTDECSN", "PLTDECD", "PLTDECM", "PLTDECS"),
    *("CNPIX1", "CNPIX2", "PPO3", "PPO6", "XPIXELSZ", "YPIXELSZ"),
    *(f"AMD{axis}{i}" for axis in "XY" for i in range(1, 14)),
]


CONES = ("COP", "COE", "COD", "COO")
ANGLES = ("CRVAL", "LONPOLE", "LATPOLE", "CROTA", "PV1_1", "PV1_2", "PV1_3", "PV1_4")


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

    def apart(self, a, b, pair=None):
        """How far apart two sets of world positions are, in units of what counts as equal; infinite where one is NaN. With
        `pair` they hold a longitude and a latitude alone."""
        far = np.zeros(max(a.shape[1], b.shape[1]))
        for i in [] if pair else self.others:
            finite = np.abs(self.world[i][np.isfinite(self.world[i])])
            equal = EQUAL_AXIS * finite.max(initial=0.0)
            if self.facts["ctype"][i][:4] in ("VELO", "VRAD", "VOPT"):
                equal += 8 * np.finfo(float).eps * LIGHT
            far = np.maximum(far, _ratio(a[i], b[i], np.abs(a[i] - b[i]) / max(equal, 5e-324)))
        if pair or self.pair:
            one, other = vectors(*a[pair or self.pair]), vectors(*b[pair or self.pair])
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
        keywords = ("A_ORDER", "CQDIS", "AMDX", "WAT") + (("PV",) if {"TAN", "TPV"} & set(self.codes()) else ())
        return bool(self.pair) and any(k.startswith(keywords) for k, _ in self.cards)

    def plane(self, pixel):
        """Intermediate world coordinates."""
        return self.facts["matrix"] @ (pixel + 1 - self.facts["crpix"])

    def numbers(self, *stems):
        """The values of all cards that begin so and are numbers."""
        return [v for k, v in self.cards if k.startswith(stems) and isinstance(v, int | float) and not isinstance(v, bool)]


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
    angles = [*(case.parameter(case.lng, m, 0.0) for m in (1, 2, 3, 4)), *case.facts["crval"][case.pair], *values[case.pair]]
    return bool(case.pair) and (_vast(angles) or _vast(case.numbers(*ANGLES)))


def _vast(angles):
    return any(np.spacing(abs(float(a))) > EQUAL_SKY for a in angles if np.isfinite(a))


def _overflows(case, pixel):
    numbers = [*np.abs(case.plane(pixel)), *map(abs, case.numbers("PV", "A_", "B_"))]
    tiny = np.abs(case.facts["matrix"]).max(axis=1).min() < 1e-290
    return not max(numbers, default=0.0) < 1e150 or tiny


def _forward(case, pixel, theirs, ours):
    if plate(case.cards) == "incomplete":
        return PLATE
    if _no_digits(case, theirs):
        return NO_DIGITS
    one, other = theirs[:, None], ours[:, None]
    far = case.apart(one, other)[0]
    degrees = far * EQUAL_SKY if case.pair else np.nan
    if plate(case.cards) == "complete":
        solved = np.array(solution(dict(case.cards), pixel))[:, None]
        return PLATE_TERMS if case.apart(solved, other)[0] <= 1 else None
    if case.code == "CSC" and degrees <= 1e-5:
        return CSC
    rounding = 64 * np.degrees(np.finfo(float).eps)
    if case.code in (*CONES, "BON") and degrees <= rounding / max(_opening(case), 1e-300):
        return CONE
    if case.code in CONES and abs(case.parameter(case.lat, 1, 45)) > 90:
        return NO_CONE
    if case.pair and abs(case.facts["crval"][case.lat]) > 90:
        return BEYOND
    air = [i for i in case.others if case.facts["ctype"][i].startswith("AWAV") or case.facts["ctype"][i].endswith("A")]
    if air and abs(case.facts["crval"][air[0]]) < 2e-7 and abs(theirs - ours)[air[0]] <= 1e-6 * abs(theirs[air[0]]):
        return AIR
    if case.code == "ZPN" and degrees <= np.degrees(1e-12) / abs(case.parameter(case.lat, 1, 0.0)):
        return ZPN
    if degrees <= rounding / np.cos(np.radians(case.facts["pole"][1])):
        return POLE
    if _restless(case):
        return REST
    spectral = [i for i in case.others if case.facts["ctype"][i][5:] in ("GRI", "GRA")]
    if spectral and abs(theirs - ours)[spectral[0]] <= 64 * np.finfo(float).eps / abs(case.parameter(spectral[0], 0, 1)):
        return GRISM
    if any(case.facts["ctype"][i][5:] in ("V2F", "V2W", "V2A", "F2V", "W2V", "A2V") for i in case.others) and _next_to_light(case, theirs, ours):
        return LIGHTSPEED
    if case.code in ("SIN", "SZP") and not case.parameter(case.lng, 0, 0.0):
        exact = slanted(case, pixel)
        errors = [case.apart(exact[:, None], w[case.pair][:, None], pair=[0, 1]) for w in (ours, theirs)]
        return EXACT if errors[0] <= max(1, errors[1]) else None
    if case.code == "HPX" and case.parameter(case.lng, 0, 0.0) != 0:
        return FACETS
    if case.code in ("PCO", "COO"):
        beside = pixel[:, None] + np.eye(case.naxis)[:, case.pair] @ [[1e-3, -1e-3, 1e-3, -1e-3], [1e-3, 1e-3, -1e-3, -1e-3]]
        return HOLE if (case.apart(case.forward(beside), ours[:, None]) * EQUAL_SKY < 1e-2).all() else None
    if (np.isnan(ours).any() or np.isnan(theirs).any()) and _overflows(case, pixel):
        return OVERFLOW
    if case.code == "AZP" and case.parameter(case.lat, 1, 0.0) < -1:
        centre = np.abs(case.plane(pixel))[case.pair].max()
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
        if np.abs(ours).max() > 1e150:
            return OVERFLOW
        if closes[1] <= 1:
            if not closes[0] <= 1:
                return ROOT
            middle = case.apart(wanted, case.forward((ours + theirs)[:, None] / 2))[0]
            if np.abs(ours - theirs).max() < 1e-3 or middle <= 1:
                return CLOSURE
            # Of two roots beyond folds neither is better.
            if not case.distorted() or _sheet(case, ours) or not _sheet(case, theirs):
                return PLACES
            return FAINT if _faint(_turn(case, theirs)) else None
        if closes[1] <= 2 * closes[0] and closes[0] < 1e3:
            return CLOSURE
        rounding = 64 * np.finfo(float).eps * np.linalg.cond(case.facts["matrix"]) * max(1, np.abs(theirs).max())
        return MATRIX if (abs(theirs - ours) <= rounding).all() else None
    if not closes[0] <= 1:
        return NO_ROOT
    if case.code in CONES and _opening(case) < 1e-10:
        return CONE
    if "TPV" in case.codes() and max(case.pair) > 1:
        return ROWS
    if _overflows(case, theirs):
        return OVERFLOW
    if not case.distorted():
        return None
    turn = _turn(case, theirs)
    return FOLD if not _keeps(turn) else FAINT if _faint(turn) else None


def _faint(turn):
    return turn[0] < 0.2 * turn.max()


def _sheet(case, pixel):
    """Whether the map keeps its orientation on the straight line from the reference point to a pixel."""
    return _keeps(_turn(case, pixel))


def _keeps(turn):
    # Next to nothing of what it is elsewhere is nothing: at CRPIX, too, where no sheet then begins.
    return bool((turn > 1e-5 * np.abs(turn).max()).all())


def _turn(case, pixel):
    """The determinant of the Jacobian on the straight line from the reference point to a pixel, by differences of astropy's
    sky, and positive at that point."""
    at = case.facts["crpix"] - 1
    numbers = dict(case.cards)
    if plate(case.cards) == "complete":
        size, centre = ("XPIXELSZ", "YPIXELSZ"), ("PPO3", "PPO6")
        at = np.array([numbers[c] / numbers[s] - numbers[n] - 0.5 for c, s, n in zip(centre, size, ("CNPIX1", "CNPIX2"), strict=True)])
    line = at[:, None] + np.linspace(0, 1, 2049) * (pixel - at)[:, None]
    step = 1e-3
    ends = []
    for j in case.pair:
        for sign in (1, -1):
            moved = line.copy()
            moved[j] += sign * step
            ends.append(vectors(*case.forward(moved)[case.pair]))
    dx, dy = ends[0] - ends[1], ends[2] - ends[3]
    middle = vectors(*case.forward(line)[case.pair])
    turn = np.einsum("ik,ik->k", middle, np.cross(dx, dy, axis=0))
    return turn * np.sign(turn[0])


def _opening(case):
    """What a conic projection divides by: tan(theta_a), the constant C of COE (paper II, equation 121), cos(eta) of COP."""
    middle, eta = np.radians([case.parameter(case.lat, 1, 45), case.parameter(case.lat, 2, 0.0)])
    least = abs(np.tan(middle))
    if case.code == "COE":
        return min(least, abs(np.sin(middle - eta) + np.sin(middle + eta)) / 2)
    return min(least, abs(np.cos(eta))) if case.code == "COP" else least


def _restless(case):
    """Whether an axis between two velocities has no rest value, and the same position at every pixel of WCSLIB."""
    if case.numbers("RESTFRQ", "RESTFREQ", "RESTWAV"):
        return False
    axes = [i for i in case.others if case.facts["ctype"][i][5:] in ("V2F", "V2W", "F2V", "W2V")]
    return any(np.ptp(case.world[i]) <= 1e-12 * abs(case.facts["crval"][i]) for i in axes)


def _next_to_light(case, theirs, ours):
    """Whether two values of a wave differ by what rounding makes of a velocity v: 1e-16 c in v is 1e-16/(1 - v/c) in the wave."""
    i = next(i for i in case.others if "2" in case.facts["ctype"][i][5:])
    rest = case.numbers("RESTFRQ", "RESTFREQ"), case.numbers("RESTWAV")
    # VRAD-V2F and its like are functions of v/c alone.
    if not any(rest):
        return False
    wave = case.facts["ctype"][i].startswith(("WAVE", "AWAV"))
    zero = rest[1][-1] if rest[1] else LIGHT / rest[0][-1]
    slack = 0.0
    value = theirs[i] if np.isfinite(theirs[i]) else ours[i]
    for value in (value, case.facts["crval"][i]):
        ratio = (value / zero if wave else LIGHT / value / zero) ** 2
        slack += 64 * np.finfo(float).eps * max(ratio, 1 / ratio)
    return slack > 1 or abs(theirs[i] - ours[i]) <= slack * abs(theirs[i])


def plate(cards):
    """"complete", "incomplete" or "" by the numbers of a plate solution that are there."""
    good = {k for k, v in cards if isinstance(v, str) == (k == "PLTDECSN") and not isinstance(v, bool)}
    there = [k in good for k in PLATE_KEYWORDS]
    stray = any(k.startswith(("AMDX", "AMDY", "PPO", "CNPIX", "PLTRA", "PLTDEC", "XPIXELSZ", "YPIXELSZ")) for k, _ in cards)
    return "complete" if all(there) else "incomplete" if stray else ""


def only_we_read(cards, text, key, answer, ours, oracle):
    if answer[0] == "crashed":
        return CRASH if plate(cards) or any(k.startswith("DQ") for k, _ in cards) else None
    if plate(cards) == "incomplete":
        return PLATE
    if _vast([v for k, v in cards if k.startswith(ANGLES) and isinstance(v, int | float)]):
        return NO_DIGITS
    tiny = [v for k, v in cards if k.startswith(("CDELT", "PC", "CD")) and isinstance(v, int | float) and 0 < abs(v) < 1e-290]
    if tiny and "SingularMatrix" in answer[-1]:
        return OVERFLOW
    if "Internal error in wcslib header parser" in answer[-1]:
        n = ours.pixel_n_dim
        again = oracle.read(text + f"{'COMMENT':80}", key, np.zeros((n, 1)))
        return SCANNER if again[0] == "read" else None
    return None


def only_it_reads(case, why):
    numbers = dict(case.cards)
    if plate(case.cards) == "incomplete":
        return PLATE
    if _vast(case.numbers(*ANGLES)) or any(n > 1e9 for n in case.numbers("NAXIS")):
        return NO_DIGITS
    if case.code in CONES and abs(case.parameter(case.lat, 1, 45)) > 90:
        return NO_CONE
    for axis in "12":
        parts = [(k, v) for k, v in case.cards if k.startswith(f"WAT{axis}_")]
        if sorted(int(k[5:]) for k, _ in parts) != [*range(1, len(parts) + 1)] or not all(isinstance(v, str) for _, v in parts):
            return SURFACE
    if plate(case.cards) == "complete" and 0 in (numbers["XPIXELSZ"], numbers["YPIXELSZ"]):
        return FLAT_PLATE
    return None
