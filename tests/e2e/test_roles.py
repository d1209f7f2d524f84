"""Processes with roles on one Redis: who is killed or frozen is replaced, and news is told once."""

import asyncio
import re
import shutil
import signal
import time
from datetime import UTC, datetime

import aiohttp
import pytest

from alerts.recording import Recording
from alerts.serving import Stepped, serve
from alerts.storage.embedded import embedded
from tests.e2e import market
from tests.e2e.process import BotProcess
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

ALICE, BOB = 1001, 1002
PATIENCE = 25.0
TAKE_OVER_SECONDS = 5.0


@pytest.fixture
async def telegram():
    async with FakeTelegram() as fake:
        yield fake


@pytest.fixture
async def venue(tmp_path):
    path = tmp_path / "market.jsonl.gz"
    market.record(path)
    timeline = Stepped(market.CALM, now=lambda: datetime.now(UTC))
    async with serve(Recording.at(path), timeline) as served:
        yield served


@pytest.fixture
async def store_url(tmp_path):
    async with embedded(tmp_path / "store") as url:
        yield url


@pytest.fixture
async def team(tmp_path, telegram, venue, store_url):
    """Starts processes by role, and leaves none behind."""
    started = []

    async def start(role, *, webhook=False):
        process = BotProcess(
            {
                "TELEGRAM_BOT_TOKEN": telegram.token,
                "TELEGRAM_API_URL": telegram.url,
                "DERIBIT_URL": venue.url("deribit"),
                "VENUES": "deribit",
                "REDIS_URL": store_url,
                "ASSETS": "BTC",
                "POLL_OPTIONS": "1s",
                "POLL_FUTURES": "1s",
                "POLL_PRICE": "1s",
            },
            tmp_path / f"{role}-{len(started)}.log",
            role,
        )
        if webhook:
            process.settings |= {
                "TELEGRAM_WEBHOOK_URL": f"http://127.0.0.1:{process.port}",
                "TELEGRAM_WEBHOOK_SECRET": "the-secret-of-the-test",
            }
        started.append(process)
        await process.start()
        return process

    yield start
    await asyncio.gather(*(process.end() for process in started))


async def leads(process):
    """Whether the process says that it leads; a frozen one says nothing."""
    try:
        timeout = aiohttp.ClientTimeout(total=0.5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"http://127.0.0.1:{process.port}/metrics") as answer,
        ):
            found = re.search(r"^derivwatch_leading\S* (\S+)$", await answer.text(), re.MULTILINE)
    except (aiohttp.ClientError, TimeoutError):
        return False
    return found is not None and float(found[1]) == 1.0


async def until_leading(process, seconds):
    begin = time.monotonic()
    async with asyncio.timeout(seconds):
        while not await leads(process):
            await asyncio.sleep(0.05)
    return time.monotonic() - begin


async def test_a_leader_killed_or_frozen_is_replaced_and_news_is_told_once(team, telegram, venue):
    first = await team("poller")
    await until_leading(first, 10)
    second = await team("poller")
    await team("sender")
    await team("chat")
    await telegram.say(ALICE, "/alert skew above 15% for 1s")
    assert "#1" in (await telegram.next_message(ALICE, PATIENCE)).text
    await telegram.say(BOB, "/alert price below 61k for 1s")
    assert "#1" in (await telegram.next_message(BOB, PATIENCE)).text

    await first.kill()
    assert await until_leading(second, 10) <= TAKE_OVER_SECONDS
    venue.timeline.at = market.SOLD_OFF
    assert "skew 18." in (await telegram.next_message(ALICE, PATIENCE)).text

    third = await team("poller")
    assert not await leads(third)
    second.signal(signal.SIGSTOP)
    try:
        assert await until_leading(third, 10) <= TAKE_OVER_SECONDS
        venue.timeline.at = market.LOW
        assert "60" in (await telegram.next_message(BOB, PATIENCE)).text
    finally:
        second.signal(signal.SIGCONT)
    await asyncio.sleep(2.5)

    assert not await leads(second)
    assert await leads(third)
    venue.timeline.at = market.RELIEVED
    assert "back to 12." in (await telegram.next_message(ALICE, PATIENCE)).text
    await telegram.next_message(BOB, PATIENCE)
    assert len(telegram.arrivals[ALICE]) == len(["saved", "fired", "resolved"])
    assert len(telegram.arrivals[BOB]) == len(["saved", "fired", "resolved"])


async def test_a_sender_that_is_killed_loses_nothing_and_chats_may_arrive_by_webhook(
    team, telegram, venue
):
    await team("poller")
    first = await team("sender")
    await team("chat", webhook=True)
    await telegram.say(ALICE, "/alert skew above 15% for 1s")
    await telegram.next_message(ALICE, PATIENCE)
    second = await team("sender")
    second.signal(signal.SIGSTOP)
    calls = len(telegram.called("sendMessage"))
    telegram.faults.append(Fault(chat=ALICE, status=500, delay=20))
    venue.timeline.at = market.SOLD_OFF
    await telegram.world.until(
        lambda: len(telegram.called("sendMessage")) > calls or None, PATIENCE
    )

    await first.kill()
    second.signal(signal.SIGCONT)
    begin = time.monotonic()

    assert "skew 18." in (await telegram.next_message(ALICE, PATIENCE)).text
    assert time.monotonic() - begin <= TAKE_OVER_SECONDS
    assert len(telegram.arrivals[ALICE]) == len(["saved", "fired"])
    assert telegram.called("getUpdates") == []


class Server:
    """A redis-server that keeps its data, killed and started at will."""

    def __init__(self, folder):
        self.socket = folder / "redis.sock"
        self._folder = folder
        self._child = None

    async def start(self):
        self._child = await asyncio.create_subprocess_exec(
            "redis-server", "--port", "0", "--unixsocket", str(self.socket),
            "--dir", str(self._folder), "--appendonly", "yes", "--save", "",
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(10):
            while not self.socket.exists():
                await asyncio.sleep(0.02)

    async def kill(self):
        self._child.kill()
        await self._child.wait()
        self.socket.unlink(missing_ok=True)


@pytest.mark.skipif(not shutil.which("redis-server"), reason="needs a redis-server")
async def test_a_store_that_restarts_is_used_again_within_seconds(
    tmp_path, telegram, venue, monkeypatch
):
    (tmp_path / "redis").mkdir()
    server = Server(tmp_path / "redis")
    await server.start()
    bot = BotProcess(
        {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "DERIBIT_URL": venue.url("deribit"),
            "VENUES": "deribit",
            "REDIS_URL": f"unix://{server.socket}",
            "ASSETS": "BTC",
            **dict.fromkeys(("POLL_OPTIONS", "POLL_FUTURES", "POLL_PRICE"), "1s"),
        },
        tmp_path / "bot.log",
    )
    try:
        await bot.start()
        await telegram.say(ALICE, "/alert skew above 15% for 1s")
        await telegram.next_message(ALICE, PATIENCE)
        await server.kill()
        venue.timeline.at = market.SOLD_OFF
        await asyncio.sleep(3)
        await server.start()
        back = time.monotonic()

        assert "skew 18." in (await telegram.next_message(ALICE, PATIENCE)).text

        assert time.monotonic() - back <= 5 + 1  # and the second that the rule is to hold
        assert await bot.stop() == 0
        assert len(telegram.arrivals[ALICE]) == len(["saved", "fired"])
    finally:
        await bot.end()
        await server.kill()
