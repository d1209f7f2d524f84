"""A move of open interest in USD, taken apart (the figures of the note of 6 February 2026)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, Platform, RuleId, Venue
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Direction, Draft, Leg, State
from alerts.metrics import metric_of
from alerts.ports import New
from alerts.storage.memory import MemoryStore
from bot.briefing import Past, brief
from bot.commands.spec import Readings
from bot.text import figures
from bot.text.news import alert
from bot.text.split import Ends, Split, apart
from tests.unit.commands.room import NOW

WEEK = timedelta(days=7)
CHANGE = Series.parse("oi_usd:BTC|chg.7d")
CHAT = Chat(Platform("telegram"), "7")
NOTE = Split("BTC", Ends(44.3e9, 35.8e9), Ends(516_010.0, 527_850.0), Ends(85_851.0, 67_822.0))


def test_a_fall_that_is_price_says_so_and_names_the_coins():
    assert apart(NOTE) == (
        "$44.3B → $35.8B, but 527,850 BTC, flat in coins.",
        "Price moved −21%: nearly all of this move is price, not new positions.",
    )


def test_a_fall_that_is_closed_positions_says_that():
    usd, coins, price = Ends(44.3e9, 35.8e9), Ends(500_000.0, 404_000.0), Ends(88_600.0, 88_614.0)
    first, second = apart(Split("BTC", usd, coins, price))

    assert first == "$44.3B → $35.8B, and 404,000 BTC, −19% in coins."
    assert second == "Price moved 0.0%: nearly all of this move is closed positions, not price."


def test_a_move_of_both_is_told_as_both():
    usd, coins, price = Ends(40e9, 32.4e9), Ends(500_000.0, 450_000.0), Ends(80_000.0, 72_000.0)

    assert "part price, part closed positions" in apart(Split("BTC", usd, coins, price))[1]


@pytest.fixture
async def store():
    one = MemoryStore()
    yield one
    await one.close()


async def told_of(store, *gone):
    """What a rule on the weekly change is told, with a week of history but for what is gone."""
    leg = Leg(CHANGE, Direction.BELOW, -15.0, -13.0)
    rule = await store.rules.add(New(CHAT, "ann", Draft((leg,)), State()), now=NOW - WEEK, limit=30)
    for name, ends in (("oi_usd", NOTE.usd), ("oi_coin", NOTE.coins), ("price", NOTE.price)):
        if name not in gone:
            series = Series.parse(f"{name}:BTC")
            for at, value in ((NOW - WEEK, ends.before), (NOW, ends.after)):
                await store.history.extend([Reading(series, value, at, (Venue("a"),))])
    event = Event(Kind.FIRED, RuleId(rule.id), 1, 1, CHAT, 1, CHANGE, -15.0, -19.187, NOW, NOW)
    return (
        await brief([event], await store.rules.load([event.rule]), Past(store.history, Readings()))
    )[0]


async def test_the_alert_on_usd_carries_the_split(store):
    card = alert([await told_of(store)], NOW)

    assert card.title == "BTC USD OI 7d change −19.2% – below your −15%"
    assert "$44.3B → $35.8B, but 527,850 BTC, flat in coins." in card.lines


async def test_without_all_three_ends_nothing_is_said_of_it(store):
    assert (await told_of(store, "price")).split is None


async def test_other_alerts_have_no_split(store):
    event = replace((await told_of(store)).event, series=Series.parse("oi_coin:BTC|chg.7d"))
    (told,) = await brief(
        [event], await store.rules.load([event.rule]), Past(store.history, Readings())
    )

    assert told.split is None


@pytest.mark.parametrize(
    ("series", "value", "shown"),
    [
        ("oi_coin:BTC", 527_850.0, "527.9K BTC"),
        ("oi_usd:BTC", 35.8e9, "$35.8B"),
        ("liq_long_usd.5d:BTC", 1.8e9, "at least $1.8B"),
        ("funding_8h:BTC", 0.004, "0.0040%"),
        ("funding_annual:BTC", 4.38, "4.4%"),
        ("term_slope:BTC", -23.0, "−23.0 vol pts"),
        ("pcr_oi:BTC", 0.818, "0.82"),
        ("drawdown.30d:BTC", -44.04, "−44.0%"),
        ("vs_gold.30d:BTC", -31.2, "−31.2 pts"),
        ("oi_coin:BTC|chg.7d", -10.04, "−10.0%"),
        ("skew25_norm.60d:BTC|chg.24h", 5.8, "5.8 pts"),
        ("basis.60d:BTC|pctl.365d", 3.2, "3.2%"),
        ("basis.60d:BTC|z.90d", -2.14, "−2.1σ"),
    ],
)
def test_each_number_prints_with_its_unit(series, value, shown):
    assert figures.value(metric_of(Series.parse(series)), value) == shown


@pytest.mark.parametrize(
    ("series", "level", "shown"),
    [
        ("oi_usd:BTC", 35e9, "$35B"),
        ("liq_long_usd.5d:BTC", 1.5e9, "$1.5B"),
        ("oi_coin:BTC", 500_000.0, "500,000 BTC"),
        ("price:BTC", 1_000_000.0, "$1,000,000"),
        ("pcr_oi:BTC", 0.7, "0.7"),
        ("price:BTC|chg.24h", -20.0, "−20%"),
    ],
)
def test_each_level_prints_as_a_person_writes_it(series, level, shown):
    assert figures.level(metric_of(Series.parse(series)), level) == shown


def test_a_sum_of_liquidations_is_told_as_a_lower_bound_beside_its_level():
    metric = metric_of(Series.parse("liq_long_usd.5d:BTC"))

    assert figures.exact(metric, 1.8e9, 1.5e9) == "at least $1.8B"
