"""The distance board: alerts by typical daily moves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.rule import Direction, Firing, Idle, Join, State
from alerts.ports import New
from bot.commands.near import PAGE
from tests.builders import a_draft, a_leg
from tests.unit.commands.room import BASIS, ELSEWHERE, NOW, PRICE, SKEW, Room, a_reading, acts

DAY = timedelta(days=1)
BELOW_3 = a_leg(BASIS, Direction.BELOW, 3.0, 4.0)
BELOW_60K = a_leg(PRICE, Direction.BELOW, 60_000.0, 61_000.0)
FIRING = State(Firing(1, NOW - DAY, NOW - DAY, 16.0), 1, NOW - DAY)


async def a_saved(room, *legs, state=None, **fields):
    new = New(room.ask.chat, "ann", a_draft(*legs, **fields), state or State(Idle()))
    return await room.store.rules.add(new, now=NOW, limit=300)


async def moves(room, series, usual, step, days=30):
    """A month of closes that go up and down by one step each day."""
    run = [
        a_reading(series, usual + step * (one % 2), NOW - (days - one) * DAY) for one in range(days)
    ]
    await room.store.history.fill(run)


@pytest.fixture
async def room():
    """Skew 14.2 that moves 1.6 a day, basis 5.6 that moves 1.3, price 71.5K that moves 2 %."""
    room = Room()
    await moves(room, SKEW, 10.0, 1.6)
    await moves(room, BASIS, 5.0, 1.3)
    await moves(room, PRICE, 70_000.0, 1_400.0)
    return room


async def test_distances_of_different_kinds_compare(room):
    """Basis: 2.6 pts of 1.3; skew: 0.8 of 1.6; price: 16.08 % of 2 %."""
    await a_saved(room, BELOW_3)
    await a_saved(room, BELOW_60K)
    await a_saved(room)

    card = await room.says("/near")

    assert card.title == "Nearest first"
    assert card.lines == (
        "#3 BTC skew above 15% · now 14.2%, 0.8 pts away · about 0.5 days' moves",
        "#1 BTC basis below 3% · now 5.6%, 2.6 pts away · about 2 days' moves",
        "#2 BTC price below $60,000 · now $71.5K, 16.1% away · about 8 days' moves",
    )
    assert list(acts(card)) == ["#3", "#1", "#2"]


async def test_what_is_on_comes_first_and_what_is_paused_not_at_all(room):
    await a_saved(room)
    await a_saved(room, BELOW_3, state=FIRING)
    await a_saved(room, BELOW_60K)
    await room.says("/pause 3")

    lines = (await room.says("/near")).lines

    assert [line.split()[0] for line in lines] == ["#2", "#1"]
    assert lines[0] == "#2 BTC basis below 3% · now 5.6% · on"


async def test_of_all_conditions_the_one_that_is_missing_most_counts_of_any_the_least(room):
    await a_saved(room, a_leg(), BELOW_3)
    await a_saved(room, a_leg(), BELOW_3, join=Join.ANY)

    lines = (await room.says("/near")).lines

    assert lines[0].startswith("#2 ")
    assert "0.8 pts away · about 0.5 days' moves" in lines[0]
    assert "2.6 pts away · about 2 days' moves" in lines[1]


async def test_too_little_history_is_said_and_comes_last():
    room = Room()
    await moves(room, BASIS, 5.0, 1.3)
    await a_saved(room)
    await a_saved(room, BELOW_3)

    lines = (await room.says("/near")).lines

    assert lines[0].startswith("#2 ")
    assert lines[1].endswith("too little history for a typical move")


async def test_without_a_fresh_reading_nothing_is_claimed(room):
    await a_saved(room)
    room.clock.advance(hours=2)

    assert (await room.says("/near")).lines == ("#1 BTC skew above 15% · no fresh reading",)


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (14.3, "under 0.1 of a day's move"),
        (15.8, "about 1 day's move"),
        (14.0, "at its level"),
        (60.0, "more than 10 days' moves"),
    ],
)
async def test_how_far_in_words(room, level, told):
    await a_saved(room, a_leg(level=level))

    assert (await room.says("/near")).lines[0].endswith(told)


async def test_a_change_over_a_week_has_a_typical_move_of_its_own(room):
    """Over seven days the price is a step of 2 % up, then one down: 4 points a day."""
    await moves(room, PRICE, 70_000.0, 1_400.0, days=60)
    week = replace(PRICE, derived="chg.7d")
    room.reads(week, -2.0)
    await a_saved(room, a_leg(week, Direction.BELOW, -10.0, -9.0))

    [line] = (await room.says("/near")).lines

    assert line.endswith("about 2 days' moves")


async def test_many_alerts_are_turned_page_by_page(room):
    for place in range(PAGE + 1):
        await a_saved(room, a_leg(level=15.0 + place))

    card = await room.says("/near")
    assert card.title == "Nearest first, page 1 of 2"
    reply = await room.presses("More ▶")

    assert not reply.new
    assert [line.split()[0] for line in reply.card.lines] == ["#9"]
    assert (await room.says("/near page 77")).title == "Nearest first, page 2 of 2"


async def test_where_nothing_watches_a_way_on_is_offered(room):
    card = await Room(ELSEWHERE, store=room.store).says("/near")

    assert card.title == "No alerts are watching"
    assert acts(card)


async def test_other_words_are_answered(room):
    assert "just /near" in (await room.says("/near skew please")).title
