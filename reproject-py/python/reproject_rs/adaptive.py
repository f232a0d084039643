"""Adaptive, anti-aliased resampling after DeForest (2004)."""

from ._call import checks
from ._call.docs import documented
from ._call.method import adaptive
from ._call.prepare import prepare
from ._call.run import run

__all__ = ["reproject_adaptive"]

# The options of the method, by what they may be.
CHOICES = {
    "kernel": ("hann", "gaussian"),
    "boundary_mode": ("strict", "constant", "grid-constant", "ignore", "ignore_threshold", "nearest"),
    "bad_value_mode": ("strict", "ignore", "constant"),
}
FLAGS = ("conserve_flux", "center_jacobian", "despike_jacobian", "x_cyclic", "y_cyclic")
NUMBERS = ("kernel_width", "sample_region_width", "bad_fill_value", "boundary_fill_value", "boundary_ignore_threshold")


@documented
def reproject_adaptive(
    input_data,
    output_projection,
    shape_out=None,
    hdu_in=0,
    center_jacobian=False,
    despike_jacobian=False,
    roundtrip_coords=True,
    conserve_flux=False,
    kernel="gaussian",
    kernel_width=1.3,
    sample_region_width=4,
    boundary_mode="strict",
    boundary_fill_value=0,
    boundary_ignore_threshold=0.5,
    x_cyclic=False,
    y_cyclic=False,
    bad_value_mode="strict",
    bad_fill_value=0,
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
    """Reproject a 2D array with an adaptive, anti-aliased algorithm (DeForest 2004).

    Parameters
    ----------
    {input_data:output_projection}
    {shape_out:hdu_in}
    center_jacobian : bool
        Whether Jacobians are taken from positions half a pixel to either side instead of the neighbours'.
    despike_jacobian : bool
        Whether Jacobians that stand far out among their neighbours are replaced.
    {roundtrip_coords}
    conserve_flux : bool
        Whether the sum over the image is kept instead of surface brightness.
    kernel : {'hann', 'gaussian'}
        The averaging window; case does not matter.
    kernel_width, sample_region_width : float
        Width of the Gaussian from -1 to +1 sigma, and of the region that is sampled, in output pixels.
    boundary_mode : {'strict', 'constant', 'grid-constant', 'ignore', 'ignore_threshold', 'nearest'}
        What pixels beyond the edge of the input count for.
    boundary_fill_value : float
        Their value in the two constant modes.
    boundary_ignore_threshold : float
        The part of the weight that may lie beyond the edge in mode ``'ignore_threshold'``.
    x_cyclic, y_cyclic : bool
        Whether the input goes on at its other end. Maps of the whole sky do so by themselves.
    bad_value_mode : {'strict', 'ignore', 'constant'}
        What NaN and infinite input pixels count for.
    bad_fill_value : float
        Their value in mode ``'constant'``.
    {output_array:pad}
    {footprint}

    Returns
    -------
    {array}
    footprint : `~numpy.ndarray`
        1 where the result is known, 0 elsewhere, unless ``footprint`` asks for another meaning.
    """
    return run(prepared(locals()))


def prepared(arguments):
    """A call with these arguments, by name, prepared."""
    method = adaptive(
        **{name: checks.choice(name, arguments[name], choices) for name, choices in CHOICES.items()},
        footprint=arguments["footprint"],
        **{name: checks.flag(name, arguments[name]) for name in FLAGS},
        **{name: float(checks.number(name, arguments[name])) for name in NUMBERS},
    )
    return prepare(method, arguments, _images_only)


def _images_only(input, output):
    if input.naxis != 2:
        raise NotImplementedError(
            f"adaptive resampling works on images: the WCS has {input.naxis} axes; treat the others as planes with "
            "non_reprojected_dims=, or use reproject_interp"
        )
