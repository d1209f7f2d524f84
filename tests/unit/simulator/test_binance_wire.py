import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, PositionSide
from alerts.exchanges import binance_coinm, binance_usdm
from alerts.exchanges.spec import Body, Request
from alerts.simulator.binance_wire import COINM, USDM
from alerts.simulator.hours import HOUR
from alerts.simulator.liquidations import total
from alerts.simulator.shares import FORCED_CLOSES, OPEN_INTEREST
from alerts.simulator.wire import Span
from tests.unit.simulator.reading import FEB, NOTE, snapshot, values

BTC, ETH = Asset("BTC"), Asset("ETH")
MARKETS = [(binance_usdm.EXCHANGE, USDM), (binance_coinm.EXCHANGE, COINM)]
moments = st.datetimes(datetime(2025, 11, 10), datetime(2026, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=20)
@given(moments, st.sampled_from([BTC, ETH]), st.sampled_from(MARKETS))
def test_the_real_parser_reads_back_the_market(at, asset, one):
    exchange, wire = one
    market = FEB.market(at, asset)
    read = values(exchange, wire, FuturesCurve, asset, at)
    share = OPEN_INTEREST[exchange.venue]

    assert snapshot(exchange, wire, IndexPrice, asset, at).price == pytest.approx(market.price)
    assert read["funding_8h"] == pytest.approx(market.funding_8h, abs=1e-5)
    assert read["oi_coin"] == pytest.approx(share * market.open_interest, rel=1e-4)


@pytest.mark.parametrize("one", MARKETS)
def test_two_quarters_bracket_sixty_days_on_the_day_of_the_note(one):
    assert values(*one, FuturesCurve, BTC)["basis.60d"] == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("one", MARKETS)
def test_a_symbol_it_does_not_list_is_refused_as_binance_refuses(one):
    exchange, wire = one
    prefix = exchange.feeds[0].requests(BTC)[0].path.rpartition("/")[0]
    answer = wire.answer(FEB, NOTE, Request(f"{prefix}/openInterest", {"symbol": "NOUSDT"}))

    error = exchange.classify(answer.status, answer.content)
    assert "-1121" in error.why
    assert not error.retry


@pytest.mark.parametrize("one", MARKETS)
def test_what_is_pushed_is_what_was_closed(one):
    exchange, wire = one
    (stream,) = exchange.streams
    span = Span(NOTE - timedelta(hours=23, minutes=15), NOTE - timedelta(hours=22, minutes=15))
    answers = [Body(wire.answer(FEB, NOTE, ask).content, NOTE) for ask in stream.requests]
    heard = [
        event
        for content in wire.push(FEB, span, ())
        for part in stream.hear(Body(content, NOTE), answers, [BTC])
        for event in part.events
    ]
    own = total(FEB, exchange.venue, BTC, span.since, span.until)

    assert span.until - span.since == HOUR
    assert exchange.venue in FORCED_CLOSES
    for side, usd in ((PositionSide.LONG, own.long_usd), (PositionSide.SHORT, own.short_usd)):
        found = sum(event.coin * event.price for event in heard if event.side is side)
        assert found == pytest.approx(usd, rel=1e-3)


def test_a_sell_order_closes_a_long():
    pushed = [json.loads(one) for one in USDM.push(FEB, Span(NOTE - HOUR, NOTE), ())]

    assert {one["o"]["S"] for one in pushed} == {"SELL", "BUY"}
    assert pushed[0]["o"]["s"] == "BTCUSDT"
