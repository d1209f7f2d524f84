"""The front desk: whatever is said or tapped comes back as a card."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.errors import StoreError
from bot.card import Card
from bot.commands import COMMANDS
from bot.commands.flood import BURST, REMEMBERED, Floods, Turn
from bot.commands.front import (
    ADMINS_TEXT,
    AWAY_TEXT,
    BROKEN_TEXT,
    FLOOD_TEXT,
    SLOW_TEXT,
    Front,
)
from bot.commands.spec import SILENCE, Command
from bot.commands.taps import OUT_OF_DATE, USED
from tests.unit.commands.room import (
    ELSEWHERE,
    HOME,
    NOW,
    AwayStore,
    Room,
    acts,
    everything,
)


@pytest.fixture
def room():
    return Room()


# Words


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("/start", "Welcome to derivwatch"),
        ("/start@derivbot g", "Welcome to derivwatch"),
        ("/start r_k3Qz81", "This link no longer works"),
        ("/NOW", "Now"),
        ("hello", "Hello. Name a metric and I say how it stands"),
        ("Thanks!", "You're welcome. I keep watching"),
        ("/cancel", "Nothing is open, so there is nothing to cancel"),
        ("explain btc", "What shall I explain of BTC?"),
        ("help", "What I understand"),
        ("skew", "BTC skew 14.2% – above usual"),
        ("btc basis", "BTC basis 5.6%"),
        ("bitcoin", "Now"),
        ("/now price", "BTC $71.5K"),
        ("alerts", "No alerts yet"),
        ("/status", "Status"),
        ("explain basis", "Basis, as it is measured here"),
        ("/alert", "1/4 Which metric?"),
        ("skew above 15%", "Saved as #1 – BTC skew above 15%"),
        ("/set skew above 15%", "Saved as #1 – BTC skew above 15%"),
    ],
)
async def test_a_line_is_answered(room, line, title):
    assert (await room.says(line)).title == title


@pytest.mark.parametrize(
    "line",
    [
        "skew above NaN", "skew above inf", "skew above 1e999", "skew above １５", "skew above 1,5",
        "skew above 15%%", "skew above --5", "skew above", "skew abov 15", "skew above 0.15",
        "skew above 150%", "doge skew above 10", "tell me when it crashes", "/frobnicate", "skw",
        "why skew", "#99", "/delete 99", "/delete three", "/delete", "/pause", "/resume x",
        "/now nonsense", "/explain nonsense", "price 30d", "", "   ", "\x00\x01", "<b>@here</b>",
        "/", "/@", "#", "skew above 1.000.000", "x" * 10_000, "/alerts page 0", "/alerts page x",
    ],
)  # fmt: skip
async def test_bad_input_gets_a_helpful_card_and_changes_nothing(room, line, caplog):
    card = await room.says(line)

    assert card.title
    assert await room.count() == 0
    assert card.title not in {BROKEN_TEXT, AWAY_TEXT}
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "line",
    ["now foo", "explain foo", "delete", "delete abc", "delete １", "pause", "resume", "resume x",
     "#9", "/nonsense", "hello", "cancel", "/start r_x", "explain btc"],
)  # fmt: skip
async def test_no_answer_is_a_dead_end(room, line):
    assert acts(await room.says(line))


async def test_deleted_and_cancelled_offer_a_way_on(room):
    await room.says("skew above 15%")
    await room.presses("Delete")
    assert list(acts(room.card)) == ["Set an alert", "Your alerts", "Undo"]

    await room.says("skew abov 15")
    await room.presses("Cancel")

    assert "Your alerts" in acts(room.card)


async def test_full_width_digits_are_asked_about_and_deleted_by_a_tap(room):
    await room.says("skew above 15%")
    await room.says("delete １")
    assert await room.count() == 1

    await room.presses("/delete 1")

    assert await room.count() == 0


@pytest.mark.parametrize("word", ["pause", "resume"])
async def test_pausing_and_resuming_alone_offer_all_of_them(room, word):
    card = await room.says(word)

    assert card.title == f"Which alert? Write its number, like: /{word} 3"
    assert list(acts(card)) == [f"/{word} all", "/alerts"]


async def test_a_level_that_is_meant_is_kept_without_the_grammars_flag(room):
    card = await room.says("skew above 150%")
    assert "Keep 150%" in acts(card)

    await room.presses("Keep 150%")

    assert room.card.title == "Saved as #1 – BTC skew above 150%"
    assert "sure" not in everything(room.card)


@pytest.mark.parametrize(
    ("line", "bound"),
    [
        ("price above 5b", "price can be (at most $1,000,000,000)."),
        ("price below -5", "price can be (more than nothing)."),
        ("skew above 150%", "skew can be (at most 100%)."),
    ],
)
async def test_a_level_out_of_reach_is_told_the_bound_it_is_beyond(room, line, bound):
    assert bound in everything(await room.says(line))


async def test_a_question_is_cut_between_sentences_only(room):
    card = await room.says("skew below -15")

    assert card.title.startswith("My sign for skew is positive: puts dearer than calls")
    assert card.lines == (
        (
            "If your source has the other sign, you want above 15%. "
            "Now 14.2%, usual −6 to +6 (Feb 2026)."
        ),
    )


async def test_a_negative_level_is_asked_about_with_one_kind_of_minus(room):
    card = await room.says("skew below -15")

    shown = everything(card) + " ".join(acts(card))
    assert "-15" not in shown
    assert "below −15%" in acts(card)


async def test_words_not_understood_leave_one_log_line_without_the_words(room, caplog):
    caplog.set_level(logging.INFO)

    await room.says("tell my secret to nobody")

    (record,) = caplog.records
    assert "secret" not in record.getMessage()


async def test_control_and_direction_characters_never_come_back(room):
    card = await room.says('skew above 15% named "a\u202eb\x07c"')

    assert all(char.isprintable() or char == "\n" for char in everything(card))


async def test_markup_in_a_name_stays_plain_text(room):
    card = await room.says('skew above 15% named "<b>@everyone</b>"')

    assert "<b>@everyone</b>" in card.title


# Buttons of a question


async def test_a_slip_of_the_finger_is_asked_about_and_fixed_by_a_tap(room):
    await room.says("skew abov 15")
    assert await room.count() == 0

    await room.presses("Yes: skew above 15")

    assert room.card.title == "Saved as #1 – BTC skew above 15%"


async def test_a_confirmed_odd_level_is_not_asked_about_again(room):
    await room.says("skew above 0.15")
    assert await room.count() == 0

    await room.presses("0.15%")

    assert room.card.title == "Saved as #1 – BTC skew above 0.15%"


async def test_a_fix_acts_once(room):
    fix = acts(await room.says("skew abov 15"))["Yes: skew above 15"]
    await room.taps(fix)

    assert (await room.taps(fix)).toast == USED
    assert await room.count() == 1


async def test_a_fix_is_forgotten_after_cancel(room):
    question = await room.says("skew abov 15")

    await room.taps(acts(question)["Cancel"])

    assert room.card.title == "Cancelled"
    assert (await room.taps(acts(question)["Yes: skew above 15"])).toast == USED


async def test_another_chat_cannot_use_a_fix(room):
    fix = acts(await room.says("skew abov 15"))["Yes: skew above 15"]

    assert (await room.taps(fix, chat=ELSEWHERE)).toast == USED
    assert (await room.taps(fix)).card is not None


async def test_a_misspelt_command_offers_the_right_one(room):
    await room.says("/alrts")

    await room.presses("Yes: /alerts" if "Yes: /alerts" in acts(room.card) else "/alerts")

    assert room.card.title == "No alerts yet"


# Forged and old buttons


@pytest.mark.parametrize(
    "act",
    [
        "", ":", "nonsense", "save:", "save:forged", "fix:../../x", "cancel:", "delete:1", "show:",
        "delete:99:1", "pause:1:1:1", "arm:x:y", "show:99", "show:<b>", "pick:", "pick:X:Y",
        "pick:BTC:skew25_norm:above:nan", "pick:BTC:skew25_norm:sideways:1", "pick:BTC:nothing",
        "pick:a:b:c:d:e:f", "cmd:", "cmd:nothing", "cmd:now:nonsense", "now:", "now:nonsense",
        "cmd:alerts:page 99", "delete:999999999:1", "\ud800", "save:\x00", "x" * 200,
    ],
)  # fmt: skip
async def test_a_forged_act_changes_nothing_and_breaks_nothing(room, act, caplog):
    await room.says("skew above 15%")

    await room.taps(act)

    assert await room.count() == 1
    assert (await room.held(1)).rule.revision == 1
    assert "Traceback" not in caplog.text


async def test_an_old_button_shows_how_things_stand(room):
    saved = acts(await room.says("skew above 15%"))
    await room.taps(saved["Pause"])

    reply = await room.taps(saved["Delete"])

    assert reply.toast == OUT_OF_DATE
    assert reply.card.title == "#1 BTC skew above 15% – paused"
    assert await room.count() == 1


async def test_the_button_of_a_deleted_alert_says_it_is_gone(room):
    saved = acts(await room.says("skew above 15%"))
    await room.taps(saved["Delete"])

    assert (await room.taps(saved["Delete"])).toast == "That alert is gone."


async def test_a_change_in_between_is_seen_by_the_tap(room):
    await room.says("skew above 15%")
    held = await room.held(1)

    class Racing:
        def __getattr__(self, name):
            return getattr(room.store.rules, name)

        async def get(self, chat, number):
            return held

    await room.store.rules.replace(held.rule, held.state, now=NOW)
    room.front = Front(replace(room.desk, rules=Racing()))
    reply = await room.taps("pause:1:1")

    assert reply.toast == OUT_OF_DATE


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=80))
def test_nothing_anybody_says_or_taps_raises(text):
    async def talk():
        room = Room()
        assert isinstance(await room.says(text), Card)
        assert isinstance(await room.runs("alert", text), Card)
        assert isinstance(await room.runs("alert", metric=text, level=text, hold=text), Card)
        await room.taps(text)
        for verb in ("save", "delete", "pick", "cmd", "show", "fix"):
            await room.taps(f"{verb}:{text}")
        await room.front.suggest("alert", "rule", text, room.ask)

    asyncio.run(talk())


WORDS = ("skew", "btc", "eth", "basis", "above", "below", "15%", "3", "10m", "once", "-5", "1e9")
WORDS += ("price", "60k", "named", '"x"', "alert", "delete", "#1", "all", "now", "<b>", "/alert")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=9))
def test_every_mix_of_known_words_is_answered(words):
    async def talk():
        room = Room()
        card = await room.says(" ".join(words))
        assert card.title
        for act in acts(card).values():
            assert await room.taps(act)

    asyncio.run(talk())


# Rights


async def test_a_member_may_look_but_not_change(room):
    await room.says("skew above 15%")

    assert (await room.says("skew", may_edit=False)).title.startswith("BTC skew")
    assert (await room.says("basis below 3", may_edit=False)).title == ADMINS_TEXT
    assert (await room.says("/delete 1", may_edit=False)).title == ADMINS_TEXT
    assert (await room.taps("delete:1:1", may_edit=False)).toast == ADMINS_TEXT
    assert (await room.taps("cmd:delete:1", may_edit=False)).card.title == ADMINS_TEXT
    assert await room.count() == 1


async def test_a_members_tap_does_not_use_up_the_admins_button(room):
    await room.says("skew abov 15")
    fix = acts(room.card)["Yes: skew above 15"]

    assert (await room.taps(fix, may_edit=False)).card.title == ADMINS_TEXT
    assert (await room.taps(fix)).card.title == "Saved as #1 – BTC skew above 15%"


async def test_another_chats_alert_does_not_exist_here(room):
    await room.says("skew above 15%", chat=ELSEWHERE)

    assert (await room.says("/delete 1")).title.startswith("There is no alert #1 here")
    assert (await room.taps("delete:1:1")).toast == "That alert is gone."
    assert await room.store.rules.get(ELSEWHERE, 1) is not None


# Trouble


async def test_with_the_store_away_nothing_is_claimed():
    room = Room(store=AwayStore())
    room.store.goes_away()

    assert (await room.says("skew above 15%")).title == AWAY_TEXT
    assert (await room.says("/alerts")).title == AWAY_TEXT
    assert (await room.taps("delete:1:1")).toast == AWAY_TEXT


async def test_the_market_can_be_seen_while_the_store_is_away():
    room = Room(store=AwayStore())
    room.store.goes_away()

    assert (await room.says("skew")).title == "BTC skew 14.2% – above usual"


async def test_a_question_without_a_store_has_no_buttons():
    room = Room(store=AwayStore())
    room.store.goes_away()

    card = await room.says("skew abov 15")

    assert "skew above 15" in card.title
    assert card.buttons == ()


async def test_a_save_that_failed_can_be_tapped_again():
    room = Room(store=AwayStore())
    await room.taps("pick:BTC:skew25_norm:above:15")
    await room.presses("10 min")
    save = acts(room.card)["Save"]
    room.store.rules.error = StoreError("no answer")
    assert (await room.taps(save)).toast == AWAY_TEXT

    room.store.rules.error = None

    assert (await room.taps(save)).card.title == "Saved as #1 – BTC skew above 15%"


async def test_a_fix_that_failed_can_be_tapped_again():
    room = Room(store=AwayStore())
    fix = acts(await room.says("skew abov 15"))["Yes: skew above 15"]
    room.store.rules.error = StoreError("no answer")
    assert (await room.taps(fix)).toast == AWAY_TEXT

    room.store.rules.error = None

    assert (await room.taps(fix)).card.title == "Saved as #1 – BTC skew above 15%"


async def test_a_command_that_ran_out_of_time_does_not_claim_that_nothing_happened():
    async def slow(ask, desk):
        raise TimeoutError

    room = Room()
    room.front = Front(room.desk, [Command("now", "", slow)])

    assert (await room.says("/now")).title == SLOW_TEXT


async def test_our_own_bug_is_logged_with_its_traceback_and_not_shown(caplog):
    async def broken(ask, desk):
        raise ZeroDivisionError("secret detail")

    room = Room()
    room.front = Front(room.desk, [Command("now", "", broken)])

    card = await room.says("/now")

    assert card.title == BROKEN_TEXT
    assert "secret" not in everything(card)
    assert "ZeroDivisionError" in caplog.text


async def test_cancellation_is_not_swallowed():
    async def slow(ask, desk):
        await asyncio.Event().wait()

    room = Room()
    room.front = Front(room.desk, [Command("now", "", slow)])
    task = asyncio.create_task(room.says("/now"))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_talking_to_the_bot_makes_a_lost_chat_reachable_again(room):
    await room.store.notes.put(f"gone:{HOME}", "blocked", timedelta(days=1))

    await room.says("/help")

    assert await room.store.notes.read(f"gone:{HOME}") is None


async def test_a_moved_chat_keeps_its_alerts(room):
    await room.says("skew above 15%")

    await room.front.moved(HOME, ELSEWHERE)

    assert await room.store.rules.get(ELSEWHERE, 1) is not None


async def test_a_move_while_the_store_is_away_raises_nothing():
    room = Room(store=AwayStore())
    room.store.goes_away()

    await room.front.moved(HOME, ELSEWHERE)


# Floods


async def test_a_flood_gets_one_notice_and_then_silence(room):
    cards = [await room.says("/help") for _ in range(BURST + 3)]

    assert [card.title for card in cards[BURST:]] == [FLOOD_TEXT, "", ""]
    assert await room.front.words(room.ask) == SILENCE


async def test_a_flood_that_goes_on_gets_no_second_notice_until_it_has_calmed_down(room):
    titles = []
    for _ in range(30):
        titles += [(await room.says("/help")).title for _ in range(20)]
        room.clock.advance(seconds=1)

    room.clock.advance(seconds=60)
    titles += [(await room.says("/help")).title for _ in range(BURST + 1)]

    assert titles.count(FLOOD_TEXT) == 2
    assert titles[-1] == FLOOD_TEXT


async def test_a_flood_of_taps_is_answered_with_a_toast_once(room):
    replies = [await room.taps("show:1") for _ in range(BURST + 2)]

    assert [reply.toast for reply in replies[BURST:]] == [FLOOD_TEXT, ""]


async def test_a_flood_is_one_persons_and_ends_with_time(room):
    for _ in range(BURST + 2):
        await room.says("/help")
    assert (await room.says("/help", user="bob")).title == "What I understand"

    room.clock.advance(seconds=1)

    assert (await room.says("/help")).title == "What I understand"


def test_floods_of_ever_new_people_do_not_fill_the_memory():
    floods = Floods()

    turns = {floods.turn(HOME, str(person), NOW) for person in range(REMEMBERED + 10)}

    assert turns == {Turn.ANSWER}
    assert len(floods._buckets) == REMEMBERED


# The table


def test_every_command_fits_every_platform():
    for command in COMMANDS:
        assert command.name.islower()
        assert 1 <= len(command.summary) <= 100
        assert all(1 <= len(param.summary) <= 100 for param in command.params)


def test_names_and_aliases_are_used_once():
    names = [name for command in COMMANDS for name in (command.name, *command.aliases)]

    assert len(names) == len(set(names))


def test_required_parameters_come_first():
    for command in COMMANDS:
        required = [param.required for param in command.params]
        assert required == sorted(required, reverse=True)


async def test_an_unknown_command_is_answered(room):
    assert "nothing" in (await room.runs("nothing")).title
