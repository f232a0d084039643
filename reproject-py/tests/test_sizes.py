"""Outputs that cannot be, and memory beside the pixels."""

import numpy as np
import pytest
from astropy.io import fits
from helpers import image, tan

from reproject_rs import plan, reproject_adaptive, reproject_exact, reproject_interp
from reproject_rs._call import shapes

FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]
INPUT = (image((60, 80)), tan())
# 2⁶² pixels of 8 bytes are 2⁶⁵ bytes.
BEYOND = tan((2**31, 2**31))
# 2⁵⁶ pixels can be addressed, though no machine has the memory, and no list the 2³⁹ blocks of 256 × 512.
HUGE = tan((2**28, 2**28))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("options", [{}, {"parallel": True}, {"return_type": "dask", "block_size": "auto"}])
def test_what_cannot_be_addressed_is_an_error_that_says_how_large(function, options):
    with pytest.raises(ValueError, match=r"2147483648, 2147483648.*36\.893 EB, more than can be addressed"):
        function(INPUT, BEYOND, **options)
    with pytest.raises(ValueError, match=r"36\.893 EB"):
        plan(INPUT, BEYOND, function=function, **options)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_no_memory_holds_is_an_error(function):
    with pytest.raises(MemoryError):
        function(INPUT, HUGE)
    with pytest.raises(ValueError, match="268435456 × 268435456 pixels in blocks of .* are the most"):
        plan(INPUT, HUGE, function=function)
    for block in ("auto", (64, 64), (1, 1)):
        with pytest.raises(ValueError, match="576.461 PB, in blocks of .* are the most; give a larger block_size"):
            function(INPUT, HUGE, return_type="dask", block_size=block)


def test_a_graph_of_many_blocks_is_fine():
    lazy, _ = reproject_interp(INPUT, tan((2**12, 2**12)), return_type="dask", block_size=(2**11, 2**11))
    assert lazy.shape == (2**12, 2**12) and lazy.numblocks == (2, 2)


@pytest.mark.parametrize(("size", "text"), [(7, "7 bytes"), (1000, "1.000 kB"), (2**64, "18.447 EB")])
def test_bytes_have_units(size, text):
    assert shapes.told(size) == text


def test_tables_of_a_coordinate_system_count_as_memory():
    side = 1000
    header = tan()
    header["CPDIS1"] = "LOOKUP"
    for record in ("EXTVER: 1.0", "NAXES: 2.0", "AXIS.1: 1.0", "AXIS.2: 2.0"):
        header.append(("DP1", record), end=True)
    header.append(("DP2", "NAXES: 2.0"), end=True)
    table = fits.ImageHDU(np.zeros((side, side), np.float32), name="WCSDVARR")
    table.header.update({f"C{stem}{k}": 1.0 for stem in ("RPIX", "RVAL", "DELT") for k in (1, 2)})
    hdus = fits.HDUList([fits.PrimaryHDU(image((60, 80)), header), table])
    expected = reproject_interp(hdus, tan(rotation=10.0))[0]
    # 4 MB of table, 12 MB of scratch, and a block.
    np.testing.assert_array_equal(reproject_interp(hdus, tan(rotation=10.0), memory_limit="17 MB")[0], expected)
    with pytest.raises(ValueError, match=r"tables of the coordinate systems, 4\.000 MB"):
        reproject_interp(hdus, tan(rotation=10.0), memory_limit="15 MB")
