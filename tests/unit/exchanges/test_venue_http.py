"""The HTTP client against a real server on loopback."""

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.market import IndexPrice
from alerts.exchanges.deribit import EXCHANGE
from alerts.exchanges.http import Limits, VenueHttp, full_url, open_session
from alerts.exchanges.spec import Request, snapshot
from tests.fakes.clock import ManualClock
from tests.fakes.venue import Answer, scripted_venue

PATH = "/public/get_index_price"
INDEX = Request(PATH, {"index_name": "btc_usd"})
GOOD = Answer(b'{"result":{"index_price":60150.0}}')
QUICK = Limits(total_seconds=5.0, connect_seconds=5.0, backoff_seconds=0.01, spacing_seconds=0.0)


@pytest.fixture
async def venue():
    async with scripted_venue() as venue:
        yield venue


@pytest.fixture
async def session():
    async with open_session() as session:
        yield session


@pytest.fixture
def client(venue, session):
    def make(**parts):
        parts = {"limits": QUICK, "now": ManualClock().now, "base_url": venue.url} | parts
        return VenueHttp(EXCHANGE, session, **parts)

    return make


async def test_an_answer_arrives_whole_with_its_times(venue, client):
    venue.on(PATH, GOOD)
    clock = ManualClock()

    body = await client(now=clock.now).fetch(INDEX)

    assert (body.content, body.status) == (GOOD.body, 200)
    assert (body.at, body.asked_at) == (clock.now(), clock.now())
    assert venue.seen[0].query == {"index_name": "btc_usd"}
    assert "derivwatch" in venue.seen[0].headers["User-Agent"]


async def test_a_feed_reads_a_snapshot_through_it(venue, client):
    venue.on(PATH, GOOD)
    feed = next(feed for feed in EXCHANGE.feeds if feed.kind is IndexPrice)

    assert (await snapshot(feed, client(), "BTC")).price == 60_150.0


async def test_a_post_sends_its_body_as_json(venue, client):
    venue.on("/info", GOOD)
    await client().fetch(Request("/info", method="POST", sent='{"type":"meta"}'))

    (seen,) = venue.seen
    assert (seen.method, seen.body) == ("POST", b'{"type":"meta"}')
    assert seen.headers["Content-Type"] == "application/json"


async def test_an_answer_that_may_be_kept_is_used_again_until_it_is_too_old(venue, client):
    venue.on(PATH, GOOD)
    clock = ManualClock()
    http = client(now=clock.now)
    lasting = replace(INDEX, keep=timedelta(hours=1))

    first = await http.fetch(lasting)
    clock.advance(minutes=59)
    assert await http.fetch(lasting) is first
    clock.advance(minutes=1)
    assert await http.fetch(lasting) is not first
    assert len(venue.seen) == 2


async def test_a_compressed_answer_is_unpacked(venue, client):
    packed = gzip.compress(GOOD.body)
    venue.on(PATH, Answer(packed, headers={"Content-Encoding": "gzip"}))

    assert (await client().fetch(INDEX)).content == GOOD.body


@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=500),
        Answer(b"<html>bad gateway</html>", status=502),
        Answer(b'{"error":{"code":10028,"message":"too_many_requests"}}', status=400),
        Answer(status=429),
        Answer(GOOD.body, cut_after=10),
        Answer(b"this is no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["500", "502", "10028", "429", "cut", "bad gzip"],
)
async def test_a_passing_fault_is_tried_again(venue, client, fault):
    venue.on(PATH, fault, GOOD)

    assert (await client().fetch(INDEX)).content == GOOD.body
    assert len(venue.seen) == 2


async def test_a_hanging_try_is_given_up_and_tried_again(venue, client):
    venue.on(PATH, Answer(GOOD.body, delay_seconds=3.0), GOOD)

    body = await client(limits=replace(QUICK, total_seconds=0.5)).fetch(INDEX)

    assert body.content == GOOD.body


