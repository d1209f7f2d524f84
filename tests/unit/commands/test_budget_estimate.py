"""What a chat's alerts come to, against the budget it has set."""

from datetime import timedelta

from alerts.domain.errors import StoreError
from tests.unit.commands.room import BASIS, NOW, SKEW, Room, a_reading, acts, everything


async def with_history(budget="1/week", **room):
    """Four weeks in which skew passed 15 once a week, and basis fell below 3 twice a week."""
    made = Room(**room)
    start = NOW - timedelta(days=28)
    for day in range(28):
        for quarter in range(4):
            at = start + timedelta(days=day, hours=6 * quarter)
            skew, basis = 16.0 if day % 7 == 3 else 10.0, 2.0 if day % 7 in {1, 5} else 7.0
            await made.store.history.extend(
                [a_reading(SKEW, skew, at), a_reading(BASIS, basis, at)]
            )
    if budget:
        await made.says(f"/budget {budget}")
    return made


async def test_a_rule_that_brings_the_chat_over_its_budget_says_so_and_offers_rarer_levels():
    room = await with_history("2/week")
    first = await room.says("skew above 15")
    assert "budget" not in everything(first)

    card = await room.says("basis below 3")

    assert "Your alerts come to about 3 a week, over your budget of 2 a week" in everything(card)
    assert "the rest waits for the summary." in everything(card)


async def test_a_day_of_budget_is_seven_of_a_week():
    room = await with_history("1/day")

    await room.says("skew above 15")

    assert "over your budget" not in everything(await room.says("basis below 3"))


async def test_a_rule_over_the_budget_all_by_itself_is_asked_about_with_the_budget_named():
    room = await with_history("1/week")

    card = await room.says("basis below 3")

    assert "Your budget is 1 a week." in everything(card)
    assert await room.store.rules.of_chat(room.ask.chat) == []


async def test_without_a_budget_nothing_is_added_up():
    room = await with_history(budget="")
    await room.says("skew above 15")

    assert "come to" not in everything(await room.says("basis below 3"))


async def test_critical_and_silent_rules_use_no_budget_up():
    room = await with_history("2/week")
    await room.says("skew above 15 critical")
    await room.says("skew above 14 silent")

    assert "over your budget" not in everything(await room.says("basis below 3"))


async def test_rules_made_before_the_budget_are_added_up_too():
    room = await with_history(budget="")
    await room.says("skew above 15")
    await room.says("basis below 3")

    card = await room.says("/budget 2/week")

    assert "Your alerts come to about 3 a week, over your budget of 2 a week" in everything(card)
    assert "come to about 3 a week." in everything(await room.says("/budget 5/week"))


async def test_paused_rules_ring_nothing():
    room = await with_history("2/week")
    await room.says("skew above 15")
    await room.says("/pause 1")

    assert "over your budget" not in everything(await room.says("basis below 3"))


async def test_a_sum_that_leaves_some_rules_out_is_called_the_least():
    room = await with_history("2/week")
    await room.says("skew above 15")
    await room.says("eth price below 1000")  # nothing of its past is known

    card = await room.says("basis below 3")

    assert "come to at least 3 a week" in everything(card)


async def test_a_store_that_is_away_meanwhile_keeps_nobody_from_saving():
    room = await with_history("1/week")

    async def away(*_):
        raise StoreError("away")

    room.store.notes.read_many = room.store.notes.put = away
    card = await room.says("skew above 15")

    assert card.title.startswith("Saved as #1")
    assert acts(card)


async def test_several_rules_saved_at_once_are_added_up_too():
    room = await with_history("2/week")

    await room.taps("preset:stress:BTC:")

    assert "over your budget of 2 a week" in everything(room.card)
