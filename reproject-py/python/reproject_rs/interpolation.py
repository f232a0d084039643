"""Reprojection by interpolation."""

from ._call.docs import documented
from ._call.method import interpolation
from ._call.run import run
from ._call.shapes import same_axes

__all__ = ["reproject_interp"]


@documented
def reproject_interp(
    input_data,
    output_projection,
    shape_out=None,
    hdu_in=0,
    order="bilinear",
    roundtrip_coords=True,
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
    bad="propagate",
    fill=None,
    mask=None,
    threads=None,
    progress=None,
    memory_limit=None,
    tolerance=None,
    pad=0,
):
    """Reproject data to a new projection using interpolation.

    Parameters
    ----------
    {input}
    order : int or str, optional
        ``'nearest-neighbor'`` (0), ``'bilinear'`` (1), ``'biquadratic'`` (2) or ``'bicubic'`` (3).
    {roundtrip}
    {output}
    {footprint}
    {bad}

    Returns
    -------
    {returns}
    footprint : `~numpy.ndarray`
        1 where the result is known, 0 elsewhere, unless ``footprint`` asks for another reading.
    """
    return run(
        interpolation(order, bad, footprint),
        input_data, output_projection, shape_out=shape_out, hdu_in=hdu_in, roundtrip_coords=roundtrip_coords,
        output_array=output_array, output_footprint=output_footprint, return_footprint=return_footprint,
        block_size=block_size, non_reprojected_dims=non_reprojected_dims, parallel=parallel, return_type=return_type,
        dask_method=dask_method, zarr_path=zarr_path, dtype=dtype, fill=fill, mask=mask, threads=threads,
        progress=progress, memory_limit=memory_limit, tolerance=tolerance, pad=pad, check=same_axes,
    )  # fmt: skip
