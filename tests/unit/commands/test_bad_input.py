"""What is mistyped, doubtful or impossible: what was understood, what was not, one fix to tap.

The table is that of the product's design, row by row; nothing is saved before a tap.
"""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, RuleId
from alerts.domain.preferences import Budget, Period, Preferences
from alerts.domain.reading import Series
from alerts.domain.rule import Idle, State
from alerts.exchanges import EXCHANGES
from alerts.metrics import METRICS
from alerts.offers import Offers
from alerts.ports import Held
from bot.commands.bundle import check_room
from tests.builders import a_rule
from tests.unit.commands.room import NOW, PRICE, SKEW, Room, a_reading, acts, everything
from tests.unit.commands.test_replay_before_save import lived, weekly

BESIDE = {
    "funding_annual:BTC": 4.4,
    "funding_8h:BTC": 0.004,
    "oi_coin:BTC": 527_850.0,
    "oi_usd:BTC": 35.8e9,
}


@pytest.fixture
async def room():
    """A chat of a bot that knows four weeks of skew, between 10 and 22, and the market now."""
    made = await lived(SKEW, weekly(16, 16, 22, 16), offers=Offers(EXCHANGES, METRICS))
    for name, value in BESIDE.items():
        made.reads(Series.parse(name), value)
    return made


