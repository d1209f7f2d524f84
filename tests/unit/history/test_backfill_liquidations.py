"""Forced closes of the past, as Gate sums them up by the hour."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset
from alerts.domain.reading import Quality, Series
from alerts.exchanges.gate_past import BACKFILLS
from alerts.exchanges.spec import Body
from alerts.history.backfill import Job, Shelf, fill, pieces
from alerts.storage.memory import MemoryStore

(*_, GATE) = BACKFILLS
NOW = datetime(2026, 2, 5, 12, 30, tzinfo=UTC)
EMPTY = Body(b"[]", NOW)


class Hours:
    """Implements Http: a thousand USD of longs in every hour that was asked for, ten of shorts."""

    def __init__(self, since=datetime(2025, 1, 1, tzinfo=UTC)):
        self.since = int(since.timestamp())
        self.asked = []

    async def fetch(self, request):
        self.asked.append(request)
        begin = -(-int(request.params["from"]) // 3600) * 3600
        times = [begin + hour * 3600 for hour in range(int(request.params["limit"]))]
        rows = [
            {"time": at, "long_liq_usd_new": 1000.0, "short_liq_usd_new": 10.0}
            for at in times
            if self.since <= at <= NOW.timestamp()
        ]
        return Body(json.dumps(rows).encode(), NOW)


@pytest.fixture
def store():
    return MemoryStore()


async def run(store, http, days=20):
    job = Job(GATE, Asset("BTC"), http, pieces(GATE, days, NOW))
    await fill([job], Shelf(store.history, store.notes), lambda _: None)
    return job


async def closes(store, name):
    return await store.history.daily(Series.parse(name), 365, NOW)


@pytest.mark.parametrize(
    ("series", "usd"),
    [
        ("liq_long_usd.1h:BTC@gate", 1_000),
        ("liq_long_usd.4h:BTC@gate", 4_000),
        ("liq_long_usd.24h:BTC@gate", 24_000),
        ("liq_long_usd.5d:BTC@gate", 120_000),
        ("liq_short_usd.24h:BTC@gate", 240),
    ],
)
async def test_windows_of_the_past_are_sums_of_its_hours(store, series, usd):
    await run(store, Hours())

    found = await closes(store, series)

    assert len(found) == 20
    assert {close.value for close in found} == {usd}


async def test_one_venues_part_is_not_taken_for_the_sum_over_all(store):
    await run(store, Hours())

    assert not await closes(store, "liq_long_usd.24h:BTC")


async def test_a_window_that_is_half_known_is_marked_and_a_lesser_one_left_out(store):
    await run(store, Hours(since=NOW - timedelta(days=4)))

    series = Series.parse("liq_long_usd.5d:BTC@gate")
    (first, *_, last) = await store.history.window(series, NOW - timedelta(days=9), NOW)

    assert first.coverage >= 0.5
    assert first.at >= NOW - timedelta(days=2)
    assert last.quality is Quality.DEGRADED


async def test_a_venue_whose_past_ends_is_left_alone(store):
    http = Hours(since=NOW - timedelta(days=4))

    job = await run(store, http, days=365)

    assert len(http.asked) < 10
    assert "no whole hour" in job.trouble or "left alone" in job.trouble
    assert job.kept > 0
