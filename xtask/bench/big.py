"""Measures a large image beside `reproject`: 20000² float32 FITS, turned by 30°, with both sides' memory bounded.

Our command has `--memory 512MB`; `reproject_interp` gets a dask array over the same file in blocks of 2048² and
`block_size=(2048, 2048)`. For each: wall time, CPU time, and the most anonymous and shared memory of all its processes as the
system counts them. Run by `cargo xtask bench --big`; `big.py COMMAND [SIDE]` alone.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from astropy.io import fits

LIMIT = 25 * 60

PEER = """
import sys, warnings
import dask.array as da
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from reproject import reproject_interp
warnings.simplefilter("ignore")
with fits.open(sys.argv[1], memmap=True) as hdus:
    data, wcs = hdus[0].data, WCS(hdus[0].header)
    target = fits.Header.fromtextfile(sys.argv[2])
    lazy = da.from_array(data, chunks=(2048, 2048), name=False)
    result, _ = reproject_interp((lazy, wcs), WCS(target), shape_out=data.shape, block_size=(2048, 2048), parallel=2)
    fits.writeto(sys.argv[3], np.asarray(result, dtype=np.float32), target, overwrite=True)
"""


def make(folder, side):
    """A file of a side, and the header of its grid turned by 30°."""
    header = fits.Header()
    header["NAXIS"], header["NAXIS1"], header["NAXIS2"] = 2, side, side
    for axis, (name, value, scale) in enumerate((("RA---TAN", 150.0, -2e-5), ("DEC--TAN", 30.0, 2e-5)), 1):
        header[f"CTYPE{axis}"], header[f"CRVAL{axis}"] = name, value
        header[f"CRPIX{axis}"], header[f"CDELT{axis}"] = side / 2 + 0.5, scale
    y, x = np.ogrid[:side, :side]
    fits.writeto(folder / "in.fits", (y * 7 % 1013 + x * 13 % 509).astype(np.float32), header)
    header["CROTA2"] = 30.0
    (folder / "grid.hdr").write_text(header.tostring(sep="\n", padding=False, endcard=True))


def taken(process):
    """Bytes of anonymous and shared memory of a process and those that it started."""
    try:
        status = pathlib.Path(f"/proc/{process}/status").read_text().splitlines()
        children = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except (OSError, ProcessLookupError):
        return 0
    own = sum(int(line.split()[1]) for line in status if line.startswith(("RssAnon:", "RssShmem:")))
    return own * 1024 + sum(taken(child) for child in children)


def measure(name, pixels, command):
    """Runs a program to its end, or for so long as is worth it."""
    begun, before, peak = time.time(), os.times(), 0
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    while process.poll() is None:
        peak = max(peak, taken(process.pid))
        if time.time() - begun > LIMIT:
            process.kill()
        time.sleep(0.02)
    wall, after = time.time() - begun, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    outcome = "" if process.returncode == 0 else f"  ended with {process.returncode}: {process.stderr.read().decode()[-200:].strip()}"
    print(f"{name:<10} {wall:8.1f} s {cpu:8.1f} s CPU {pixels / wall / 1e6:7.2f} Mpix/s {peak / 1e6:9.1f} MB{outcome}", flush=True)


def main():
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    with tempfile.TemporaryDirectory(dir=pathlib.Path(__file__).parents[2] / "target") as folder:
        folder = pathlib.Path(folder)
        make(folder, side)
        source, grid = str(folder / "in.fits"), str(folder / "grid.hdr")
        print(f"{side} × {side} float32, bilinear, turned by 30°")
        ours = [sys.argv[1], "run", source, "--to", grid, "-o", str(folder / "ours.fits"), "--memory", "512MB", "--quiet"]
        measure("ours", side * side, ours)
        measure("reproject", side * side, [sys.executable, "-c", PEER, source, grid, str(folder / "theirs.fits")])


if __name__ == "__main__":
    main()
