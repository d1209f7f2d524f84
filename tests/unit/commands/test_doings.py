"""Acknowledging and snoozing: by a tap, by a command, and taking it back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.domain.errors import UsageError
from alerts.domain.preferences import Preferences
from alerts.domain.rule import Firing, Overlay, State
from alerts.rules.until import Today
from bot.commands.snooze import end_of
from tests.unit.commands.room import HOME, NOW, SKEW, Room, acts, everything

HOUR = timedelta(hours=1)
ON = State(Firing(3, NOW - HOUR, NOW - HOUR, 21.4), episodes=3, fired_at=NOW - HOUR)


@pytest.fixture
async def room():
    """Somebody whose first of two alerts is on."""
    room = Room()
    room.reads(SKEW, 20.0)
    for line in ("skew above 15%", "basis below 3%"):
        await room.says(line)
        if "Save" in acts(room.card):
            await room.presses("Save")
    held = await room.held(1)
    await room.store.rules.replace(held.rule, ON, now=NOW)
    return room


async def overlay(room, number=1):
    return (await room.held(number)).overlay


async def test_a_tap_acknowledges_the_episode_and_edits_the_card(room):
    reply = await room.taps("ack:1:3")

    assert await overlay(room) == Overlay(acked=3)
    assert reply.card.title == "✓ Seen 20:15 UTC – BTC skew above 15%"
    assert reply.card.lines == (
        "Quiet until it clears (below 13%). That I still tell you.",
        "Now 20.0%.",
    )
    assert list(acts(reply.card)) == ["Remind me again", "Snooze 4h", "Open #1", "Undo"]
    assert not reply.new


@pytest.mark.parametrize("act", ["ack:1:2", "ack:2:1"])
async def test_an_episode_that_is_over_is_not_acknowledged(room, act):
    reply = await room.taps(act)

    assert (reply.card, reply.toast) == (None, f"#{act[4]} is over already.")
    assert await overlay(room) == Overlay()


@pytest.mark.parametrize("act", ["ack:9:1", "ack:1", "ack:x:y", "snooze:9", "snooze:x", "unack:"])
async def test_a_tap_about_nothing_says_so(room, act):
    reply = await room.taps(act)

    assert (reply.card, reply.toast) == (None, "That alert is gone.")


async def test_a_tap_snoozes_for_four_hours(room):
    reply = await room.taps("snooze:1")

    assert await overlay(room) == Overlay(snoozed_until=NOW + 4 * HOUR)
    assert reply.card.title == "Snoozed until 07 Feb 00:15 UTC – BTC skew above 15%"
    assert list(acts(reply.card)) == ["End snooze", "Open #1", "Undo"]


async def test_snoozing_keeps_what_was_acknowledged_and_both_can_be_taken_back(room):
    await room.taps("ack:1:3")
    await room.taps("snooze:1")
    assert await overlay(room) == Overlay(3, NOW + 4 * HOUR)

    await room.taps("unsnooze:1")
    assert await overlay(room) == Overlay(3)

    await room.taps("unack:1")
    assert await overlay(room) == Overlay()


async def test_the_card_of_an_alert_shows_both_with_the_way_back(room):
    await room.taps("ack:1:3")
    await room.taps("snooze:1")

    await room.says("#1")

    assert room.card.title.endswith("ON since 19:15 UTC, seen, snoozed until 07 Feb 00:15 UTC")
    assert list(acts(room.card)) == [
        *["Pause", "Delete", "What is this?", "Remind me again", "End snooze", "Why?"]
    ]


async def test_the_list_shows_both(room):
    await room.taps("ack:1:3")

    await room.says("/alerts")

    assert "ON since 19:15 UTC, seen" in everything(room.card)


async def test_the_card_of_an_alert_that_is_on_can_be_acknowledged(room):
    await room.says("#1")

    await room.presses("Ack")

    assert await overlay(room) == Overlay(acked=3)


@pytest.mark.parametrize("act", ["ack:1:3", "ackall:1.2", "snooze:1", "snoozeall:1", "unack:1"])
async def test_only_who_may_edit_does_it_in_a_group(room, act):
    reply = await room.taps(act, may_edit=False)

    assert reply.toast == "Only admins change this group's alerts."
    assert await overlay(room) == Overlay()


async def test_all_of_a_card_are_acknowledged_where_they_are_on(room):
    reply = await room.taps("ackall:1.2.9")

    assert (await overlay(room), await overlay(room, 2)) == (Overlay(acked=3), Overlay())
    assert reply.card.title == "✓ Seen 20:15 UTC – #1 BTC skew above 15%"


async def test_all_of_a_card_are_snoozed(room):
    reply = await room.taps("snoozeall:1.2")

    snoozed = Overlay(snoozed_until=NOW + 4 * HOUR)
    assert (await overlay(room), await overlay(room, 2)) == (snoozed, snoozed)
    assert reply.card.title == "Snoozed until 07 Feb 00:15 UTC: 2 alerts"


@pytest.mark.parametrize("act", ["ackall:", "ackall:x", "snoozeall:", "snoozeall:7"])
async def test_all_of_none_is_none(room, act):
    await room.taps(act)

    assert (await overlay(room), await overlay(room, 2)) == (Overlay(), Overlay())


@pytest.mark.parametrize("line", ["/ack 1", "/ack #1", "/ack", "/ack all"])
async def test_a_command_acknowledges(room, line):
    card = await room.says(line)

    assert card.title == "✓ Seen 20:15 UTC – " + ("#1 " * (line[-1] != "1")) + "BTC skew above 15%"
    assert await overlay(room) == Overlay(acked=3)


async def test_a_command_says_what_is_over_or_unknown(room):
    assert (await room.says("/ack 2")).title == "#2 is over already."
    assert (await room.says("/ack 7")).title.startswith("There is no alert #7 here.")


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("/snooze 1", 4),
        ("/snooze #1 2h", 2),
        ("/snooze 1 for 30 min", 0.5),
        ("/snooze 1 until 22:15", 2),
        ("/snooze 1 20:00", 23.75),
        ("/snooze 1 until 7d", 168),
    ],
)
async def test_a_command_snoozes_as_long_as_is_said(room, line, hours):
    await room.says(line)

    assert await overlay(room) == Overlay(snoozed_until=NOW + hours * HOUR)


async def test_a_time_of_day_is_the_chats_own(room):
    await room.store.chats.write(HOME, Preferences(zone="Europe/Lisbon"))
    await room.store.chats.write(HOME, Preferences(zone="Asia/Tokyo"))

    await room.says("/snooze 1 until 8:00")

    eight = datetime(2026, 2, 6, 23, 0, tzinfo=UTC)
    assert (await overlay(room)).snoozed_until == eight


@pytest.mark.parametrize("said", ["10s", "40 days", "until 2026-12-01"])
async def test_a_length_out_of_reach_is_refused_with_one_that_works(room, said):
    card = await room.says(f"/snooze 1 {said}")

    assert "1 minute to 30 days" in everything(card)
    assert list(acts(card)) == ["/snooze 1 4h"]
    assert await overlay(room) == Overlay()


async def test_words_that_are_no_time_are_refused(room):
    assert "write a day, a date or a span" in everything(await room.says("/snooze 1 a bit"))
    assert "write a day, a date or a span" in everything(await room.says("/snooze a bit"))
    assert await overlay(room) == Overlay()


def test_a_time_that_the_clocks_skip_is_asked_about():
    before = Today(datetime(2026, 3, 28, 20, tzinfo=UTC), ZoneInfo("Europe/Berlin"))

    with pytest.raises(UsageError, match="is skipped") as asked:
        end_of("until 2:30", before, "/snooze 7")

    assert asked.value.fixes == (
        "/snooze 7 until 2026-03-29T00:30Z",
        "/snooze 7 until 2026-03-29T01:30Z",
    )


async def test_an_alert_deleted_under_the_tap_is_left_alone(room):
    await room.says("/delete 1")

    assert (await room.taps("snooze:1")).toast == "That alert is gone."


async def test_a_wider_clear_level_is_an_edit_and_the_level_stays(room):
    revision = (await room.held(1)).rule.revision

    await room.taps(f"widen:1:{revision}:12")

    held = await room.held(1)
    assert (held.rule.legs[0].level, held.rule.legs[0].clear, held.state) == (15.0, 12.0, ON)
    assert (await room.taps(f"widen:1:{revision}:11")).toast == "This card is out of date."


async def test_a_clear_level_on_the_loud_side_becomes_the_level(room):
    revision = (await room.held(1)).rule.revision

    await room.taps(f"widen:1:{revision}:99")

    assert (await room.held(1)).rule.legs[0].clear == 15.0


async def test_a_card_shows_the_times_of_the_chats_own_clock(room):
    await room.store.chats.write(HOME, Preferences(zone="Asia/Tokyo"))

    reply = await room.taps("snooze:1")

    assert reply.card.strong == "Snoozed until 09:15 JST"
