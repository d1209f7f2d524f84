"""The golden cases g09: percentile, z-score, streaks and last times, to 1e-6."""

import json

import pytest

from alerts.history.context import highest_in, last_beyond, lowest_in, percentile_rank, z_score
from tests.recorded.shared_data import ROOT, skip

pytestmark = skip("golden")

EXACT = 1e-6


def cases():
    found = sorted((ROOT / "golden").glob("g09*.json"))
    every = [case for path in found for case in json.loads(path.read_text())["cases"]]
    return [case for case in every if "history" in case["inputs"]]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["label"])
def test_context_is_the_golden_one(case):
    history, value = case["inputs"]["history"], case["inputs"]["value"]

    assert {
        "n": len(history),
        "percentile_rank": percentile_rank(history, value),
        "z_score": z_score(history, value),
        "lowest_in_last_n_obs": lowest_in(history, value),
        "highest_in_last_n_obs": highest_in(history, value),
        "obs_ago_last_at_or_above": last_beyond(history, value, high=True),
        "obs_ago_last_at_or_below": last_beyond(history, value, high=False),
    } == pytest.approx(case["expected"], abs=EXACT)
