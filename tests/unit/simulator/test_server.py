from datetime import timedelta

import aiohttp
import pytest

from alerts.domain.ids import Asset
from alerts.exchanges.deribit import EXCHANGE
from alerts.exchanges.http import VenueHttp, open_session
from alerts.exchanges.spec import snapshot
from alerts.metrics.measure import measure
from alerts.simulator import SCENARIOS
from alerts.simulator.server import Fault, simulated_market
from tests.fakes.clock import ManualClock

FEB = SCENARIOS["feb-2026"]
INDEX = "/public/get_index_price?index_name=btc_usd"


@pytest.fixture
def clock():
    return ManualClock(FEB.start)


@pytest.fixture
async def market(clock):
    async with simulated_market(FEB, clock) as market:
        yield market


@pytest.fixture
async def session():
    async with open_session() as session:
        yield session


async def test_the_real_client_reads_every_feed(market, clock, session):
    http = VenueHttp(EXCHANGE, session, base_url=market.url(EXCHANGE.venue), now=clock.now)

    for feed in EXCHANGE.feeds:
        assert measure(await snapshot(feed, http, Asset("BTC")))


async def test_the_market_moves_with_the_clock(market, clock, session):
    first = await _price(session, market)
    clock.advance(hours=5)

    assert first == 70_800
    assert await _price(session, market) == 67_600


async def _price(session, market):
    async with session.get(market.url(EXCHANGE.venue) + INDEX) as response:
        return (await response.json())["result"]["index_price"]


async def test_questions_of_the_same_second_share_an_answer(market, clock, session):
    first = await _stamp(session, market)
    clock.advance(milliseconds=900)

    assert await _stamp(session, market) == first
    assert market.asked == 2


async def _stamp(session, market):
    async with session.get(market.url(EXCHANGE.venue) + INDEX) as response:
        return (await response.json())["usOut"]


async def test_a_scripted_status_is_given_as_often_as_scripted(market, session):
    market.faults.append(Fault("get_index_price", status=503, content=b"busy"))

    async with session.get(market.url(EXCHANGE.venue) + INDEX) as first:
        assert (first.status, await first.read()) == (503, b"busy")
    assert await _price(session, market) == 70_800


async def test_a_fault_elsewhere_leaves_this_answer_alone(market, session):
    market.faults.append(Fault("get_time", status=503))

    assert await _price(session, market) == 70_800


async def test_a_cut_answer_ends_before_its_length(market, session):
    market.faults.append(Fault(cut=True))

    async with session.get(market.url(EXCHANGE.venue) + INDEX) as response:
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_a_delayed_answer_is_still_the_true_one(market, session):
    market.faults.append(Fault(delay=timedelta(milliseconds=1)))

    assert await _price(session, market) == 70_800
