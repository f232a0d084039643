"""Reprojection by interpolation."""

from ._call.docs import documented
from ._call.method import interpolation
from ._call.prepare import prepare
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
    {input_data:output_projection}
    {shape_out:hdu_in}
    order : int or str, optional
        ``'nearest-neighbor'`` (0), ``'bilinear'`` (1), ``'biquadratic'`` (2) or ``'bicubic'`` (3).
    {roundtrip_coords}
    {output_array:pad}
    {footprint}
    {bad}

    Returns
    -------
    {array}
    footprint : `~numpy.ndarray`
        1 where the result is known, 0 elsewhere, unless ``footprint`` asks for another meaning.
    """
    return run(prepared(locals()))


def prepared(arguments):
    """A call with these arguments, by name, prepared."""
    method = interpolation(arguments["order"], arguments["bad"], arguments["footprint"])
    return prepare(method, arguments, same_axes)
