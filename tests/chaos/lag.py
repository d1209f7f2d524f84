"""How long an alert takes: from the market's answer to the chat's acceptance, on an idle bot."""

import asyncio
import time

from tests.chaos.endurance import SECONDS, SPEED
from tests.chaos.kills import Outcome, tally
from tests.chaos.replicas import APART_SECONDS
from tests.chaos.stage import HIGH, LOW, Stage

EPISODES = 15
PEOPLE = 4


async def idle(store_url, folder, episodes=EPISODES):
    """Episode after episode; the poll's own interval is not in it, the answer begins it."""
    begun = time.time() - SPEED * SECONDS / 2
    async with Stage(store_url, folder, people=PEOPLE, speed=SPEED, begun=begun) as stage:
        child = await stage.child(poll_seconds=0.5)
        await stage.calm()
        lags = []
        for number in range(1, episodes + 1):
            for price, kind in ((LOW, "fired"), (HIGH, "resolved")):
                stage.market.answered_at.pop(price, None)
                before = len(stage.telegram.called("sendMessage"))
                stage.market.price = price
                await stage.told(kind, times=number)
                begin = stage.market.answered_at[price]
                lags += [call.at - begin for call in stage.telegram.called("sendMessage")[before:]]
                await asyncio.sleep(APART_SECONDS)
        stopped = await child.stop()
        lags.sort()
        figures = {
            "messages": len(lags),
            **{name: lags[int(len(lags) * share)] for name, share in
               (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))},
        }  # fmt: skip
        wrong = "" if stopped == 0 else f"it ended with {stopped}"
        return Outcome("alert lag", *tally(stage, episodes), 0.0, wrong, figures)