ROWS = [
    # typed, what the card says, what its buttons say, and what the first one does
    ("skew abov 15", ["I read: skew above 15."], ["Yes: skew above 15"], "BTC skew above 15%"),
    (
        "skew above 0.15",
        ["Did you mean 15% or 0.15%?", "Now 14.2%", "daily values were 10.0% to 22.0%"],
        ["15%", "0.15%"],
        "BTC skew above 15%",
    ),
    (
        "skew above 150%",
        ["150% is far outside anything skew can be", "never fire", "10.0% to 22.0% in 27 days"],
        ["20%", "Keep 150%"],
        "BTC skew above 20%",
    ),
    (
        "skew below -15",
        ["My sign for skew is positive: puts dearer than calls", "you want above 15%"],
        ["above 15%", "below −15%", "Always use the other sign"],
        "BTC skew above 15%",
    ),
    (
        "skew above 15 or 20",
        ["One level per alert.", "warn 15%, critical 20%?"],
        ["Yes", "Just 15%"],
        "Done, 2 alerts on",
    ),
    (
        "funding above 0.05%",
        ["Per 8 h or per year?", "54.75% a year", "Now 0.004% per 8 h or 4.4% a year"],
        ["0.05% per 8 h", "0.05% a year"],
        "BTC funding rate above 0.05%",
    ),
    (
        "oi above 500000",
        ["BTC or USD: 500,000 BTC or $500,000?", "Now $35.8B or 527.9K BTC"],
        ["$500,000 – true now", "500,000 BTC – true now"],
        "BTC USD OI above $500,000",
    ),
    (
        "oi -20%",
        ["Over what time?", "I count contracts in coins; USD falls when price falls"],
        ["oi −20% in 24h", "oi −20% in 7d", "oi −20% in 30d", "oi_usd −20% in 7d"],
        "BTC oi −20% in 24h",
    ),
    (
        "doge skew above 10",
        ["I have no skew for 'DOGE'.", "I have it for BTC, ETH."],
        ["BTC skew above 10", "ETH skew above 10"],
        "BTC skew above 10%",
    ),
    (
        "doge skew",
        ["I have no skew for 'DOGE'.", "I have it for BTC, ETH."],
        ["BTC skew", "ETH skew"],
        "BTC skew 14.2%",
    ),
    (
        "skew above 15,5",
        ["I read 15,5 as 15.5%."],
        ["OK", "Change number format"],
        "BTC skew above 15.5%",
    ),
    (
        "price above 1.000.000",
        ["$1,000,000 or $1?", "Now $71.5K"],
        ["$1,000,000", "$1"],
        "BTC price above $1,000,000",
    ),
    (
        "skew above",
        ["Above what?", "Now 14.2%, usual −6 to +6"],
        ["skew above 10%", "skew above 15%", "skew above 20%"],
        "BTC skew above 10%",
    ),
    ("skew above NaN", ["NaN", "I need one number"], ["skew above 10%"], "BTC skew above 10%"),
    ("skew above 15%%", ["15%%", "I need one number"], ["skew above 10%"], "BTC skew above 10%"),
    ("skew above --5", ["--5", "I need one number"], ["skew above 10%"], "BTC skew above 10%"),
    (
        "tell me when it crashes",
        ["I don't guess what a crash is. The closest I have:"],
        ["BTC price −10% in 24h", "Stress watch"],
        "BTC price",
    ),
    ("", ["I read text only, no pictures or voice."], ["/now", "/alerts"], "Now"),
    # and the bad input of the rules themselves
    ("foo above 3", ["'foo' is nothing I watch"], ["skew above 10%"], "BTC skew above 10%"),
    (
        "skew25_norm.60d:XRP above 3",
        ["I do not follow XRP", "BTC, ETH"],
        ["skew25_norm.60d:BTC above 3"],
        "BTC skew above 3%",
    ),
    (
        "btc vs eth -10% in 30d",
        ["I compare returns with gold and with tech stocks", "btc skew above eth skew"],
        ["btc vs gold −10% in 30d", "btc vs tech −10% in 30d"],
        "BTC vs gold",
    ),
    (
        "skew above 15 until 2020-01-01",
        ["until 2020-01-01 is past"],
        ["Yes: skew above 15 until 7d"],
        "BTC skew above 15%",
    ),
    (
        "skew above 15 until yesterday",
        ["until yesterday is past"],
        ["Yes: skew above 15 until 7d"],
        "BTC skew above 15%",
    ),
    (
        "skew above 15 until someday",
        ["write a day, a date or a span"],
        ["Yes: skew above 15 until 7d"],
        "BTC skew above 15%",
    ),
    (
        "skew top 5%",
        ["BTC skew percentile in 365d needs 90 d of history, and I hold 27 d"],
        ["Save, and wait"],
        "BTC skew top 5% in 365d",
    ),
    (
        "skew +5 pts in 30d",
        ["BTC skew 30d change needs 30 d of history, and I hold 27 d"],
        ["Save, and wait"],
        "BTC skew +5 pts in 30d",
    ),
    ("oi -10% in 7d", ["needs 7 d of history, and I hold none"], ["Save, and wait"], "BTC oi −10%"),
    (
        "skew above 15 clear 20",
        ["clears at or below that level, so clear 20% cannot work"],
        ["Yes: skew above 15 clear 13%"],
        "BTC skew above 15%",
    ),
    (
        "skew above 15 and skew below 10",
        ["can never be true together"],
        ["BTC skew above 15%", "BTC skew below 10%"],
        "BTC skew above 15%",
    ),
    (
        "skew above 15 or skew below 20",
        ["it would always be true"],
        ["BTC skew above 15%", "BTC skew below 20%"],
        "BTC skew above 15%",
    ),
    (
        "skew above 10 and skew above 15",
        ["is the same as BTC skew above 15% alone"],
        ["Yes: BTC skew above 15%"],
        "BTC skew above 15%",
    ),
    (
        "skew outside -6 and 6 and basis below 3",
        ["'outside' is two levels, below and above", "make two alerts"],
        ["skew outside −6 and 6", "basis below 3"],
        "BTC skew below −6% or BTC skew above 6%",
    ),
    (
        "skew 7d above 30d",
        ["30d alone is not a level.", "Shall I hold it against skew 30d?"],
        ["Yes: skew 7d above skew 30d"],
        "BTC skew 7d above BTC skew",
    ),
    (
        "regime becomes",
        ["Becomes what?"],
        ["regime becomes cautious", "regime becomes stress", "regime becomes calm"],
        "BTC regime above calm",
    ),
    ("skew above 15 once each", ["twice; say it once"], ["/help"], "What I understand"),
    (
        "skew above 15 for 40d",
        ["write a time from 0m to 30d"],
        ["Yes: skew above 15 for 30d"],
        "BTC skew above 15%",
    ),
    ("skew in 400d above 3", ["I do not understand 'in' there"], [], ""),
    (
        "skew 400d above 3",
        ["skew is measured at 7d, 30d, 60d, 90d, 180d, not 400d"],
        ["skew 180d above 3"],
        "BTC 180d skew above 3%",
    ),
    (
        "skew top 5% in 5y",
        ["I keep percentiles over 90d, 365d, not over 5y"],
        ["skew top 5% in 365d"],
        "BTC skew top 5% in 365d",
    ),
    (
        "skew above price",
        ["BTC skew 60d is in %, BTC price in USD"],
        ["BTC skew 60d", "BTC price"],
        "BTC skew 14.2%",
    ),
]


@pytest.mark.parametrize(("typed", "says", "buttons", "done"), ROWS, ids=[row[0] for row in ROWS])
async def test_each_row_of_the_table(room, typed, says, buttons, done):
    card = await room.says(typed)

    assert await room.count() == 0
    for part in says:
        assert part in everything(card)
    assert list(acts(card))[: len(buttons)] == buttons
    if buttons:
        await room.presses(buttons[0])
        assert done in room.card.title


