"""The types that the package states are those that it has: by mypy's stubtest, and as a user's type checker reads them."""

import pathlib
import subprocess
import sys

SETTINGS = str(pathlib.Path(__file__).parents[1] / "pyproject.toml")


def mypy(folder, *arguments):
    done = subprocess.run([sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_stubs_say_what_there_is(tmp_path):
    # Modules that only say what to use instead.
    (tmp_path / "allowed").write_text("".join(f"reproject_rs\\.{name}\n" for name in ("healpix", "hips", "mosaicking")))
    code, said = mypy(tmp_path, "mypy.stubtest", "reproject_rs", "--mypy-config-file", SETTINGS, "--allowlist", "allowed")
    assert code == 0, said
    assert "no issues found" in said


USE = """
from reproject_rs import WCS, pixel_to_pixel, plan, reproject_adaptive, reproject_exact, reproject_interp

array, footprint = reproject_interp("in.fits", "out.fits", order="bicubic", parallel=2)
mean = reproject_exact(("x", 1), {}, return_footprint=False).mean()
text: str = plan("in.fits", "out.fits", function="exact", mask=None).explain()
x, y = pixel_to_pixel(WCS("in.fits"), {}, 1.0, [2.0])
n: int = WCS("in.fits", key="A").pixel_n_dim
reproject_adaptive("in.fits", "out.fits", order=1)  # type: ignore[call-overload]
reproject_interp("in.fits", "out.fits", return_type="list")  # type: ignore[call-overload]
m: str = plan("in.fits", "out.fits").cost  # type: ignore[assignment]
"""


def test_a_type_checker_reads_them(tmp_path):
    (tmp_path / "script.py").write_text(USE)
    code, said = mypy(tmp_path, "mypy", "script.py", "--config-file", SETTINGS, "--warn-unused-ignores")
    assert code == 0, said
