import itertools
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.reading import Reading, Series
from alerts.simulator import SCENARIOS, preload
from alerts.simulator.liquidations import in_hour

FEB = SCENARIOS["feb-2026"]
SKEW = Series.parse("skew25_norm.60d:BTC")


NOTE = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def samples():
    return preload(FEB, FEB.start)


@pytest.fixture(scope="module")
def skews(samples):
    return [sample for sample in samples if sample.series == SKEW]


def of(samples, series):
    return [sample for sample in samples if str(sample.series) == series]


def test_all_of_history_is_in_time_order(samples):
    assert samples == sorted(samples, key=lambda sample: sample.at)


def test_history_holds_the_hours_of_forced_closes(samples):
    hours = of(samples, "liq_long_usd.60m:BTC@gate")
    closed = in_hour(FEB, "BTC", FEB.start - timedelta(hours=1))

    assert len(hours) == 5 * 24
    assert hours[-1].at == FEB.start
    assert hours[-1].value == pytest.approx(0.11 * closed.long_usd)


@pytest.mark.parametrize("series", ["price:GOLD", "price:TECH", "price:BTC"])
@pytest.mark.parametrize("hour", range(0, 24, 5))
def test_a_month_before_the_note_a_price_is_known_to_a_quarter_of_a_day(samples, series, hour):
    wanted = NOTE.replace(hour=hour) - timedelta(days=30)
    before = [sample.at for sample in of(samples, series) if sample.at <= wanted]

    assert wanted - before[-1] < timedelta(hours=6)


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
