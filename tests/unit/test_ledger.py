"""Forced closes over windows: lower bounds, by what was heard."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Liquidation, Liquidations, LiquidationTotals, PositionSide
from alerts.domain.reading import Gap, Quality, Reading, Reason
from alerts.liquidations import Ledger, is_bucket
from alerts.metrics.liquidations import sums

NOW = datetime(2026, 2, 6, 12, 2, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BTC, BYBIT, OKX, GATE = Asset("BTC"), Venue("bybit"), Venue("okx"), Venue("gate")
LONG, SHORT, BOTH = PositionSide.LONG, PositionSide.SHORT, PositionSide.BOTH


def close(ago, usd=1000.0, side=LONG, name=None):
    at = NOW - ago
    return Liquidation(name or f"{at}-{usd}", at, side, usd / 50_000.0, 50_000.0)


def message(*events, venue=BYBIT):
    return Liquidations(venue, BTC, NOW, events)


def ledger(*messages, heard=timedelta(days=6), venues=(BYBIT,)):
    made = Ledger()
    for one in messages:
        made.take(one)
    for venue in venues:
        made.heard(venue, BTC, NOW - heard, NOW)
    return made


def told(made, now=NOW):
    return {str(sample.series): sample for sample in made.samples(now)}


def test_a_window_holds_what_was_closed_inside_it_by_side():
    made = ledger(
        message(
            close(MINUTE, 5000.0),
            close(30 * MINUTE, 700.0, SHORT),
            close(2 * HOUR, 90.0),
            close(100 * HOUR, 3.0),
        )
    )
    found = told(made)

    assert found["liq_long_usd.1h:BTC"].value == pytest.approx(5000.0)
    assert found["liq_long_usd.4h:BTC"].value == pytest.approx(5090.0)
    assert found["liq_long_usd.24h:BTC"].value == pytest.approx(5090.0)
    assert found["liq_long_usd.5d:BTC"].value == pytest.approx(5093.0)
    assert found["liq_short_usd.1h:BTC"].value == pytest.approx(700.0)


def test_maker_and_taker_at_once_count_on_both_sides():
    found = told(ledger(message(close(MINUTE, 500.0, BOTH))))

    assert found["liq_long_usd.1h:BTC"].value == pytest.approx(500.0)
    assert found["liq_short_usd.1h:BTC"].value == pytest.approx(500.0)


def test_the_same_event_told_twice_counts_once():
    event = close(MINUTE)

    assert told(ledger(message(event), message(event)))["liq_long_usd.1h:BTC"].value == (
        pytest.approx(1000.0)
    )


def test_the_same_identity_at_two_venues_is_two_events():
    event = close(MINUTE, name="1")
    made = ledger(message(event), message(event, venue=OKX), venues=(BYBIT, OKX))

    assert told(made)["liq_long_usd.1h:BTC"].value == pytest.approx(2000.0)
    assert told(made, NOW + MINUTE)["liq_long_usd.1h:BTC"].sources == (BYBIT, OKX)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 80), max_size=20))
def test_a_sum_is_never_more_than_what_was_closed_and_lacks_five_minutes_at_most(ages):
    events = [close(age * MINUTE, 1.0, name=str(n)) for n, age in enumerate(ages)]
    found = told(ledger(message(*events)))["liq_long_usd.1h:BTC"].value
    everything = sums([(BYBIT, one) for one in events], NOW, HOUR).long_usd
    surely = sums([(BYBIT, one) for one in events], NOW, 55 * MINUTE).long_usd

    assert surely - 1e-6 <= found <= everything + 1e-6


@pytest.mark.parametrize(
    ("heard", "quality"), [(HOUR, Quality.OK), (45 * MINUTE, Quality.DEGRADED), (20 * MINUTE, None)]
)
def test_coverage_is_how_long_the_feed_was_heard(heard, quality):
    sample = told(ledger(message(close(MINUTE)), heard=heard))["liq_long_usd.1h:BTC"]

    if quality is None:
        assert isinstance(sample, Gap)
    else:
        assert sample.quality is quality
        assert sample.coverage == pytest.approx(min(heard / (55 * MINUTE), 1.0), abs=0.05)


def test_a_venue_that_was_not_heard_is_left_out_and_lowers_coverage():
    made = ledger(message(close(MINUTE)))
    made.heard(OKX, BTC, NOW - MINUTE, NOW)
    sample = told(made)["liq_long_usd.1h:BTC"]

    assert sample.sources == (BYBIT,)
    assert sample.coverage == 0.5
    assert sample.quality is Quality.DEGRADED


def test_of_three_venues_one_is_not_enough():
    made = ledger(message(close(MINUTE)))
    for venue in (OKX, GATE):
        made.heard(venue, BTC, NOW - MINUTE, NOW)

    assert told(made)["liq_long_usd.1h:BTC"].reason is Reason.VENUE_BELOW_QUORUM


def test_a_venue_that_is_listened_to_and_was_not_heard_yet_is_missed_too():
    """After a first start Gate's own sums are there at once, and are no sum of all venues."""
    made = ledger(venues=(GATE,))
    whole = told(made)["liq_long_usd.24h:BTC"]
    for venue in (OKX, BYBIT):
        made.expect(venue, BTC)
    later = told(made, NOW + MINUTE)["liq_long_usd.24h:BTC"]

    assert (whole.sources, whole.coverage) == ((GATE,), 1.0)
    assert (later.reason, later.detail) == (
        Reason.VENUE_BELOW_QUORUM,
        "1 of 3 venues were heard in the last 24h",
    )


