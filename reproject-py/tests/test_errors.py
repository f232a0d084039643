"""Files that cannot be used are the `OSError` that Python has for it, with the number and the name of the file."""

import errno
import os
import sys

import numpy as np
import pytest
from astropy.io import fits
from helpers import image, tan

from reproject_rs import reproject_interp
from reproject_rs._workers import processes

FROM, TO = tan((70, 90)), tan((80, 75), rotation=25.0)


@pytest.mark.parametrize("options", [{}, {"parallel": "processes", "threads": 1}])
def test_a_missing_file_and_a_folder_have_their_names(tmp_path, options):
    for path, kind, number in [
        (tmp_path / "gone.fits", FileNotFoundError, errno.ENOENT),
        (tmp_path, IsADirectoryError, errno.EISDIR),
    ]:
        for given in (path, str(path)):
            with pytest.raises(kind) as caught:
                reproject_interp(given, TO, **options)
            assert (caught.value.errno, os.fspath(caught.value.filename)) == (number, str(path))
            assert str(path) in str(caught.value)


def from_elsewhere(tmp_path, monkeypatch, path):
    """What is raised where the pixels of a file are, when workers are to open it, somewhere else."""
    source = tmp_path / "in.fits"
    fits.PrimaryHDU(image((70, 90), dtype=np.float32), FROM).writeto(source, overwrite=True)
    monkeypatch.setattr(processes, "place", lambda _: (str(path), 0))
    with pytest.raises(OSError) as caught:
        reproject_interp(source, TO, parallel="processes", threads=1)
    return caught.value


def test_the_engine_raises_what_python_has_for_it(tmp_path, monkeypatch):
    gone = from_elsewhere(tmp_path, monkeypatch, tmp_path / "gone")
    assert type(gone) is FileNotFoundError
    assert (gone.errno, gone.filename) == (errno.ENOENT, str(tmp_path / "gone"))
    assert gone.strerror == "cannot be opened: there is no such file"
    assert str(gone) == f"[Errno 2] cannot be opened: there is no such file: {str(tmp_path / 'gone')!r}"
    folder = from_elsewhere(tmp_path, monkeypatch, tmp_path)
    assert type(folder) is IsADirectoryError
    assert (folder.errno, folder.filename) == (errno.EISDIR, str(tmp_path))
    assert folder.strerror == "is a folder; a file is needed"


def test_a_file_that_may_not_be_read_is_a_permission_error(tmp_path, monkeypatch):
    """Root may read everything, and is told what else is wrong with the file: it is too short."""
    locked = tmp_path / "locked"
    locked.write_bytes(b"x")
    locked.chmod(0)
    if os.access(locked, os.R_OK):
        with pytest.raises((OSError, ValueError), match="locked"):
            from_elsewhere(tmp_path, monkeypatch, locked)
    else:
        denied = from_elsewhere(tmp_path, monkeypatch, locked)
        assert type(denied) is PermissionError
        assert (denied.errno, denied.filename) == (errno.EACCES, str(locked))
        assert denied.strerror == "cannot be opened: Permission denied"


def test_names_of_any_bytes_come_back_as_they_are(tmp_path, monkeypatch):
    name = b"a\n\xff" if sys.platform == "linux" else b"a\n"
    path = os.path.join(tmp_path, os.fsdecode(name))
    gone = from_elsewhere(tmp_path, monkeypatch, path)
    assert (type(gone), gone.filename) == (FileNotFoundError, path)
    assert "\n" not in str(gone)


def test_what_the_system_told_a_worker_is_the_cause(tmp_path, monkeypatch):
    """The file goes between the parent's look at it and the worker's."""
    source = tmp_path / "in.fits"
    fits.PrimaryHDU(image((70, 90), dtype=np.float32), FROM).writeto(source)
    program = "import os, sys; os.path.exists(sys.argv[1]) and os.unlink(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"
    worker = [sys.executable, "-c", program, str(source), *processes.command()]
    monkeypatch.setattr(processes, "command", lambda: worker)
    with pytest.raises(ValueError, match="job: cannot be set up in a worker: .*in.fits: cannot be opened") as caught:
        reproject_interp(source, TO, parallel="processes", threads=1)
    cause = caught.value.__cause__
    assert (type(cause), cause.errno) == (FileNotFoundError, errno.ENOENT)
