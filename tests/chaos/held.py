"""News that has to wait (here a chat snoozed) and the bot struck while it is laid aside or back."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from alerts.domain.preferences import Preferences
from tests.chaos.kills import PEOPLE, Outcome, Point, _both, _wrong
from tests.chaos.stage import LOW, Stage

SNOOZED = timedelta(seconds=6)

POINTS = [
    *_both("chats.read"),
    *_both("outbox.tally"),
    *_both("outbox.settle"),
    *_both("outbox.bring_back", nth=7),
    *_both("history.window"),
    *_both("rules.commit"),
]


async def struck(point: Point, number, store_url, folder):
    """One trial: what fires in a snooze is told once, after it, whatever strikes meanwhile."""
    async with Stage(store_url, folder, people=PEOPLE) as stage:
        child = await stage.child(point=point.name, when=point.when, nth=point.nth, signal=number)
        await stage.calm()
        until = datetime.now(UTC) + SNOOZED
        for who in stage.everybody:
            await stage.store.chats.write(stage._chat(who), Preferences(snoozed_until=until))
        stage.market.price = LOW
        status = await child.died()
        again = await stage.child()
        too_early = any(stage.texts(who) for who in stage.everybody if datetime.now(UTC) < until)
        await _until_told(stage)
        took = (datetime.now(UTC) - until).total_seconds()
        await asyncio.sleep(1.5)
        counts = [len(stage.texts(who)) for who in stage.everybody]
        stopped = await again.stop()
        wrong = _wrong(status, number, stopped) or ("told in the snooze" if too_early else "")
        lost, repeated = counts.count(0), sum(max(count - 1, 0) for count in counts)
        return Outcome(f"held: {point.title}", lost, repeated, max(took, 0.1), wrong)


async def _until_told(stage, seconds=25):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not all(stage.texts(who) for who in stage.everybody):
        await asyncio.sleep(0.05)
