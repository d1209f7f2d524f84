"""The real bot as a child process, with a trap: `python -m tests.chaos.child JSON`."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.clock import ScaledClock, WallClock
from alerts.domain.turn import Slot
from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.exchanges.http import open_session
from alerts.scheduler import Cadence
from alerts.storage.redis import RedisStore
from bot import log
from bot.app import Bot, Role
from bot.cli import lifetime
from bot.cli.lifetime import until_signalled
from bot.messengers import chat_platforms
from bot.settings import load
from bot.venues import set_source
from tests.chaos.traps import ArmingHttp, Trap, Watched, WatchedStore

ONLY_PRICE = replace(DERIBIT, feeds=tuple(one for one in DERIBIT.feeds if one.poll == "price"))


class NoLimits:
    """A budget that is never used up, to see how fast the rest is."""

    async def claim(self, chats, *, answer=False):
        return [Slot(timedelta(0)) for _ in chats]

    async def spend(self, chat):
        pass

    async def penalize(self, chat, after):
        pass

    async def pause(self, after):
        pass


def market_clock(begun, market_begun, speed):
    """Goes on where a killed child's clock was: it depends on the time of day alone."""
    if speed == 1:
        return WallClock()
    now = market_begun + (time.time() - begun) * speed
    return ScaledClock(datetime.fromtimestamp(now, UTC), speed)


def _show_tasks():
    """What everybody waits for, into the log of a child that does not end."""
    for task in asyncio.all_tasks():
        task.print_stack(limit=4)


async def run(order):
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _show_tasks)
    settings = load(order["settings"], None)
    log.setup(settings)
    trap = Trap(**order["trap"])
    clock = market_clock(order["begun"], order["market_begun"], order["speed"])
    cadence = Cadence({"price": timedelta(seconds=order["poll_seconds"])}, order["speed"])
    role = Role(order["role"])
    platforms = [Watched(one, one.name, trap) for one in chat_platforms(settings, clock, role)]
    async with contextlib.AsyncExitStack() as stack:
        store = await RedisStore.open(settings.redis_url.get_secret_value(), prefix=order["prefix"])
        stack.push_async_callback(store.close)
        session = await stack.enter_async_context(open_session())
        source = set_source(ONLY_PRICE, session, clock.now, settings)
        source = replace(
            source, http=ArmingHttp(source.http, trap, order["arm_below"]), listen=None
        )
        watched = WatchedStore(store, trap)
        if order["unlimited"]:
            watched.budget = lambda *_: NoLimits()
        bot = Bot(settings, watched, clock, cadence, [source], platforms, role)
        await bot.run()


if __name__ == "__main__":
    lifetime.run(until_signalled(run(json.loads(sys.argv[1]))))
