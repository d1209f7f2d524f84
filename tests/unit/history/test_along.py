"""A derived series along the whole past of its base."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.reading import Series
from alerts.history.along import along, reach_of
from alerts.history.context import percentile_rank, z_score
from tests.builders import PRICE, SKEW, a_reading

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def derived(series, how):
    return replace(series, derived=how)


def hourly(values, series=PRICE):
    return [a_reading(value, series, START + n * HOUR) for n, value in enumerate(values)]


def test_a_plain_series_is_its_own_past():
    base = hourly([1.0, 2.0])

    assert along(PRICE, base, points=False) == base


def test_a_change_in_percent_is_against_the_value_before_the_window():
    found = along(derived(PRICE, "chg.4h"), hourly([100, 100, 100, 100, 110, 90]), points=False)

    assert [round(one.value, 9) for one in found] == [10, -10]
    assert found[0].series == derived(PRICE, "chg.4h")
    assert found[0].at == START + 4 * HOUR


def test_a_change_in_points_is_a_difference():
    found = along(derived(SKEW, "chg.1h"), hourly([14, 15.5], SKEW), points=True)

    assert [one.value for one in found] == [1.5]


def test_a_change_over_missing_history_is_left_out():
    base = [a_reading(100, PRICE, START), a_reading(110, PRICE, START + 5 * HOUR)]

    assert along(derived(PRICE, "chg.4h"), base, points=False) == []


@pytest.mark.parametrize(("how", "live"), [("pctl.90d", percentile_rank), ("z.90d", z_score)])
def test_a_rank_is_that_of_the_closes_before_its_day(how, live):
    values = [float((day * 37) % 101) for day in range(100)]
    base = [
        a_reading(value, SKEW, START + timedelta(days=day, hours=20))
        for day, value in enumerate(values)
    ]

    found = along(derived(SKEW, how), base, points=True)

    assert len(found) == 10
    assert found[-1].value == pytest.approx(live(values[9:99], values[99]))


def test_a_history_that_does_not_vary_has_no_z():
    base = [a_reading(7, SKEW, START + timedelta(days=day)) for day in range(95)]

    assert along(derived(SKEW, "z.90d"), base, points=True) == []


def test_a_year_of_percentiles_needs_the_year_before_it():
    assert reach_of(derived(SKEW, "pctl.365d")) == timedelta(days=365)
    assert reach_of(SKEW) == timedelta(0)


def test_a_spread_runs_along_both_pasts_where_they_lie_close_together():
    other = Series.parse("price:ETH")
    mine = hourly([100, 120, 150])
    its = [
        replace(mine[0], series=other, value=50.0),
        replace(mine[2], series=other, value=100.0, at=mine[2].at + timedelta(minutes=5)),
    ]

    found = along(PRICE.less(other), mine, its, points=False)

    assert [(one.value, one.at) for one in found] == [(100.0, mine[0].at), (50.0, mine[2].at)]
    assert reach_of(PRICE.less(other)) == timedelta(0)
