import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.reading import Reading, Series
from alerts.exchanges.deribit_past import BACKFILLS
from alerts.history.backfill import Job, Shelf, fill, pieces
from alerts.storage.memory import MemoryStore
from tests.fakes.deribit_past import NOW, PastHttp, dvol_at, price_at

HOURS, VOLS = BACKFILLS
BTC = Asset("BTC")
PRICE, DVOL = Series.parse("price:BTC"), Series.parse("dvol:BTC")
DAY = timedelta(days=1)


@pytest.fixture
def store():
    return MemoryStore()


def a_job(http, backfill=HOURS, days=100):
    return Job(backfill, BTC, http, pieces(backfill, days, NOW))


async def run(store, *jobs, again=False):
    steps = []
    await fill(jobs, Shelf(store.history, store.notes, again), steps.append)
    return steps


async def test_a_year_of_closes_is_filled_for_venue_and_aggregate(store):
    job = a_job(PastHttp(), days=365)

    await run(store, job)

    for series in (PRICE, replace(PRICE, venue=Venue("deribit"))):
        closes = await store.history.daily(series, 365, NOW)
        assert len(closes) == 365
        midnight = datetime(2026, 2, 5, tzinfo=UTC)
        assert closes[-1].value == price_at(int(midnight.timestamp() * 1000))
    assert job.trouble == ""
    assert job.kept > 0


async def test_a_venue_that_follows_another_stands_for_itself_alone(store):
    job = replace_follows(a_job(PastHttp()), "price")

    await run(store, job)

    assert await store.history.daily(replace(PRICE, venue=Venue("deribit")), 365, NOW)
    assert not await store.history.daily(PRICE, 365, NOW)


def replace_follows(job, *metrics):
    job.follows = frozenset(metrics)
    return job


async def test_the_vol_index_is_filled_with_the_close_of_the_last_hour(store):
    await run(store, a_job(PastHttp(), VOLS, days=95))

    closes = await store.history.daily(DVOL, 365, NOW)

    last_hour = datetime(2026, 2, 4, 23, tzinfo=UTC)
    assert closes[-1].value == dvol_at(int(last_hour.timestamp() * 1000))
    assert len(closes) >= 95


async def test_one_venues_funding_is_not_taken_for_that_of_all(store):
    await run(store, a_job(PastHttp()))

    funding = Series.parse("funding_8h:BTC@deribit")
    assert (await store.history.daily(funding, 365, NOW))[-1].value == pytest.approx(0.01)
    assert not await store.history.daily(replace(funding, venue=Venue("")), 365, NOW)
    for other in ("oi_usd:BTC@deribit", "basis.60d:BTC@deribit"):
        assert not await store.history.daily(Series.parse(other), 365, NOW)


async def test_what_was_read_at_the_time_stays(store):
    at = NOW - 3 * DAY
    await store.history.extend([Reading(PRICE, 12_345.0, at, (Venue("okx"),), method="index/1")])

    await run(store, a_job(PastHttp()))

    assert (await store.history.at(PRICE, at, timedelta(0))).value == 12_345.0
    closes = {close.day: close.value for close in await store.history.daily(PRICE, 365, NOW)}
    assert len(closes) == 100


async def test_a_run_that_was_cut_short_goes_on_where_it_stopped(store):
    first = a_job(PastHttp(fails=lambda count: count > 2), days=200)
    await run(store, first)
    assert first.trouble == "no answer in time"

    http = PastHttp()
    second = a_job(http, days=200)
    await run(store, second)

    # The newest piece is not over, so it is asked for again; the one before it is done.
    assert second.skipped == 1
    assert len(http.asked) == len(second.pieces) - 1
    assert len(await store.history.daily(PRICE, 365, NOW)) == 200


async def test_a_filled_past_is_not_asked_for_again_unless_told(store):
    await run(store, a_job(PastHttp()))
    http, all_again = PastHttp(), PastHttp()

    await run(store, a_job(http))
    await run(store, a_job(all_again), again=True)

    assert len(http.asked) == 1
    assert len(all_again.asked) == len(a_job(all_again).pieces)


async def test_a_longer_run_asks_for_the_rest_of_the_oldest_piece(store):
    await run(store, a_job(PastHttp(), days=40))
    http = PastHttp()

    longer = a_job(http, days=45)
    await run(store, longer)

    assert len(await store.history.daily(PRICE, 365, NOW)) >= 45
    assert len(http.asked) == len(longer.pieces) - longer.skipped


async def test_a_venue_that_fails_is_left_alone_and_the_others_go_on(store):
    dead, alive = PastHttp(fails=lambda _: True), PastHttp()
    other = replace(VOLS, venue=Venue("elsewhere"))

    await run(store, a_job(dead), a_job(dead, VOLS, days=365), a_job(alive, other, days=365))

    assert len(dead.asked) == 3  # over both kinds of past
    assert len(alive.asked) == len(pieces(other, 365, NOW))


async def test_one_failure_costs_one_piece(store):
    job = a_job(PastHttp(fails=lambda count: count == 2), days=200)

    await run(store, job)

    assert job.trouble == "no answer in time"
    assert 165 <= len(await store.history.daily(PRICE, 365, NOW)) < 200


async def test_every_piece_is_told_of(store):
    job = a_job(PastHttp())

    steps = await run(store, job)

    assert len(steps) == len(job.pieces) == job.done


async def test_nothing_of_the_future_is_taken(store):
    class Ahead(PastHttp):
        async def fetch(self, request):
            later = {**request.params, "end_timestamp": str(int(NOW.timestamp() * 1000) + 10**8)}
            return await super().fetch(replace(request, params=later))

    await run(store, a_job(Ahead()))

    assert not await store.history.window(PRICE, NOW, NOW + 10 * DAY)


@given(st.integers(1, 800), st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001
def test_pieces_cover_the_time_once_newest_first_within_reach(days, now):
    now = now.replace(tzinfo=UTC)

    found = pieces(HOURS, days, now)

    assert found[0].end == now
    assert found[-1].start == now - timedelta(days=min(days, 730))
    assert all(later.start == earlier.end for later, earlier in itertools.pairwise(found))
    assert [one.is_over for one in found] == [False, *[True] * (len(found) - 1)]
    assert all(timedelta(0) <= one.end - one.start <= HOURS.piece for one in found)
