"""The version, for packages that compare it: the release of ``reproject`` whose interface this package has.

Its own version is ``reproject_rs.__version__``.
"""

__all__ = ["__version__", "version", "version_tuple"]

version = __version__ = "0.21"
version_tuple = (0, 21)
