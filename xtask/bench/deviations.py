"""The largest deviation of `reproject_rs` from `reproject`, by workload and option, in units of the input's range.

Small images of the kinds that the benchmark has. Pixels that only one side has are counted apart. Deviations that are
meant are named in the README; those at a map's limb, seam and poles are among them.
"""

import sys
import warnings

import numpy as np
import workloads
from astropy.wcs import WCS, FITSFixedWarning

SIZE = 256


def cases():
    """Name, pixels, source and target header."""
    rng = np.random.default_rng(workloads.SEED)
    image = workloads.sky((SIZE, SIZE), rng)
    plain = workloads.tan(SIZE, 5.0)
    turned = workloads.tan(SIZE, 5.0, workloads.SHIFT, 30)
    yield "TAN -> TAN, turned", image, plain, turned
    yield "TAN -> CAR Galactic", image, plain, workloads.car_galactic(SIZE, 5.0)
    yield "SIP -> TAN", image, workloads.tan_sip(SIZE, 0.05), workloads.tan(SIZE, 0.05, turn=30)
    yield "TAN -> TAN, 8 times coarser", image, plain, workloads.tan(SIZE // 8, 40.0, turn=15)
    shape = SIZE // 2, SIZE
    car = workloads.allsky("CAR", shape, 180.0, 360.0)
    ait = workloads.allsky("AIT", shape, 0.0, 360 * 2 * np.sqrt(2) / np.pi)
    yield "all-sky CAR -> AIT", workloads.sky(shape, rng, 50), car, ait
    yield "cube TAN -> TAN", np.stack([image, image[::-1] + 1, image.T]), plain, turned


def options():
    """Function and arguments."""
    for order in ("nearest-neighbor", "bilinear", "biquadratic", "bicubic"):
        yield "reproject_interp", {"order": order}
    for kernel in ("hann", "gaussian"):
        for more in ({}, {"conserve_flux": True}, {"center_jacobian": True}, {"boundary_mode": "ignore"}):
            yield "reproject_adaptive", {"kernel": kernel, **more}
    yield "reproject_exact", {}


def main():
    import reproject
    import reproject_rs

    warnings.filterwarnings("ignore", category=FITSFixedWarning)
    print(f"reproject {reproject.__version__}; images of {SIZE} pixels\n")
    print(f"{'workload':29} {'options':54} {'max':>8} {'> 1e-7':>7} {'only us':>7} {'only it':>7}")
    for name, pixels, source, target in cases():
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        pixels = pixels.astype(float)  # `reproject` filters splines of float32 in float32
        shape = pixels.shape[:-2] + (target["NAXIS2"], target["NAXIS1"])
        for function, arguments in options():
            results = [
                getattr(package, function)((pixels, WCS(source)), WCS(target), shape_out=shape, **arguments)[0]
                for package in (reproject_rs, reproject)
            ]
            ours, theirs = map(np.isfinite, results)
            off = np.abs(results[0] - results[1])[ours & theirs] / np.ptp(pixels)
            words = " ".join([function[10:], *(str(v) if isinstance(v, str) else k for k, v in arguments.items())])
            counts = (off > 1e-7).sum(), (ours & ~theirs).sum(), (theirs & ~ours).sum()
            print(f"{name:29} {words:54} {off.max():8.1e} {counts[0]:7} {counts[1]:7} {counts[2]:7}", flush=True)


if __name__ == "__main__":
    main()
