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

    assert joined == Reading(PRICE, 3.0, old, ("a", "b", "c"))


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
