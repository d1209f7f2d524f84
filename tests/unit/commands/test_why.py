"""Why an alert did or did not come, from hand-made days."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from alerts.domain.errors import StoreError
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from alerts.domain.rule import Direction, Firing, Idle, Overlay, State, Timing, Voice, Waiting
from alerts.ports import Hands, New, Step
from alerts.queue import Aside
from bot.commands.front import Front
from tests.builders import a_draft, a_leg, minutes
from tests.unit.commands.room import (
    BASIS,
    ELSEWHERE,
    NOW,
    PRICE,
    SKEW,
    Room,
    a_reading,
    acts,
    everything,
)
from tests.unit.commands.test_history_and_proof import fire

HOUR = timedelta(hours=1)
TEN = Timing(hold=minutes(10))
BELOW_3 = a_leg(BASIS, Direction.BELOW, 3.0, 4.0)


@pytest.fixture
def room():
    return Room()


async def a_saved(room, *legs, timing=TEN, state=None, set_at=NOW - 48 * HOUR, **fields):
    draft = a_draft(*legs, timing=timing, **fields)
    new = New(room.ask.chat, "ann", draft, state or State(Idle()))
    return await room.store.rules.add(new, now=set_at, limit=300)


async def lived(room, series, until=NOW, hours=25, **values):
    """A reading a minute until then: `usual`, and other values at so many minutes ago."""
    count = hours * 60
    usual = values.pop("usual")
    spikes = {int(key.removeprefix("m")): value for key, value in values.items()}
    run = [
        a_reading(series, spikes.get(count - one, usual), until - minutes(count - one))
        for one in range(count)
    ]
    await room.store.history.extend(run)


def field(card, name):
    return next(one.value for one in card.fields if one.name == name)


async def test_the_sample_of_the_design_basis_was_below_its_level_too_briefly(room):
    """Product 3.5 F: low 2.9% at 09:42, below for 6 min, hold 10 min, 3 of 3 venues."""
    await a_saved(room, BELOW_3)
    ago = int((NOW - NOW.replace(hour=9, minute=42)) / minutes(1))
    await lived(room, BASIS, usual=3.6, **{f"m{ago - one}": 2.9 for one in range(6)})
    room.reads(BASIS, 3.6, seconds=20)

    card = await room.says("why basis")

    assert card.title == "Why #1 BTC basis below 3% – it did not fire in 24 h"
    assert card.lines == (
        "Last 24 h: BTC basis 2.9% at least, at 09:42 UTC, beyond your 3%.",
        "True for 6 min from 09:42 UTC: shorter than the 10 min it must hold.",
    )
    assert field(card, "Now") == "3.6%, 0.6 pts away. Armed."
    assert field(card, "Basis data") == "live, last reading 20 s ago, 1 of 1 venue"
    assert list(acts(card)) == ["Hold 5 min", "Open #1"]


async def test_the_hold_that_would_have_fired_is_a_tap_away_and_can_be_undone(room):
    await a_saved(room, BELOW_3)
    await lived(room, BASIS, usual=3.6, **{f"m{60 - one}": 2.9 for one in range(6)})
    room.reads(BASIS, 3.6)
    await room.says("/why 1")

    reply = await room.presses("Hold 5 min")

    assert reply.toast == "#1 has its new hold."
    assert (await room.held(1)).rule.timing.hold == minutes(5)
    await room.presses("Undo")
    assert (await room.held(1)).rule.timing.hold == minutes(10)


async def test_a_level_that_was_never_reached_is_told_with_its_distance_and_a_nearer_one(room):
    await a_saved(room)
    await lived(room, SKEW, usual=13.2, **{f"m{415 - one}": 14.6 for one in range(12)})
    room.reads(SKEW, 13.2)

    card = await room.says("/why #1")

    assert card.lines == (
        "Last 24 h: BTC skew 14.6% at most, at 13:20 UTC, 0.4 pts under your 15%.",
    )
    assert list(acts(card)) == ["15% → 14.5%", "Open #1"]
    await room.presses("15% → 14.5%")
    assert (await room.held(1)).rule.legs[0].level == 14.5


async def test_what_was_true_already_when_saved_waits_and_says_what_would_arm_it(room):
    await a_saved(room, state=State(Waiting()))
    await lived(room, SKEW, usual=16.0, m100=13.4)
    room.reads(SKEW, 16.0)

    card = await room.says("why skew")

    assert "It was true already when it was set or resumed, so it waits: armed once" in everything(
        card
    )
    assert field(card, "Clears") == "below 13%; the lowest in 24 h was 13.4% at 18:35 UTC"
    assert "true already, armed once below 13%" in field(card, "Now").lower()


async def test_what_was_true_before_the_alert_was_set_says_so(room):
    await a_saved(room, set_at=NOW - HOUR)
    await lived(room, SKEW, usual=12.0, **{f"m{300 - one}": 16.0 for one in range(30)})
    room.reads(SKEW, 12.0)

    assert "That was before you set it, 19:15 UTC." in (await room.says("why skew")).lines


async def test_the_least_time_between_two_firings_is_named(room):
    timing = Timing(hold=minutes(10), quiet=4 * HOUR)
    fired = State(Idle(), episodes=1, fired_at=NOW - 2 * HOUR)
    await a_saved(room, timing=timing, state=fired)
    await lived(room, SKEW, usual=12.0, **{f"m{60 - one}": 16.0 for one in range(30)})
    room.reads(SKEW, 12.0)

    card = await room.says("why skew")

    assert "It tells at most once in 4 h: next from 22:15 UTC." in card.lines


async def test_what_fired_lately_leads_to_its_proof(room):
    rule = await a_saved(room)
    await lived(room, SKEW, usual=16.0)
    room.reads(SKEW, 16.0)
    await fire(room, rule, at=NOW - HOUR)

    card = await room.says("why skew")

    assert card.title.endswith("– it is on")
    assert card.lines[0] == "It fired last at 19:15 UTC; Proof shows on what."
    assert card.lines[2] == "It was true all of that time."
    assert list(acts(card)) == ["Open #1", "Proof #1.1"]


async def test_what_fired_days_ago_is_not_of_this_day(room):
    rule = await a_saved(room)
    await lived(room, SKEW, usual=14.0)
    await fire(room, rule, at=NOW - 25 * HOUR)
    await room.store.rules.commit([], [Step(rule.id, 1, State(Idle(), 1))], 1)

    card = await room.says("why skew")

    assert card.title.endswith("– it did not fire in 24 h")
    assert "Proof #1.1" in acts(card)


async def test_what_was_true_for_just_its_hold_was_not_too_short(room):
    await a_saved(room)
    await lived(room, SKEW, usual=12.0, **{f"m{60 - one}": 16.0 for one in range(10)})

    assert "True for 10 min from 19:15 UTC." in (await room.says("why skew")).lines


async def test_a_paused_alert_says_that_first(room):
    await a_saved(room)
    await lived(room, SKEW, usual=14.0)
    await room.says("/pause 1")

    card = await room.says("/why 1")

    assert card.title.endswith("– it is paused")
    assert card.lines[0].startswith("A paused alert is not looked at.")
    assert list(acts(card)) == ["Open #1"]


async def test_a_dark_spell_is_told_with_its_length_and_its_reason(room):
    await a_saved(room)
    await lived(room, SKEW, usual=14.0, until=NOW - 4 * HOUR, hours=21)
    await lived(room, SKEW, usual=14.0, hours=2)
    room.reads(SKEW, 14.0)

    card = await room.says("why skew")

    assert field(card, "Blind") == (
        "1 h 58 min without data, 16:17–18:15 UTC (no new reading arrives);"
        " that never counts as held or as clear"
    )


async def test_in_the_dark_it_is_on_hold(room):
    await a_saved(room)
    room.clock.advance(hours=30)

    card = await room.says("why skew")

    assert card.lines == (
        "There was no reading of it in the last 24 h, so nothing could be decided.",
    )
    assert field(card, "Skew data").startswith("no fresh reading now, so it is on hold")
    assert "24 h without data" in field(card, "Blind") or "1 d without data" in field(card, "Blind")


async def test_several_conditions_are_told_one_by_one(room):
    await a_saved(room, a_leg(), BELOW_3, a_leg(PRICE, level=80_000, clear=79_000))
    await lived(room, SKEW, usual=16.0)
    await lived(room, BASIS, usual=3.5)
    for series, value in ((SKEW, 16.0), (BASIS, 3.5)):
        room.reads(series, value)

    card = await room.says("/why 1")

    assert "BTC skew 16.0% at most" in card.lines[0]
    assert "BTC basis 3.5% at least" in card.lines[0]
    assert "All 3 conditions were never true at once." in card.lines
    assert list(acts(card)) == ["Open #1"]


async def test_quiet_hours_and_a_snooze_are_named(room):
    rule = await a_saved(room)
    await lived(room, SKEW, usual=14.0)
    room.reads(SKEW, 14.0)
    chosen = Preferences(quiet=Quiet(time(20), time(7)))
    await room.store.chats.write(room.ask.chat, chosen)
    until = NOW + 4 * HOUR
    await room.store.rules.overlay(rule.id, Overlay(snoozed_until=until), now=NOW)

    card = await room.says("why skew")

    assert field(card, "News") == "quiet hours hold it back until 07 Feb 07:00 UTC"
    assert "snoozed until 07 Feb 00:15 UTC" in field(card, "Now")


async def test_a_budget_that_is_used_up_and_what_waits_of_it_are_named(room):
    rule = await a_saved(room)
    await lived(room, SKEW, usual=16.0)
    room.reads(SKEW, 16.0)
    event = await fire(room, rule, at=NOW - HOUR)
    hands = Hands(room.ask.chat.platform, "one", HOUR)
    [entry] = await room.store.outbox.take(hands, count=1, wait=timedelta(0))
    aside = Aside((event,), NOW + HOUR)
    await room.store.outbox.settle(hands, entry, aside=aside, rang="2026-W06")
    await room.store.chats.write(room.ask.chat, Preferences(budget=Budget(1, Period.WEEK)))

    assert field(await room.says("why skew"), "News") == (
        "news of it waits, from 19:15 UTC; "
        "the budget of 1 this week is used up, the summary comes 09 Feb 08:00 UTC"
    )


async def test_what_is_loud_rings_through_quiet_hours(room):
    await a_saved(room, voice=Voice.LOUD)
    await lived(room, SKEW, usual=14.0)
    await room.store.chats.write(room.ask.chat, Preferences(quiet=Quiet(time(20), time(7))))

    assert "News" not in {one.name for one in (await room.says("why skew")).fields}


# How it is asked


@pytest.mark.parametrize(
    "line",
    [
        *("why skew", "Why skew?", "/why skew", "why did skew not fire?", "why 1", "/why #1"),
        *("why is my btc skew alert silent", "/why", "why?", "why didn't it fire"),
    ],
)
async def test_it_can_be_asked_in_many_ways(room, line):
    await a_saved(room)
    await lived(room, SKEW, usual=14.0)

    assert (await room.says(line)).title.startswith("Why #1 BTC skew above 15%")


async def test_alerts_and_metrics_are_offered_while_typing(room):
    await a_saved(room)

    found = await room.front.suggest("why", "alert", "skew", room.ask)

    assert [one.value for one in found][:2] == ["1", "skew"]


async def test_without_a_name_of_several_it_asks_which(room):
    await a_saved(room)
    await a_saved(room, BELOW_3)
    await lived(room, BASIS, usual=5.0)

    card = await room.says("/why")

    assert card.title == "Why did which alert not come?"
    assert list(acts(card)) == ["Why #1", "Why #2"]
    assert (await room.presses("Why #2")).card.title.startswith("Why #2 BTC basis")


async def test_of_several_on_one_metric_the_nearest_is_told_and_the_others_offered(room):
    for level in (20.0, 15.0, 25.0):
        await a_saved(room, a_leg(level=level))
    await lived(room, SKEW, usual=14.0)

    card = await room.says("why skew")

    assert card.title.startswith("Why #2 ")
    assert [one for one in acts(card) if one.startswith("Why")] == ["Why #1", "Why #3"]


async def test_about_what_nobody_watches_it_offers_to_look_or_to_set_one(room):
    card = await room.says("why eth basis")

    assert card.title == "You have no alert on ETH basis"
    assert list(acts(card)) == ["How does it stand?", "Set one", "Your alerts"]


@pytest.mark.parametrize("line", ["/why 7", "/why #999999999"])
async def test_an_alert_that_is_not_there_is_said_to_be_missing(room, line):
    assert "There is no alert" in (await room.says(line)).title


async def test_another_chats_alert_is_not_explained(room):
    await a_saved(room)

    assert "There is no alert #1" in (await Room(ELSEWHERE, store=room.store).says("/why 1")).title


async def test_an_unknown_word_is_named(room):
    await a_saved(room)

    assert "no metric or asset" in (await room.says("why weather")).title


async def test_where_the_history_is_away_it_says_so(room):
    class Away:
        async def window(self, *_):
            raise StoreError("no answer")

    await a_saved(room)
    room.front = Front(replace(room.desk, history=Away()))

    assert "The history cannot be read right now" in (await room.says("why skew")).title


@pytest.mark.parametrize("act", ["rehold:1:1:-5", "rehold:1:1:x", "rehold:1:1:9999999", "rehold:1"])
async def test_a_forged_hold_changes_nothing(room, act):
    await a_saved(room)

    await room.taps(act)

    assert (await room.held(1)).rule.timing.hold == minutes(10)


async def test_the_card_of_an_alert_leads_to_why(room):
    await a_saved(room)
    await lived(room, SKEW, usual=14.0)
    await room.says("/alerts 1")

    assert (await room.presses("Why?")).card.title.startswith("Why #1")


async def test_an_alert_that_is_on_tells_how_near_its_end_is(room):
    rule = await a_saved(room)
    firing = State(Firing(1, NOW - 30 * HOUR, NOW - 30 * HOUR, 17.0), 1, NOW - 30 * HOUR)
    await room.store.rules.commit([], [Step(rule.id, 1, firing)], 1)
    await lived(room, SKEW, usual=16.0, m200=14.1)
    room.reads(SKEW, 16.0)

    card = await room.says("why skew")

    assert card.title.endswith("– it is on")
    assert field(card, "Clears") == "below 13%; the lowest in 24 h was 14.1% at 16:55 UTC"


async def test_one_that_flaps_says_that_it_waits_for_calm(room):
    rule = await a_saved(room)
    flapping = State(Idle(), flapping=True, turns=(NOW - minutes(3),))
    await room.store.rules.commit([], [Step(rule.id, 1, flapping)], 1)
    await lived(room, SKEW, usual=14.0)

    card = await room.says("why skew")

    assert (
        "It crossed its level so often that it waits for calm: "
        "once it stays 30 min on one side, I say what changed."
    ) in card.lines


async def test_one_that_counts_at_the_close_says_so_and_offers_a_hold(room):
    await a_saved(room, BELOW_3, timing=Timing(at_close=True))
    await lived(room, BASIS, usual=3.4, m200=2.9, m199=2.9, m198=3.4)
    room.reads(BASIS, 3.4)

    card = await room.says("why basis")

    assert "It counts only what is so at the daily close, 00:00 UTC." in card.lines
    assert next(iter(acts(card))) == "Hold 1 min"
    await room.presses("Hold 1 min")
    assert (await room.held(1)).rule.timing == Timing(hold=minutes(1))
