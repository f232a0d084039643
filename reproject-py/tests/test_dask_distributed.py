"""A cluster of processes gives the bits of a serial run, writes nothing, and outlives its workers."""

import os
import signal
import tempfile
import time

import dask
import dask.array as da
import numpy as np
import pytest
from helpers import image, tan

from reproject_rs import reproject_adaptive, reproject_exact, reproject_interp

distributed = pytest.importorskip("distributed")
FUNCTIONS = [reproject_interp, reproject_adaptive, reproject_exact]


class OwnFolder(distributed.WorkerPlugin):
    """Every worker has an empty folder of its own for temporary files."""

    def __init__(self, root):
        self.root = root

    def setup(self, worker):
        os.environ["TMPDIR"] = tempfile.tempdir = tempfile.mkdtemp(dir=self.root)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folders, scratch = tmp_path_factory.mktemp("temporary"), tmp_path_factory.mktemp("scratch")
    config = {"distributed.worker.memory.terminate": False, "distributed.scheduler.allowed-failures": 10}
    with (
        dask.config.set(config),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=4, dashboard_address=None, local_directory=str(scratch), silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        client.register_plugin(OwnFolder(str(folders)))
        yield client, folders


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cluster_gives_the_bits_of_a_serial_run(cluster, function):
    client, folders = cluster
    data = image((256, 256))
    data[30:40, 50:60] = np.nan
    w, o = tan((256, 256)), tan((256, 256), rotation=30.0)
    expected = function((data, w), o)
    lazy = da.from_array(data, chunks=((100, 100, 56), 64))
    results = dask.compute(*function((lazy, w), o, return_type="dask", block_size=(64, 80)))
    for ours, theirs in zip(results, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    # What lives on the cluster stays there; the result comes back as numpy arrays.
    kept = lazy.persist()
    for ours, theirs in zip(function((kept, w), o, block_size=(64, 80)), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    own = list(folders.iterdir())
    assert len(own) == 2 and not any(file for folder in own for file in folder.iterdir())


def slowly(data, block_info=None):
    """Chunks that take their time."""
    time.sleep(0.05)
    return data[tuple(slice(*ends) for ends in block_info[None]["array-location"])]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_worker_that_is_killed_is_made_up_for(cluster, function):
    client, folders = cluster
    data = image((256, 256))
    w, o = tan((256, 256)), tan((256, 256), rotation=30.0)
    expected = function((data, w), o)
    data = client.scatter(data, broadcast=True)
    lazy = da.map_blocks(
        lambda data, block_info=None: slowly(data, block_info),
        dask.delayed(data),
        chunks=da.core.normalize_chunks(32, (256, 256)),
        dtype=float,
        meta=np.empty((0, 0)),
    )
    client.wait_for_workers(2, timeout=60)
    futures = client.compute(list(function((lazy, w), o, return_type="dask", block_size=(64, 64))))
    time.sleep(0.3)
    victim = client.run(os.getpid)
    assert not all(future.done() for future in futures)
    os.kill(next(iter(victim.values())), signal.SIGKILL)
    for ours, theirs in zip(client.gather(futures), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not any(file for folder in folders.iterdir() for file in folder.iterdir())
