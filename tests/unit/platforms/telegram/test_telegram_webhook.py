"""Telegram's deliveries over HTTP: whose they are, that each is handled once, and how it goes."""

import asyncio
import contextlib
import io
import time
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web

from alerts.domain.errors import StoreError
from alerts.storage.memory import MemoryStore
from bot.hook import BODY_AT_MOST, Hook
from bot.platforms.telegram import Telegram, TelegramLostError, Waits, Webhook
from tests.fakes.telegram.desk import FakeDesk
from tests.fakes.telegram.server import FakeTelegram

ALICE, BOB = 42, 43
SECRET = "a-secret-of-the-test_0123"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
QUICK = Waits(answer_seconds=1.0, watch_seconds=0.01, stop_seconds=2.0, hook_seconds=0.05)


class House:
    """A chat process: its web server, its platform, and the notes it shares with others."""

    def __init__(self, fake, notes):
        self.fake = fake
        self.notes = notes
        self.desk = FakeDesk()
        self.webhook = None
        self.telegram = None

    async def post(self, update, secret=SECRET, body=None):
        headers = {HEADER: secret} if secret is not None else {}
        sent = {"data": io.BytesIO(body)} if body is not None else {"json": update}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.webhook.url, headers=headers, **sent) as answer,
        ):
            return answer.status


@contextlib.asynccontextmanager
async def open_house(fake, notes):
    house = House(fake, notes)
    app = web.Application()
    path = Webhook("", SECRET).path

    async def take(request):
        return await Hook(SECRET, house.notes, house.telegram.deliver).take(request)

    app.router.add_post(path, take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    house.webhook = Webhook(f"http://127.0.0.1:{runner.addresses[0][1]}", SECRET)
    house.telegram = Telegram(fake.token, base_url=fake.url, waits=QUICK, webhook=house.webhook)
    running = asyncio.create_task(house.telegram.run(house.desk))
    await fake.world.until(lambda: fake.world.webhook or None, 5.0)
    try:
        yield house
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError, TelegramLostError):
            await running
        await house.telegram.close()
        await runner.cleanup()


@pytest.fixture
async def fake():
    async with FakeTelegram() as server:
        yield server


@pytest.fixture
def notes():
    return MemoryStore().notes


@pytest.fixture
async def house(fake, notes):
    async with open_house(fake, notes) as opened:
        yield opened


def an_update(number, text="hello"):
    sender = {"id": ALICE, "is_bot": False, "first_name": "Alice"}
    chat = {"id": ALICE, "type": "private", "first_name": "Alice"}
    message = {
        "message_id": number,
        "date": int(time.time()),
        "chat": chat,
        "from": sender,
        "text": text,
    }
    return {"update_id": number, "message": message}


async def test_what_is_said_arrives_by_webhook_and_is_answered(house, fake):
    await fake.say(ALICE, "hello")

    assert (await fake.next_message(ALICE)).text == "words: hello"
    assert fake.called("getUpdates") == []
    assert house.telegram.health() == "ok"


async def test_each_update_is_handled_once_however_often_it_is_delivered(house, fake):
    fake.world.private(ALICE)

    statuses = [await house.post(an_update(7)) for _ in range(3)]

    assert statuses == [200, 200, 200]
    assert [ask.text for _, ask in house.desk.asked] == ["hello"]


async def test_two_chat_processes_share_what_was_handled(fake, notes):
    fake.world.private(ALICE)
    async with open_house(fake, notes) as one, open_house(fake, notes) as two:
        await one.post(an_update(7))
        await two.post(an_update(7))
        await two.post(an_update(8))

        assert [len(house.desk.asked) for house in (one, two)] == [1, 1]


async def test_an_update_in_the_hands_of_another_process_is_asked_for_again(house):
    await house.notes.put("update:7", "in work", timedelta(seconds=0.1))

    first = await house.post(an_update(7))
    await asyncio.sleep(0.15)

    assert (first, await house.post(an_update(7))) == (503, 200)


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "a" * 300])
async def test_without_the_secret_nothing_is_read(house, secret):
    assert await house.post(an_update(7), secret) == 401
    assert house.desk.asked == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{}", b'{"update_id":"x"}', b"\xff", b"[" * 100_000]
)
async def test_what_is_no_update_is_refused(house, body):
    assert await house.post(None, body=body) == 400


async def test_a_huge_body_is_refused(house):
    assert await house.post(None, body=b" " * (BODY_AT_MOST + 1)) == 413


async def test_the_path_follows_from_the_secret_and_shows_neither(house, fake):
    webhook = Webhook("https://bot.example.org", SECRET)

    assert webhook.path != Webhook("https://bot.example.org", SECRET + "x").path
    assert SECRET not in webhook.url
    assert fake.token not in webhook.url
    assert SECRET not in repr(webhook)


async def test_a_store_that_is_away_makes_telegram_deliver_again(house, fake, monkeypatch):
    read, failures = house.notes.read, [StoreError("away")] * 2

    async def reluctant(key):
        if failures:
            raise failures.pop()
        return await read(key)

    monkeypatch.setattr(house.notes, "read", reluctant)
    await fake.say(ALICE, "hello")

    assert (await fake.next_message(ALICE)).text == "words: hello"
    await fake.world.until(lambda: len(fake.deliveries) == 3 or None, 5.0)
    assert [status for _, status in fake.deliveries] == [503, 503, 200]


async def test_a_webhook_taken_away_by_a_poller_is_told_and_set_again(house, fake):
    fake.world.webhook = ""
    async with asyncio.timeout(5):
        while house.telegram.health() == "ok":
            await asyncio.sleep(0.01)
    told = house.telegram.health()
    await fake.world.until(lambda: fake.world.webhook or None, 5.0)

    await fake.say(ALICE, "hello")

    assert "another program" in told
    assert (await fake.next_message(ALICE)).text == "words: hello"


async def test_deliveries_that_fail_show_in_health(house, fake, monkeypatch):
    async def away(key):
        raise StoreError("away")

    monkeypatch.setattr(house.notes, "read", away)
    await fake.say(ALICE, "hello")

    async with asyncio.timeout(5):
        while "cannot deliver" not in house.telegram.health():
            await asyncio.sleep(0.01)
    assert "503" in house.telegram.health()


async def test_slow_work_for_one_chat_holds_up_no_other_delivery(house, fake):
    fake.world.private(ALICE)
    house.desk.gate.clear()
    slow = asyncio.create_task(house.post(an_update(7, "/now")))
    await asyncio.sleep(0.05)

    update = an_update(8)
    update["message"]["chat"] = {"id": BOB, "type": "private", "first_name": "Bob"}
    fake.world.private(BOB)

    assert await house.post(update) == 200
    house.desk.gate.set()
    assert await slow == 200