async def test_tries_are_bounded_and_the_last_fault_is_told(venue, client):
    venue.on(PATH, Answer(status=500), Answer(status=502), Answer(status=503), GOOD)

    with pytest.raises(FetchError, match="deribit: HTTP 503"):
        await client().fetch(INDEX)
    assert len(venue.seen) == 3


async def test_pauses_between_tries_grow(venue, client):
    venue.on(PATH, Answer(status=500))

    with pytest.raises(FetchError):
        await client(limits=replace(QUICK, backoff_seconds=0.05)).fetch(INDEX)
    first, second, third = (seen.at for seen in venue.seen)
    assert second - first >= 0.05
    assert third - second >= 0.1


@pytest.mark.parametrize("status", [302, 400, 404])
async def test_a_lasting_refusal_is_not_tried_again(venue, client, status):
    venue.on(PATH, Answer(status=status, headers={"Location": "/elsewhere"}), GOOD)

    with pytest.raises(FetchError, match=f"HTTP {status}"):
        await client().fetch(INDEX)
    assert len(venue.seen) == 1


async def test_a_hanging_venue_costs_no_more_than_the_bound(venue, client):
    venue.on(PATH, Answer(GOOD.body, delay_seconds=5.0))

    with pytest.raises(FetchError, match="no answer in time"):
        await client(limits=replace(QUICK, total_seconds=0.1, tries=1)).fetch(INDEX)


async def test_nobody_listening_is_a_passing_fault(client):
    with pytest.raises(FetchError) as caught:
        await client(base_url="http://127.0.0.1:1").fetch(INDEX)

    assert caught.value.retry


async def test_an_address_that_is_none_is_a_fetch_error(client):
    with pytest.raises(FetchError):
        await client(base_url="nonsense").fetch(INDEX)


async def test_an_endless_answer_is_cut_off_at_the_cap(venue, client):
    venue.on(PATH, Answer(b"x" * 65_536, endless=True))

    with pytest.raises(FetchError, match="larger than 200000 bytes") as caught:
        await client(limits=replace(QUICK, body_bytes=200_000, total_seconds=5)).fetch(INDEX)
    assert not caught.value.retry
    assert len(venue.seen) == 1


async def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_off(venue, client):
    bomb = gzip.compress(b"0" * 5_000_000)
    venue.on(PATH, Answer(bomb, headers={"Content-Encoding": "gzip"}))

    with pytest.raises(FetchError, match="larger than 200000 bytes"):
        await client(limits=replace(QUICK, body_bytes=200_000)).fetch(INDEX)


async def test_a_short_retry_after_is_waited_out(venue, client):
    venue.on(PATH, Answer(status=429, headers={"Retry-After": "0.3"}), GOOD)

    assert (await client().fetch(INDEX)).content == GOOD.body
    assert venue.seen[1].at - venue.seen[0].at >= 0.3


async def test_a_retry_after_date_counts_by_the_venues_clock(venue, client):
    dates = {
        "Date": "Fri, 06 Feb 2026 12:00:00 GMT",
        "Retry-After": "Fri, 06 Feb 2026 12:01:00 GMT",
    }
    venue.on(PATH, Answer(status=429, headers=dates))

    with pytest.raises(FetchError) as caught:
        await client().fetch(INDEX)
    assert caught.value.after_seconds == 60


@pytest.mark.parametrize("header", ["soon", "-1", "nan", "inf", "Fri, 06 Feb 2026"])
async def test_a_retry_after_that_says_nothing_is_ignored(venue, client, header):
    venue.on(PATH, Answer(status=429, headers={"Retry-After": header}), GOOD)

    assert (await client().fetch(INDEX)).content == GOOD.body


async def test_a_long_wait_is_kept_by_every_later_request(venue, client):
    venue.on(PATH, Answer(status=429, headers={"Retry-After": "60"}), GOOD)
    http = client()

    with pytest.raises(FetchError, match="HTTP 429"):
        await http.fetch(INDEX)
    with pytest.raises(FetchError, match=r"not asked for another (60|59) s: HTTP 429"):
        await http.fetch(INDEX)
    assert len(venue.seen) == 1


