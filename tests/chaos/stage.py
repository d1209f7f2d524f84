"""A stage for one trial: a market, two chats services, a store's corner, and children."""

import asyncio
import contextlib
import itertools
import json
import os
import re
import signal
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from alerts.domain.errors import StoreError
from alerts.domain.ids import Asset, Chat, MetricKey, Platform
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Idle, Leg, State, Timing
from alerts.ports import New
from alerts.storage.redis import RedisStore
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.telegram.server import FakeTelegram

ROOT = Path(__file__).resolve().parents[2]
PRICE = Series(MetricKey("price"), Asset("BTC"))
HIGH, LEVEL, LOW = 70_000.0, 69_500.0, 69_000.0
PATIENCE = 30.0
QUIET_SECONDS = 0.3

_numbers = itertools.count()


class Market:
    """One index price on loopback; `fault` may answer in its place."""

    def __init__(self):
        self.price = HIGH
        self.fault = None
        self.answered_at = {}

    async def __aenter__(self):
        app = web.Application()
        app.router.add_get("/public/get_index_price", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        await self._runner.cleanup()

    async def _answer(self, request):
        if self.fault is not None:
            return await self.fault(request)
        self.answered_at.setdefault(self.price, time.monotonic())
        body = json.dumps({"jsonrpc": "2.0", "result": {"index_price": self.price}})
        return web.Response(text=body, content_type="application/json")


class Child:
    """The bot as a process; whatever happens, `end` leaves none behind."""

    def __init__(self, order, log_path):
        self._order, self._log_path, self.process = order, log_path, None

    async def start(self):
        with self._log_path.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.child", json.dumps(self._order),
                cwd=ROOT, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"),
                     "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
        return self

    @property
    def alive(self):
        return self.process is not None and self.process.returncode is None

    @property
    def failed(self):
        """Whether it ended by an error of its own."""
        return self.process is not None and (self.process.returncode or 0) > 0

    async def died(self, seconds=PATIENCE):
        """Its exit status, negative for a signal; None when it still lives."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self.process.wait()
        return None

    def signal(self, number):
        if self.alive:
            self.process.send_signal(number)

    async def kill(self):
        self.signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self):
        """SIGTERM; the exit status, None when it had to be killed."""
        self.signal(signal.SIGTERM)
        status = await self.died(20)
        if status is None:
            await self.kill()
        return status

    async def end(self):
        if self.alive:
            self.signal(signal.SIGCONT)
            await self.ask_tasks()
            await self.kill()

    async def ask_tasks(self):
        """Have it log what it waits for: it should have ended."""
        self.signal(signal.SIGUSR1)
        await asyncio.sleep(0.2)

    @property
    def rss_mb(self):
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


class Stage:
    """Everything around the bot in one trial, apart from all other trials by its key prefix."""

    def __init__(self, store_url, folder, *, people=3, discord=False, speed=1.0, per_second=30,
                 sleepers=0, begun=None, channels=0):  # fmt: skip
        self.store_url, self.people = store_url, people
        self.number = next(_numbers)
        self.prefix = f"chaos{os.getpid()}x{self.number}"
        self.log_path = folder / f"trial-{self.number}.log"
        self.speed, self.per_second, self.begun = speed, per_second, time.time()
        self.sleepers, self.market_begun = sleepers, begun or self.begun
        self.telegram, self.market = FakeTelegram(), Market()
        self.discord = FakeDiscord() if discord or channels else None
        self.channels = channels
        self.person = None
        self.everybody = [] if self.discord else [1000 + i for i in range(people)]
        self.children = []
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self):
        await self._stack.enter_async_context(self.market)
        if self.discord:
            await self._stack.enter_async_context(self.discord)
            self.person = self.discord.person("bob")
            desk = self.discord.guild(self.person)
            self.everybody = [self.discord.channel(desk) for _ in range(self.channels)] or [0]
        else:
            await self._stack.enter_async_context(self.telegram)
        self.store = await RedisStore.open(self.store_url, prefix=self.prefix)
        self._stack.push_async_callback(self._close_store)
        self._stack.push_async_callback(self._end_children)
        await self._save_rules()
        return self

    async def __aexit__(self, *error):
        await self._stack.__aexit__(*error)

    async def child(self, role="all", poll_seconds=0.5, *, unlimited=False, **trap):
        settings = {
            "GROUP_WAIT": "1s",
            "REDIS_URL": self.store_url, "ASSETS": "BTC", "VENUES": "deribit",
            "DERIBIT_URL": self.market.url, "LOG_LEVEL": "INFO", "LOG_FORMAT": "json",
            "TELEGRAM_MESSAGES_PER_SECOND": str(self.per_second),
        }  # fmt: skip
        if self.discord:
            settings["DISCORD_BOT_TOKEN"] = self.discord.token
            settings["DISCORD_API_URL"] = self.discord.api_url
            settings["DISCORD_GATEWAY_URL"] = self.discord.gateway_url
        else:
            settings["TELEGRAM_BOT_TOKEN"] = self.telegram.token
            settings["TELEGRAM_API_URL"] = self.telegram.url
        order = {
            "settings": settings, "trap": trap, "begun": self.begun, "speed": self.speed,
            "poll_seconds": poll_seconds, "role": role, "prefix": self.prefix,
            "market_begun": self.market_begun, "unlimited": unlimited,
            "arm_below": LEVEL,
        }  # fmt: skip
        child = Child(order, self.log_path)
        self.children.append(child)
        return await child.start()

    async def calm(self, seconds=PATIENCE):
        """Wait until every rule has had its first, silent verdict."""

        async def all_idle():
            held = await self.store.rules.load(self.rule_ids)
            return all(isinstance(one.state.phase, Idle) for one in held)

        await self.until(all_idle, seconds, "not every rule got its first verdict")

    async def read(self, price, seconds=PATIENCE):
        """Wait until a tick with this price is committed."""

        async def committed():
            reading = (await self.store.rules.latest()).get(PRICE)
            return reading is not None and reading.value == price

        await self.until(committed, seconds, f"{price} was not read")

    async def told(self, kind, seconds=PATIENCE, times=1):
        """Whether everybody was told so within the time, and the queue is empty."""

        async def is_told():
            counts = self.counts()
            everybody = all(counts[who, kind] >= times for who in self.everybody)
            return everybody and await self.store.outbox.backlog(self._platform) == 0

        with contextlib.suppress(AssertionError):
            await self.until(is_told, seconds, "")
            await asyncio.sleep(QUIET_SECONDS)
            return True
        return False

    async def until(self, fact, seconds, otherwise):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(child.failed for child in self.children):
                break
            with contextlib.suppress(StoreError):
                if await fact():
                    return
            await asyncio.sleep(0.5 if len(self.everybody) > 500 else 0.03)
        tail = self.log_path.read_text()[-3000:] if self.log_path.exists() else ""
        raise AssertionError(f"{otherwise} within {seconds} s\n{tail}")

    def texts(self, who):
        """What a person was shown, in order."""
        if self.discord:
            told = self.discord.wrote(who) if self.channels else self.discord.inbox(self.person)
            return [json.dumps(message) for message in told]
        return [seen.text for seen in self.telegram.arrivals[who]]

    def kinds(self, who):
        return [kind_of(text) for text in self.texts(who)]

    def counts(self):
        """How often everybody was told each kind of news."""
        return Counter((who, kind) for who in self.everybody for kind in self.kinds(who))

    @property
    def _platform(self):
        return Platform("discord" if self.discord else "telegram")

    def _chat(self, who):
        return Chat(self._platform, str(who) if who else f"u{self.person.id}")

    async def watch(self, who, level, **more):
        """One more rule in this chat, below that level."""
        draft = Draft((Leg(PRICE, Direction.BELOW, level, level + 10),), Timing(), **more)
        new = New(self._chat(who), "1", draft, State())
        rule = await self.store.rules.add(new, now=datetime.now(UTC), limit=100)
        self.rule_ids.append(rule.id)

    async def _save_rules(self):
        leg = Leg(PRICE, Direction.BELOW, LEVEL, LEVEL + 100)
        draft, self.rule_ids = Draft((leg,), Timing()), []
        for who in self.everybody:
            if not self.discord:
                self.telegram.world.private(who)
            new = New(self._chat(who), str(who), draft, State())
            rule = await self.store.rules.add(new, now=datetime.now(UTC), limit=10)
            self.rule_ids.append(rule.id)
        asleep = Draft((Leg(PRICE, Direction.BELOW, LEVEL / 2, LEVEL / 2 + 100),), Timing())
        for number in range(self.sleepers):
            chat = self._chat(self.everybody[number % len(self.everybody)])
            new = New(chat, "1", asleep, State())
            await self.store.rules.add(new, now=datetime.now(UTC), limit=100)

    async def _end_children(self):
        for child in self.children:
            await child.end()

    async def _close_store(self):
        with contextlib.suppress(StoreError):
            await self.store.close()


def kind_of(text):
    """What a message tells: the first words of its title say so."""
    for kind, pattern in KINDS.items():
        if re.search(pattern, text):
            return kind
    return "other"


KINDS = {"resolved": r"back to", "fired": r"below your"}
