"""Reprojection of astronomical images: the interface of ``reproject``, an engine in Rust.

Importing it costs nothing but NumPy-free Python; astropy is imported by the first call.
"""

from ._reproject_rs import __version__

__all__ = ["WCS", "__version__", "pixel_to_pixel", "reproject_adaptive", "reproject_exact", "reproject_interp"]

_LAZY = {
    "WCS": ".wcs",
    "pixel_to_pixel": "._pixels",
    "reproject_adaptive": ".adaptive",
    "reproject_exact": ".spherical_intersect",
    "reproject_interp": ".interpolation",
}


def __getattr__(name):
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(set(globals()) | set(__all__))