async def test_true_already_is_said_and_can_be_told_now(room):
    card = await room.says("basis below 6")

    assert "Already true (5.6%)" in everything(card)
    assert "Alert me now" in acts(card)


async def test_the_same_again_is_not_added_without_a_word(room):
    await room.says("basis below 3")

    card = await room.says("basis below 3")

    assert card.title == "You have that: #1 BTC basis below 3%"
    assert list(acts(card))[:2] == ["Open #1", "Add anyway"]
    assert await room.count() == 1


async def test_one_too_many_names_the_least_useful():
    room = Room(max_rules=30)
    for level in range(30):
        await room.says(f"skew above {20 + level}", one_by_one=True)

    card = await room.says("basis below 3", one_by_one=True)

    assert "30 of 30 alerts are used" in everything(card)
    assert "Least useful: #1 BTC skew above 20% (0 fires in 0 d)" in everything(card)
    await room.presses("Delete #1")
    assert await room.count() == 29


async def test_a_rule_for_every_day_offers_rarer_levels_first():
    room = await lived(PRICE, [70_000.0, 70_000.0, 59_000.0, 58_000.0, 70_000.0, 59_500.0] * 40)

    card = await room.says("price below 60000 quiet 0m")

    assert "A calm chat has at most 5 a week" in everything(card)
    assert list(acts(card))[-2:] == ["Save anyway", "Cancel"]
    assert next(iter(acts(card))).startswith("Lower to $59,100 · about")


async def test_the_chats_own_budget_is_what_a_rule_may_fill():
    room = await lived(PRICE, [70_000.0, 70_000.0, 59_000.0, 70_000.0] * 60)
    seven = Preferences(budget=Budget(2, Period.DAY))
    await room.store.chats.write(room.ask.chat, seven)

    assert (await room.says("price below 60000 quiet 0m")).title.startswith("Saved as #1")


async def test_an_hour_that_comes_twice_or_never_is_asked_about():
    room = Room()
    await room.store.chats.write(room.ask.chat, Preferences(zone="Europe/Lisbon"))

    skipped = await room.says("skew above 15 until 2026-03-29 01:30")
    assert "is skipped, as the clocks go forward" in everything(skipped)
    twice = await room.says("skew above 15 until 2026-10-25 01:30")
    assert "comes twice, as the clocks go back" in everything(twice)
    assert await room.count() == 0
    await room.presses(next(iter(acts(twice))))

    [held] = await room.store.rules.of_chat(room.ask.chat)
    assert held.rule.draft.until == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


async def test_until_a_day_is_to_its_end_in_the_zone_of_the_chat():
    room = Room()
    await room.store.chats.write(room.ask.chat, Preferences(zone="America/New_York"))

    await room.says("skew above 15 until 10 feb")

    [held] = await room.store.rules.of_chat(room.ask.chat)
    assert held.rule.draft.until == datetime(2026, 2, 11, 5, tzinfo=UTC)


# The other sign, and the other comma


async def test_always_the_other_sign_is_one_tap_and_read_from_then_on(room):
    await room.says("skew below -15")
    await room.presses("Always use the other sign")
    assert "call − put" in everything(room.card)

    card = await room.says("skew below -15")

    assert card.title == "Saved as #1 – BTC call skew below −15%"
    assert "Positive: calls dearer than puts" in card.lines[0]


@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("skew below -15 clear -12 for 1h", ("above", 15.0, 12.0)),
        ("skew -5 pts in 24h", ("above", 5.0, 3.0)),
        ("skew above eth skew", ("below", 0.0, 2.0)),
        ("skew25_norm above 15", ("above", 15.0, 13.0)),
        ("basis below 3", ("below", 3.0, 4.0)),
    ],
)
async def test_levels_and_changes_of_skew_turn_and_nothing_else(room, typed, saved):
    await room.runs("settings", "call-put")

    await room.says(typed)

    [held] = await room.store.rules.of_chat(room.ask.chat)
    leg = held.rule.draft.legs[0]
    assert (leg.direction, leg.level, leg.clear) == saved


async def test_a_range_with_the_other_sign_stays_a_range(room):
    await room.runs("settings", "call-put")

    card = await room.says("skew between -20 and -15")

    assert "BTC call skew below −15% and BTC call skew above −20%" in card.title


async def test_a_question_with_the_other_sign_is_answered_in_ours(room):
    await room.runs("settings", "call-put")
    await room.says("skew below -0.15")

    await room.presses("−15%")

    assert room.card.title == "Saved as #1 – BTC call skew below −15%"


