"""How rare a value is, in words, and where the words come from."""

from datetime import date, timedelta

import pytest

from alerts.domain.errors import StoreError
from alerts.domain.event import Event, Kind
from alerts.domain.reading import Close
from alerts.domain.rule import Direction, Draft, Idle, Leg, State
from alerts.history.context import context
from alerts.ports import New
from alerts.storage.memory import MemoryStore
from alerts.storage.memory_history import MemoryHistory
from bot.briefing import Past, brief
from bot.commands.spec import Readings
from bot.rarity import Asked, rarity
from bot.text import alert
from bot.text.rarity import Later, Rarity, deviations, how_rare, last_time
from tests.unit.commands.room import (
    BASIS,
    HOME,
    NOW,
    PRICE,
    SKEW,
    Room,
    a_reading,
    everything,
)

FIRST = date(2025, 11, 10)
DAY = timedelta(days=1)


def closes(*numbers):
    return [Close(FIRST + i * DAY, float(number)) for i, number in enumerate(numbers)]


def wave(days):
    """Values that go round 1..10 in no order that matters: 1 4 7 10 3 6 9 2 5 8."""
    return [(3 * day) % 10 + 1 for day in range(days)]


def rare(numbers, value, *, high=True):
    return how_rare(context(closes(*numbers), value, value, high=high))


@pytest.mark.parametrize(
    ("numbers", "value", "high", "shown"),
    [
        (wave(59), 11, True, "too little history (59 days)"),
        (wave(1), 11, True, "too little history (1 day)"),
        (wave(60), 11, True, "highest of 60 days (since 10 Nov 2025)"),
        (wave(60), 9.5, True, "too little history (60 days)"),
        (wave(89), 0.5, False, "lowest of 89 days (since 10 Nov 2025)"),
        (wave(90), 9.5, True, "10th highest of 90 days (since 10 Nov 2025)"),
        ([*wave(90), 12, 13, 14], 12.5, True, "3rd highest of 93 days (since 10 Nov 2025)"),
        (wave(100), 5.5, True, "higher than on 50% of 100 days (since 10 Nov 2025)"),
        (wave(100), 3.5, False, "lower than on 70% of 100 days (since 10 Nov 2025)"),
    ],
)
def test_rarity_reads_as_what_the_days_held_allow(numbers, value, high, shown):
    assert rare(numbers, value, high=high) == shown


def test_days_that_are_missing_are_told():
    held = closes(*wave(95))
    gappy = held[:40] + held[45:]

    shown = how_rare(context(gappy, 11.0, 11.0, high=True))

    assert shown == "highest of 90 days (of 95 since 10 Nov 2025)"


def test_a_long_streak_is_told_beside_the_place():
    numbers = [*([9.0, 1.0] * 45), *([2.0] * 20)]

    assert rare(numbers, 3.0) == (
        "higher than on 59% of 110 days (since 10 Nov 2025); highest in 21 days"
    )


@pytest.mark.parametrize(("rank", "shown"), [(2, "2nd"), (3, "3rd"), (4, "4th")])
def test_places_are_ordinals(rank, shown):
    numbers = [*([1.0] * 90), *([20.0] * (rank - 1))]

    assert rare(numbers, 15.0).startswith(f"{shown} highest")


def test_the_last_time_names_its_day_its_length_and_its_peak():
    found = context(closes(5, 11, 10.6, 4), 12.0, 10.5, high=True)

    shown = last_time(SKEW, Rarity(found, 10.5))

    assert shown == "12 Nov 2025, the last of 2 days, peak 11.0%"


def test_a_level_never_reached_is_told_with_what_came_nearest():
    found = context(closes(5, 11, 10.6, 4), 15.3, 15.0, high=True)

    shown = last_time(SKEW, Rarity(found, 15.0))

    assert shown == "not in the 4 days held; the highest was 11.0% on 11 Nov 2025"


def test_what_the_price_did_after_the_last_time_is_told_as_history():
    found = context(closes(6, 2, 6), 1.5, 3.0, high=False)
    later = (Later(1, -2.06), Later(7, 4.0))

    shown = last_time(BASIS, Rarity(found, 3.0, later))

    assert shown == "11 Nov 2025, low 2.0%; then BTC −2.1% in 1 d, +4.0% in 7 d"


def test_a_price_does_not_tell_its_own_future():
    found = context(closes(60_000, 70_000), 58_000.0, 61_000.0, high=False)

    assert last_time(PRICE, Rarity(found, 61_000.0, (Later(1, 16.7),))) == (
        "10 Nov 2025, low $60.0K"
    )


