"""The primary killed under Sentinels while news is told: when it goes on, and what was lost."""

import time

from tests.chaos.kills import Outcome, tally
from tests.chaos.stage import HIGH, LOW, Stage
from tests.contracts.servers import watched_by_sentinels

PEOPLE = 10


async def by_sentinels(folder, number):
    """SIGKILL of the primary just when a rule of everybody fires; Sentinels promote its replica."""
    place = folder / f"failover-{number}"
    place.mkdir()
    async with (
        watched_by_sentinels(place) as (url, old, _),
        Stage(url, place, people=PEOPLE) as stage,
    ):
        child = await stage.child()
        await stage.calm()
        stage.market.price = LOW
        begin = time.monotonic()
        old.kill()
        told = await stage.told("fired", seconds=40)
        took = time.monotonic() - begin
        stage.market.price = HIGH
        await stage.told("resolved")
        stopped = await child.stop()
        wrong = "" if told else "not told"
        wrong = wrong or ("" if stopped == 0 else f"it ended with {stopped}")
        return Outcome("failover by Sentinels", *tally(stage), took, wrong)
