"""What is read by polling: confirmed when it was handled, handled once, chats side by side."""

import asyncio
import contextlib

import pytest
from telegram import Bot

from bot.platforms.telegram.listener import UPDATES
from bot.platforms.telegram.polling import Polling
from bot.platforms.telegram.request import AiohttpRequest
from tests.fakes.telegram.desk import FakeDesk
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram
from tests.unit.platforms.telegram.test_telegram_supervision import a_telegram

ALICE, BOB = 42, 43


@pytest.fixture
async def fake(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the adapter does
    async with FakeTelegram() as server:
        yield server


class Handler:
    """Remembers what it was given; `slow` chats wait for the gate."""

    def __init__(self, slow=()):
        self.handled, self.slow, self.gate = [], slow, asyncio.Event()

    async def __call__(self, update):
        if update.effective_chat.id in self.slow:
            await self.gate.wait()
        self.handled.append((update.effective_chat.id, update.message.text))


@contextlib.asynccontextmanager
async def polling(fake, handler):
    """A poller that ends as a killed process does: at once, telling nobody."""
    request = AiohttpRequest(read_seconds=1.0)
    bot = Bot(fake.token, base_url=f"{fake.url}/bot", request=request, get_updates_request=request)
    poller = Polling(
        bot, handler, UPDATES, poll_seconds=1.0, look_again_seconds=0.05, pause_seconds=0.05
    )
    running = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        for task in (running, *poller._in_hand.values()):
            task.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await request.shutdown()


async def until(fact, seconds=3.0):
    async with asyncio.timeout(seconds):
        while not fact():
            await asyncio.sleep(0.01)


def offsets(fake):
    return [int(call.sent.get("offset") or 0) for call in fake.called("getUpdates")]


async def test_what_is_still_in_hand_is_not_confirmed(fake):
    handler = Handler(slow={ALICE})
    async with polling(fake, handler):
        await fake.say(ALICE, "/alert")
        await until(lambda: len(offsets(fake)) >= 3)
        before = max(offsets(fake))

        handler.gate.set()

        await until(lambda: max(offsets(fake)) > before)
        assert handler.handled == [(ALICE, "/alert")]


async def test_a_kill_between_read_and_handled_loses_no_command(fake):
    killed, again = Handler(slow={ALICE}), Handler()
    async with polling(fake, killed):
        await fake.say(ALICE, "/alert skew above 15%")
        await until(lambda: len(offsets(fake)) >= 3)
    assert killed.handled == []

    async with polling(fake, again):
        await until(lambda: again.handled)

    assert again.handled == [(ALICE, "/alert skew above 15%")]


async def test_a_slow_chat_holds_up_no_other_and_keeps_its_own_order(fake):
    handler = Handler(slow={ALICE})
    async with polling(fake, handler):
        await fake.say(ALICE, "1")
        await until(lambda: len(offsets(fake)) >= 2)
        await fake.say(BOB, "2")
        await fake.say(BOB, "3")
        await until(lambda: len(handler.handled) == 2)

        assert handler.handled == [(BOB, "2"), (BOB, "3")]
        handler.gate.set()
        await until(lambda: len(handler.handled) == 3)


async def test_what_was_handled_out_of_order_is_not_handled_again_meanwhile(fake):
    handler = Handler(slow={ALICE})
    async with polling(fake, handler):
        await fake.say(ALICE, "slow")
        await fake.say(BOB, "quick")
        await until(lambda: len(offsets(fake)) >= 4)

        assert handler.handled == [(BOB, "quick")]


async def test_a_handler_that_breaks_costs_its_update_only(fake):
    handled = []

    async def breaking(update):
        handled.append(update.message.text)
        if len(handled) == 1:
            raise RuntimeError("a bug")

    async with polling(fake, breaking):
        await fake.say(ALICE, "1")
        await fake.say(ALICE, "2")
        await until(lambda: len(handled) == 2)

    assert handled == ["1", "2"]


async def test_polling_goes_on_after_every_passing_trouble(fake):
    handler = Handler()
    fake.faults += [
        Fault("getUpdates", status=502, body="<html>"),
        Fault("getUpdates", close=True),
        Fault("getUpdates", status=429, description="x", parameters={"retry_after": 1}),
    ]
    async with polling(fake, handler):
        await fake.say(ALICE, "hello")
        await until(lambda: handler.handled, 12.0)


async def test_an_update_that_was_done_before_the_restart_is_not_done_again(fake):
    desk = FakeDesk()
    telegram = a_telegram(fake)
    running = asyncio.create_task(telegram.run(desk))
    await fake.say(ALICE, "/now")
    unconfirmed = list(fake.world.updates)
    await until(lambda: desk.seen)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    fake.world.updates = unconfirmed
    again = FakeDesk()
    again.seen = desk.seen
    running = asyncio.create_task(a_telegram(fake).run(again))
    await fake.say(BOB, "/now")
    await fake.next_message(BOB)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    assert [ask.chat.id for _, ask in again.asked] == [str(BOB)]


async def test_a_clean_stop_confirms_what_was_answered(fake):
    telegram, desk = a_telegram(fake), FakeDesk()
    running = asyncio.create_task(telegram.run(desk))
    await fake.say(ALICE, "/now")
    await fake.next_message(ALICE)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    again = FakeDesk()
    second = a_telegram(fake)
    running = asyncio.create_task(second.run(again))
    await fake.until_polling(after=len(offsets(fake)))
    await fake.say(BOB, "/now")
    await fake.next_message(BOB)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running

    assert [(name, ask.chat.id) for name, ask in again.asked] == [("now", str(BOB))]
