"""Mosaics are not part of this package yet."""

raise ImportError(
    "reproject_rs.mosaicking does not exist yet: use reproject.mosaicking with "
    "reproject_function=reproject_rs.reproject_interp (or another function of this package)"
)