async def test_a_geo_block_is_told_and_not_asked_again(venue, client):
    venue.on(PATH, Answer(b"<html>restricted</html>", status=451), GOOD)
    http = client()

    with pytest.raises(FetchError, match="refuses requests from this place"):
        await http.fetch(INDEX)
    with pytest.raises(FetchError, match="refuses requests from this place"):
        await http.fetch(INDEX)
    assert len(venue.seen) == 1


async def test_maintenance_is_left_alone_for_a_while(venue, client):
    body = b'{"error":{"code":11051,"message":"system_maintenance"}}'
    venue.on(PATH, Answer(body, status=503), GOOD)

    with pytest.raises(FetchError, match="system_maintenance"):
        await client().fetch(INDEX)
    assert len(venue.seen) == 1


async def test_requests_are_spaced(venue, client):
    venue.on(PATH, GOOD)
    http = client(limits=replace(QUICK, spacing_seconds=0.1))

    for _ in range(3):
        await http.fetch(INDEX)
    first, second, third = (seen.at for seen in venue.seen)
    assert second - first >= 0.09
    assert third - second >= 0.09


async def test_too_many_requests_widens_the_spacing(venue, client):
    venue.on(PATH, Answer(status=429), GOOD)
    http = client(limits=replace(QUICK, spacing_seconds=0.1))

    await http.fetch(INDEX)
    await http.fetch(INDEX)
    _, second, third = (seen.at for seen in venue.seen)
    assert third - second >= 0.17


async def test_the_recorder_sees_every_complete_answer(venue, client):
    venue.on(PATH, Answer(b"busy", status=500), Answer(GOOD.body, cut_after=5), GOOD)
    taken = []

    await client(on_body=lambda request, body: taken.append((request, body.status))).fetch(INDEX)

    assert taken == [(INDEX, 500), (INDEX, 200)]


def test_full_url_joins_base_path_and_query():
    assert full_url("http://localhost:1/api/v2/", INDEX) == (
        "http://localhost:1/api/v2/public/get_index_price?index_name=btc_usd"
    )
    assert full_url("http://localhost:1", Request("/info")) == "http://localhost:1/info"


async def test_the_venues_own_address_is_the_default(session):
    http = VenueHttp(EXCHANGE, session, now=ManualClock().now)

    assert http.url(INDEX) == f"https://www.deribit.com/api/v2{PATH}?index_name=btc_usd"


async def test_an_exchange_that_knows_no_errors_is_judged_by_status(venue, session):
    venue.on(PATH, Answer(status=503), Answer(status=404))
    plain = replace(EXCHANGE, classify=lambda *_: None)
    http = VenueHttp(plain, session, now=ManualClock().now, base_url=venue.url, limits=QUICK)

    with pytest.raises(FetchError, match="HTTP 404"):
        await http.fetch(INDEX)
    assert len(venue.seen) == 2


async def test_a_venue_that_fails_again_and_again_is_left_alone(venue, client):
    venue.on(PATH, Answer(status=503))
    http = client()

    for _ in range(3):
        with pytest.raises(FetchError, match="HTTP 503") as caught:
            await http.fetch(INDEX)
    assert len(venue.seen) == 6
    assert not caught.value.retry
    assert 14 < caught.value.after_seconds <= 15


@pytest.mark.parametrize("status", [429, 404])
async def test_a_venue_that_answers_at_all_is_not_left_alone(venue, client, status):
    venue.on(PATH, Answer(status=status))
    http = client(limits=replace(QUICK, widest_seconds=0.01))

    for _ in range(3):
        with pytest.raises(FetchError, match=f"HTTP {status}"):
            await http.fetch(INDEX)


async def test_how_long_a_venue_is_left_alone_is_told_with_its_last_fault(venue, client):
    venue.on(PATH, *[Answer(b"", status=503)] * 6, GOOD)
    alone = client(limits=replace(QUICK, tries=1, patience_seconds=0.0))
    before = alone.pause()
    for _ in range(6):
        with pytest.raises(FetchError):
            await alone.fetch(INDEX)

    pause = alone.pause()
    assert before is None
    assert 0 < pause.seconds <= 60
    assert "503" in pause.why
