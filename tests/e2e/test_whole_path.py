"""The real process between loopback markets and loopback chats: told once, whatever happens."""

from datetime import UTC, datetime

import pytest

from alerts.recording import Recording
from alerts.serving import Stepped, serve
from tests.e2e import market
from tests.e2e.process import BotProcess
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.telegram.server import FakeTelegram

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

ALICE, CAROL = 1001, 1003
PATIENCE = 25.0


@pytest.fixture
async def telegram():
    async with FakeTelegram() as fake:
        yield fake


@pytest.fixture
async def discord():
    async with FakeDiscord() as fake:
        yield fake


@pytest.fixture
async def venue(tmp_path):
    path = tmp_path / "market.jsonl.gz"
    market.record(path)
    timeline = Stepped(market.CALM, now=lambda: datetime.now(UTC))
    async with serve(Recording.at(path), timeline) as served:
        yield served


@pytest.fixture
async def bot(tmp_path, telegram, discord, venue):
    process = BotProcess(
        {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "DISCORD_BOT_TOKEN": discord.token,
            "DISCORD_API_URL": discord.api_url,
            "DISCORD_GATEWAY_URL": discord.gateway_url,
            "VENUES": "deribit",
            "DERIBIT_URL": venue.url("deribit"),
            "DATA_DIR": str(tmp_path / "store"),
            "ASSETS": "BTC",
            "POLL_OPTIONS": "1s",
            "POLL_FUTURES": "1s",
            "POLL_PRICE": "1s",
            "LOG_LEVEL": "DEBUG",
        },
        tmp_path / "bot.log",
    )
    yield process
    await process.end()


async def test_two_people_are_told_once_through_kills_and_restarts(bot, telegram, discord, venue):
    bob = discord.person("bob")
    await bot.start()
    await telegram.say(ALICE, "/alert skew above 15% for 1s")
    assert "#1" in (await telegram.next_message(ALICE, PATIENCE)).text
    reply = await discord.slash(bob, "alert", {"rule": "basis below 3% for 1s"}, seconds=PATIENCE)
    assert "basis" in str(reply.shown).lower()
    await telegram.say(CAROL, "price below 61k for 1s")
    assert "#1" in (await telegram.next_message(CAROL, PATIENCE)).text

    venue.timeline.at = market.SOLD_OFF
    fired = await telegram.next_message(ALICE, PATIENCE)
    assert "skew 18." in fired.text
    assert "above your 15" in fired.text
    assert "basis 2." in str(await discord.next_dm(bob, PATIENCE)).lower()

    await bot.settled()
    await bot.kill()
    venue.timeline.at = market.LOW
    await bot.start()
    assert "60" in (await telegram.next_message(CAROL, PATIENCE)).text

    venue.timeline.at = market.RELIEVED
    assert "back to 12." in (await telegram.next_message(ALICE, PATIENCE)).text
    assert "back to 4." in str(await discord.next_dm(bob, PATIENCE)).lower()
    await telegram.next_message(CAROL, PATIENCE)

    assert await bot.stop() == 0
    assert len(telegram.arrivals[ALICE]) == len(["saved", "fired", "resolved"])
    assert len(telegram.arrivals[CAROL]) == len(["saved", "fired", "resolved"])
    assert len(discord.inbox(bob)) == len(["fired", "resolved"])
    assert telegram.token not in bot.log
    assert discord.token not in bot.log
    assert "Traceback" not in bot.log
