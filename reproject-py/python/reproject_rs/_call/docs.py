"""The text of the options that functions share: each is written once, and put into every docstring."""

import textwrap

OPTIONS = {
    "input": """
        input_data : object
            The input: a FITS file name, an `~astropy.io.fits.HDUList` or image HDU, a tuple of a `~numpy.ndarray` or dask
            array and its coordinate system (`~astropy.io.fits.Header`, `~astropy.wcs.WCS`, or any other of APE 14), an
            `~astropy.nddata.NDData`, or a PNG or JPEG file with AVM metadata. Masked pixels of an NDData, of a
            `~numpy.ma.MaskedArray` or of a `~astropy.utils.masked.Masked` array count as NaN. Numbers of more than 64 bits are
            taken in double precision, with a word in the log.
            Axes before those of the coordinate system are broadcast: they share one set of coordinates.
        output_projection : `~astropy.wcs.WCS` or `~astropy.io.fits.Header` or file name
            The output grid; any coordinate system of APE 14 will do.
        shape_out : tuple, optional
            The shape of the output, where ``output_projection`` does not tell or another is wanted.
        hdu_in : int or str, optional
            The HDU of a FITS file.""",
    "roundtrip": """
        roundtrip_coords : bool
            Whether pixels whose position does not come back to within a pixel are left empty; free where that cannot
            happen.""",
    "output": """
        output_array, output_footprint : `~numpy.ndarray`, optional
            Arrays to store the results in, of any strides and dtype, and of the shape of the output. A
            `~astropy.units.Quantity` gets the numbers.
        return_footprint : bool
            Whether to return the footprint as well.
        block_size : tuple or 'auto', optional
            The block of output pixels computed at a time; results do not depend on it.
        non_reprojected_dims : tuple, optional
            Leading axes, counted from zero as in ``(0, 1)``, that are not reprojected: plane after plane keeps its place,
            by its own coordinates where they change from plane to plane.
        parallel : bool or int or 'current-scheduler' or 'processes'
            `True` uses all processors, a number that many threads; results do not depend on it. What goes through dask (a
            dask input, ``return_type``) runs on an active scheduler (a `distributed.Client`, ``dask.config.set``) whatever
            is given here; without one it runs on that many threads. ``'current-scheduler'`` sends arrays in memory through
            dask too, on the active scheduler or dask's default one. ``'processes'`` starts worker processes, one for each
            processor or as many as ``threads`` says; what crashes in one of them costs its block only. They look for modules where this
            process does.
        return_type : {'numpy', 'dask', 'zarr'}, optional
            The kind of the result. What is computed later is what would be computed now, or an error where a coordinate system
            of Python hangs on something set around the call, such as a screen of sunpy, that is no longer set.
        dask_method : {'memmap', 'none'}, optional
            Without meaning here: chunks of a dask array are read as they are needed.
        zarr_path : path, optional
            Where ``return_type='zarr'`` writes: a folder that does not exist yet. Until it is whole it is called that plus
            ``.part``; an error leaves neither.
        dtype : dtype or 'input', optional
            The type of the result: float64 unless given; 'input' keeps that of the input. Integers are for nearest
            neighbour.
        fill : number, optional
            The value of pixels where nothing is known, instead of NaN; integer results need one if there are such pixels.
        mask : `~numpy.ndarray`, optional
            Input pixels to leave out, of the input's shape or that of its last axes: booleans (`True` is left out), or
            weights (what is not above zero is left out). They count as NaN.
        threads : int, optional
            Another name for a number in ``parallel``; with ``parallel='processes'`` the number of workers.
        progress : bool or callable, optional
            `True` shows a bar (by tqdm); a callable is given blocks done and blocks in all.
        memory_limit : int or str, optional
            Bytes of working memory, as a number or as in '500 MB': blocks are made to fit. Input and result come on top.
        tolerance : float, optional
            How far positions may be off, in pixels, where a coordinate system is not one of FITS: it is then called at a
            coarse lattice of positions, refined until what lies between agrees, and everywhere near edges and jumps. `None`
            calls it for every pixel.
        pad : int
            Pixels of a dask input that blocks ask for around what is planned, where a coordinate system that is not one of
            FITS bends between the positions that the plan looks at. A block that misses a pixel is an error, never NaN.""",
    "footprint": """
        footprint : {None, 'valid', 'coverage'}
            What the footprint counts: where the result is known (default), the share of its weight on good pixels, or
            the part that lies on the input, good or not.""",
    "bad": """
        bad : {'propagate', 'ignore', 'fill'} or tuple
            What input pixels that are not finite do: blank every value they carry weight in, be left out while the others
            carry their weight, or count as a number. ``('ignore', share)`` needs that share of the weight on good pixels
            (default one half); ``('fill', number)`` gives the number (default 0).""",
    "returns": """
        array : `~numpy.ndarray`
            The result; NaN where nothing is known.""",
}


def documented(function):
    """Puts the text of the shared options into a docstring."""
    text = function.__doc__
    if text is None:  # python -OO leaves none
        return function
    for name, option in OPTIONS.items():
        body = textwrap.indent(textwrap.dedent(option).strip(), "    ").lstrip()
        text = text.replace("{" + name + "}", body)
    function.__doc__ = text
    return function
