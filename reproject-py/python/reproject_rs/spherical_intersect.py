"""Reprojection by exact overlap of pixels on the sphere."""

from ._reproject_rs import How
from ._run import documented, run

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
):
    """Reproject data using exact overlap of pixels on the sphere, which keeps surface brightness.

    Parameters
    ----------
    {input}
    {output}

    Returns
    -------
    array : `~numpy.ndarray`
        The reprojected image, float64 unless ``output_array`` says otherwise; NaN where nothing is known.
    footprint : `~numpy.ndarray`
        The part of each pixel that pixels of the input cover, 0 to 1; NaN pixels cover nothing.
    """
    return run(
        How.exact,
        input_data, output_projection, shape_out=shape_out, hdu_in=hdu_in, roundtrip_coords=False,
        output_array=output_array, output_footprint=output_footprint, return_footprint=return_footprint,
        block_size=block_size, parallel=parallel, return_type=return_type, dask_method=dask_method, coverage=True,
        images_only="Currently only data with a 2-d celestial WCS can be reprojected using flux-conserving algorithm",
    )  # fmt: skip
