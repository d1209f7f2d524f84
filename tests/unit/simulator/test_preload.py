import itertools
from datetime import timedelta

import pytest

from alerts.domain.reading import Reading, Series
from alerts.simulator import SCENARIOS, preload

FEB = SCENARIOS["feb-2026"]
SKEW = Series.parse("skew25_norm.60d:BTC")


@pytest.fixture(scope="module")
def skews():
    return [sample for sample in preload(FEB, FEB.start) if sample.series == SKEW]


def test_history_reaches_from_the_beginning_to_the_start(skews):
    assert skews[0].at == FEB.since
    assert FEB.start - timedelta(hours=1) < skews[-1].at <= FEB.start
    assert all(isinstance(sample, Reading) for sample in skews)


def test_history_is_in_time_order_and_daily_at_least(skews):
    gaps = [after.at - before.at for before, after in itertools.pairwise(skews)]

    assert min(gaps) == timedelta(hours=1)
    assert max(gaps) == timedelta(days=1)


def test_history_knows_the_value_of_a_day_ago_to_the_hour(skews):
    wanted = FEB.start - timedelta(days=1)
    nearest = min(skews, key=lambda sample: abs(sample.at - wanted))

    assert abs(nearest.at - wanted) < timedelta(hours=1)
    assert nearest.value == pytest.approx(FEB.market(nearest.at, "BTC").skew60, abs=0.1)


def test_before_february_skew_was_highest_on_21_november(skews):
    before = [s for s in skews if s.at < FEB.start - timedelta(days=3)]

    highest = max(before, key=lambda sample: sample.value)

    assert highest.value == pytest.approx(11, abs=0.3)
    assert highest.at.strftime("%d %b %Y") in {"21 Nov 2025", "22 Nov 2025"}
