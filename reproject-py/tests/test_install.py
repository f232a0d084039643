"""Our functions in the place of those of an installed `reproject`, and back."""

import doctest
import importlib
import pickle
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest
import reproject
from helpers import agree, image, tan
from reproject.mosaicking import reproject_and_coadd

import reproject_rs
from reproject_rs import _install, install, uninstall

NAMES = ("reproject_adaptive", "reproject_exact", "reproject_interp")
# Kept where no module's names are: in the body of a function.
UPSTREAM = (lambda functions: lambda: dict(functions))([(name, getattr(reproject, name)) for name in NAMES])

CLIENT = """
import reproject
import reproject as other
from reproject import reproject_interp, reproject_exact as exact
from reproject.adaptive import *

TABLE = {"interpolation": reproject_interp, "exact": exact}
ALL = [reproject_interp, None]
alias = reproject.reproject_adaptive

class Kind:
    method = exact
    def run(self, function=reproject_interp):
        return function

def default(function=reproject_interp, *, other=exact):
    return function, other

def late():
    from reproject import reproject_interp
    return reproject_interp
"""

# One that compares the two.
BOTH = CLIENT + """
import reproject_rs
from reproject_rs import reproject_interp as ours
TABLE["ours"] = ours
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Imports a module of a given text."""
    monkeypatch.syspath_prepend(tmp_path)
    names = []

    def load(text=CLIENT):
        names.append(f"client_of_reproject_{len(names)}")
        (tmp_path / f"{names[-1]}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(names[-1])

    yield load
    uninstall()
    for name in names:
        sys.modules.pop(name, None)


def held(client):
    """What stands in every place of a client that is filled as it is imported."""
    return {
        "interp": client.reproject_interp, "exact": client.exact, "adaptive": client.reproject_adaptive, "alias": client.alias,
    }  # fmt: skip


def kept(client):
    """What stands in its tables, classes and defaults."""
    return [*client.TABLE.values(), client.ALL[0], client.Kind.method, client.Kind().run(), *client.default()]


def names_of(functions):
    return {(function.__module__.split(".")[0], function.__name__) for function in functions}


def test_places_filled_before_and_after_are_ours_and_then_as_they_were(load):
    upstream = UPSTREAM()
    before = load()
    was = held(before) | dict(enumerate(kept(before)))
    assert names_of(was.values()) == {("reproject", name) for name in NAMES}
    install()
    for name in NAMES:
        assert getattr(reproject, name) is getattr(reproject_rs, name) is not upstream[name]
    assert reproject.interpolation.reproject_interp is reproject.interpolation._high_level.reproject_interp is reproject_rs.reproject_interp
    after, both = load(), load(BOTH)
    for client in (before, after, both):
        assert names_of([*held(client).values(), *kept(client), client.late()]) == {("reproject_rs", name) for name in NAMES}
    uninstall()
    for name in NAMES:
        assert getattr(reproject, name) is upstream[name] is not getattr(reproject_rs, name)
    assert held(before) | dict(enumerate(kept(before))) == was
    assert held(after) | dict(enumerate(kept(after))) == was and after.late() is upstream["reproject_interp"]
    assert held(both) == held(before)
    assert both.ours is both.TABLE["ours"] is reproject_rs.reproject_interp, "what was asked of us stays ours"
    assert type(reproject) is type(sys) and not _install._SWAPPED


def test_what_reproject_itself_loads_later_is_given_back(load):
    sys.modules.pop("reproject.interpolation.high_level", None)
    upstream = UPSTREAM()["reproject_interp"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with install():
            client = load("from reproject.interpolation.high_level import reproject_interp as f")
            assert client.f is reproject_rs.reproject_interp
        shim = importlib.import_module("reproject.interpolation.high_level")
    assert client.f is upstream and shim.reproject_interp is upstream


def test_installing_twice_is_installing_once(load):
    upstream = UPSTREAM()["reproject_interp"]
    install()
    late = load("kept = None")
    late.kept = upstream
    install()
    assert late.kept is reproject_rs.reproject_interp
    uninstall()
    assert reproject.reproject_interp is late.kept is upstream
    uninstall()
    assert reproject.reproject_interp is upstream


def test_contexts_nest_and_end_what_they_began():
    upstream = UPSTREAM()["reproject_interp"]
    with install() as outer:
        with install():
            pass
        assert reproject.reproject_interp is reproject_rs.reproject_interp
    assert reproject.reproject_interp is upstream
    with outer:
        assert reproject.reproject_interp is reproject_rs.reproject_interp
    assert reproject.reproject_interp is upstream
    install()
    with install():
        pass
    assert reproject.reproject_interp is reproject_rs.reproject_interp
    uninstall()
    with pytest.raises(KeyError), install():
        raise KeyError("taken out all the same")
    assert reproject.reproject_interp is upstream


def test_what_others_put_there_meanwhile_is_theirs(monkeypatch):
    with install():
        monkeypatch.setattr(reproject, "reproject_exact", len)
    assert reproject.reproject_exact is len


def test_what_we_lack_stays_upstreams_and_works_with_our_functions():
    images = [(image((60, 80), seed=k), tan(crval=(150.0 + 0.02 * k, 30.0))) for k in range(2)]
    target = tan((70, 120), crval=(150.01, 30.0), rotation=10.0)
    expected = reproject_and_coadd(images, target, reproject_function=reproject.reproject_interp)
    kept = {name: getattr(reproject, name) for name in ("reproject_from_healpix", "reproject_to_healpix", "mosaicking")}
    with install():
        assert all(getattr(reproject, name) is value for name, value in kept.items())
        assert reproject.mosaicking.reproject_and_coadd is reproject_and_coadd
        ours = reproject_and_coadd(images, target, reproject_function=reproject.reproject_interp)
    for a, b in zip(ours, expected, strict=True):
        agree(a, b)


def test_modules_pickle_as_before():
    """cloudpickle takes modules by their exact type; those of `reproject` are of another while they are watched."""
    with install():
        assert pickle.loads(pickle.dumps(reproject)) is reproject
        import cloudpickle

        assert cloudpickle.loads(cloudpickle.dumps(lambda: reproject.reproject_interp))() is reproject_rs.reproject_interp


def script(text):
    return subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=False)


def test_names_of_a_script_are_given_back_but_not_what_it_took_from_us():
    done = script("""
        import reproject, reproject_rs
        reproject_rs.install()
        from reproject import reproject_interp
        other = getattr(reproject, "reproject_exact")
        ours = reproject_rs.reproject_interp
        from reproject import *
        assert reproject_interp is ours is reproject.reproject_interp
        reproject_rs.uninstall()
        assert reproject_interp.__module__ == "reproject.interpolation._high_level", reproject_interp
        assert other is reproject_exact is reproject.reproject_exact is not reproject_rs.reproject_exact
        assert ours is reproject_rs.reproject_interp and ours.__module__ == "reproject_rs.interpolation"
    """)
    assert done.returncode == 0, done.stderr


def test_lazy_modules_are_not_woken(load):
    lazy = type(sys)("lazy")
    lazy.__class__ = type("Lazy", (type(sys),), {"__getattribute__": lambda *_: 1 / 0})
    sys.modules["lazy_client"] = lazy
    try:
        with install():
            pass
    finally:
        del sys.modules["lazy_client"]


def test_without_reproject_it_says_what_to_do():
    done = script("""
        import sys
        sys.modules["reproject"] = None
        import reproject_rs
        reproject_rs.uninstall()
        try:
            reproject_rs.install()
        except ImportError as error:
            print(error)
    """)
    assert done.stdout == (
        "reproject_rs.install() puts functions into an installed `reproject`, and there is none: pip install reproject, "
        "or import reproject_rs in its place\n"
    ), done.stderr


def test_a_reproject_that_is_this_package_is_left_alone():
    done = script("""
        import sys, reproject_rs
        sys.modules["reproject"] = reproject_rs
        with reproject_rs.install():
            from reproject import reproject_interp
        assert reproject_interp is reproject_rs.reproject_interp
    """)
    assert done.returncode == 0, done.stderr


def test_the_example_runs():
    assert doctest.testmod(_install).attempted >= 3 and not doctest.testmod(_install).failed


def test_results_are_ours(monkeypatch):
    data, header = image((60, 80)), tan()
    expected = reproject_rs.reproject_interp((data, header), tan(rotation=20.0), order="bicubic", bad="ignore")[0]
    with install():
        np.testing.assert_array_equal(reproject.reproject_interp((data, header), tan(rotation=20.0), order=3, bad="ignore")[0], expected)
