"""Everybody at once: 10,000 chats on one tick within a limit, and 1,000 without one."""

import asyncio
import contextlib

from tests.chaos.kills import Outcome, tally
from tests.chaos.stage import LOW, Stage

CHATS = 10_000
PER_SECOND = 60
"""Twice what Telegram allows, so that it takes 167 s instead of 333."""

FIRED, RULES = 1_000, 10_000


async def storm(store_url, folder, chats=CHATS, per_second=PER_SECOND):
    """One tick fires a rule of every chat; the fake refuses what exceeds the rate."""
    async with Stage(store_url, folder, people=chats, per_second=per_second) as stage:
        stage.telegram.flood.per_second = per_second
        stage.telegram.flood.per_chat_second = 1
        child = await stage.child()
        await stage.calm()
        stage.market.price = LOW
        await _all_reached(stage, chats, seconds=chats / per_second * 3 + 10)
        await stage.told("fired")
        waits = accepted(stage)
        stopped = await child.stop()
        lost, repeated = chats - len(waits), _repeated(stage)
        floor = chats / per_second
        refused = stage.telegram.flood.refused
        figures = {
            "floor": floor, "wall": waits[-1], "over": waits[-1] / floor - 1,
            "held": (len(waits) - 1) / (waits[-1] - waits[0]) / per_second,
            "p50": waits[len(waits) // 2], "p95": waits[int(len(waits) * 0.95)],
            "refused": refused,
        }  # fmt: skip
        wrong = f"{refused} refused with 429" if refused else ""
        wrong = wrong or ("" if stopped == 0 else f"it ended with {stopped}")
        return Outcome("storm", max(lost, 0), repeated, waits[-1], wrong, figures)


async def _all_reached(stage, chats, seconds):
    """Wait without a look at every chat: the fake answers in this very process."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while len(stage.telegram.arrivals) < chats:
                await asyncio.sleep(0.2)


async def burst(store_url, folder):
    """Reading in hand to the first and to the last of 1,000 messages accepted, without limits."""
    async with Stage(
        store_url, folder, people=FIRED, sleepers=RULES - FIRED, per_second=FIRED
    ) as stage:
        child = await stage.child(unlimited=True)
        await stage.calm()
        stage.market.price = LOW
        await stage.told("fired")
        waits = accepted(stage)
        await child.stop()
        figures = {"first": waits[0], "last": waits[-1]}
        return Outcome("burst", FIRED - len(waits), _repeated(stage), waits[-1], "", figures)


def accepted(stage):
    """Seconds from the market's answer to each chat's first message, in order."""
    begin = stage.market.answered_at[LOW]
    first = {}
    for call in stage.telegram.called("sendMessage"):
        if call.answer.get("ok"):
            first.setdefault(call.sent["chat_id"], call.at - begin)
    return sorted(first.values())


def _repeated(stage):
    return max(tally(stage)[1], 0)
