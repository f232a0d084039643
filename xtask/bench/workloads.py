"""Inputs and targets of the peer benchmark, made from a fixed seed.

Every workload is band-limited noise with point sources (no NaN), float32, and a target header. The pixels are cached
as .npy files; the headers are cheap and made anew.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.utils.data import get_pkg_data_filename
from astropy.wcs import WCS
from scipy.ndimage import gaussian_filter

SEED = 20260711
RA, DEC = 150.0, 30.0  # degrees, of every field but the all-sky one


@dataclass(frozen=True)
class Workload:
    data: np.ndarray
    source: WCS
    target: WCS
    shape_out: tuple[int, ...]

    @property
    def pixels(self):
        """Output pixels, planes of a cube counted each."""
        return int(np.prod(self.shape_out))


def header(ctype, crval, shape, cd):
    """A celestial header whose reference point is the centre of the image; `cd` in degrees per pixel."""
    ny, nx = shape
    h = fits.Header()
    h["NAXIS"], h["NAXIS1"], h["NAXIS2"] = 2, nx, ny
    h["CTYPE1"], h["CTYPE2"] = ctype
    h["CUNIT1"] = h["CUNIT2"] = "deg"
    h["CRVAL1"], h["CRVAL2"] = crval
    h["CRPIX1"], h["CRPIX2"] = nx / 2 + 0.5, ny / 2 + 0.5
    (h["CD1_1"], h["CD1_2"]), (h["CD2_1"], h["CD2_2"]) = cd
    if ctype[0].startswith("RA"):
        h["RADESYS"] = "ICRS"
    return h


def tan(size, scale, offset=(0.0, 0.0), turn=0.0, suffix=""):
    """A square gnomonic image; `scale` in arcseconds, `offset` and `turn` in degrees."""
    s, c, d = scale / 3600, np.cos(np.radians(turn)), np.sin(np.radians(turn))
    ctype = f"RA---TAN{suffix}", f"DEC--TAN{suffix}"
    return header(ctype, (RA + offset[0], DEC + offset[1]), (size, size), ((-s * c, s * d), (s * d, s * c)))


def car_galactic(size, scale):
    """Plate carree in Galactic coordinates around the same field, its reference point on the equator."""
    centre = SkyCoord(RA, DEC, unit="deg", frame="icrs").galactic
    s = scale / 3600
    cd = (-s / np.cos(centre.b.rad), 0.0), (0.0, s)
    h = header(("GLON-CAR", "GLAT-CAR"), (round(centre.l.deg, 6), 0.0), (size, size), cd)
    h["CRPIX2"] -= centre.b.deg / s
    return h


# A distortion made up for the case that astropy comes without its test files: a camera's size and order.
SIP = {
    "A_ORDER": 4, "B_ORDER": 4,
    "A_2_0": 8.1e-6, "A_1_1": -5.3e-6, "A_0_2": 2.2e-6, "A_3_0": -4.0e-10, "A_1_2": 3.0e-10, "A_4_0": 2.0e-14,
    "B_2_0": 1.9e-6, "B_1_1": 6.4e-6, "B_0_2": -7.5e-6, "B_2_1": -2.5e-10, "B_0_3": 5.0e-10, "B_0_4": -1.5e-14,
}  # fmt: skip


def tan_sip(size, scale):
    """A gnomonic image with the SIP distortion of a real camera (HST/ACS WFC, order 4), without inverse polynomials."""
    h = tan(size, scale, suffix="-SIP")
    try:
        real = fits.getheader(get_pkg_data_filename("tests/data/j94f05bgq_flt.fits", package="astropy.wcs"), 1)
    except OSError:
        real = SIP
    for key in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
        h[key] = real.get(key, h[key])
    for key in real:
        if key.startswith(("A_", "B_")):
            h[key] = real[key]
    return h


def allsky(ctype, shape, crval, width):
    """The whole sky; `width` of the projection plane in degrees."""
    s = width / shape[1]
    return header((f"RA---{ctype}", f"DEC--{ctype}"), (crval, 0.0), shape, ((-s, 0.0), (0.0, s)))


def sky(shape, rng, sources=None):
    """Noise of unit variance, smooth over 1.5 pixels, on a level of 100, with Gaussian sources of 1.6 pixels."""
    ny, nx = shape
    image = gaussian_filter(rng.standard_normal(shape, dtype=np.float32), 1.5, mode="wrap")
    image /= image.std()
    count = nx * ny // 4000 if sources is None else sources
    xs, ys = rng.integers(8, nx - 8, count), rng.integers(8, ny - 8, count)
    fluxes = 10 * rng.pareto(1.5, count).clip(0, 500).astype(np.float32)
    offset = np.arange(-6, 7)
    psf = np.exp(-0.5 * (offset**2 + offset[:, None] ** 2) / 1.6**2).astype(np.float32)
    for x, y, flux in zip(xs, ys, fluxes):
        image[y - 6 : y + 7, x - 6 : x + 7] += flux * psf
    return image + np.float32(100)


def cube(rng):
    """A hundred planes, each the first one shifted and raised."""
    base = sky((1024, 1024), rng)
    return np.stack([np.roll(base, 7 * plane, axis=1) + np.float32(plane) for plane in range(100)])


SHIFT = 0.02, 0.03  # degrees between the centres of source and target


# name: (description, pixels from a generator, source header, target header)
DEFINITIONS = {
    "w1": (
        "TAN -> TAN, 30 deg turned, 4096^2",
        lambda rng: sky((4096, 4096), rng),
        lambda: tan(4096, 0.5),
        lambda: tan(4096, 0.5, SHIFT, 30),
    ),
    "w2": (
        "TAN ICRS -> CAR Galactic, 4096^2",
        lambda rng: sky((4096, 4096), rng),
        lambda: tan(4096, 0.5),
        lambda: car_galactic(4096, 0.5),
    ),
    "w3": (
        "TAN-SIP -> TAN, 2048^2",
        lambda rng: sky((2048, 2048), rng),
        lambda: tan_sip(2048, 0.05),
        lambda: tan(2048, 0.05, turn=30),
    ),
    "w4": (
        "all-sky CAR -> AIT, 7200x3600",
        lambda rng: sky((3600, 7200), rng, 3000),
        lambda: allsky("CAR", (3600, 7200), 180.0, 360.0),
        lambda: allsky("AIT", (3600, 7200), 0.0, 360 * 2 * np.sqrt(2) / np.pi),
    ),
    "w5": (
        "cube TAN -> TAN, 100x1024^2",
        cube,
        lambda: tan(1024, 0.5),
        lambda: tan(1024, 0.5, SHIFT, 30),
    ),
    "w6": (
        "TAN 4096^2 -> TAN 512^2, 8 times coarser",
        lambda rng: sky((4096, 4096), rng),
        lambda: tan(4096, 0.5),
        lambda: tan(512, 4.0, turn=15),
    ),
    "w7": (
        "TAN -> TAN, 30 deg turned, 1024^2",
        lambda rng: sky((1024, 1024), rng),
        lambda: tan(1024, 0.5),
        lambda: tan(1024, 0.5, SHIFT, 30),
    ),
}


def load(name, cache):
    """The workload called `name`; its pixels come from the folder `cache`, or go there."""
    _, pixels, source, target = DEFINITIONS[name]
    path = Path(cache) / f"{name}-{SEED}.npy"
    if path.exists():
        data = np.load(path)
    else:
        data = pixels(np.random.default_rng([SEED, int(name[1:])]))
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, data)
    assert data.dtype == np.float32, f"{path}: {data.dtype}"
    target = target()
    shape_out = data.shape[:-2] + (target["NAXIS2"], target["NAXIS1"])
    return Workload(data, WCS(source()), WCS(target), shape_out)