def test_deviations_are_told_only_with_enough_days():
    assert deviations(context(closes(*wave(89)), 9.0, 9.0, high=True)) == ""
    assert deviations(context(closes(*([5.0] * 100)), 9.0, 9.0, high=True)) == ""
    numbers = [4.0, 6.0] * 50  # mean 5, sample deviation 1.005
    shown = deviations(context(closes(*numbers), 3.0, 3.0, high=False))
    assert shown == "2.0 standard deviations below its mean of 100 days"


# From the store


@pytest.fixture
def store():
    return MemoryStore()


async def remember(store, series, *numbers, until=NOW):
    """Daily values; the last of them the day before `until`."""
    first = until - len(numbers) * DAY
    await store.history.fill(
        [a_reading(series, value, first + i * DAY) for i, value in enumerate(numbers)]
    )


async def test_a_series_without_history_has_no_rarity(store):
    assert await rarity(store.history, SKEW, Asked(15.0), NOW) is None


async def test_the_side_is_that_of_the_median(store):
    await remember(store, SKEW, *wave(100))

    assert (await rarity(store.history, SKEW, Asked(9.0), NOW)).context.high
    assert not (await rarity(store.history, SKEW, Asked(2.0), NOW)).context.high


async def test_the_price_after_the_last_time_is_from_close_to_close(store):
    await remember(store, SKEW, *([5.0] * 50), 16.0, *([5.0] * 10))
    await remember(store, PRICE, *([100.0] * 51), 90.0, *([100.0] * 5), 110.0, *([100.0] * 3))

    found = await rarity(store.history, SKEW, Asked(16.5, 15.0, high=True), NOW)

    assert found.later == (Later(1, pytest.approx(-10)), Later(7, pytest.approx(10)))


async def told(store, since=NOW, kind=Kind.FIRED, leg=None, value=20.0):
    leg = leg or Leg(SKEW, Direction.ABOVE, 15.0, 13.0)
    new = New(HOME, "ann", Draft((leg,)), State(Idle()))
    rule = await store.rules.add(new, now=NOW, limit=30)
    event = Event(kind, rule.id, 1, 1, HOME, 1, leg.series, leg.level, value, NOW, since)
    (one,) = await brief(
        [event], await store.rules.load([event.rule]), Past(store.history, Readings())
    )
    return one


def fields_of(card):
    return {field.name: field.value for field in card.fields}


async def test_a_fired_alert_says_how_rare_it_is_and_when_it_was_last_so(store):
    await remember(store, SKEW, *([5.0] * 60), 11.0, *([6.0] * 30))

    shown = fields_of(alert([await told(store)], NOW))

    assert list(shown)[:2] == ["How rare", "Last time above 15%"]
    assert shown["How rare"] == "highest of 91 days (since 7 Nov 2025)"
    assert shown["Last time above 15%"] == (
        "not in the 91 days held; the highest was 11.0% on 6 Jan 2026"
    )


async def test_the_days_of_the_episode_itself_do_not_count(store):
    await remember(store, SKEW, *([5.0] * 90), 17.0, 18.0)

    one = await told(store, since=NOW - 2 * DAY, kind=Kind.REMINDED)

    assert one.rarity.context.n == 90
    assert one.rarity.context.last_time is None


async def test_a_low_is_looked_at_from_below(store):
    await remember(store, BASIS, *([5.0] * 95))

    one = await told(store, leg=Leg(BASIS, Direction.BELOW, 3.0, 4.0), value=2.0)

    assert fields_of(alert([one], NOW))["How rare"] == "lowest of 95 days (since 3 Nov 2025)"


async def test_what_ends_or_stops_says_nothing_of_rarity(store):
    await remember(store, SKEW, *([5.0] * 95))

    assert (await told(store, kind=Kind.RESOLVED, value=12.0)).rarity is None
    assert (await told(store, kind=Kind.DARK, value=None)).rarity is None


async def test_too_little_history_is_said_and_no_last_time_is_claimed(store):
    await remember(store, SKEW, *([5.0] * 12))

    shown = fields_of(alert([await told(store)], NOW))

    assert shown["How rare"] == "too little history (12 days)"
    assert not [name for name in shown if name.startswith("Last time")]


async def test_now_of_a_metric_says_how_rare_its_value_is():
    room = Room()
    await remember(room.store, SKEW, *([4.0, 6.0] * 50))

    card = await room.runs("now", "skew")

    shown = everything(card)
    assert "How rare: highest of 100 days (since 29 Oct 2025)" in shown
    assert "Last time this high: not in the 100 days held; the highest was 6.0% on 5 Feb" in shown
    assert "Spread: 9.2 standard deviations above its mean of 100 days" in shown


async def test_now_of_a_metric_answers_though_history_is_away():
    class Away(MemoryHistory):
        async def daily(self, series, days, until):
            raise StoreError("no answer")

    store = MemoryStore()
    store.history = Away()
    room = Room(store=store)

    card = await room.runs("now", "skew")

    assert card.title.startswith("BTC skew 14.2%")
    assert card.fields == ()
