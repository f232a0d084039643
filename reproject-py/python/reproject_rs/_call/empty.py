"""Why pixels of an output are empty: positions are looked at here and there, and where both images lie on the sky."""

import logging

import numpy as np

from .._coords.evidence import sites

LOG = logging.getLogger(__name__)

# Positions along every axis that are looked at: of images, and of what has more axes.
SITES, FEW = 64, 16

REASONS = {
    "off_sky": "are no points of the output's sky",
    "not_invertible": "are not invertible: the input's coordinate system has no pixel there",
    "round_trip": "failed the round trip: they do not come back to within a pixel (roundtrip_coords=False keeps them)",
    "outside": "lie outside of the input",
    "masked": "are masked",
    "blank": "are not finite in the input",
}


class Sight:
    """A look at some positions: how many there are for each reason, and both footprints in words."""

    def __init__(self, counts, footprints):
        self.counts, self.footprints = counts, footprints

    def lines(self, empty):
        """Names and words, for a person."""
        total = sum(self.counts.values())
        told = [f"{'all' if n == total else n} {REASONS[name]}" for name, n in self.counts.items() if n and name != "known"]
        if empty:
            yield "empty", f"of {total} positions of the output {'; '.join(told) or 'none is known'}"
        else:
            yield "known", "; ".join([f"{self.counts['known']} of {total} positions", *told])
        for name, text in self.footprints.items():
            yield "sky", f"{name} {text}"

    def __str__(self):
        return "; ".join(what for _, what in self.lines(True))


def report(method, route, shape_in, shape_out, roundtrip, **pixels):
    """Says in the log why nothing of an output is known."""
    if not LOG.isEnabledFor(logging.WARNING):
        return
    try:
        told = look(method, route, shape_in, shape_out, roundtrip, **pixels)
    except Exception as error:  # the result stands, whatever a coordinate system makes of further questions
        told = f"its coordinate systems do not tell why ({error})"
    LOG.warning("The output is empty: %s", told)


def look(method, route, shape_in, shape_out, roundtrip, mask=None, array=None):
    """The `Sight` of positions all over the output.

    ``mask`` and ``array`` are those of the call, of the shape of the input; without them no pixel counts as masked or blank.
    """
    roundtrip = roundtrip and method.kind != "exact"  # which looks at pixels, not at positions
    shape = shape_out[len(shape_out) - route.output.naxis :]
    positions = sites(shape, SITES if len(shape) <= 2 else FEW)
    sizes = np.array(shape_in[len(shape_in) - len(positions) :][::-1])
    there, kept = (route.placed(positions, sizes, check) for check in (False, roundtrip))
    finite, back = (np.isfinite(columns).all(axis=0) for columns in (there, kept))
    world = np.isfinite(route.output.world(positions)).all(axis=0)
    with np.errstate(invalid="ignore"):
        inside = back & np.all((kept >= -0.5) & (kept <= sizes[:, None] - 0.5), axis=0)
    pixels = np.rint(np.where(inside, kept, 0)).astype(int).clip(0, np.maximum(sizes[:, None] - 1, 0))[::-1]
    masked, blank = (np.zeros_like(inside) for _ in range(2))
    if inside.any():
        masked = inside & _no_plane(mask, pixels, lambda m: m if m.dtype.kind == "b" else ~(m > 0))
        blank = inside & ~masked & _no_plane(array, pixels, lambda a: ~np.isfinite(a))
    counts = {
        "known": inside & ~masked & ~blank, "off_sky": ~finite & ~world, "not_invertible": ~finite & world,
        "round_trip": finite & ~back, "outside": back & ~inside, "masked": masked, "blank": blank,
    }  # fmt: skip
    counts = {name: int(which.sum()) for name, which in counts.items() if name != "blank" or array is not None}
    images = {"input": (route.input, shape_in), "output": (route.output, shape_out)}
    return Sight(counts, {name: _footprint(*image) for name, image in images.items()})


def _no_plane(array, pixels, test):
    """Whether pixels fail a test in every plane of an array (of many, in the first ones); nowhere without one."""
    if array is None:
        return np.zeros(pixels.shape[1], bool)
    planes = array.ndim - len(pixels)
    array = array[(*(slice(FEW),) * planes, *pixels)]
    return test(array).all(axis=tuple(range(planes)))


def _footprint(coordinates, shape):
    """The corners of an image in degrees, its centre, and the frame they are in."""
    naxis = coordinates.naxis
    sides = np.array(shape[len(shape) - naxis :][::-1], dtype=float)
    if not coordinates.has_celestial:
        return f"{' × '.join(f'{n:.0f}' for n in sides[::-1])} pixels, not on the sky"
    axes, units = coordinates.lonlat
    x, y = coordinates.sky_axes
    corners = np.tile((sides / 2 - 0.5)[:, None], (1, 5))
    corners[x, :4], corners[y, :4] = [-0.5, sides[x] - 0.5, sides[x] - 0.5, -0.5], [-0.5, -0.5, sides[y] - 0.5, sides[y] - 0.5]
    world = coordinates.world(corners)
    columns = (world[axis] * unit for axis, unit in zip(axes, units, strict=True))
    points = [_degrees(*point) for point in zip(*columns, strict=True)]
    return f"corners {' '.join(points[:4])}, centre {points[4]} deg, {coordinates.sphere}"


def _degrees(lon, lat):
    if not (np.isfinite(lon) and np.isfinite(lat)):
        return "(off the sky)"
    return f"({round(lon % 360, 5) % 360:.5f}, {lat + 0.0:+.5f})"
