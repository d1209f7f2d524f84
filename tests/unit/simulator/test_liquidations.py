from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import PositionSide
from alerts.simulator import SCENARIOS
from alerts.simulator.hours import HOUR
from alerts.simulator.liquidations import events, in_hour, total
from alerts.simulator.shares import FORCED_CLOSES, OPEN_INTEREST

FEB = SCENARIOS["feb-2026"]
NOTE = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
BTC, GATE, BYBIT = Asset("BTC"), Venue("gate"), Venue("bybit")
moments = st.datetimes(datetime(2025, 11, 10), datetime(2026, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001


def test_all_shares_add_up_to_one():
    assert sum(OPEN_INTEREST.values()) == pytest.approx(1)
    assert sum(FORCED_CLOSES.values()) == pytest.approx(1)


def test_longs_for_1_8_billion_are_closed_in_the_five_days_of_the_note():
    gate = total(FEB, GATE, BTC, NOTE - timedelta(days=5), NOTE)

    assert gate.long_usd == pytest.approx(0.11 * 1.8e9, rel=0.01)


def test_a_fast_fall_closes_longs_and_hardly_a_short():
    closed = in_hour(FEB, BTC, datetime(2026, 2, 5, 22, tzinfo=UTC))

    assert closed.long_usd > 100 * closed.short_usd


def test_a_rise_closes_shorts():
    closed = in_hour(FEB, BTC, datetime(2026, 2, 6, 2, tzinfo=UTC))

    assert closed.short_usd > 10 * closed.long_usd


@settings(max_examples=20)
@given(moments)
def test_the_events_of_an_hour_add_up_to_a_venues_part_of_it(at):
    begin = at.replace(minute=0, second=0, microsecond=0)
    whole = in_hour(FEB, BTC, begin)
    part = total(FEB, BYBIT, BTC, begin, begin + HOUR)

    assert part.long_usd == pytest.approx(0.22 * whole.long_usd)
    assert part.short_usd == pytest.approx(0.22 * whole.short_usd)


@settings(max_examples=20)
@given(moments, st.lists(st.integers(0, 10_000), max_size=5))
def test_however_time_is_cut_every_event_comes_once(at, cuts):
    ends = [at + timedelta(seconds=cut) for cut in sorted({0, *cuts, 10_000})]
    whole = list(events(FEB, BYBIT, BTC, ends[0], ends[-1]))
    pieces = [one for start, end in pairwise(ends) for one in events(FEB, BYBIT, BTC, start, end)]

    assert pieces == whole
    assert whole == sorted(whole, key=lambda event: event.at)
    assert len({event.number for event in whole}) == len(whole)


def test_events_are_at_the_markets_price():
    event = next(events(FEB, BYBIT, BTC, NOTE, NOTE + HOUR))

    assert event.price == pytest.approx(FEB.market(event.at, BTC).price)
    assert event.coin * event.price == pytest.approx(event.usd)
    assert event.side is PositionSide.LONG


def test_a_venue_that_publishes_none_has_none():
    assert list(events(FEB, Venue("hyperliquid"), BTC, NOTE, NOTE + HOUR)) == []
