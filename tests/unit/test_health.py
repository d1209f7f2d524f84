"""What is said of the parts of a running bot."""

from datetime import timedelta

import pytest

from alerts.collect import Source
from alerts.domain.errors import StoreError
from alerts.domain.ids import Asset, MetricKey, Platform, Venue
from alerts.domain.reading import Reading, Series
from alerts.exchanges.okx import EXCHANGE as OKX
from alerts.exchanges.spec import Pause
from alerts.queue import Backlog
from alerts.storage.memory import MemoryStore
from bot.health import (
    chat_part,
    clock_parts,
    pause_parts,
    queue_parts,
    store_part,
    venue_parts,
)
from tests.fakes.clock import ManualClock

NOW = ManualClock().now()


def a_reading(venue, seconds, metric="price"):
    series = Series(MetricKey(metric), Asset("BTC"), venue=Venue(venue))
    return series, Reading(series, 1.0, NOW - timedelta(seconds=seconds), (Venue(venue),))


class Away(MemoryStore):
    async def ping(self):
        raise StoreError("10.0.0.7:6379 refused")


class Chat:
    name = Platform("telegram")

    def __init__(self, line):
        self.line = line

    def health(self):
        return self.line


def test_a_venue_is_as_fresh_as_its_newest_reading():
    readings = dict([a_reading("deribit", 100), a_reading("deribit", 7, "basis")])

    (part,) = venue_parts(readings, NOW, lambda _: timedelta(seconds=90))

    assert (part.name, part.text) == ("venue deribit", "2 series, newest 7 s old, 1 too old")
    assert part.figures == (("age", 7.0), ("too_old", 1.0))


def test_aggregates_are_no_venue():
    assert venue_parts(dict([a_reading("", 1)]), NOW, lambda _: timedelta(seconds=90)) == []


async def test_a_store_that_is_away_is_ill_and_names_no_address():
    part = await store_part(Away())

    assert (part.well, part.text) == (False, "away")


async def test_dead_letters_that_begin_to_push_others_out_are_told():
    class Full(MemoryStore().outbox.__class__):
        async def buried(self, platform):
            return 1000

    queue, dead = await queue_parts(Full(MemoryStore()._shelf), [Chat("ok")])

    assert (queue.well, dead.well) == (None, False)
    assert dead.text == "1000, so the oldest go: derivwatch dead list"


async def test_each_queue_has_its_depth():
    (part,) = await queue_parts(MemoryStore().outbox, [Chat("ok")])

    assert (part.name, part.text) == ("queue telegram", "0 waiting")


class Queue:
    """A queue that says this of itself."""

    def __init__(self, waiting):
        self.waiting = waiting

    async def waits(self, platform):
        return self.waiting

    async def buried(self, platform):
        return 0


@pytest.mark.parametrize(("alone", "well"), [(29, None), (31, False)])
async def test_a_queue_that_no_sender_looks_after_is_ill(alone, well):
    waiting = Backlog(7, timedelta(seconds=400), timedelta(seconds=alone))

    (part,) = await queue_parts(Queue(waiting), [Chat("ok")])

    assert part.well is well
    assert "7 waiting, the oldest for 400 s" in part.text
    assert ("nobody has sent for 31 s" in part.text) is (alone == 31)
    assert dict(part.figures) == {"depth": 7.0, "oldest": 400.0, "unattended": float(alone)}


def test_a_chat_that_is_not_ok_is_ill():
    assert chat_part(Chat("token refused")).well is False
    assert chat_part(Chat("ok")).well


def test_a_clock_that_is_off_by_more_than_two_seconds_is_told_with_the_remedy():
    off = [Source(None, None, ahead=lambda: 8.0) for _ in range(2)]

    (part,) = clock_parts(off)

    assert part.well is False
    assert part.text == "8 s behind the venues: set this machine's time (NTP)"
    assert clock_parts([Source(None, None, ahead=lambda: 1.9)]) == []


def test_a_venue_that_is_left_alone_says_until_when_and_why():
    sound = Source(OKX, None)
    paused = Source(OKX, None, pause=lambda: Pause(90.0, "maintenance: 50001"))

    assert pause_parts([sound], NOW) == []
    (part,) = pause_parts([sound, paused], NOW)
    until = NOW + timedelta(seconds=90)
    assert part.name == "OKX paused"
    assert part.text == f"not asked until {until:%H:%M:%S} UTC: maintenance: 50001"
    assert part.figures == (("pause", 90.0),)
