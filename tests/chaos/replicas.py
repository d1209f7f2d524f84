"""Several processes side by side must tell what one tells, also while they are replaced."""

import asyncio
import random
import time

from tests.chaos.endurance import SECONDS, SPEED
from tests.chaos.kills import Outcome, tally
from tests.chaos.stage import HIGH, LOW, Stage

EPISODES, PEOPLE, COUNT = 4, 12, 3
APART_SECONDS = 1.5
"""By the market's clock half an hour and more: six turns within that would be told as flapping."""


async def same_inbox(store_url, folder, seed):
    """The same prices for one process, and for three of which one is replaced in each episode."""
    alone = await _inbox(store_url, folder, 1, None)
    beside = await _inbox(store_url, folder, COUNT, random.Random(seed))
    lost, repeated, inbox = beside
    differs = [who for who in inbox if inbox[who] != alone[2][who]]
    wrong = f"{len(differs)} people were told otherwise than by one process" if differs else ""
    return Outcome(f"replicas, seed {seed}", lost + alone[0], repeated + alone[1], 0.0, wrong)


async def _inbox(store_url, folder, count, chance):
    """What everybody was told, in order."""
    begun = time.time() - SPEED * SECONDS / 2
    async with Stage(store_url, folder, people=PEOPLE, speed=SPEED, begun=begun) as stage:
        running = [await stage.child() for _ in range(count)]
        await stage.calm()
        for number in range(1, EPISODES + 1):
            for price, kind in ((LOW, "fired"), (HIGH, "resolved")):
                stage.market.price = price
                await stage.read(price)
                if chance and kind == "fired":
                    await asyncio.sleep(chance.uniform(0.0, 0.3))
                    await _replace_one(stage, running, chance)
                await stage.told(kind, times=number)
                await asyncio.sleep(APART_SECONDS)
        for child in running:
            await child.stop()
        return *tally(stage, EPISODES), {who: stage.kinds(who) for who in stage.everybody}


async def _replace_one(stage, running, chance):
    """SIGTERM for any of them, the leader or not; another begins in its place."""
    victim = chance.choice(running)
    await victim.stop()
    running[running.index(victim)] = await stage.child()
