from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.reading import Gap, Quality, Reading, Reason, Series
from alerts.metrics.measure import aggregate
from tests.unit.metrics.quotes import AT

PRICE = Series.parse("price:BTC")


def reading(venue, value, **parts):
    series = replace(PRICE, venue=venue)
    return Reading(series, value, parts.pop("at", AT), (venue,), **parts)


def gap(venue, reason=Reason.STALE):
    return Gap(replace(PRICE, venue=venue), reason, "old", AT)


def test_one_venue_is_its_own_aggregate():
    assert aggregate([reading("deribit", 60_000.0)]) == [
        replace(reading("deribit", 60_000.0), series=PRICE)
    ]
    assert aggregate([gap("deribit")]) == [replace(gap("deribit"), series=PRICE)]


def test_several_venues_are_their_median_as_old_as_the_oldest():
    old = AT - timedelta(seconds=9)
    (joined,) = aggregate([reading("b", 3.0, at=old), reading("a", 1.0), reading("c", 7.0)])

    assert joined == Reading(PRICE, 3.0, old, ("a", "b", "c"), weight=3.0)


def test_a_missing_venue_lowers_coverage_and_degrades():
    (joined,) = aggregate([reading("a", 1.0), gap("b")])

    assert (joined.value, joined.coverage, joined.quality) == (1.0, 0.5, Quality.DEGRADED)


def test_a_degraded_part_degrades_the_whole():
    (joined,) = aggregate([reading("a", 1.0), reading("b", 2.0, quality=Quality.DEGRADED)])

    assert (joined.value, joined.coverage, joined.quality) == (1.5, 1.0, Quality.DEGRADED)


@pytest.mark.parametrize("missing", [2, 3])
def test_fewer_than_half_of_the_venues_are_below_quorum(missing):
    gaps = [gap(f"g{n}") for n in range(missing)]
    (joined,) = aggregate([*([reading("a", 1.0)] if missing == 2 else []), *gaps])

    assert joined.reason is Reason.VENUE_BELOW_QUORUM
    assert joined.series == PRICE


def test_series_are_joined_each_by_itself():
    other = Reading(Series.parse("atm_iv.60d:BTC@a"), 50.0, AT, ("a",))

    assert [str(sample.series) for sample in aggregate([reading("a", 1.0), other])] == [
        "price:BTC",
        "atm_iv.60d:BTC",
    ]


def test_nothing_aggregates_to_nothing():
    assert aggregate([]) == []


def sample_of(metric, venue, value, weight=1.0):
    return Reading(Series.parse(f"{metric}:BTC@{venue}"), value, AT, (venue,), weight=weight)


def gap_of(metric, venue):
    return Gap(Series.parse(f"{metric}:BTC@{venue}"), Reason.NO_DATA, "away", AT)


def known(*readings):
    return {reading.series: reading for reading in readings}


def test_funding_is_weighted_by_what_is_open():
    # (0.01 x 300 + 0.05 x 100) / 400 = 0.02
    parts = [sample_of("funding_8h", "a", 0.01, 300.0), sample_of("funding_8h", "b", 0.05, 100.0)]

    assert aggregate(parts)[0].value == pytest.approx(0.02)


def test_open_interest_is_summed_over_venues():
    (joined,) = aggregate([sample_of("oi_coin", "a", 10.0), sample_of("oi_coin", "b", 30.0)])

    assert (joined.value, joined.coverage, joined.sources) == (40.0, 1.0, ("a", "b"))


@pytest.mark.parametrize(("lost", "holds"), [(20.0, True), (20.1, False)])
def test_a_sum_needs_venues_that_hold_80_percent_of_what_was_last_known(lost, holds):
    before = known(sample_of("oi_coin", "a", 80.0), sample_of("oi_coin", "b", lost))
    (joined,) = aggregate([sample_of("oi_coin", "a", 80.0), gap_of("oi_coin", "b")], before)

    if holds:
        assert (joined.value, joined.coverage, joined.quality) == (80.0, 0.5, Quality.DEGRADED)
    else:
        assert joined.reason is Reason.VENUE_BELOW_QUORUM
        assert "20%" in joined.detail


def basis_of(venue, value=None):
    series = Series.parse(f"basis.60d:BTC@{venue}")
    if value is None:
        return Gap(series, Reason.NO_DATA, "away", AT)
    return Reading(series, value, AT, (venue,))


def test_the_basis_of_all_venues_needs_two_of_them():
    missing = aggregate([basis_of("a", 2.0), basis_of("b")])[0]
    both = aggregate([basis_of("a", 2.0), basis_of("b", 4.0)])[0]

    assert missing.reason is Reason.VENUE_BELOW_QUORUM
    assert both.value == 3.0


def test_the_basis_of_the_only_venue_stands():
    assert aggregate([basis_of("a", 2.0)])[0].value == 2.0


def test_a_venue_that_never_had_a_series_is_not_waited_for():
    before = known(basis_of("a", 2.1), basis_of("b", 2.2))
    joined = aggregate([basis_of("a", 2.0), basis_of("b", 3.0), basis_of("perps")], before)[0]

    assert (joined.coverage, joined.quality) == (1.0, Quality.OK)


def test_venues_that_all_fail_are_below_quorum():
    assert aggregate([gap("a"), gap("b")])[0].reason is Reason.VENUE_BELOW_QUORUM
