"""Dask arrays in and out: the same bits as numpy arrays give, from graphs that read what they need and nothing else."""

import pickle
import threading
from collections import Counter

import dask
import dask.array as da
import numpy as np
import pytest
from helpers import equal, header, image, tan

from reproject_rs import pixel_to_pixel, reproject_adaptive, reproject_exact, reproject_interp

INPUT, OUTPUT = tan((256, 256)), tan((256, 256), rotation=30.0)
WAYS = [
    (reproject_interp, {"order": 0}),
    (reproject_interp, {}),
    (reproject_interp, {"order": "biquadratic"}),
    (reproject_interp, {"order": "bicubic"}),
    (reproject_adaptive, {}),
    (reproject_adaptive, {"boundary_mode": "ignore", "conserve_flux": True}),
    (reproject_exact, {}),
]
ways = pytest.mark.parametrize(("function", "options"), WAYS, ids=lambda x: getattr(x, "__name__", str(x)))
LOCK = threading.Lock()


def counted(data, chunks, counts):
    """A dask array that notes which of its chunks are computed."""

    def load(block_info=None):
        location = block_info[None]["array-location"]
        with LOCK:
            counts[block_info[None]["chunk-location"]] += 1
        return data[tuple(slice(*ends) for ends in location)]

    chunks = da.core.normalize_chunks(chunks, data.shape)
    return da.map_blocks(load, chunks=chunks, dtype=data.dtype, meta=np.empty((0,) * data.ndim, data.dtype))


@ways
@pytest.mark.parametrize("scheduler", ["synchronous", "threads"])
@pytest.mark.parametrize("blocks", [(64, 64), (100, 37), (300, 300)])
def test_blocks_give_the_bits_of_the_whole(function, options, scheduler, blocks):
    data = image((256, 256))
    data[40:50, 60:70] = np.nan
    expected = function((data, INPUT), OUTPUT, **options)
    ragged = da.from_array(data, chunks=((1, 99, 30, 126), (64, 64, 128)))
    lazy = function((ragged, INPUT), OUTPUT, return_type="dask", block_size=blocks, **options)
    assert all(isinstance(x, da.Array) and x.shape == (256, 256) and x.dtype == float for x in lazy)
    assert lazy[0].chunks == da.core.normalize_chunks(blocks, (256, 256))
    for ours, theirs in zip(dask.compute(*lazy, scheduler=scheduler), expected, strict=True):
        equal(ours, theirs)


@pytest.mark.parametrize("function", [reproject_interp, reproject_adaptive, reproject_exact])
def test_everything_pickles(function):
    data = image((96, 96))
    w, o = tan((96, 96)), tan((96, 96), rotation=30.0)
    # Digits that no printed header holds.
    w["CRVAL1"] = o["CRVAL1"] = 150.0 + 1 / 3
    lazy = function((da.from_array(data, chunks=40), w), o, return_type="dask", block_size=(48, 48))
    expected = function((data, w), o)
    again = pickle.loads(pickle.dumps(lazy))
    for results in (dask.compute(*again), dask.compute(*lazy, scheduler="processes", num_workers=2)):
        for ours, theirs in zip(results, expected, strict=True):
            equal(ours, theirs)


