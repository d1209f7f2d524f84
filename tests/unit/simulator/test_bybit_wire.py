import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, PositionSide
from alerts.exchanges.bybit import EXCHANGE
from alerts.exchanges.spec import Body, Request
from alerts.simulator.bybit_wire import WIRE
from alerts.simulator.hours import HOUR
from alerts.simulator.liquidations import total
from alerts.simulator.wire import Span
from tests.unit.simulator.reading import FEB, NOTE, snapshot, values

BTC, ETH = Asset("BTC"), Asset("ETH")
LINEAR, INVERSE = EXCHANGE.streams
moments = st.datetimes(datetime(2025, 11, 10), datetime(2026, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=20)
@given(moments, st.sampled_from([BTC, ETH]))
def test_the_real_parser_reads_back_the_market(at, asset):
    market = FEB.market(at, asset)
    read = values(EXCHANGE, WIRE, FuturesCurve, asset, at)

    assert snapshot(EXCHANGE, WIRE, IndexPrice, asset, at).price == pytest.approx(
        market.price, abs=0.01
    )
    assert read["basis.60d"] == pytest.approx(market.basis60, abs=0.05)
    assert read["funding_8h"] == pytest.approx(market.funding_8h, abs=1e-5)
    assert read["oi_coin"] == pytest.approx(0.2 * market.open_interest, rel=1e-4)


def test_a_fifth_of_the_open_interest_of_the_note_is_here():
    read = values(EXCHANGE, WIRE, FuturesCurve, BTC)

    assert read["oi_coin"] == pytest.approx(105_570, rel=1e-4)
    assert read["oi_usd"] == pytest.approx(105_570 * 71_500, rel=0.002)


def test_open_interest_is_published_of_both_sides_and_of_one():
    asked = Request("/v5/market/tickers", {"category": "linear", "symbol": "BTCUSDT"})
    (row,) = json.loads(WIRE.answer(FEB, NOTE, asked).content)["result"]["list"]

    assert float(row["openInterest"]) == pytest.approx(2 * float(row["singleOpenInterest"]))


@pytest.mark.parametrize(
    "params", [{"category": "linear", "symbol": "NOUSDT"}, {"category": "moon"}, {}]
)
def test_what_it_does_not_know_is_an_error_inside_a_success(params):
    answer = WIRE.answer(FEB, NOTE, Request("/v5/market/tickers", params))

    assert answer.status == 200
    assert "10001" in EXCHANGE.classify(200, answer.content).why


def test_an_asset_it_does_not_list_is_refused():
    with pytest.raises(FetchError, match="10001"):
        snapshot(EXCHANGE, WIRE, IndexPrice, Asset("DOGE"))


def test_the_time_is_the_markets():
    answer = WIRE.answer(FEB, NOTE, Request("/v5/market/time"))

    assert json.loads(answer.content)["result"]["timeSecond"] == str(int(NOTE.timestamp()))


def pushed(stream, assets, since=NOTE - HOUR, until=NOTE):
    messages = WIRE.push(FEB, Span(since, until), stream.subscriptions(assets))
    return [
        event
        for message in messages
        for found in stream.hear(Body(message, until), (), assets)
        for event in found.events
    ]


def test_both_connections_together_push_what_the_venue_closed():
    closed = total(FEB, WIRE.venue, BTC, NOTE - HOUR, NOTE)
    heard = pushed(LINEAR, [BTC]) + pushed(INVERSE, [BTC])
    usd = {
        side: sum(event.coin * event.price for event in heard if event.side is side)
        for side in PositionSide
    }

    assert usd[PositionSide.LONG] == pytest.approx(closed.long_usd, rel=1e-3)
    assert usd[PositionSide.SHORT] == pytest.approx(closed.short_usd, rel=1e-3)


def test_only_what_was_subscribed_to_is_pushed():
    assert WIRE.push(FEB, Span(NOTE - HOUR, NOTE), ['{"op":"ping"}']) == []
    assert pushed(LINEAR, [ETH])
    assert len(pushed(INVERSE, [BTC])) < len(pushed(LINEAR, [BTC]))


def test_events_have_an_identity_each():
    heard = pushed(LINEAR, [BTC]) + pushed(LINEAR, [BTC], NOTE, NOTE + timedelta(minutes=5))

    assert len({event.id for event in heard}) == len(heard)
