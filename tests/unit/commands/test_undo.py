"""Taking back what was just done: any change, once, for 60 seconds, unless it changed again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.preferences import Preferences
from alerts.domain.rule import Firing, Idle, Overlay, State
from alerts.ports import New, Step
from alerts.rules.grammar import parse_all
from alerts.storage.memory import MemoryStore
from bot.card import Card
from bot.commands.front import Front
from bot.commands.market import vocabulary
from bot.commands.spec import Command
from bot.commands.undo import MOVED_ON, NO_PLACE, TOO_LATE
from tests.unit.commands.room import ELSEWHERE, NOW, SKEW, AwayStore, Room, acts, everything

FIRING = State(Firing(1, NOW, NOW, 16.2), 1, NOW)


class Seconds:
    """The store's own time, moved by hand."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def room(seconds):
    return Room(store=MemoryStore(seconds))


async def engine(room, number, state):
    """The engine moves a rule on."""
    rule = (await room.held(number)).rule
    await room.store.rules.commit([], [Step(rule.id, rule.revision, state)], 1)


# Every change


async def test_a_saved_alert_is_taken_back(room):
    await room.says("skew above 15%")

    await room.presses("Undo")

    assert room.card.title == "Undone: #1 is no longer saved – BTC skew above 15%"
    assert await room.count() == 0


async def test_a_deleted_alert_returns_with_its_number_name_and_state(room):
    await room.says("basis below 3%")
    await room.says('skew above 15% named "fear"')
    await engine(room, 2, FIRING)
    before = await room.held(2)
    await room.says("/delete 2")

    await room.presses("Undo")

    assert room.card.title == "Undone: #2 is back – fear: BTC skew above 15%"
    assert await room.held(2) == before
    assert "ON since" in everything(room.card)


async def test_a_pause_is_taken_back(room):
    await room.says("skew above 15%")
    await room.says("/pause 1")

    await room.presses("Undo")

    assert room.card.title == "Undone: #1 is as before – BTC skew above 15%"
    assert not (await room.held(1)).rule.paused


async def test_a_pause_of_all_is_taken_back_in_one_tap_for_those_it_touched(room):
    for line in ("skew above 15%", "basis below 3%", "price below 60k"):
        await room.says(line)
    await room.says("/pause 2")
    await room.says("/pause all")

    await room.presses("Undo")

    held = await room.store.rules.of_chat(room.ask.chat)
    assert [one.rule.paused for one in held] == [False, True, False]
    assert room.card.title == "Undone: 2 alerts are as before"


async def test_a_new_level_is_taken_back(room):
    await room.says("skew above 15%")
    await room.taps("tune:1:1:18")
    assert (await room.held(1)).rule.legs[0].level == 18

    await room.presses("Undo")

    held = await room.held(1)
    assert (held.rule.legs[0].level, held.rule.revision) == (15, 3)


async def test_a_preset_is_taken_back(room):
    await room.taps("preset:stress:BTC:")
    count = await room.count()
    assert count > 2

    await room.presses("Undo")

    assert room.card.title == f"Undone: {count} alerts are no longer saved"
    assert await room.count() == 0


async def both(ask, desk):
    """What an acknowledgement and a setting do."""
    held = await desk.rules.get(ask.chat, 1)
    await desk.rules.overlay(held.rule.id, Overlay(acked=1), now=desk.clock.now())
    [chosen] = await desk.chats.read([ask.chat])
    await desk.chats.write(ask.chat, replace(chosen, zone="Europe/Lisbon"))
    return Card("Done")


def with_both(room):
    """The room where that is a command."""
    room.front = Front(room.desk, (*room.front.commands, Command("both", "", both)))
    return room


async def test_what_people_did_and_chose_is_taken_back_too(room):
    await room.says("skew above 15%")
    await with_both(room).says("/both")
    assert (await room.held(1)).overlay == Overlay(acked=1)

    await room.presses("Undo")

    assert (await room.held(1)).overlay == Overlay()
    assert list(await room.store.chats.read([room.ask.chat])) == [Preferences()]


