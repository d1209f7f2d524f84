"""People on the fake Telegram, the library's real Application, and a fake front desk."""

import asyncio
import contextlib
import time

import pytest

from alerts.domain.ids import Chat, Platform
from bot.card import Card
from bot.commands.spec import SILENCE, Ask, Reply
from bot.platforms.telegram import Telegram, Waits
from tests.fakes.telegram.desk import FakeDesk
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram

TELEGRAM = Platform("telegram")
ALICE, BOB = 42, 43
DESK = -1001
ALICES = Chat(TELEGRAM, "42")
QUICK = Waits(answer_seconds=1.0, watch_seconds=0.01, stop_seconds=2.0)


@pytest.fixture
async def fake():
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
def desk():
    return FakeDesk()


@pytest.fixture
async def telegram(fake, desk):
    platform = Telegram(fake.token, base_url=fake.url, waits=QUICK)
    running = asyncio.create_task(platform.run(desk))
    await fake.until_called("setMyCommands", 3)
    yield platform
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await platform.close()


async def test_command_goes_to_the_desk_and_its_card_comes_back(fake, desk, telegram):
    await fake.say(ALICE, "/alert skew above 15%")

    card = await fake.next_message(ALICE)
    assert card.text == "alert: skew above 15%"
    assert list(card.buttons) == ["Save", "Cancel"]
    assert desk.asked == [("alert", Ask(ALICES, "42", "skew above 15%"))]


@pytest.mark.parametrize(
    ("said", "name", "text"),
    [
        ("/now", "now", ""),
        ("/set skew above 15%", "alert", "skew above 15%"),
        ("/now@derivwatch_test_bot skew", "now", "skew"),
        ("/start r_k3Qz81", "start", "r_k3Qz81"),
        ("/alert skew above 15\nand basis below 3", "alert", "skew above 15\nand basis below 3"),
        ("/nonsense 1", "words", "/nonsense 1"),
        ("skew above 15%", "words", "skew above 15%"),
    ],
)
async def test_what_is_said_in_private_reaches_the_desk_as(fake, desk, telegram, said, name, text):
    await fake.say(ALICE, said)

    await fake.next_message(ALICE)
    assert [(what, ask.text) for what, ask in desk.asked] == [(name, text)]


@pytest.mark.parametrize(
    "content",
    [
        {"photo": [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]},
        {"voice": {"file_id": "v", "file_unique_id": "u", "duration": 3}},
        {
            "sticker": {
                "file_id": "s",
                "file_unique_id": "u",
                "type": "regular",
                "width": 1,
                "height": 1,
                "is_animated": False,
                "is_video": False,
            }
        },
    ],
    ids=["photo", "voice", "sticker"],
)
async def test_what_is_not_text_reaches_the_desk_as_empty_words(fake, desk, telegram, content):
    await fake.show(ALICE, content)

    await fake.next_message(ALICE)
    assert desk.asked == [("words", Ask(ALICES, "42", ""))]


async def test_menu_is_shorter_in_groups_than_for_their_admins(fake, telegram):
    names = {
        scope: [command["command"] for command in commands]
        for scope, commands in fake.world.commands.items()
    }

    assert names == {
        "all_private_chats": ["now", "alert"],
        "all_group_chats": ["now"],
        "all_chat_administrators": ["now", "alert"],
    }


async def test_tap_edits_the_card_and_shows_the_toast(fake, desk, telegram):
    desk.replies["save:t1"] = Reply(Card("Saved as #7"), "Saved")
    await fake.say(ALICE, "/alert skew above 15%")
    card = await fake.next_message(ALICE)

    query = await fake.press(card, "Save")

    edited = await fake.next_edit(ALICE)
    assert await fake.toast(query) == "Saved"
    assert (edited.id, edited.text, edited.buttons) == (card.id, "Saved as #7", {})
    assert desk.asked[-1] == ("save:t1", Ask(ALICES, "42"))


async def test_tap_on_an_old_button_only_shows_a_toast(fake, desk, telegram):
    await fake.say(ALICE, "/now")
    card = await fake.next_message(ALICE)

    query = await fake.press(card, "Save")

    assert await fake.toast(query) == "This card was out of date"
    assert fake.called("editMessageText") == []


async def test_second_tap_that_changes_nothing_is_answered_all_the_same(fake, desk, telegram):
    desk.replies["save:t1"] = Reply(Card("Saved as #7"), "Saved")
    await fake.say(ALICE, "/now")
    card = await fake.next_message(ALICE)

    toasts = [await fake.toast(await fake.press(card, "Save")) for _ in range(2)]

    assert toasts == ["Saved", "Saved"]
    assert len(fake.edits[ALICE]) == 1
    assert len(fake.arrivals[ALICE]) == 1


