"""Everybody at once: 10,000 chats on one tick within a limit, and 1,000 without one."""

import asyncio
import contextlib
from collections import Counter

from alerts.domain.rule import Voice
from tests.chaos.kills import Outcome, tally
from tests.chaos.stage import HIGH, LOW, Stage

CHATS = 10_000
PER_SECOND = 60
"""Twice what Telegram allows, so that it takes 167 s instead of 333."""

DISCORD_PER_SECOND = 50
"""As Discord has it: 200 s, nothing is scaled."""

PER_CHANNEL = (5, 5.0)
BUSY = 20
LEVELS = [HIGH - 25 - 50 * step for step in range(8)]
"""So many channels are told of these, half a second apart, which fills their buckets."""

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


async def on_discord(store_url, folder, channels=CHATS, busy=BUSY):
    """The same on Discord, at its own limits: 50 requests in any second, and a bucket a channel.

    First a few busy channels are told more at once than their bucket holds.
    """
    async with Stage(store_url, folder, channels=channels) as stage:
        rest = stage.discord.rest
        rest.per_second, rest.per_channel = DISCORD_PER_SECOND, PER_CHANNEL
        for channel in stage.everybody[:busy]:
            for level in LEVELS:
                await stage.watch(channel, level, voice=Voice.LOUD)
        child = await stage.child()
        await stage.calm()
        for level in LEVELS:
            stage.market.price = level - 1
            await stage.read(stage.market.price)
        await _until(lambda: not _untold(stage, busy), 30)
        before = len(stage.discord.posts)
        stage.market.price = LOW
        seconds = channels / DISCORD_PER_SECOND * 3 + 30
        await _until(lambda: len(stage.discord.posts) >= before + channels, seconds)
        await stage.told("fired")
        stopped = await child.stop()
        return _on_discord(stage, before, busy, stopped)


def _untold(stage, busy):
    """Busy channels that have not heard of the last of their levels: it speaks for the others."""
    last = f"{LEVELS[-1]:,.0f}"
    told = (" ".join(stage.texts(one)) for one in stage.everybody[:busy])
    return sum(last not in texts for texts in told)


def _on_discord(stage, before, busy, stopped):
    begin, rest, posts = stage.market.answered_at[LOW], stage.discord.rest, stage.discord.posts
    first = {}
    for post in posts[before:]:
        first.setdefault(post.path, post.at - begin)
    waits = sorted(first.values()) or [0.0]
    channels, floor = len(stage.everybody), len(stage.everybody) / DISCORD_PER_SECOND
    shown = Counter((post.path, post.body["content"]) for post in posts)
    figures = {
        "floor": floor, "wall": waits[-1], "over": waits[-1] / floor - 1, "refused": rest.refused,
        "p50": waits[len(waits) // 2], "p95": waits[int(len(waits) * 0.95)], "full": rest.filled,
    }  # fmt: skip
    wrong = f"{rest.refused} refused with 429" if rest.refused else ""
    wrong = wrong or ("" if stopped == 0 else f"it ended with {stopped}")
    lost = channels - len(first) + _untold(stage, busy)
    repeated = sum(shown.values()) - len(shown)
    return Outcome("storm on Discord", lost, repeated, waits[-1], wrong, figures)


async def _until(fact, seconds):
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not fact():
                await asyncio.sleep(0.2)


async def _all_reached(stage, chats, seconds):
    """Wait without a look at every chat: the fake answers in this very process."""
    await _until(lambda: len(stage.telegram.arrivals) >= chats, seconds)


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