async def rewrite(desk, number, level):
    held = await desk.rules.get(ELSEWHERE, number)
    [leg] = held.rule.legs
    draft = replace(held.rule.draft, legs=(replace(leg, level=level),))
    wanted = replace(held.rule, draft=draft)
    await desk.rules.replace(wanted, held.state, now=desk.clock.now())


async def twice(_ask, desk):
    await rewrite(desk, 1, 20.0)
    await rewrite(desk, 1, 25.0)
    return Card("Done")


async def there_and_back(ask, desk):
    [draft] = parse_all("skew above 15%", vocabulary(desk))
    new = New(ask.chat, "ann", draft, State(Idle()))
    rule = await desk.rules.add(new, now=desk.clock.now(), limit=30)
    await desk.rules.remove(ask.chat, rule.number)
    await desk.chats.write(ask.chat, Preferences("Asia/Tokyo"))
    await desk.chats.write(ask.chat, Preferences())
    return Card("Done")


async def test_of_several_changes_to_one_thing_the_first_before_counts():
    room = Room(ELSEWHERE)
    await room.says("skew above 15%")
    room.front = Front(room.desk, (*room.front.commands, Command("twice", "", twice)))
    await room.says("/twice")
    assert (await room.held(1)).rule.legs[0].level == 25

    await room.presses("Undo")

    assert (await room.held(1)).rule.legs[0].level == 15


async def test_what_was_put_back_by_the_command_itself_is_no_change(room):
    command = Command("back", "", there_and_back)
    room.front = Front(room.desk, (*room.front.commands, command))

    assert "Undo" not in acts(await room.says("/back"))


async def test_a_command_that_changed_nothing_offers_nothing(room):
    await room.says("skew above 15%")

    assert "Undo" not in acts(await room.says("/alerts"))
    assert "Undo" not in acts(await room.says("skew above 15%"))


# /undo


async def test_undo_takes_back_the_last_change_of_the_chat(room):
    await room.says("skew above 15%")
    await room.says("basis below 3%")
    await room.says("/alerts")

    await room.says("/undo")

    held = await room.store.rules.of_chat(room.ask.chat)
    assert [one.rule.number for one in held] == [1]
    assert (await room.says("undo")).title == TOO_LATE


async def test_undo_with_nothing_done_says_so(room):
    assert (await room.says("/undo")).title == TOO_LATE


# Once, in time, here, and only while nothing has changed


async def test_a_double_tap_takes_back_once(room):
    await room.says("/delete 1")
    await room.says("skew above 15%")
    await room.says("/delete 1")
    undo = acts(room.card)["Undo"]
    await room.taps(undo)

    again = await room.taps(undo)

    assert (again.toast, again.card) == (TOO_LATE, None)
    assert await room.count() == 1


async def test_after_a_minute_nothing_is_taken_back(room, seconds):
    await room.says("skew above 15%")
    seconds.now += 60

    reply = await room.taps(acts(room.card)["Undo"])

    assert (reply.toast, reply.card) == (TOO_LATE, None)
    assert (await room.says("/undo")).title == TOO_LATE
    assert await room.count() == 1


@pytest.mark.parametrize("token", ["", "x", "AAAAAAAAAAAA", "../last", "é" * 10, ":", "undone"])
async def test_a_forged_token_does_nothing(room, token):
    await room.says("skew above 15%")

    reply = await room.taps(f"undo:{token}")

    assert (reply.toast, reply.card) == (TOO_LATE, None)
    assert await room.count() == 1


async def test_another_chats_token_does_nothing_there_and_still_works_here(room):
    await room.says("skew above 15%")
    undo = acts(room.card)["Undo"]
    other = Room(ELSEWHERE, store=room.store)
    await other.says("skew above 15%")

    reply = await other.taps(undo)

    assert (reply.toast, reply.card) == (TOO_LATE, None)
    assert await other.count() == await room.count() == 1
    await room.taps(undo)
    assert await room.count() == 0


async def test_who_may_not_edit_may_not_take_back(room):
    await room.says("skew above 15%")
    undo = acts(room.card)["Undo"]

    reply = await room.taps(undo, may_edit=False)
    card = await room.says("/undo", may_edit=False)

    assert "Only admins" in reply.toast
    assert "Only admins" in card.title
    assert await room.count() == 1


