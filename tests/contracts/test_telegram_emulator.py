"""Our Telegram platform against lo-bot-api-emulator, a Bot API server by others: poll and webhook.

It emulates another messenger's Bot API and knows neither rights nor limits. Two gaps of it are
bridged on the way: its getMe names no user, and it refuses `link_preview_options`.
"""

import asyncio
import contextlib
import json
import subprocess
import time

import aiohttp
import pytest
from aiohttp import web

from alerts.domain.ids import Chat, Platform
from alerts.storage.memory import MemoryStore
from bot.card import Card, Document
from bot.commands.spec import Reply
from bot.hook import Hook
from bot.outcome import Sent
from bot.platforms.seal import Seal
from bot.platforms.telegram import Telegram, Waits, Webhook
from tests.contracts.foreign.apart import APART, needs_apart
from tests.e2e.process import free_port
from tests.fakes.telegram.desk import FakeDesk

pytestmark = [needs_apart, pytest.mark.timeout(60)]

TOKEN = "110201543:AAcanary-emulator_0123456789abcdefgh"
SECRET = "a-secret-of-the-test_0123"
ALICE = {"id": 42, "is_bot": False, "first_name": "Alice"}
PRIVATE = {"id": 42, "type": "private", "first_name": "Alice"}
HOME = Chat(Platform("telegram"), "42")
QUICK = Waits(answer_seconds=5.0, watch_seconds=0.05, stop_seconds=3.0, poll_seconds=2.0)


class Emulator:
    """The server in a process of its own, and the people who write to it."""

    def __init__(self, port, journal):
        self.direct = f"http://127.0.0.1:{port}"
        self.url = ""
        self._journal = journal

    async def happens(self, **update):
        """Queue an update for the bot."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.direct}/__fixture/updates", json={"token": TOKEN, "update": update}
            ) as answer,
        ):
            assert answer.status == 200, await answer.text()

    async def says(self, text):
        await self.happens(message=a_message(7, text))

    async def taps(self, carried):
        message = a_message(8, "Saved?") | {"from": {**ALICE, "id": 1, "is_bot": True}}
        query = {"id": "q1", "from": ALICE, "message": message, "chat_instance": "1"}
        await self.happens(callback_query=query | {"data": carried})

    def calls(self):
        """Methods called so far, each with its status."""
        lines = self._journal.read_text().splitlines() if self._journal.exists() else []
        records = [json.loads(line) for line in lines]
        return [(one.get("method", one.get("event")), one.get("status")) for one in records]

    async def until(self, *call):
        async with asyncio.timeout(15):
            while call not in self.calls():
                await asyncio.sleep(0.02)


def a_message(number, text):
    return {
        "message_id": number,
        "date": int(time.time()),
        "chat": PRIVATE,
        "from": ALICE,
        "text": text,
    }


@contextlib.asynccontextmanager
async def bridged(address):
    """The address of a server in front of the emulator that bridges its two gaps."""

    async def passed_on(request):
        body, headers = await request.read(), {"Content-Type": request.headers["Content-Type"]}
        if request.content_type == "application/json":
            fields = json.loads(body)
            fields.pop("link_preview_options", None)
            body = json.dumps(fields).encode()
        async with session.post(f"{address}{request.path}", data=body, headers=headers) as answer:
            told = await answer.json()
            if request.path.endswith("/getMe"):
                told["result"]["username"] = "derivwatch_test_bot"
            return web.json_response(told, status=answer.status)

    app = web.Application()
    app.router.add_post("/{path:.*}", passed_on)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        await runner.cleanup()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One emulator for all tests; each has a token's queue to itself by asking for all of it."""
    port, journal = free_port(), tmp_path_factory.mktemp("emulator") / "journal.jsonl"
    words = ["--port", str(port), "--journal", journal, "--enable-control"]
    child = subprocess.Popen(
        [APART / "lo-bot-api-emulator", *words, "--allow-insecure-loopback-webhooks"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield Emulator(port, journal)
    child.terminate()
    child.wait(10)


@pytest.fixture
async def emulator(server):
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                await session.get(f"{server.direct}/bot{TOKEN}/getMe")
                break
            await asyncio.sleep(0.05)
    async with bridged(server.direct) as server.url:
        yield server


@contextlib.asynccontextmanager
async def running(telegram, desk):
    task = asyncio.create_task(telegram.run(desk))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await telegram.close()


async def asked(desk, count):
    async with asyncio.timeout(15):
        while len(desk.asked) < count:
            await asyncio.sleep(0.02)
    return [(what, ask.text) for what, ask in desk.asked]


async def test_it_is_polled_answered_and_edited(emulator):
    desk = FakeDesk()
    desk.replies["save:t1"] = Reply(Card("Saved as #7"), "Saved")
    async with running(Telegram(TOKEN, base_url=emulator.url, waits=QUICK), desk):
        await emulator.says("skew above 15%")
        await asked(desk, 1)
        await emulator.until("sendMessage", 200)
        await emulator.taps(Seal.of_token(TOKEN).sealed(HOME, "save:t1"))
        told = await asked(desk, 2)
        await emulator.until("answerCallbackQuery", 200)

    assert told == [("words", "skew above 15%"), ("save:t1", "")]
    assert {("getUpdates", 200), ("editMessageText", 200)} <= set(emulator.calls())


async def test_it_delivers_by_webhook_with_the_secret(emulator):
    desk, notes, statuses = FakeDesk(), MemoryStore().notes, []
    app = web.Application()

    async def take(request):
        answer = await Hook(SECRET, notes, telegram.deliver).take(request)
        statuses.append(answer.status)
        return answer

    app.router.add_post(Webhook("", SECRET).path, take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    webhook = Webhook(f"http://127.0.0.1:{runner.addresses[0][1]}", SECRET)
    telegram = Telegram(TOKEN, base_url=emulator.url, waits=QUICK, webhook=webhook)

    async with running(telegram, desk):
        await emulator.until("setWebhook", 200)
        await emulator.says("basis below 3%")
        told = await asked(desk, 1)
        async with asyncio.timeout(10):
            while not statuses:
                await asyncio.sleep(0.02)
    await runner.cleanup()

    assert told == [("words", "basis below 3%")]
    assert statuses == [200]


@pytest.mark.parametrize(
    ("card", "outcome"),
    [
        (Card("BTC skew 20.0% – above your 15%", lines=("a <b> & c",)), Sent),
        (Card("Long", lines=tuple("x" * 1900 for _ in range(5))), Sent),
        (Card("All that I keep", document=Document("data.json", '{"a": 1}')), Sent),
    ],
    ids=["card", "long", "file"],
)
async def test_it_takes_what_we_send(emulator, card, outcome):
    telegram = Telegram(TOKEN, base_url=emulator.url, waits=QUICK)

    sent = await telegram.send(HOME, card, "key")
    await telegram.close()

    assert isinstance(sent, outcome), sent


async def test_a_chat_that_it_does_not_know_is_refused_as_telegram_would(emulator):
    telegram = Telegram(TOKEN, base_url=emulator.url, waits=QUICK)

    outcome = await telegram.send(Chat(Platform("telegram"), "@nobody_here"), Card("x"), "key")
    await telegram.close()

    assert not isinstance(outcome, Sent), outcome
