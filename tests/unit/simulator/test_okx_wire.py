import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, PositionSide
from alerts.exchanges.okx import EXCHANGE
from alerts.exchanges.spec import Body, Request
from alerts.simulator.hours import HOUR
from alerts.simulator.liquidations import total
from alerts.simulator.okx_wire import WIRE
from alerts.simulator.wire import Span
from tests.unit.simulator.reading import FEB, NOTE, snapshot, values

BTC, ETH = Asset("BTC"), Asset("ETH")
(STREAM,) = EXCHANGE.streams
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
    assert read["oi_coin"] == pytest.approx(0.12 * market.open_interest, rel=1e-4)


def test_contracts_coins_and_usd_tell_the_same():
    asked = Request("/api/v5/public/open-interest", {"instType": "SWAP"})
    rows = {row["instId"]: row for row in json.loads(WIRE.answer(FEB, NOTE, asked).content)["data"]}
    linear, inverse = rows["BTC-USDT-SWAP"], rows["BTC-USD-SWAP"]

    assert float(linear["oi"]) * 0.01 == pytest.approx(float(linear["oiCcy"]))
    assert float(inverse["oi"]) * 100 == pytest.approx(float(inverse["oiUsd"]))


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/v5/public/open-interest", {"instType": "MOON"}),
        ("/api/v5/market/index-tickers", {"instId": "NO-USD"}),
        ("/api/v5/public/funding-rate", {"instId": "NO-USD-SWAP"}),
        ("/api/v5/nothing", {}),
    ],
)
def test_what_it_does_not_know_is_a_lasting_error(path, params):
    answer = WIRE.answer(FEB, NOTE, Request(path, params))

    assert not EXCHANGE.classify(answer.status, answer.content).retry


def pushed(span):
    said = STREAM.subscriptions([BTC])
    return WIRE.push(FEB, span, said)


def test_nothing_is_pushed_before_it_is_asked_for():
    assert WIRE.push(FEB, Span(NOTE - HOUR, NOTE), ()) == []
    assert WIRE.push(FEB, Span(NOTE - HOUR, NOTE), ["ping"]) == []


def test_what_is_pushed_is_what_was_closed():
    span = Span(NOTE - timedelta(hours=23, minutes=15), NOTE - timedelta(hours=22, minutes=15))
    answers = [Body(WIRE.answer(FEB, NOTE, ask).content, NOTE) for ask in STREAM.requests]
    heard = [
        event
        for content in pushed(span)
        for part in STREAM.hear(Body(content, NOTE), answers, [BTC])
        for event in part.events
    ]
    own = total(FEB, EXCHANGE.venue, BTC, span.since, span.until)

    for side, usd in ((PositionSide.LONG, own.long_usd), (PositionSide.SHORT, own.short_usd)):
        found = sum(event.coin * event.price for event in heard if event.side is side)
        assert found == pytest.approx(usd, rel=1e-3)
    assert len({event.id for event in heard}) == len(heard)