@pytest.mark.parametrize("line", ["/pause 1", "/delete 1"])
async def test_what_changed_again_is_left_alone(room, line):
    await room.says("skew above 15%")
    undo = acts(room.card)["Undo"]
    await room.says(line)
    before = await room.store.rules.of_chat(room.ask.chat)

    reply = await room.taps(undo)

    assert (reply.toast, reply.card) == (MOVED_ON, None)
    assert await room.store.rules.of_chat(room.ask.chat) == before


async def test_settings_that_changed_again_are_left_alone(room):
    await room.says("skew above 15%")
    undo = acts(await with_both(room).says("/both"))["Undo"]
    await room.store.chats.write(room.ask.chat, Preferences("Asia/Tokyo"))

    assert (await room.taps(undo)).toast == MOVED_ON

    assert (await room.held(1)).overlay == Overlay(acked=1)


async def test_a_chat_that_filled_up_since_keeps_what_it_has():
    room = Room(max_rules=1)
    await room.says("skew above 15%")
    undo = acts(await room.says("/delete 1"))["Undo"]
    await room.says("basis below 3%")

    assert (await room.taps(undo)).toast == NO_PLACE

    assert [one.rule.number for one in await room.store.rules.of_chat(room.ask.chat)] == [2]


async def test_the_engine_may_move_on_and_no_episode_number_is_given_twice(room):
    await room.says("skew above 15%")
    await room.says("/pause 1")
    undo = acts(await room.says("/resume 1"))["Undo"]
    await engine(room, 1, FIRING)

    await room.taps(undo)

    held = await room.held(1)
    assert held.rule.paused
    assert held.state.episodes == 1
    assert isinstance(held.state.phase, Idle)


async def test_a_store_that_is_away_costs_nobody_the_undo():
    room = Room(store=AwayStore())
    await room.says("skew above 15%")
    undo = acts(room.card)["Undo"]
    room.store.rules.answers = 0
    reply = await room.taps(undo)
    assert "store is away" in reply.toast
    room.store.rules.answers = 1_000

    await room.taps(undo)

    assert await room.count() == 0


async def test_what_broke_off_halfway_can_be_taken_back():
    room = Room(store=AwayStore())
    room.store.rules.answers = 2  # the list, and the first of two alerts

    await room.says("skew above 15 warn or 20 critical")

    room.store.rules.answers = 1_000
    assert await room.count() == 1
    await room.says("/undo")
    assert await room.count() == 0


async def test_what_was_erased_does_not_return(room):
    await room.says("skew above 15%")
    undo = acts(await room.says("/delete 1"))["Undo"]
    await room.says("/deleteme")
    await room.says("DELETE")

    assert (await room.taps(undo)).toast == TOO_LATE

    assert (await room.says("/undo")).title == TOO_LATE
    assert await room.count() == 0


async def test_settings_that_were_taken_back_lead_to_the_settings(room):
    await room.says("/quiet 23:00-07:00")

    await room.presses("Undo")

    assert room.card.title == "Undone: your settings are as they were"
    assert list(acts(room.card)) == ["All settings"]


async def test_an_import_is_taken_back_whole(room):
    await room.says('/import {"alerts": ["skew above 15%", "basis below 3%"]}')
    await room.presses("Save")
    assert await room.count() == 2

    await room.presses("Undo")

    assert await room.count() == 0


async def test_a_long_list_of_what_was_undone_is_cut(room):
    for level in range(10, 22):
        await room.says(f"skew above {level}%")
    await room.says("/pause all")

    await room.presses("Undo")

    assert room.card.title == "Undone: 12 alerts are as before"
    assert room.card.lines[-1] == "… and 4 more: /alerts"
    assert len(room.card.lines) == 9


async def test_the_change_of_a_minute_is_one_for_the_market_too(room):
    """The market's clock may run a hundred times faster: a person's minute is the store's."""
    await room.says("skew above 15%")
    room.clock.advance(seconds=timedelta(hours=2).total_seconds())
    room.reads(SKEW, 14.0)

    await room.presses("Undo")

    assert await room.count() == 0
