"""Pixel positions through `astropy.wcs.utils.pixel_to_pixel` and through `reproject_rs.pixel_to_pixel`, by CPU time; and eight
Python threads beside one, by the clock, their results compared bit for bit."""

import os
import threading
import time
import warnings

POINTS, PART = 2_000_000, 100_000
PAIRS = {"TAN to TAN": ("TAN", "TAN"), "TAN to TAN-SIP": ("TAN", "TAN-SIP"), "TAN to TPV": ("TAN", "TPV"), "CAR to CAR": ("CAR", "CAR")}
SIP = {"A_ORDER": 3, "B_ORDER": 3, "A_2_0": 1e-7, "B_1_1": -2e-7, "A_0_3": 1e-11}
TPV = {"PV1_1": 1.0, "PV2_1": 1.0, "PV1_4": 1e-3, "PV2_7": 2e-3}


def header(code, names, crval):
    from astropy.io import fits

    scale = 360 / 4096 if code == "CAR" else 2e-4
    h = fits.Header()
    for i, sign in ((1, -1), (2, 1)):
        h[f"CTYPE{i}"], h[f"CRPIX{i}"] = f"{names[i - 1]:-<4}-{code}", 2048.5
        h[f"CRVAL{i}"], h[f"CD{i}_{i}"] = 0.0 if code == "CAR" else crval[i - 1], sign * scale
    h.update(SIP if code.endswith("SIP") else TPV if code == "TPV" else {})
    return h


def median(call, clock, repeats):
    took = []
    for _ in range(repeats):
        start = clock()
        result = call()
        took.append(clock() - start)
        del result
    return sorted(took)[repeats // 2]


def many(call, same, threads, rounds):
    """Runs ``call`` as often on every thread, and says how many last results were not the ``same``."""
    wrong = []

    def work():
        for _ in range(rounds):
            result = call()
        # Comparing holds the interpreter lock, so it is done once.
        wrong.extend(1 for a, b in zip(result, same, strict=True) if a.tobytes() != b.tobytes())

    workers = [threading.Thread(target=work) for _ in range(threads)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    return len(wrong)


def measure(repeats):
    import numpy as np
    from astropy.wcs import WCS
    from astropy.wcs.utils import pixel_to_pixel as theirs

    import reproject_rs

    warnings.simplefilter("ignore")
    x, y = np.random.default_rng(1).uniform(0, 4096, (2, POINTS))
    for name, (source, target) in PAIRS.items():
        headers = header(source, ("RA", "DEC"), (266.4, -28.9)), header(target, ("GLON", "GLAT"), (0.1, -0.2))
        a, b = map(WCS, headers)
        p, q = map(reproject_rs.WCS, headers)

        def ours(p=p, q=q, n=POINTS):
            return reproject_rs.pixel_to_pixel(p, q, x[:n], y[:n])

        ours()
        fast = median(ours, time.process_time, 2 * repeats + 1) / POINTS * 1e9
        slow = median(lambda a=a, b=b: theirs(a, b, x, y), time.process_time, repeats) / POINTS * 1e9
        yield f"{name:16} {fast:6.1f} ns a point, astropy {slow:6.1f}: {slow / fast:5.1f}x"

        yield scaling(lambda ours=ours: ours(n=PART), repeats)
    # What to map costs no more than to move is limited by memory: this is the limit.
    yield f"{'NumPy, a copy':16} " + scaling(lambda: (x[:PART].copy(), y[:PART].copy()), repeats).lstrip()


def scaling(part, repeats):
    same, wrong = part(), []
    one = median(lambda: wrong.append(many(part, same, 1, 800)), time.perf_counter, repeats)
    eight = median(lambda: wrong.append(many(part, same, 8, 100)), time.perf_counter, repeats)
    return f"{'':16} 8 threads {one / eight:.2f}x one of them, {sum(wrong)} wrong results, load average {os.getloadavg()[0]:.1f}"
