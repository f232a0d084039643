"""Reprojection by exact overlap of pixels on the sphere."""

from ._call import checks
from ._call.docs import documented
from ._call.method import Method, counted
from ._call.prepare import prepare
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
    {input_data:output_projection}
    {shape_out:hdu_in}
    {output_array:pad}
    footprint : {None, 'valid'}
        What the footprint counts: the part of each pixel that known pixels of the input cover, in either case.

    Returns
    -------
    {array}
    footprint : `~numpy.ndarray`
        The part of each pixel that pixels of the input cover, 0 to 1; NaN pixels cover nothing.
    """
    return run(prepared(locals()))


def prepared(arguments):
    """A call with these arguments, by name, prepared."""
    if counted(arguments["footprint"]) == "coverage":
        raise NotImplementedError(
            "footprint='coverage': NaN pixels cover nothing in reproject_exact; reproject an array of ones for the coverage"
        )
    return prepare(Method("exact"), arguments, _images_only)


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
            checks.warn(
                "The reproject_exact function may have precision issues with images that have resolutions below ~1e-6 "
                "arcsec, so the results may not be accurate."
            )
            return
