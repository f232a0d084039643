"""Reprojection of astronomical images: the interface of ``reproject``, an engine in Rust.

Importing it costs nothing but NumPy-free Python; astropy is imported by the first call.
"""

from ._reproject_rs import __version__

__all__ = [
    "Plan",
    "WCS",
    "__version__",
    "install",
    "pixel_to_pixel",
    "plan",
    "reproject_adaptive",
    "reproject_exact",
    "reproject_interp",
    "uninstall",
]

_LAZY = {
    "Plan": "._call.plan",
    "WCS": ".wcs",
    "install": "._install",
    "pixel_to_pixel": "._coords.pixels",
    "plan": "._call.plan",
    "reproject_adaptive": ".adaptive",
    "reproject_exact": ".spherical_intersect",
    "reproject_interp": ".interpolation",
    "uninstall": "._install",
}


def __getattr__(name):
    if name in _LAZY:
        import importlib

        value = getattr(importlib.import_module(_LAZY[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
