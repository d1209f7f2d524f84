"""What people say while the bot is struck: carried out once and answered, or asked to repeat."""

import asyncio
import contextlib
import signal
import time

from tests.chaos.kills import Outcome, Point
from tests.chaos.stage import Stage
from tests.fakes.telegram.server import FakeTelegram

ALICE = 4242
WORDS = "/alert price below 1000"

POINTS = [
    Point("notes.read", "before"),
    Point("notes.read", "after"),
    Point("rules.add", "before"),
    Point("rules.add", "after"),
    Point("notes.put", "before", open=True),
]
"""From an update that was read to one that is remembered as done; only then is it confirmed."""


async def struck(point, store_url, folder):
    """SIGKILL there, started again: one rule, an answer, and no second rule."""
    async with Stage(store_url, folder, people=1) as stage:
        child = await stage.child(
            role="chat", point=point.name, when=point.when, signal=signal.SIGKILL, armed=True
        )
        await stage.telegram.say(ALICE, WORDS)
        status = await child.died()
        begin = time.monotonic()
        again = await stage.child(role="chat")
        answered = await _answered(stage.telegram)
        took = time.monotonic() - begin
        await asyncio.sleep(1.0)
        stopped = await again.stop()
        rules = [rule async for rule in stage.store.rules.everything()]
        made = sum(rule.chat.id == str(ALICE) for rule in rules)
        wrong = _wrong(status, stopped, made)
        answers = len(stage.telegram.arrivals[ALICE])
        return Outcome(
            f"command: {point.title}", int(not answered), max(answers - 1, 0), took, wrong
        )


async def _answered(telegram: FakeTelegram):
    with contextlib.suppress(TimeoutError, AssertionError):
        await telegram.next_message(ALICE, 20)
        return True
    return False


def _wrong(status, stopped, made):
    if status != -signal.SIGKILL:
        return "the point was not reached"
    if made != 1:
        return f"{made} rules were saved"
    return "" if stopped == 0 else f"the second one ended with {stopped}"
