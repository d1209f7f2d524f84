from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import FutureQuote, FuturesCurve
from alerts.domain.reading import Gap, Quality, Reading, Reason
from alerts.metrics.basis import annualised
from alerts.metrics.measure import measure

AT = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
PRICES = st.floats(100.0, 200_000.0)


def future(days, mark, index=100_000.0, **parts):
    expiry = None if days is None else AT + timedelta(days=days)
    return FutureQuote(f"BTC-{days}", expiry, mark, index, **parts)


def curve(*futures, at=AT, **parts):
    return FuturesCurve(Venue("deribit"), Asset("BTC"), at, futures, **parts)


def at_60(made):
    return next(sample for sample in measure(made) if sample.series.window == "60d")


def test_two_percent_over_60_days_is_twelve_a_year():
    # 0.02 x 365 / 60 = 12.1667 %
    assert annualised(102_000.0, 100_000.0, 60.0) == pytest.approx(12.166667, abs=1e-6)


@given(PRICES, st.floats(7, 400))
def test_basis_is_zero_where_future_and_index_are_equal(price, days):
    assert annualised(price, price, days) == 0


@given(PRICES, PRICES, st.floats(7, 400))
def test_basis_has_the_sign_of_the_gap(mark, index, days):
    rate = annualised(mark, index, days)

    assert (rate > 0) == (mark > index)
    assert (rate < 0) == (mark < index)


@given(PRICES, PRICES, st.floats(0.01, 100))
def test_scaling_future_and_index_changes_nothing(mark, index, factor):
    scaled = annualised(mark * factor, index * factor, 60.0)

    assert scaled == pytest.approx(annualised(mark, index, 60.0), abs=1e-6)


def test_rates_are_linear_in_days_between_the_futures():
    # 30 days at 1 %: 12.1667; 90 days at 1.5 %: 6.0833; half way: 9.125
    sample = at_60(curve(future(90, 101_500.0), future(30, 101_000.0)))

    assert sample.value == pytest.approx(9.125)
    assert (sample.at, sample.sources, sample.coverage) == (AT, ("deribit",), 1.0)
    assert (sample.method, sample.quality) == ("simple-linear-days/1", Quality.OK)


def test_a_future_on_the_tenor_is_used_alone():
    sample = at_60(curve(future(30, 90_000.0), future(60, 101_000.0), future(90, 90_000.0)))

    assert sample.value == pytest.approx(6.083333, abs=1e-6)


def test_each_future_is_compared_with_its_own_index():
    sample = at_60(curve(future(60, 101_000.0, index=101_000.0), future(30, 90_000.0)))

    assert sample.value == 0


def test_futures_within_a_week_are_left_out():
    near_only = at_60(curve(future(6.99, 99_000.0), future(0.0, 99_000.0)))
    with_far = at_60(curve(future(6.99, 99_000.0), future(90, 101_000.0)))

    assert near_only.reason is Reason.NEAR_EXPIRY_ONLY
    assert with_far.reason is Reason.TENOR_NOT_BRACKETED


def test_a_venue_with_perpetuals_and_synthetic_forwards_only_has_no_basis():
    samples = measure(curve(future(None, 100_000.0), future(60, 101_000.0, synthetic=True)))

    assert not [sample for sample in samples if sample.series.metric == "basis"]


def test_dated_futures_that_could_not_be_read_are_a_gap():
    sample = at_60(curve(future(None, 100_000.0), rejected=2))

    assert isinstance(sample, Gap)
    assert sample.reason is Reason.NO_DATA


def test_a_longer_curve_than_the_tenor_needs_both_sides():
    assert at_60(curve(future(61, 101_000.0))).reason is Reason.TENOR_NOT_BRACKETED
    assert at_60(curve(future(59, 101_000.0))).reason is Reason.TENOR_NOT_BRACKETED


def test_stale_marks_are_no_basis():
    sample = at_60(curve(future(60, 101_000.0), lag=timedelta(seconds=61)))

    assert sample.reason is Reason.STALE


def test_rejected_rows_lower_coverage_and_then_quality():
    sample = at_60(curve(future(60, 101_000.0), rejected=1))

    assert sample.coverage == 0.5
    assert (sample.quality, sample.doubt) == (Quality.DEGRADED, Reason.PARTIAL_CHAIN)


@pytest.mark.parametrize(
    ("clock", "quality", "doubt"),
    [
        ("07:29", "ok", None),
        ("07:30", "degraded", "settlement"),
        ("07:59", "degraded", "settlement"),
        ("08:00", "ok", None),
    ],
)
def test_the_settlement_half_hour_degrades_and_says_why(clock, quality, doubt):
    at = datetime.fromisoformat(f"2026-02-06T{clock}:00+00:00")
    sample = at_60(curve(future(59, 101_000.0), future(65, 101_000.0), at=at))

    assert isinstance(sample, Reading)
    assert (sample.quality, sample.doubt) == (quality, doubt)


def test_an_absurd_rate_is_implausible():
    assert at_60(curve(future(60, 200_000.0))).reason is Reason.IMPLAUSIBLE