async def test_a_decimal_comma_is_asked_about_only_once(room):
    await room.says("skew above 15,5")
    await room.presses("Change number format")

    card = await room.says("skew above 15,5")
    assert card.title == "Saved as #1 – BTC skew above 15,5%"
    card = await room.says("price above 1.000.000")
    assert card.title == "Saved as #2 – BTC price above $1.000.000"


async def test_in_a_group_only_admins_change_how_it_is_written(room):
    card = await room.says("/settings call-put", may_edit=False)

    assert "Only admins" in card.title
    assert not (await room.store.chats.read([room.ask.chat]))[0].flipped_sign


async def test_a_setting_nobody_knows_shows_those_there_are(room):
    assert "I know no setting" in (await room.says("/settings colour blue")).title


async def test_history_is_asked_for_only_where_the_market_has_no_value_yet(room):
    change = replace(SKEW, derived="chg.30d")
    room.readings.update({change: a_reading(change, 1.0, NOW - timedelta(seconds=5))})

    assert (await room.says("skew +5 pts in 30d")).title.startswith("Saved as #1")


async def test_an_asset_without_bands_has_no_regime_to_watch():
    room = Room(assets=(Asset("BTC"), Asset("SOL")))

    card = await room.says("sol regime becomes stress")

    assert "I have no bands for SOL, so no regime.\nI have it for BTC, ETH." in everything(card)
    assert await room.count() == 0
    assert "SOL regime" not in acts((await room.taps("pick:SOL")).card)


def test_of_ten_thousand_rules_the_least_useful_is_named_at_once():
    held = [
        Held(a_rule(id=RuleId(f"r{n}"), number=n), State(Idle(), episodes=n % 7 or 1))
        for n in range(1, 10_001)
    ]
    start = time.process_time()
    with pytest.raises(UsageError, match="10000 of 10000 alerts are used") as raised:
        check_room(held, 1, 10_000, NOW)

    assert raised.value.fixes[0] == "/delete 1"
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("typed", "said", "fixes"),
    [
        ("price above", "Above what?", ["price above 75000", "price above 79000"]),
        ("price below", "Below what?", ["price below 68000", "price below 64000"]),
        ("oi above", "Above what?", ["oi above 550000", "oi above 580000"]),
        ("oi in 7d", "above or below which level?", ["oi −10% in 7d", "oi +10% in 7d"]),
        ("skew between 10", "Between 10 and what?", ["skew between 10 and 15%"]),
        ("skew between 10 and", "Between 10 and what?", ["skew between 10 and 15%"]),
        ("skew above 15 for 400d", "from 0m to 30d", ["Yes: skew above 15 for 30d"]),
        ("skew above 15 every 5s", "from 1m to 30d", ["Yes: skew above 15 every 1m"]),
        ("price -20% in 500d", "not over 500d", ["price −20% in 30d", "price −20% in 7d"]),
        ("skew 999d above 15", "not 999d", ["skew 180d above 15", "skew 90d above 15"]),
    ],
)
async def test_what_is_missing_or_out_of_reach_is_offered_nearest_first(room, typed, said, fixes):
    room.reads(PRICE, 71_500.0)

    card = await room.says(typed)

    assert said in everything(card)
    assert list(acts(card))[: len(fixes)] == fixes
    assert await room.count() == 0


@pytest.mark.parametrize(
    ("typed", "said", "fixes"),
    [
        (
            "skew25_norm.60d:BTC@okx above 15",
            "okx gives me no BTC skew.\nI have it from deribit, or from all together.",
            ["BTC skew above 15%", "skew25_norm.60d:BTC@deribit above 15%"],
        ),
        (
            "basis.60d:BTC@nowhere below 3",
            "nowhere gives me no BTC basis.\nI have it from deribit, ",
            ["BTC basis below 3%", "basis.60d:BTC@deribit below 3%"],
        ),
        (
            "funding_annual:BTC@nowhere flips",
            "nowhere gives me no BTC funding.",
            ["BTC funding above 0%"],
        ),
        ("skew25_norm.60d:DOGE above 1", "I do not follow DOGE", []),
        ("foo.60d:BTC above 3", "I have no metric foo", []),
        ("skew25_norm.60d:BTC|chg.9h above 3", "", []),
    ],
)
async def test_a_series_that_does_not_exist_is_not_watched(room, typed, said, fixes):
    card = await room.says(typed)

    assert said in everything(card)
    assert list(acts(card))[: len(fixes)] == fixes
    assert await room.count() == 0


async def test_a_venue_that_has_it_can_be_named(room):
    await room.says("skew25_norm.60d:BTC@deribit above 15")

    assert await room.count() == 1