@ways
def test_every_chunk_is_computed_once_at_most_and_only_where_it_is_needed(function, options):
    data, counts = image((256, 256)), Counter()
    lazy = counted(data, 64, counts)
    result, footprint = function((lazy, INPUT), OUTPUT, return_type="dask", block_size=(64, 64), **options)
    assert not counts, "pixels were read when the graph was made"
    dask.compute(result, footprint, scheduler="threads")
    assert len(counts) == 16 and set(counts.values()) == {1}
    counts.clear()
    expected, _ = function((data, INPUT), OUTPUT, **options)
    equal(result[64:128, 64:128].compute(), expected[64:128, 64:128])
    y, x = np.mgrid[64:128, 64:128]
    there = pixel_to_pixel(OUTPUT, INPUT, x, y)[::-1]
    # Every pixel under a position, and none further away than the support: of splines, which are filtered in tiles of 64
    # pixels with margins of up to 28, a tile with its margin.
    pixels = np.round(there).reshape(2, -1).T.astype(int)
    touched = {tuple(i // 64) for i in pixels if (i >= 0).all() and (i < 256).all()}
    margin = 64 + 28 + 3 if "bi" in str(options) else 10
    reach = [range(int(p.min() - margin) // 64, int(p.max() + margin) // 64 + 1) for p in there]
    assert touched <= set(counts) <= {(i, j) for i in reach[0] for j in reach[1]}
    assert set(counts.values()) == {1}


def test_a_slice_reads_what_its_blocks_need():
    data, counts = image((256, 256)), Counter()
    result = reproject_interp((counted(data, 64, counts), INPUT), OUTPUT, return_type="dask", block_size=(64, 64))[0]
    expected = reproject_interp((data, INPUT), OUTPUT)[0]
    equal(result[100:200, :50].compute(), expected[100:200, :50])
    y, x = np.mgrid[64:256, 0:64]
    blocks = [pixel_to_pixel(OUTPUT, INPUT, x[s : s + 64], y[s : s + 64])[::-1] for s in (0, 64, 128)]
    needed = set()
    for there in blocks:
        # A bilinear window: one pixel around the positions.
        ranges = [range(max(int(p.min()) - 1, 0) // 64, min(int(p.max()) + 2, 255) // 64 + 1) for p in there]
        needed |= {(i, j) for i in ranges[0] for j in ranges[1]}
    assert set(counts) <= needed and len(counts) < 16


def test_an_image_across_the_seam_reads_both_ends():
    data, counts = image((90, 180)), Counter()
    sky = header(("RA---CAR", "DEC--CAR"), (0, 0), (90.5, 45.5), (-2, 2), (90, 180))
    target = header(("RA---TAN", "DEC--TAN"), (180, 0), (16.5, 16.5), (-1, 1), (32, 32))
    for function in (reproject_interp, reproject_adaptive, reproject_exact):
        counts.clear()
        lazy = function((counted(data, (30, 20), counts), sky), target, return_type="dask", block_size=(16, 16))
        results = dask.compute(*lazy)
        for ours, theirs in zip(results, function((data, sky), target), strict=True):
            equal(ours, theirs)
        assert np.isfinite(results[0]).all()
        if function is not reproject_exact:
            # Eight pixels on either side of the seam.
            assert set(counts) <= {(1, 0), (1, 8)}


def test_what_lies_outside_reads_nothing():
    counts = Counter()
    far = tan((64, 64), crval=(10.0, -50.0))
    lazy = reproject_interp((counted(image((64, 64)), 32, counts), tan((64, 64))), far, return_type="dask", block_size="auto")
    result, footprint = dask.compute(*lazy)
    assert np.isnan(result).all() and not footprint.any() and not counts


@pytest.mark.parametrize("dtype", [">f4", "<f4", ">f8", ">i2", "u1", "i8"])
@ways
def test_any_type_and_byte_order(function, options, dtype):
    data = np.abs(image((64, 64)) * 1.2).astype(dtype)
    data.flags.writeable = False
    w, o = tan((64, 64)), tan((64, 64), rotation=10.0)
    lazy = da.from_array(data, chunks=30)
    ours = function((lazy, w), o, block_size=(40, 40), return_footprint=False, **options)
    equal(ours, function((data, w), o, return_footprint=False, **options))


def test_chunks_in_any_memory():
    data = image((64, 64))
    raw = np.zeros(64 * 64 * 8 + 1, np.uint8)
    odd = raw[1:].view(np.float64).reshape(64, 64)
    odd[...] = data
    w, o = tan((64, 64)), tan((64, 64), rotation=10.0)
    expected = reproject_interp((data, w), o, return_footprint=False)
    for change in (lambda x: odd, lambda x: np.asfortranarray(x), lambda x: x[::-1][::-1], lambda x: np.ma.array(x)):
        lazy = da.from_array(data, chunks=-1).map_blocks(change, dtype=float, meta=np.empty((0, 0)))
        equal(reproject_interp((lazy, w), o, return_footprint=False), expected)
    blind = np.ma.array(data, mask=data > 50)
    lazy = da.from_array(data, chunks=-1).map_blocks(lambda x: blind, dtype=float, meta=np.empty((0, 0)))
    holes = np.where(data > 50, np.nan, data)
    equal(reproject_interp((lazy, w), o, return_footprint=False), reproject_interp((holes, w), o, return_footprint=False))


def test_a_chunk_that_breaks_its_promise_is_refused():
    lazy = da.zeros((64, 64), chunks=32).map_blocks(lambda x: x[:-1], dtype=float, chunks=((32, 32), (32, 32)))
    with pytest.raises(ValueError, match=r"a dask chunk has shape \(31, 32\), its array promised \(32, 32\)"):
        reproject_interp((lazy, tan((64, 64))), tan((64, 64)))
    unknown = da.zeros((64, 64), chunks=32)
    unknown = unknown[unknown[:, 0] == 0]
    with pytest.raises(ValueError, match=r"unknown size; call compute_chunk_sizes"):
        reproject_interp((unknown, tan((64, 64))), tan((64, 64)))


@pytest.mark.parametrize("blocks", [None, (20, 30), (5, 48, 64), "auto"])
def test_planes_are_broadcast(blocks):
    data, counts = image((5, 48, 64)), Counter()
    w, o = tan((48, 64)), tan((48, 64), rotation=20.0)
    expected = reproject_interp((data, w), o)
    ours = reproject_interp((counted(data, (2, 20, 64), counts), w), o, block_size=blocks)
    for a, b in zip(ours, expected, strict=True):
        equal(a, b)
    assert set(counts.values()) == {1}
    apart = reproject_interp((counted(data, (2, 20, 64), counts), w), o, block_size=(1, 48, 64), return_type="dask")[0]
    assert apart.chunksize == (1, 48, 64)
    counts.clear()
    equal(apart[4].compute(), expected[0][4])
    assert {i for i, _, _ in counts} == {2}


def test_an_array_in_memory_enters_the_graph_once():
    data = image((256, 256))
    result, footprint = reproject_interp((data, INPUT), OUTPUT, return_type="dask", block_size=(32, 32))
    expected = reproject_interp((data, INPUT), OUTPUT)
    for ours, theirs in zip(dask.compute(result, footprint), expected, strict=True):
        equal(ours, theirs)
    assert data.nbytes < len(pickle.dumps(result.__dask_graph__())) < data.nbytes + 20_000
    for ours, theirs in zip(reproject_interp((data, INPUT), OUTPUT, parallel="current-scheduler"), expected, strict=True):
        equal(ours, theirs)


def test_names_are_those_of_the_work():
    lazy = da.from_array(image((64, 64)), chunks=32)
    w, o = tan((64, 64)), tan((64, 64), rotation=10.0)

    def names(array=lazy, to=o, function=reproject_interp, block_size=(32, 32), **options):
        return tuple(x.name for x in function((array, w), to, return_type="dask", block_size=block_size, **options))

    assert names() == names()
    others = [
        names(array=lazy + 1), names(to=tan((64, 64), rotation=10.0, CRVAL1=150.0 + 1e-13)), names(order=0),
        names(function=reproject_adaptive), names(block_size=(32, 16)), names(array=lazy.rechunk(16)),
        names(function=reproject_adaptive, kernel_width=1.4), names(roundtrip_coords=False),
    ]  # fmt: skip
    every = {name for pair in [names(), *others] for name in pair}
    assert len(every) == 2 * (1 + len(others))


def test_graphs_stay_small():
    n = 6400
    lazy = da.zeros((n, n), chunks=64)
    arrays = reproject_interp((lazy, tan((n, n))), tan((n, n), rotation=30.0), return_type="dask", block_size=(64, 64))
    graphs = [array.__dask_graph__() for array in arrays]
    # Ten thousand blocks, and neither is a task made nor a WCS repeated.
    assert all(array.npartitions == 10_000 for array in arrays)
    assert all(not layer.is_materialized() or len(layer) == 1 for graph in graphs for layer in graph.layers.values())
    assert max(len(pickle.dumps(graph)) for graph in graphs) < 20_000
    tasks = dict(graphs[0]) | dict(graphs[1])
    own = {key: task for key, task in tasks.items() if key[0] != lazy.name}
    assert len(own) == 30_001
    assert len(pickle.dumps(own)) < 2_000_000
    corner = arrays[0][:64, :64]
    culled = corner.__dask_graph__().cull(corner.__dask_keys__())
    assert len(culled) < 20
    graphs[0].validate()


@pytest.mark.parametrize("footprint", [True, False])
def test_into_numpy_arrays(footprint):
    data = image((64, 64))
    lazy, w, o = da.from_array(data, chunks=20), tan((64, 64)), tan((64, 64), rotation=10.0)
    expected = reproject_interp((data, w), o)
    out, weight = np.full((64, 64), 7.0, ">f4")[::-1], np.full((64, 64), 7.0)
    for parallel in (False, True, 2, "current-scheduler"):
        done = reproject_interp(
            (lazy, w), o, output_array=out, output_footprint=weight, parallel=parallel, return_footprint=footprint
        )
        assert (done[0] if footprint else done) is out and (not footprint or done[1] is weight)
        np.testing.assert_array_equal(out, expected[0].astype(">f4"))
        equal(weight, expected[1])
        out[...] = weight[...] = 7


def test_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    lazy = da.from_array(image((64, 64)), chunks=20)
    for function in (reproject_interp, reproject_adaptive, reproject_exact):
        function((lazy, tan((64, 64))), tan((64, 64), rotation=10.0), parallel=True)
        dask.compute(function((lazy, tan((64, 64))), tan((64, 64)), return_type="dask", block_size=(9, 9)))
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_is_refused():
    lazy, w = da.zeros((4, 30, 20), chunks=10), tan((30, 20))
    with pytest.raises(ValueError, match="Output cannot be returned as dask arrays when parallel=False and no block size"):
        reproject_interp((lazy, w), w, return_type="dask")
    with pytest.raises(ValueError, match="Output cannot be returned as dask or zarr arrays"):
        reproject_interp((lazy, w), w, return_type="zarr", zarr_path="x")
    with pytest.raises(ValueError, match="block shape should either match output data shape along broadcasted dimension"):
        reproject_interp((lazy, w), w, return_type="dask", block_size=(2, 10, 10))
    with pytest.raises(ValueError, match="cannot have more elements"):
        reproject_interp((lazy, w), w, return_type="dask", block_size=(1, 2, 10, 10))
    with pytest.raises(ValueError, match="return_type should be set to"):
        reproject_interp((lazy, w), w, return_type="xarray", block_size="auto")
    with pytest.raises(ValueError, match="are filled by return_type='numpy'"):
        reproject_interp((lazy, w), w, return_type="dask", block_size="auto", output_array=np.zeros((4, 30, 20)))
    with pytest.raises(ValueError, match="strictly positive"):
        reproject_interp((lazy, w), w, parallel=-1)


def test_broadcasting_is_logged(caplog):
    caplog.set_level("INFO")
    lazy, w = da.zeros((4, 30, 20), chunks=10), tan((30, 20))
    reproject_interp((lazy, w), w, return_type="dask", block_size=(10, 10))
    assert "Broadcasting is being used" in caplog.text
    assert "Not parallelizing along broadcasted dimension" in caplog.text
    caplog.clear()
    reproject_interp((lazy, w), w, return_type="dask", block_size=(1, 30, 20))
    assert "Parallelizing along broadcasted dimension" in caplog.text
    caplog.clear()
    reproject_interp((lazy[0], w), w, return_type="dask", block_size=(10, 20))
    assert "Broadcasting is not being used" in caplog.text
