"""What every store says of its queue: how much waits, how long, and whether anybody looks."""

import asyncio
from datetime import timedelta

from alerts.domain.ids import Platform
from alerts.queue import Backlog, Hands
from tests.builders import CHAT
from tests.contracts.test_episodes import news, tell
from tests.contracts.test_records import add

TELEGRAM = Platform("telegram")
ONE = Hands(TELEGRAM, "one", timedelta(seconds=30))
NOBODY = timedelta(0)


async def queue(store):
    rule = await add(store, CHAT)
    await tell(store, rule, news(rule))


async def test_of_an_empty_queue_nothing_waits(store):
    assert await store.outbox.waits(TELEGRAM) == Backlog()


async def test_what_nobody_takes_is_unattended_for_as_long_as_it_waits(store):
    await store.outbox.take(ONE, count=1, wait=NOBODY)
    await asyncio.sleep(0.3)
    await queue(store)
    await asyncio.sleep(0.1)

    waiting = await store.outbox.waits(TELEGRAM)

    assert waiting.count == 1
    assert 0.09 < waiting.oldest.total_seconds() < 0.3
    assert waiting.unattended == waiting.oldest


async def test_what_is_in_somebodys_hands_waits_and_is_attended(store):
    await queue(store)
    await asyncio.sleep(0.1)
    [entry] = await store.outbox.take(ONE, count=1, wait=NOBODY)
    await asyncio.sleep(0.1)
    before = await store.outbox.waits(TELEGRAM)
    await store.outbox.keep(ONE, [entry])

    after = await store.outbox.waits(TELEGRAM)

    assert after.oldest.total_seconds() > 0.19
    assert before.unattended.total_seconds() > 0.09
    assert after.unattended.total_seconds() < 0.09
