"""A day in a minute: faults at random, one after the other, and what was told in the end."""

import asyncio
import os
import random
import signal
import time

from redis.asyncio import Redis
from redis.exceptions import BusyLoadingError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tests.chaos.faults import MARKETS, telegram_faults
from tests.chaos.kills import Outcome, tally
from tests.chaos.stage import HIGH, LOW, Stage

SPEED = 1200.0
SECONDS = 72.0
PEOPLE = 20
FLIP_SECONDS = 2.0
BACK_SECONDS = 15.0


class Trouble:
    """Makes one fault after another until stopped; counts them."""

    def __init__(self, stage, seed):
        self._stage, self._random = stage, random.Random(seed)
        self.victim = None
        self.poller = None
        self.count = 0

    async def go_on(self):
        kinds = [self._kill, self._stop, self._store, self._pause, self._market, self._chat,
                 self._freeze]  # fmt: skip
        while True:
            await asyncio.sleep(self._random.uniform(0.5, 2.0))
            self.count += 1
            await self._random.choice(kinds)()

    async def _kill(self):
        await self.victim.kill()
        self.victim = await self._stage.child()

    async def _stop(self):
        await self.victim.stop()
        self.victim = await self._stage.child()

    async def _store(self):
        pid = (await self._ask_store("INFO", "server"))["process_id"]
        os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(2)

    async def _pause(self):
        await self._ask_store("CLIENT", "PAUSE", 1500, "ALL")
        await asyncio.sleep(1.5)

    async def _ask_store(self, *command):
        """The answer of the store, which may still be on its way back from the fault before."""
        async with asyncio.timeout(BACK_SECONDS):
            while True:
                client = Redis.from_url(self._stage.store_url)
                try:
                    return await client.execute_command(*command)
                except (RedisConnectionError, RedisTimeoutError, BusyLoadingError):
                    await asyncio.sleep(0.1)
                finally:
                    await client.aclose()

    async def _market(self):
        self._stage.market.fault = self._random.choice(list(MARKETS.values()))
        await asyncio.sleep(1.0)
        self._stage.market.fault = None

    async def _chat(self):
        self._stage.telegram.faults.append(self._random.choice(list(telegram_faults().values())))

    async def _freeze(self):
        self.poller.signal(signal.SIGSTOP)
        await asyncio.sleep(4)
        self.poller.signal(signal.SIGCONT)


async def day(store_url, folder, seconds=SECONDS, seed=5):
    """Episodes, each held until a tick has seen it, under random faults."""
    begun = time.time() - SPEED * seconds / 2
    async with Stage(store_url, folder, people=PEOPLE, speed=SPEED, begun=begun) as stage:
        trouble = Trouble(stage, seed)
        trouble.victim = await stage.child()
        trouble.poller = await stage.child(role="poller")
        sender = await stage.child(role="sender")
        steady = (trouble.poller, sender)
        await stage.calm()
        await asyncio.sleep(2)
        before = sum(child.rss_mb for child in steady)
        making = asyncio.create_task(trouble.go_on())
        begin, episodes = time.monotonic(), 0
        while time.monotonic() - begin < seconds:
            for price in (LOW, HIGH):
                stage.market.price = price
                await stage.read(price)
                await asyncio.sleep(FLIP_SECONDS)
            episodes += 1
        making.cancel()
        took = time.monotonic() - begin
        await asyncio.gather(making, return_exceptions=True)
        wrong = _wrong(making)
        trouble.poller.signal(signal.SIGCONT)
        stage.market.fault = None
        await stage.told("resolved", times=episodes, seconds=40)
        after = sum(child.rss_mb for child in steady)
        wrong = wrong or _disorder(stage)
        figures = {
            "hours": took * SPEED / 3600, "episodes": episodes, "faults": trouble.count,
            "before": before, "after": after, "messages": episodes * PEOPLE * 2,
        }  # fmt: skip
        for child in stage.children:
            if child.alive:
                await child.stop()
        return Outcome("a day of random faults", *tally(stage, episodes), took, wrong, figures)


def _wrong(making):
    if making.cancelled() or making.exception() is None:
        return ""
    return f"the trouble itself failed: {making.exception()!r}"


def _disorder(stage):
    """Whether somebody was told in another order; a repeat stands beside its first."""
    for who in stage.everybody:
        kinds = [kind for kind in stage.kinds(who) if kind != "other"]
        told = [kind for at, kind in enumerate(kinds) if at == 0 or kinds[at - 1] != kind]
        if told != ["fired", "resolved"] * (len(told) // 2):
            return f"{who} was told {told}"
    return ""
