"""The fake Bot API answers, and the bot asks, as Telegram's own schema says."""

import asyncio
import contextlib

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile

from bot.card import Button, Card, Field, Tone
from bot.commands.spec import Reply
from bot.platforms.telegram import Telegram, Waits
from bot.platforms.telegram.request import AiohttpRequest
from tests.fakes.telegram.desk import FakeDesk
from tests.fakes.telegram.methods import METHODS
from tests.fakes.telegram.schema import Schema
from tests.fakes.telegram.server import FakeTelegram

ALICE, BOB, DESK = 42, 43, -1001
SCHEMA = Schema.load()

pytestmark = pytest.mark.skipif(SCHEMA is None, reason="../shared/data/specs is not here")


@pytest.fixture
async def fake():
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
async def bot(fake):
    bot = Bot(
        fake.token,
        base_url=f"{fake.url}/bot",
        request=AiohttpRequest(),
        get_updates_request=AiohttpRequest(),
    )
    async with bot:
        yield bot


def faults_of_answers(fake):
    return [
        fault
        for call in fake.calls
        if call.answer["ok"]
        for fault in SCHEMA.faults_of_answer(call.method, call.answer["result"])
    ]


def faults_of_requests(fake):
    return [
        fault
        for call in fake.calls
        for fault in SCHEMA.faults_of_request(
            call.method, call.sent | {name: {} for name in call.files}
        )
    ]


async def everything_people_do(fake):
    fake.group(DESK, admins=(ALICE,), topics={7})
    fake.group(-5, admins=(ALICE,))
    await fake.say(ALICE, "/start r_1")
    card = await fake.next_message(ALICE)
    await fake.toast(await fake.press(card, "Save"))
    await fake.next_edit(ALICE)
    await fake.say(BOB, "/alert@derivwatch_test_bot x", chat=DESK, thread=7)
    await fake.next_message(DESK)
    await fake.say_as_group("/alert x", chat=DESK)
    card = await fake.next_message(DESK)
    await fake.say(BOB, "@derivwatch_test_bot skew", chat=DESK, reply_to=card.id)
    await fake.next_message(DESK)
    await fake.migrate(-5, -1005, by=ALICE)
    await fake.block(BOB)
    await fake.unblock(BOB)
    await fake.kick(DESK, by=ALICE)
    await fake.until_polling(after=fake.world.poll)


async def test_what_the_bot_asks_and_is_answered_in_life_fits_the_schema(fake):
    desk = FakeDesk()
    rich = Card(
        "Saved <&>",
        tone=Tone.CALM,
        lines=("line",),
        fields=(Field("Name", "value"),),
        pre="block",
        footer="foot",
        buttons=((Button("Show", "show:1"),),),
        silent=True,
    )
    desk.replies["save:t1"] = Reply(rich, "Saved")
    telegram = Telegram(fake.token, base_url=fake.url, waits=Waits())
    running = asyncio.create_task(telegram.run(desk))

    await everything_people_do(fake)

    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert faults_of_requests(fake) == []
    assert faults_of_answers(fake) == []
    assert {"message", "callback_query", "my_chat_member"} == {
        kind
        for call in fake.called("getUpdates")
        for update in call.answer["result"]
        for kind in update
        if kind != "update_id"
    }


async def test_every_method_of_the_fake_answers_as_the_schema_says(fake, bot):
    room = fake.group(DESK, admins=(ALICE,))
    room.statuses |= {BOB: "creator", 44: "kicked"}
    fake.world.person(45)
    photo = InputFile(b"\x89PNG", "chart.png")

    message = await bot.send_message(DESK, "hello <b>you</b>", parse_mode="HTML")
    await bot.edit_message_text("other", DESK, message.message_id)
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ok", callback_data="ok:1")]])
    await bot.edit_message_reply_markup(DESK, message.message_id, reply_markup=keyboard)
    await bot.send_photo(DESK, photo, caption="a chart")
    await bot.send_document(DESK, InputFile(b"{}", "rules.json"))
    await bot.set_my_commands([("now", "The market")])
    await bot.get_my_commands()
    await bot.get_chat(DESK)
    for user in (ALICE, BOB, 44, 45, fake.world.bot["id"]):
        await bot.get_chat_member(DESK, user)
    await bot.get_chat_administrators(DESK)
    await bot.send_chat_action(DESK, "typing")
    await bot.get_webhook_info()
    await bot.set_webhook("https://example.com/x")
    await bot.delete_webhook()
    await bot.get_updates()
    await bot.delete_message(DESK, message.message_id)
    await bot.leave_chat(DESK)

    called = {call.method for call in fake.calls}
    assert METHODS.keys() - called == {"answerCallbackQuery", "getFile"}
    assert faults_of_answers(fake) == []


async def test_files_arrive_as_multipart_beside_the_other_parameters(fake, bot):
    fake.group(DESK)

    await bot.send_photo(DESK, InputFile(b"\x89PNG", "chart.png"), caption="<i>c</i> &lt;")

    (call,) = fake.called("sendPhoto")
    assert call.files == {"photo": ("chart.png", b"\x89PNG")}
    assert call.sent == {"chat_id": str(DESK), "caption": "<i>c</i> &lt;"}


def test_schema_check_sees_what_is_wrong():
    message = {"message_id": "1", "date": 1, "chat": {"id": 1, "type": "private"}, "color": 3}

    assert SCHEMA.faults_of_answer("sendMessage", message) == [
        "sendMessage: unknown color",
        "sendMessage.message_id: '1' is no Integer",
    ]
    assert SCHEMA.faults_of_request("sendMessage", {"chat_id": "1", "silent": "true"}) == [
        "sendMessage: unknown silent",
        "sendMessage: no text",
    ]
