"""Packages that call `reproject`: their own tests pass with our functions as they do without, with the same values and no more
warnings. They are installed from requirements-clients.txt; one that is not there is passed over, with a word."""

import pytest
from running import CLIENTS, installed, more_warnings, passed, run

# Differences on purpose (README): functions and tests that show them, and what they are.
ON_PURPOSE = {
    ("reproject_adaptive", "test_reproject_adaptive (ndcube"): "pixels on the rim of the Gaussian window, on the same grid",
    ("reproject_exact", "test_reproject_to_hpc_exact (sunpy"): "the far side of the Sun is counted too by upstream: footprint 2",
    ("reproject_exact", "test_another_observer (sunpy"): "the same",
}

# The same of pixels that are known on one side only, and their share at most.
KNOWN_ELSEWHERE = {
    ("reproject_interp", "test_reproject_to_hgs"): (1e-4, "on the limb, whose way back misses the Sun"),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_does_as_with_upstream(name, tmp_path):
    if not installed(name):
        pytest.skip(f"{name} is not installed (reproject-py/tests/requirements-clients.txt)")
    records = run(name, tmp_path)
    ours, theirs = passed(records["ours"]), passed(records["upstream"])
    lost = {test: records["ours"]["outcomes"].get(test) for test in theirs - ours}
    assert theirs and not lost, lost
    assert passed(records["both"]) == ours
    more = more_warnings(records)
    assert not more, more
    calls = records["both"]["calls"]
    assert calls, "nothing was reprojected"
    for call in calls:
        assert kind(call["ours"]["error"]) == kind(call["theirs"]["error"]), call
    assert not (strangers := far_apart(calls)), strangers


def kind(error):
    return error.split("(")[0]


def far_apart(calls):
    """Calls whose results are of another type or shape, or differ."""
    return [call for call in calls if not listed(call, ON_PURPOSE) and any(isinstance(a, str) or beyond(call, *a) for a in call["apart"])]


def beyond(call, alone, apart):
    most = listed(call, KNOWN_ELSEWHERE)
    return apart > 1e-6 or alone > (most[0] if most else 1e-6)


def listed(call, differences):
    """What a list of differences says of a call."""
    found = (what for (name, test), what in differences.items() if call["name"] == name and call["caller"].startswith(test))
    return next(found, None)
