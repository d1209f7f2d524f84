import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice
from alerts.exchanges.hyperliquid import EXCHANGE, GOLD, TECH
from alerts.exchanges.spec import Request
from alerts.simulator.hyperliquid_wire import WIRE
from tests.unit.simulator.reading import FEB, NOTE, snapshot, values

BTC, ETH = Asset("BTC"), Asset("ETH")
moments = st.datetimes(datetime(2025, 11, 10), datetime(2026, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001


def asked(sent, path="/info", method="POST"):
    return WIRE.answer(FEB, NOTE, Request(path, {}, method, sent))


@settings(max_examples=20)
@given(moments, st.sampled_from([BTC, ETH]))
def test_the_real_parser_reads_back_the_market(at, asset):
    market = FEB.market(at, asset)
    read = values(EXCHANGE, WIRE, FuturesCurve, asset, at)

    assert snapshot(EXCHANGE, WIRE, IndexPrice, asset, at).price == pytest.approx(
        market.price, abs=0.01
    )
    assert read["funding_8h"] == pytest.approx(market.funding_8h, abs=1e-6)
    assert read["oi_coin"] == pytest.approx(0.09 * market.open_interest, rel=1e-4)


def test_no_basis_is_read_where_no_dated_future_is_listed():
    assert not [name for name in values(EXCHANGE, WIRE, FuturesCurve, BTC) if "basis" in name]


def test_gold_and_tech_are_ahead_of_bitcoin_over_the_month_of_the_note():
    before = datetime(2026, 1, 7, 20, 15, tzinfo=UTC)
    change = {
        asset: snapshot(EXCHANGE, WIRE, IndexPrice, asset).price
        / snapshot(EXCHANGE, WIRE, IndexPrice, asset, before).price
        for asset in (BTC, GOLD, TECH)
    }

    assert change[BTC] < 0.8
    assert change[GOLD] > 1.05
    assert change[TECH] > 0.95


def test_a_coin_that_is_gone_stands_among_the_others():
    with pytest.raises(FetchError, match="has delisted MATIC"):
        snapshot(EXCHANGE, WIRE, FuturesCurve, Asset("MATIC"))


def test_books_are_listed_with_the_main_one_as_null():
    main, builder = json.loads(asked('{"type":"perpDexs"}').content)

    assert (main, builder["name"]) == (None, "xyz")


def test_meta_is_the_first_part_of_the_whole():
    whole = json.loads(asked('{"type":"metaAndAssetCtxs"}').content)

    assert json.loads(asked('{"type":"meta"}').content) == whole[0]


def test_an_unknown_book_is_null():
    answer = asked('{"type":"metaAndAssetCtxs","dex":"nobody"}')

    assert (answer.status, answer.content) == (200, b"null")
    assert EXCHANGE.classify(200, answer.content) is not None


@pytest.mark.parametrize("sent", ["", "{", "[]", '{"type":"nonsense"}', None])
def test_a_body_it_cannot_read_is_422(sent):
    assert asked(sent).status == 422


@pytest.mark.parametrize(("path", "method"), [("/info", "GET"), ("/exchange", "POST")])
def test_there_is_nothing_else(path, method):
    assert asked('{"type":"meta"}', path, method).status == 404
