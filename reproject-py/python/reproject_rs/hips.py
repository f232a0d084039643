"""HiPS are not part of this package yet."""

raise ImportError(
    "reproject_rs.hips does not exist yet: use reproject.hips.reproject_to_hips with "
    "reproject_function=reproject_rs.reproject_interp (or another function of this package)"
)
