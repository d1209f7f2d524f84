from collections import deque
from datetime import timedelta

import pytest

from alerts.domain.errors import FeedLostError
from alerts.domain.event import Event, Kind
from alerts.domain.rule import State
from alerts.ports import Hands, New, Step
from alerts.storage.memory import MemoryStore
from tests.builders import CHAT, NOON, SKEW, a_draft

MINUTE = timedelta(minutes=1)


class Stopwatch:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def stopwatch():
    return Stopwatch()


@pytest.fixture
def store(stopwatch):
    return MemoryStore(stopwatch)


async def add(store):
    return await store.rules.add(New(CHAT, "7", a_draft(), State()), now=NOON, limit=30)


def an_event(rule):
    at = (NOON, NOON)
    return Event(
        Kind.FIRED, rule.id, rule.revision, rule.number, rule.chat, 1, SKEW, 15.0, 16.2, *at
    )


async def test_idleness_is_measured_by_the_given_clock(store, stopwatch):
    rule = await add(store)
    await store.rules.commit([], [Step(rule.id, 1, State(), an_event(rule))], 1)
    one, two = Hands(CHAT.platform, "one", MINUTE), Hands(CHAT.platform, "two", MINUTE)
    await store.outbox.take(one, count=1, wait=timedelta(0))

    stopwatch.seconds = 59.9
    assert not await store.outbox.take(two, count=1, wait=timedelta(0))

    stopwatch.seconds = 60.0
    assert await store.outbox.take(two, count=1, wait=timedelta(0))


async def test_a_lease_ends_by_the_given_clock(store, stopwatch):
    one, two = store.lease("one", MINUTE), store.lease("two", MINUTE)
    assert await one.acquire() == 1

    stopwatch.seconds = 59.9
    assert await two.acquire() is None

    stopwatch.seconds = 60.0
    assert await two.acquire() == 2


async def test_a_note_fades_by_the_given_clock(store, stopwatch):
    await store.notes.put("name", "value", MINUTE)

    stopwatch.seconds = 60.0

    assert await store.notes.read("name") is None


async def test_a_reader_too_far_behind_the_feed_is_told(store):
    store._shelf.feed = deque(maxlen=2)
    position = await store.rules.position()
    for _ in range(3):
        await add(store)

    with pytest.raises(FeedLostError):
        await store.rules.changes(position)
