"""Reprojection by exact overlap of pixels on the sphere."""

import warnings

from ._call.docs import documented
from ._call.method import Method, reading
from ._call.run import run

__all__ = ["reproject_exact"]


@documented
def reproject_exact(
    input_data,
    output_projection,
    shape_out=None,
    hdu_in=0,
    output_array=None,
    output_footprint=None,
    return_footprint=True,
    block_size=None,
    parallel=False,
    return_type=None,
    dask_method=None,
    non_reprojected_dims=None,
    zarr_path=None,
    *,
    dtype=None,
    footprint=None,
    fill=None,
    mask=None,
    threads=None,
    progress=None,
    memory_limit=None,
    tolerance=None,
    pad=0,
):
    """Reproject data using exact overlap of pixels on the sphere, which keeps surface brightness.

    Parameters
    ----------
    {input}
    {output}
    footprint : {None, 'valid'}
        What the footprint counts: the part of each pixel that known pixels of the input cover, in either case.

    Returns
    -------
    {returns}
    footprint : `~numpy.ndarray`
        The part of each pixel that pixels of the input cover, 0 to 1; NaN pixels cover nothing.
    """
    if reading(footprint) == "coverage":
        raise NotImplementedError(
            "footprint='coverage': NaN pixels cover nothing in reproject_exact; reproject an array of ones for the coverage"
        )
    return run(
        Method("exact"),
        input_data, output_projection, shape_out=shape_out, hdu_in=hdu_in, output_array=output_array,
        output_footprint=output_footprint, return_footprint=return_footprint, block_size=block_size,
        non_reprojected_dims=non_reprojected_dims, parallel=parallel, return_type=return_type, dask_method=dask_method,
        zarr_path=zarr_path, dtype=dtype, fill=fill, mask=mask, threads=threads, progress=progress,
        memory_limit=memory_limit, tolerance=tolerance, pad=pad, check=_images_only,
    )  # fmt: skip


def _images_only(input, output):
    if not (input.is_sky and output.is_sky):
        raise NotImplementedError(
            "Currently only data with a 2-d celestial WCS can be reprojected using flux-conserving algorithm"
        )
    _warn_of_tiny_pixels(input.low, output.low)


def _warn_of_tiny_pixels(*systems):
    from astropy.wcs import WCS
    from astropy.wcs.utils import proj_plane_pixel_area

    for wcs in systems:
        if isinstance(wcs, WCS) and proj_plane_pixel_area(wcs) < (1e-6 / 3600) ** 2:
            warnings.warn(
                "The reproject_exact function may have precision issues with images that have resolutions below ~1e-6 "
                "arcsec, so the results may not be accurate.",
                UserWarning,
                stacklevel=5,
            )
            return