async def test_card_deleted_under_the_tap_is_sent_anew(fake, desk, telegram):
    desk.replies["save:t1"] = Reply(Card("Saved as #7"))
    await fake.say(ALICE, "/now")
    card = await fake.next_message(ALICE)
    fake.world.rooms[ALICE].messages.pop(card.id)

    await fake.press(card, "Save")

    assert (await fake.next_message(ALICE)).text == "Saved as #7"


async def test_long_toast_is_cut_to_what_telegram_shows(fake, desk, telegram):
    desk.replies["save:t1"] = Reply(toast="😀" * 200)
    await fake.say(ALICE, "/now")

    query = await fake.press(await fake.next_message(ALICE), "Save")

    assert await fake.toast(query) == "😀" * 99 + "…"


async def test_member_of_a_group_may_not_edit_and_its_admin_may(fake, desk, telegram):
    fake.group(DESK, admins=(ALICE,))

    await fake.say(BOB, "/alert skew above 15", chat=DESK)
    await fake.next_message(DESK)
    await fake.say(ALICE, "/alert skew above 15", chat=DESK)
    await fake.next_message(DESK)

    assert [(ask.user, ask.may_edit) for _, ask in desk.asked] == [("43", False), ("42", True)]


async def test_rights_are_asked_once_in_five_minutes(fake, desk, telegram):
    fake.group(DESK, admins=(ALICE,))

    for _ in range(3):
        await fake.say(ALICE, "/now", chat=DESK)
        await fake.next_message(DESK)

    assert len(fake.called("getChatMember")) == 1


async def test_unknown_rights_are_no_rights(fake, desk, telegram):
    fake.group(DESK, admins=(ALICE,))
    fake.faults.append(Fault("getChatMember", status=502))

    await fake.say(ALICE, "/alert x", chat=DESK)
    await fake.next_message(DESK)
    await fake.say(ALICE, "/alert x", chat=DESK)
    await fake.next_message(DESK)

    assert [ask.may_edit for _, ask in desk.asked] == [False, True]


async def test_anonymous_admin_may_edit_and_a_channels_voice_may_not(fake, desk, telegram):
    fake.group(DESK)
    channel = {"id": -1009, "type": "channel", "title": "News"}

    await fake.say_as_group("/alert x", chat=DESK)
    await fake.next_message(DESK)
    await fake.say(136817688, "/alert x", chat=DESK, sender_chat=channel)
    await fake.next_message(DESK)

    assert [ask.may_edit for _, ask in desk.asked] == [True, False]
    assert [ask.user for _, ask in desk.asked] == ["1087968824", "-1009"]


async def test_members_tap_in_a_group_carries_no_right_to_edit(fake, desk, telegram):
    fake.group(DESK, admins=(ALICE,))
    await fake.say(ALICE, "/alert x", chat=DESK)
    card = await fake.next_message(DESK)

    await fake.toast(await fake.press(card, "Save", user=BOB))
    await fake.toast(await fake.press(card, "Save", user=ALICE))

    assert [ask.may_edit for act, ask in desk.asked if act == "save:t1"] == [False, True]


async def test_bot_hears_only_what_is_said_to_it_in_a_group(fake, desk, telegram):
    fake.group(DESK)
    await fake.say(BOB, "/now", chat=DESK)
    card = await fake.next_message(DESK)

    await fake.say(BOB, "skew is mad today", chat=DESK)
    await fake.say(BOB, "/now@another_bot", chat=DESK)
    await fake.say(BOB, "mail bob@derivwatch_test_bot.org", chat=DESK)
    await fake.say(BOB, "@derivwatch_test_bot skew above 15", chat=DESK)
    await fake.next_message(DESK)
    await fake.say(BOB, "/wrong@derivwatch_test_bot 1", chat=DESK)
    await fake.next_message(DESK)
    await fake.say(BOB, "basis", chat=DESK, reply_to=card.id)
    await fake.next_message(DESK)

    heard = [(name, ask.text) for name, ask in desk.asked]
    assert heard == [
        ("now", ""),
        ("words", "skew above 15"),
        ("words", "/wrong 1"),
        ("words", "basis"),
    ]


async def test_topic_is_part_of_the_chat_and_the_answer_goes_there(fake, desk, telegram):
    fake.group(DESK, topics={7})

    await fake.say(ALICE, "/now", chat=DESK, thread=7)

    card = await fake.next_message(DESK)
    await fake.toast(await fake.press(card, "Save", user=ALICE))
    assert card.thread == 7
    assert {ask.chat for _, ask in desk.asked} == {Chat(TELEGRAM, str(DESK), "7")}


async def test_reply_thread_in_a_plain_group_is_no_topic(fake, desk, telegram):
    fake.group(DESK)

    await fake.say(ALICE, "/now", chat=DESK, message_thread_id=99)

    await fake.next_message(DESK)
    assert desk.asked[0][1].chat == Chat(TELEGRAM, str(DESK))


