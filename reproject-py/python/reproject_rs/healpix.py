"""HEALPix maps are not part of this package yet."""

raise ImportError(
    "reproject_rs.healpix does not exist yet: use reproject.healpix; maps in FITS images of the HPX projection "
    "can be reprojected with reproject_rs.reproject_interp"
)