def test_hearing_the_same_stretch_twice_is_not_hearing_more():
    made = ledger(message(close(MINUTE)), heard=20 * MINUTE)
    made.heard(BYBIT, BTC, NOW - 20 * MINUTE, NOW - 10 * MINUTE)

    assert isinstance(told(made)["liq_long_usd.1h:BTC"], Gap)


def totals(hours_ago, long_usd):
    until = NOW.replace(minute=0) - hours_ago * HOUR
    return LiquidationTotals(GATE, BTC, NOW, until, HOUR, long_usd, 1.0)


def test_published_totals_count_when_their_hour_ended_inside_the_window():
    made = ledger(*(totals(ago, 10.0) for ago in range(5)), venues=())
    found = told(made)

    assert found["liq_long_usd.1h:BTC"].value == 10.0
    assert found["liq_long_usd.4h:BTC"].value == 40.0
    assert isinstance(found["liq_long_usd.24h:BTC"], Gap)


def test_a_corrected_total_replaces_the_first():
    made = ledger(totals(0, 10.0), totals(0, 12.0), venues=())

    assert told(made)["liq_long_usd.1h:BTC"].value == 12.0


def buckets(made, now):
    return [s for s in made.samples(now) if isinstance(s, Reading) and is_bucket(s.series)]


def test_finished_buckets_are_given_out_once():
    made = ledger(message(close(10 * MINUTE, 800.0)), heard=HOUR)

    first, again = buckets(made, NOW), buckets(made, NOW + MINUTE)

    assert sum(one.value for one in first if one.series.metric == "liq_long_usd") == (
        pytest.approx(800.0)
    )
    assert again == []


def test_a_restart_forgets_no_finished_bucket():
    events = [close(age * MINUTE, 10.0 + age) for age in range(0, 240, 7)]
    before = ledger(message(*events), totals(0, 5.0), totals(1, 6.0), heard=6 * HOUR)
    later = NOW + 10 * MINUTE
    stored = [one for now in (NOW, later) for one in buckets(before, now)]

    after = Ledger()
    after.restore(stored)
    was, now_is = told(before, later + MINUTE), told(after, later + MINUTE)

    for name in ("liq_long_usd.4h:BTC", "liq_short_usd.4h:BTC", "liq_long_usd.1h:BTC@bybit"):
        assert now_is[name].value == pytest.approx(was[name].value)
        assert now_is[name].coverage == pytest.approx(was[name].coverage, abs=0.1)


def test_sums_are_made_a_few_times_a_minute_only():
    made = ledger(message(close(MINUTE)))

    assert made.samples(NOW)
    assert made.samples(NOW + timedelta(seconds=5)) == []


def test_a_week_of_closes_takes_bounded_memory():
    made = Ledger()
    for minute in range(0, 7 * 24 * 60, 3):
        at = NOW + minute * MINUTE
        made.take(Liquidations(BYBIT, BTC, at, (Liquidation(str(at), at, LONG, 1.0, 1.0),)))
        if minute % 60 == 0:
            made.samples(at)

    (flow,) = made._flows.values()
    assert len(flow.buckets) <= 6 * 24 * 12


def test_events_too_old_to_matter_are_not_counted():
    made = ledger(message(close(timedelta(days=9))))

    assert told(made)["liq_long_usd.5d:BTC"].value == 0.0


def test_identities_are_remembered_for_an_hour_of_events_and_no_longer():
    made = Ledger()
    hours = [close(timedelta(hours=number), name=f"{number}") for number in range(5, -1, -1)]
    for event in hours:
        made.take(message(event))

    (flow,) = made._flows.values()
    assert list(flow.seen) == ["1", "0"]