async def test_migrated_group_is_told_to_the_desk(fake, desk, telegram):
    fake.group(-5, admins=(ALICE,))

    await fake.migrate(-5, DESK, by=ALICE)
    await fake.say(ALICE, "/now", chat=DESK)
    await fake.next_message(DESK)

    old, new = Chat(TELEGRAM, "-5"), Chat(TELEGRAM, str(DESK))
    assert set(desk.moves) == {(old, new)}


async def test_block_and_kick_are_taken_calmly(fake, desk, telegram):
    fake.group(DESK, admins=(ALICE,))

    await fake.block(ALICE)
    await fake.kick(DESK, by=ALICE)
    await fake.unblock(ALICE)
    await fake.say(ALICE, "/now")

    assert (await fake.next_message(ALICE)).text == "now:"
    assert telegram.health() == "ok"


async def test_old_command_that_changes_rules_is_not_carried_out(fake, desk, telegram):
    await fake.say(ALICE, "/alert skew above 15", date=int(time.time()) - 400)
    await fake.say(ALICE, "/now", date=int(time.time()) - 400)

    answers = [(await fake.next_message(ALICE)).text for _ in range(2)]
    assert "6 minutes old" in answers[0]
    assert [name for name, _ in desk.asked] == ["now"]


async def test_reply_refused_by_flood_control_is_sent_a_moment_later(fake, desk, telegram):
    fake.faults.append(Fault(status=429, parameters={"retry_after": 1}))

    await fake.say(ALICE, "/now")

    assert (await fake.next_message(ALICE)).text == "now:"


async def test_slow_answer_to_one_chat_does_not_hold_up_another(fake, desk, telegram):
    desk.gate.clear()
    await fake.say(ALICE, "/now")
    await fake.say(ALICE, "skew")

    await fake.say(BOB, "skew")
    await fake.next_message(BOB)
    desk.gate.set()

    answers = [(await fake.next_message(ALICE)).text for _ in range(2)]
    assert answers == ["now:", "words: skew"]


async def test_reply_to_a_group_that_moved_meanwhile_follows_it(fake, desk, telegram):
    fake.group(-5, admins=(ALICE,))
    desk.gate.clear()
    await fake.say(ALICE, "/now", chat=-5)
    await fake.until_called("getChatMember")
    fake.world.rooms[-5].moved_to = fake.group(DESK).id
    desk.gate.set()

    assert (await fake.next_message(DESK)).text == "now:"
    assert desk.moves == [(Chat(TELEGRAM, "-5"), Chat(TELEGRAM, str(DESK)))]


async def test_edit_whose_markup_is_refused_becomes_plain_text(fake, desk, telegram):
    desk.replies["save:t1"] = Reply(Card("Saved <7>"))
    await fake.say(ALICE, "/now")
    card = await fake.next_message(ALICE)
    why = "Bad Request: can't parse entities: x"
    fake.faults.append(Fault("editMessageText", status=400, description=why))

    await fake.press(card, "Save")

    edited = await fake.next_edit(ALICE)
    assert (edited.text, "parse_mode" in edited.sent) == ("Saved <7>", False)


async def test_bug_at_the_desk_is_logged_and_the_next_words_are_answered(
    fake, desk, telegram, caplog
):
    desk.replies["save:t1"] = "not a reply"
    await fake.say(ALICE, "/now")
    card = await fake.next_message(ALICE)

    query = await fake.press(card, "Save")

    assert await fake.toast(query) == ""
    await fake.say(ALICE, "/now")
    assert (await fake.next_message(ALICE)).text == "now:"
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [AttributeError]


async def test_a_silent_answer_sends_nothing(fake, desk, telegram):
    desk.card = SILENCE
    await fake.say(ALICE, "/now")
    while not desk.asked:
        await asyncio.sleep(0.01)
    desk.card = None
    await fake.say(ALICE, "/now")

    assert (await fake.next_message(ALICE)).text == "now:"
    assert len(fake.arrivals[ALICE]) == 1


async def test_a_reply_that_is_new_leaves_the_tapped_card_standing(fake, desk, telegram):
    desk.replies["save:t1"] = Reply(Card("What skew is"), new=True)
    await fake.say(ALICE, "/alert")
    card = await fake.next_message(ALICE)

    await fake.press(card, "Save")

    assert (await fake.next_message(ALICE)).text == "What skew is"
    assert fake.edits[ALICE] == []


@pytest.mark.parametrize("said", ["skew above 15%", "delete 1"])
async def test_an_old_line_is_not_carried_out_either(fake, desk, telegram, said):
    await fake.say(ALICE, said, date=int(time.time()) - 400)

    assert "6 minutes old" in (await fake.next_message(ALICE)).text
    assert desk.asked == []


async def test_a_chat_that_has_the_bot_again_can_be_reached_again(fake, desk, telegram):
    await fake.block(ALICE)
    await fake.unblock(ALICE)
    await fake.say(ALICE, "/now")
    await fake.next_message(ALICE)

    assert desk.returns == [ALICES]
