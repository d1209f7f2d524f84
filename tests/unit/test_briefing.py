"""What a card needs beside the bare event."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Idle, Leg, State
from alerts.ports import New
from alerts.storage.memory import MemoryStore
from bot.briefing import Past, brief
from bot.commands.spec import Readings
from bot.text import alert
from tests.unit.commands.room import BASIS, HOME, IV, NOW, PRICE, SKEW, a_reading

DAY = timedelta(days=1)


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
async def rule(store):
    draft = Draft((Leg(SKEW, Direction.ABOVE, 15.0, 13.0),))
    return await store.rules.add(New(HOME, "ann", draft, State(Idle())), now=NOW, limit=30)


def an_event(rule, kind=Kind.FIRED, value=20.0, since=NOW, **changes):
    values = {"at": NOW, "revision": rule.revision, **changes}
    return Event(
        kind,
        rule.id,
        values.pop("revision"),
        rule.number,
        HOME,
        1,
        SKEW,
        15.0,
        value,
        values.pop("at"),
        since,
        **values,
    )


async def told_of(store, event, readings=None):
    (told,) = await brief(
        [event], await store.rules.load([event.rule]), Past(store.history, readings or Readings())
    )
    return told


async def test_a_fired_rule_comes_with_its_reading_yesterday_and_the_other_metrics(store, rule):
    await store.history.extend(
        [
            a_reading(SKEW, 14.2, NOW - DAY - timedelta(minutes=3)),
            a_reading(SKEW, 20.0),
            a_reading(PRICE, 71_500.0),
            a_reading(BASIS, 2.0),
        ]
    )

    told = await told_of(store, an_event(rule))

    assert told.rule == rule
    assert told.reading == a_reading(SKEW, 20.0)
    assert told.day_ago.value == 14.2
    assert [one.series for one in told.beside] == [PRICE, BASIS]


async def test_memory_stands_in_while_history_is_not_written_yet(store, rule):
    readings = Readings()
    readings.update({SKEW: a_reading(SKEW, 20.0)})

    told = await told_of(store, an_event(rule), readings)

    assert told.reading == a_reading(SKEW, 20.0)


async def test_what_was_read_after_the_event_is_not_told_with_it(store, rule):
    readings = Readings()
    readings.update({SKEW: a_reading(SKEW, 25.0, NOW + timedelta(minutes=1))})

    assert (await told_of(store, an_event(rule), readings)).reading is None


async def test_an_alert_on_another_metric_comes_with_price_and_skew(store, rule):
    await store.history.extend([a_reading(SKEW, 20.0), a_reading(PRICE, 71_500.0)])
    iv = replace(an_event(rule), series=IV)

    assert [one.series for one in (await told_of(store, iv)).beside] == [PRICE, SKEW]


async def test_the_newer_of_history_and_memory_is_told(store, rule):
    await store.history.extend([a_reading(SKEW, 20.0)])
    readings = Readings()
    readings.update({SKEW: a_reading(SKEW, 19.0, NOW - timedelta(minutes=5))})

    assert (await told_of(store, an_event(rule), readings)).reading.value == 20.0


async def test_what_two_rules_share_is_looked_up_once(store, rule):
    event = an_event(rule)

    told = await brief(
        [event, event], await store.rules.load([event.rule]), Past(store.history, Readings())
    )

    assert told[0] == told[1]


async def test_yesterday_is_left_out_when_nothing_near_it_is_known(store, rule):
    await store.history.extend([a_reading(SKEW, 14.2, NOW - 2 * DAY)])

    assert (await told_of(store, an_event(rule))).day_ago is None


async def test_a_resolved_rule_also_gets_the_price_when_it_began(store, rule):
    began = NOW - 3 * DAY
    await store.history.extend([a_reading(PRICE, 71_500.0, began), a_reading(PRICE, 74_000.0)])

    told = await told_of(store, an_event(rule, Kind.RESOLVED, 12.8, since=began))

    assert sorted(one.value for one in told.beside) == [71_500.0, 74_000.0]
    assert "BTC $71.5K → $74.0K meanwhile" in alert([told], NOW).lines[0]


async def test_the_dark_comes_with_the_last_reading(store, rule):
    await store.history.extend([a_reading(SKEW, 19.6, NOW - timedelta(hours=5))])

    told = await told_of(store, an_event(rule, Kind.DARK, None))

    assert told.reading.value == 19.6
    assert told.beside == ()


async def test_a_deleted_rule_is_not_told_of(store, rule):
    await store.rules.remove(HOME, rule.number)

    assert (await told_of(store, an_event(rule))).rule is None


async def test_an_edited_rule_is_not_told_of(store, rule):
    assert (await told_of(store, an_event(rule, revision=9))).rule is None


async def test_a_paused_rule_is_not_told_of(store, rule):
    paused = await store.rules.replace(replace(rule, paused=True), State(Idle()), now=NOW)

    assert (await told_of(store, an_event(paused))).rule is None


async def test_an_alert_says_how_the_market_stands_and_why(store, rule):
    readings = Readings()
    longs, regime = Series.parse("liq_long_usd.5d:BTC"), Series.parse("regime:BTC")
    for series, value in {SKEW: 20.4, BASIS: 2.0, longs: 1.8e9, regime: 2.0}.items():
        readings.update({series: a_reading(series, value)})

    told = await told_of(store, an_event(rule), readings)
    card = alert([told], NOW)

    assert next(field.value for field in card.fields if field.name == "Regime") == (
        "STRESS: skew 20.0% (> 15%), basis 2.0% (< 3%), "
        "5d longs liquidated at least $1.8B (> $1B); without drawdown, term slope"
    )


async def test_an_alert_with_too_little_beside_it_says_nothing_of_the_regime(store, rule):
    readings = Readings()
    readings.update({SKEW: a_reading(SKEW, 20.0), BASIS: a_reading(BASIS, 2.0)})

    assert (await told_of(store, an_event(rule), readings)).regime == ""


async def test_an_alert_that_comes_late_does_not_tell_todays_regime(store, rule):
    readings = Readings()
    for series in (SKEW, BASIS, Series.parse("regime:BTC")):
        readings.update({series: a_reading(series, 2.0, NOW + timedelta(hours=2))})

    assert (await told_of(store, an_event(rule), readings)).regime == ""
