"""Packages that call `reproject`: their own tests pass with our functions as they do without, with the same values and no more
warnings. They are installed from requirements-clients.txt; one that is not there is passed over, with a word."""

import pytest
from running import CLIENTS, installed, passed, run, warned


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_does_as_with_upstream(name, tmp_path):
    if not installed(name):
        pytest.skip(f"{name} is not installed (reproject-py/tests/requirements-clients.txt)")
    ours, theirs = (run(name, side, tmp_path) for side in ("ours", "upstream"))
    lost = {test: ours["outcomes"].get(test) for test in passed(theirs) - passed(ours)}
    assert passed(theirs) and not lost, lost
    assert ours["calls"], "nothing was reprojected"
    for call in ours["calls"]:
        assert type_of(call["ours"]["error"]) == type_of(call["theirs"]["error"]), call
    more = warned(ours, "ours") - warned(ours, "theirs")
    assert not more, more
    assert not (strangers := far_apart(ours["calls"])), strangers


def type_of(error):
    return error.split("(")[0]


def far_apart(calls):
    """Calls whose results are of another type or shape, or differ."""
    return [call for call in calls if any(isinstance(a, str) or a[0] > 0 or a[1] > 1e-6 for a in call["apart"])]
