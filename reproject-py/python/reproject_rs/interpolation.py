"""Reprojection by interpolation."""

from ._reproject_rs import How
from ._run import documented, run

__all__ = ["reproject_interp"]

ORDERS = {"nearest-neighbor": 0, "bilinear": 1, "biquadratic": 2, "bicubic": 3}


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
):
    """Reproject data to a new projection using interpolation.

    Parameters
    ----------
    {input}
    order : int or str, optional
        ``'nearest-neighbor'`` (0), ``'bilinear'`` (1), ``'biquadratic'`` (2) or ``'bicubic'`` (3).
    {roundtrip}
    {output}

    Returns
    -------
    array : `~numpy.ndarray`
        The reprojected image, float64 unless ``output_array`` says otherwise; NaN where nothing is known.
    footprint : `~numpy.ndarray`
        1 where the array is known, 0 elsewhere.
    """
    how = How.interpolation(_order(order))
    return run(
        lambda from_, to: how,
        input_data, output_projection, shape_out=shape_out, hdu_in=hdu_in, roundtrip_coords=roundtrip_coords,
        output_array=output_array, output_footprint=output_footprint, return_footprint=return_footprint,
        block_size=block_size, parallel=parallel, return_type=return_type, dask_method=dask_method,
    )


def _order(order):
    if isinstance(order, str):
        if order not in ORDERS:
            raise ValueError(f"order={order!r} is not one of {tuple(ORDERS)}")
        return ORDERS[order]
    if order not in ORDERS.values():
        raise ValueError(f"order={order!r} is not one of {tuple(ORDERS.values())}")
    return int(order)
