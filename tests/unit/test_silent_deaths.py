"""Two ways to go deaf without a word, each brought about: shown in /healthz, told to ADMIN_CHATS.

Telegram's polling ends at a refused token, and discord.py's connect task at whatever its parser
raises: without supervision both leave a process that looks alive.
"""

import asyncio
import contextlib
import socket
from datetime import timedelta

import aiohttp
import pytest

from alerts.domain.ids import Chat, Platform
from alerts.scheduler import Cadence
from alerts.storage.memory import MemoryStore
from bot.alarm import WORTH_TELLING_SECONDS, Alarm
from bot.app import Bot, Role
from bot.outcome import Sent
from bot.platforms.discord import Discord
from bot.platforms.telegram import Telegram, Waits
from bot.settings import load
from bot.supervision import supervised
from bot.web import served
from tests.fakes.clock import ManualClock
from tests.fakes.discord.desk import FakeDesk as DiscordDesk
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.telegram.desk import FakeDesk as TelegramDesk
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram

ADMIN = Chat(Platform("elsewhere"), "1")
NEW_TOKEN = "1234567890:CCnew_token-of-the-fake_0123456789012"


class Pager:
    """Where the operator reads, whatever becomes of the platform that is watched."""

    name = ADMIN.platform

    def __init__(self):
        self.titles = []

    async def send(self, chat, card, key):
        self.titles.append(card.title)
        return Sent("1")

    def health(self):
        return "ok"


class House:
    """A chat process with one platform, its web server and its alarm."""

    def __init__(self, platform, desk):
        self.platform, self.desk, self.pager = platform, desk, Pager()
        self.bot = Bot(
            load({}, None),
            MemoryStore(),
            ManualClock(),
            Cadence({"price": timedelta(seconds=5)}),
            [],
            [platform],
            Role.CHAT,
        )
        platforms = {one.name: one for one in (platform, self.pager)}
        self.alarm = Alarm(platforms, [ADMIN], self.bot.parts)
        self.port, self._seconds = 0, 0.0

    @contextlib.asynccontextmanager
    async def open(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        async with served(self.bot, "127.0.0.1", self.port):
            running = asyncio.create_task(supervised("chat", lambda: self.platform.run(self.desk)))
            try:
                yield self
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await self.platform.close()

    async def healthz(self):
        """The status, and what is said of the platform."""
        url = f"http://127.0.0.1:{self.port}/healthz"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, (await answer.json())[self.platform.name]["text"]

    async def until(self, status, seconds=8.0):
        async with asyncio.timeout(seconds):
            while (found := await self.healthz())[0] != status:
                await asyncio.sleep(0.05)
        return found[1]

    async def told(self):
        """What the operator was told after a trouble has lasted."""
        for _ in range(2):
            await self.alarm.look(await self.bot.parts(), self._seconds)
            self._seconds += WORTH_TELLING_SECONDS
        return self.pager.titles


@pytest.fixture
async def telegram():
    async with FakeTelegram() as fake:
        waits = Waits(answer_seconds=1.0, watch_seconds=0.01, stop_seconds=2.0)
        platform = Telegram(fake.token, base_url=fake.url, waits=waits)
        async with House(platform, TelegramDesk()).open() as house:
            yield fake, house


@pytest.fixture
async def discord():
    async with FakeDiscord() as fake:
        platform = Discord(fake.token, api_url=fake.api_url, gateway_url=fake.gateway_url)
        async with House(platform, DiscordDesk()).open() as house:
            await fake.connected()
            yield fake, house


async def test_polling_that_ends_at_a_refused_token_is_shown_and_told_and_so_is_its_return(
    telegram,
):
    fake, house = telegram
    await house.until(200)
    good, fake.token = fake.token, NEW_TOKEN
    await fake.say(42, "/now")

    shown = await house.until(503)
    told = list(await house.told())
    fake.token = good
    await house.until(200)

    assert shown.startswith("token refused")
    assert told == [f"Trouble – telegram: {shown}"]
    assert (await house.told())[1:] == ["Over: telegram is well again after 1 min"]


async def test_a_second_poller_is_shown_and_told_to_the_operator(telegram):
    fake, house = telegram
    await house.until(200)
    fake.faults.append(Fault("getUpdates", status=409, description="Conflict: x", times=99))
    await fake.say(42, "/now")

    shown = await house.until(503)

    assert shown.startswith("another program polls with this token")
    assert await house.told() == [f"Trouble – telegram: {shown}"]


async def test_a_connect_task_that_dies_on_an_event_is_begun_again_by_itself(discord):
    fake, house = discord
    await house.until(200)

    await fake.gateway.malformed()
    await fake.until(lambda: len(fake.gateway.identifies) == 2)

    assert await house.until(200) == "ok"


async def test_a_gateway_that_stays_away_is_shown_and_told_and_so_is_its_return(discord):
    fake, house = discord
    await house.until(200)
    fake.gateway.refuse = True
    await fake.gateway.malformed()

    shown = await house.until(503)
    told = list(await house.told())
    fake.gateway.refuse = False
    await house.until(200, 15.0)

    assert shown == "gateway not connected"
    assert told == ["Trouble – discord: gateway not connected"]
    assert (await house.told())[1:] == ["Over: discord is well again after 1 min"]


async def test_a_gateway_closed_for_good_is_shown_and_told(discord):
    fake, house = discord
    await house.until(200)

    await fake.gateway.close(4004)
    shown = await house.until(503)

    assert "4004" in shown
    assert await house.told() == [f"Trouble – discord: {shown}"]
