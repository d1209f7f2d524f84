import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset
from alerts.domain.reading import Reading
from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.exchanges.http import VenueHttp, full_url, open_session
from alerts.exchanges.spec import Request, snapshot
from alerts.metrics.measure import measure
from alerts.recording import PUSHED, Line, Recorder, Recording
from alerts.serving import Steady, Stepped, serve
from alerts.simulator import SCENARIOS
from alerts.simulator.deribit_wire import answer
from tests.fakes.clock import ManualClock

FEB = SCENARIOS["feb-2026"]
START = FEB.start
LATER = START + timedelta(hours=5)
NOW = datetime(2026, 11, 22, 15, 40, tzinfo=UTC)
BTC = Asset("BTC")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Two polls of the simulated market, five hours apart."""
    file = tmp_path_factory.mktemp("recordings") / "x.jsonl.gz"
    with contextlib.closing(Recorder(file)) as recorder:
        for at in (START, LATER):
            for feed in DERIBIT.feeds:
                (request,) = feed.requests(BTC)
                content = answer(FEB, at, request.path, request.params).content
                recorder.write(Line(at, DERIBIT.venue, full_url(DERIBIT.url, request), content))
    return Recording.at(file)


@contextlib.asynccontextmanager
async def client(recording, timeline, now):
    async with serve(recording, timeline) as served, open_session() as session:
        yield VenueHttp(DERIBIT, session, base_url=served.url(DERIBIT.venue), now=now), session


async def read(http):
    """Everything the real client and the metrics make of what is served."""
    found = {}
    for feed in DERIBIT.feeds:
        found |= {str(s.series): s for s in measure(await snapshot(feed, http, BTC))}
    return found


async def price(http, session):
    """The index as served, whatever its age."""
    (request,) = DERIBIT.feeds[0].requests(BTC)
    async with session.get(http.url(request)) as response:
        return (await response.json())["result"]["index_price"]


async def test_a_client_gets_the_last_answer_up_to_the_present(recording):
    clock = ManualClock(START)
    async with client(recording, Steady(START, START, clock.now), clock.now) as asked:
        before = await price(*asked)
        clock.advance(hours=4, minutes=59)
        still = await price(*asked)
        clock.advance(minutes=1)
        after = await price(*asked)

    assert [before, still, after] == [70_800, 70_800, 67_600]


async def test_at_the_end_the_last_answer_stays(recording):
    clock = ManualClock(START)
    async with client(recording, Steady(START, START, clock.now), clock.now) as asked:
        clock.advance(days=3)

        assert await price(*asked) == 67_600


async def test_speed_makes_the_recording_pass_faster(recording):
    clock = ManualClock(START)
    async with client(recording, Steady(START, START, clock.now, 3600), clock.now) as asked:
        clock.advance(seconds=5)

        assert await price(*asked) == 67_600


@pytest.mark.parametrize("speed", [1, 1800])
async def test_shifted_to_now_a_client_on_todays_clock_reads_the_same_market(recording, speed):
    clock = ManualClock(NOW)
    timeline = Steady(START, NOW, clock.now, speed, to_now=True)
    async with client(recording, timeline, clock.now) as (http, _):
        clock.advance(seconds=timedelta(hours=5).total_seconds() / speed)
        found = await read(http)

    assert all(isinstance(sample, Reading) for sample in found.values())
    assert all(sample.at == clock.now() for sample in found.values())
    assert found["skew25_norm.60d:BTC@deribit"].value == pytest.approx(15, abs=0.4)
    assert found["basis.60d:BTC@deribit"].value == pytest.approx(3.2, abs=0.1)


def test_faster_than_life_expiries_stay_as_far_ahead_as_they_were():
    timeline = Steady(START, NOW, lambda: NOW, 864_000, to_now=True)
    expiry, at = START + timedelta(days=60), START + timedelta(days=30)

    shift = timeline.shift(at)

    ahead = (expiry + timedelta(days=shift.days)) - (at + shift.moved)
    assert abs(ahead - (expiry - at)) <= timedelta(hours=12)


async def test_a_stepped_recording_stands_until_it_is_moved(recording):
    clock, timeline = ManualClock(NOW), Stepped(START)
    timeline.now = clock.now
    async with client(recording, timeline, clock.now) as (http, _):
        clock.advance(minutes=30)
        before = await read(http)
        timeline.at = LATER
        after = await read(http)

    skews = [found["skew25_norm.60d:BTC@deribit"] for found in (before, after)]
    assert [skew.value for skew in skews] == pytest.approx([12.4, 15.0], abs=0.4)
    assert [skew.at for skew in skews] == [clock.now()] * 2


async def test_unshifted_answers_keep_every_byte(recording):
    line = recording.first()
    async with client(recording, Stepped(START), lambda: START) as (http, session):
        (request,) = DERIBIT.feeds[0].requests(BTC)
        async with session.get(http.url(request)) as response:
            assert await response.read() == line.content


async def test_what_was_not_recorded_is_an_error_that_names_it(recording):
    async with client(recording, Stepped(START), lambda: START) as (http, session):
        (request,) = DERIBIT.feeds[0].requests(Asset("ETH"))
        async with session.get(http.url(request)) as response:
            assert response.status == 404
            assert "eth_usd is not in the recording" in (await response.json())["error"]["message"]


async def test_a_question_with_todays_dates_finds_its_recorded_answer(tmp_path):
    ticker = "/public/ticker?instrument_name=BTC-"
    file = tmp_path / "x.jsonl.gz"
    with contextlib.closing(Recorder(file)) as recorder:
        recorder.write(
            Line(
                START, DERIBIT.venue, f"{DERIBIT.url}{ticker}27MAR26", b'"BTC-27MAR26"', status=503
            )
        )
    timeline = Stepped(START, lambda: START + timedelta(days=290))
    async with client(Recording.at(file), timeline, lambda: NOW) as (http, session):
        url = http.url(Request("/public/ticker", {"instrument_name": "BTC-11JAN27"}))
        async with session.get(url) as response:
            assert response.status == 503
            assert await response.text() == '"BTC-11JAN27"'


@pytest.mark.parametrize(
    ("recorded", "posted"),
    [('{"type":"meta","dex":""}', '{ "dex": "", "type": "meta" }'), ("plain words", "plain words")],
)
async def test_a_posted_question_is_known_by_what_it_says(tmp_path, recorded, posted):
    file = tmp_path / "x.jsonl.gz"
    with contextlib.closing(Recorder(file)) as recorder:
        line = Line(START, DERIBIT.venue, f"{DERIBIT.url}/info", b"[1]", "POST", sent=recorded)
        recorder.write(line)
    async with (
        client(Recording.at(file), Stepped(START), lambda: START) as (http, session),
        session.post(http.url(Request("/info")), data=posted) as response,
    ):
        assert await response.json() == [1]


async def test_what_was_pushed_is_pushed_again_over_the_same_path(tmp_path):
    file, clock = tmp_path / "x.jsonl.gz", ManualClock(START)
    url = f"{DERIBIT.stream_url}{DERIBIT.streams[0].path}"
    with contextlib.closing(Recorder(file)) as recorder:
        recorder.write(Line(START, DERIBIT.venue, f"{DERIBIT.url}/public/x", b"{}"))
        for number in (1, 2, 3):
            at = START + timedelta(minutes=number)
            recorder.write(Line(at, DERIBIT.venue, url, b'{"n":%d}' % number, PUSHED))
        elsewhere = Line(START + timedelta(minutes=1), "okx", "wss://okx/ws/v5", b"[]", PUSHED)
        recorder.write(elsewhere)
    timeline = Steady(START, START, clock.now)
    async with (
        serve(Recording.at(file), timeline) as served,
        open_session() as session,
        session.ws_connect(served.stream_url(DERIBIT.venue)) as socket,
    ):
        await asyncio.sleep(0.3)
        clock.advance(minutes=2)
        heard = [await socket.receive_json() for _ in range(2)]

    assert heard == [{"n": 1}, {"n": 2}]


async def test_shifted_to_now_what_is_pushed_has_todays_times(tmp_path):
    file, clock = tmp_path / "x.jsonl.gz", ManualClock(NOW)
    at = START + timedelta(minutes=1)
    url = f"{DERIBIT.stream_url}{DERIBIT.streams[0].path}"
    with contextlib.closing(Recorder(file)) as recorder:
        recorder.write(Line(START, DERIBIT.venue, f"{DERIBIT.url}/public/x", b"{}"))
        content = b'{"timestamp":%d}' % (at.timestamp() * 1000)
        recorder.write(Line(at, DERIBIT.venue, url, content, PUSHED))
    timeline = Steady(START, NOW, clock.now, to_now=True)
    async with (
        serve(Recording.at(file), timeline) as served,
        open_session() as session,
        session.ws_connect(served.stream_url(DERIBIT.venue)) as socket,
    ):
        await asyncio.sleep(0.3)
        clock.advance(minutes=2)
        heard = await socket.receive_json()

    assert heard["timestamp"] == int((NOW + timedelta(minutes=1)).timestamp() * 1000)
