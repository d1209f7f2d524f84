import contextlib
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Funding
from alerts.exchanges import binance_coinm, binance_usdm
from tests.unit.exchanges.binance_bodies import (
    AT,
    MARCH,
    NEVER,
    body,
    curve_bodies,
    dated,
    dated_mark,
    held,
    interval,
    inverse,
    listed,
    mark,
    millis,
)

BTC, ETH = Asset("BTC"), Asset("ETH")
USDM, COINM = binance_usdm.MARKET, binance_coinm.MARKET


def usdm(contracts, marks, intervals=(), *open_interest):
    return USDM.curve(curve_bodies(contracts, marks, intervals, *open_interest), BTC)


def coinm(contracts, marks, *open_interest):
    return COINM.curve(curve_bodies(contracts, marks, (), *open_interest), BTC)


def names(curve):
    return [future.name for future in curve.futures]


def test_a_perpetual_margined_in_usdt_has_its_open_interest_in_coin():
    curve = usdm([listed()], [mark()], [], held())
    (future,) = curve.futures

    assert (curve.venue, curve.asset, curve.at, curve.rejected) == ("binance_usdm", "BTC", AT, 0)
    assert (future.name, future.expiry, future.halved) == ("BTCUSDT", None, False)
    assert (future.mark, future.index) == (70_500.0, 70_302.95)
    assert future.open_interest_coin == 106_499.782
    assert future.open_interest_usd == pytest.approx(7_508_234_631)  # x 70,500


def test_an_inverse_contract_counts_in_contracts_of_100_usd():
    curve = coinm([inverse()], [mark("BTCUSD_PERP")], held("BTCUSD_PERP", openInterest="6784657"))
    (future,) = curve.futures

    assert curve.venue == "binance_coinm"
    assert future.open_interest_usd == 678_465_700
    assert future.open_interest_coin == pytest.approx(9_623.627)  # / 70,500


def test_the_size_of_an_inverse_contract_is_read():
    rows = [inverse("ETHUSD_PERP", baseAsset="ETH", contractSize=10)]
    told = held("ETHUSD_PERP", openInterest="1000")
    bodies = curve_bodies(rows, [mark("ETHUSD_PERP", markPrice="2000")], (), told)
    (future,) = COINM.curve(bodies, ETH).futures

    assert (future.open_interest_usd, future.open_interest_coin) == (10_000, 5)


def test_an_inverse_contract_without_a_size_is_rejected():
    rows = [inverse(), inverse("BTCUSD_260327", contractSize=None)]
    curve = coinm(rows, [mark("BTCUSD_PERP")], held("BTCUSD_PERP"))

    assert (names(curve), curve.rejected) == (["BTCUSD_PERP"], 1)


def test_a_dated_contract_expires_when_the_list_says_and_has_no_funding():
    curve = usdm([listed(), dated()], [mark(), dated_mark()])
    future = curve.futures[1]

    assert (future.name, future.expiry, future.funding) == ("BTCUSDT_260327", MARCH, None)


def test_funding_takes_eight_hours_unless_listed_otherwise():
    rows = [listed(), listed("BTCUSDC", quoteAsset="USDC")]
    curve = usdm(rows, [mark(), mark("BTCUSDC", lastFundingRate="-0.0002")], [interval("BTCUSDC")])

    assert [future.funding for future in curve.futures] == [
        Funding(0.00001226, timedelta(hours=8)),
        Funding(-0.0002, timedelta(hours=4)),
    ]


def test_no_list_of_intervals_is_an_empty_one():
    bodies = [*curve_bodies([inverse()], [mark("BTCUSD_PERP")])[:2], body(b"null")]

    assert COINM.curve(bodies, BTC).futures[0].funding.interval == timedelta(hours=8)


TWINS = [
    listed(),
    listed("BTCUSDC", quoteAsset="USDC"),
    listed("ETHUSDT", baseAsset="ETH"),
    listed("BTCDOMUSDT", baseAsset="BTCDOM"),
    listed("ETHBTC", baseAsset="ETH", quoteAsset="BTC"),
    listed("XAUUSDT", baseAsset="XAU", contractType="TRADIFI_PERPETUAL"),
    listed("BTCBUSD", quoteAsset="BUSD", status="SETTLING"),
    listed("BTCUSDT_250926", contractType="CURRENT_QUARTER DELIVERING"),
    listed("BTCUSDT_251226", contractType="NEXT_QUARTER", status="PENDING_TRADING"),
]


def test_twins_in_other_stablecoins_count_and_nothing_else_does():
    curve = usdm(TWINS, [mark(row["symbol"]) for row in TWINS])

    assert (names(curve), curve.rejected) == (["BTCUSDT", "BTCUSDC"], 0)


def test_a_contract_on_metal_is_no_coin():
    bodies = curve_bodies(TWINS, [mark("XAUUSDT")])

    assert USDM.curve(bodies, Asset("XAU")).futures == ()


def test_open_interest_is_asked_for_each_contract_that_trades():
    bodies = curve_bodies([*TWINS, dated()], [])
    asked = USDM.follow(bodies, BTC)

    assert [one.path for one in asked] == ["/fapi/v1/openInterest"] * 3
    assert [one.params["symbol"] for one in asked] == ["BTCUSDT", "BTCUSDC", "BTCUSDT_260327"]
    assert all(one.spare for one in asked)


def test_the_first_requests_are_the_same_for_every_asset():
    assert USDM.first(BTC) == USDM.first(ETH)
    assert [one.path for one in COINM.first(BTC)] == [
        "/dapi/v1/premiumIndex",
        "/dapi/v1/exchangeInfo",
        "/dapi/v1/fundingInfo",
    ]


def test_a_contract_refused_meanwhile_is_left_out():
    rows = [listed(), listed("BTCUSDC", quoteAsset="USDC")]
    curve = usdm(rows, [mark(), mark("BTCUSDC")], [], held(), b"")

    assert (names(curve), curve.rejected) == (["BTCUSDT"], 0)


def test_a_listed_contract_without_a_mark_is_rejected():
    curve = usdm([listed(), dated()], [mark()], [], held(), held("BTCUSDT_260327"))

    assert (names(curve), curve.rejected) == (["BTCUSDT"], 1)


def test_a_contract_whose_mark_stands_still_is_rejected():
    frozen = mark("BTCUSDC", time=millis(AT) - 90_000)
    curve = usdm([listed(), listed("BTCUSDC", quoteAsset="USDC")], [mark(), frozen])

    assert names(curve) == ["BTCUSDT"]


STRANGE = [
    held("ETHUSDT"),
    held(openInterest="-1"),
    held(openInterest=True),
    held(openInterest=None),
    held(openInterest="NaN"),
    held(time=millis(AT) - 600_000),
    {"symbol": "BTCUSDT"},
    b"<html>",
    b"null",
    b"[" * 100_000,
]


@pytest.mark.parametrize("answer", STRANGE, ids=lambda answer: str(answer)[:40])
def test_open_interest_that_cannot_be_read_is_unknown_and_told(answer):
    curve = usdm([listed()], [mark()], [], answer)

    assert curve.futures[0].open_interest_coin is None
    assert curve.rejected == 1


UNREADABLE = [True, "", None, "x", "-1", "0", 0, 1e308, "1e308", "NaN", [1], {"value": 1}]


@pytest.mark.parametrize("value", UNREADABLE)
@pytest.mark.parametrize("key", ["markPrice", "indexPrice", "time"])
def test_a_contract_with_an_unreadable_number_is_rejected(key, value):
    rows = [listed(), listed("BTCUSDC", quoteAsset="USDC")]
    curve = usdm(rows, [mark(), mark("BTCUSDC", **{key: value})], [], held(), held("BTCUSDC"))

    assert (names(curve), curve.rejected) == (["BTCUSDT"], 1)


def test_more_than_half_of_an_assets_contracts_lost_is_an_error():
    rows = [listed(), listed("BTCUSDC", quoteAsset="USDC"), dated()]
    with pytest.raises(FetchError, match="2 of 3 rows"):
        usdm(rows, [mark()])


def test_another_assets_broken_rows_cost_nothing():
    marks = [mark(), mark("ETHUSDT"), mark("SOLUSDT", markPrice={})]
    curve = usdm([listed(), listed("SOLUSDT", baseAsset="SOL", deliveryDate=[])], marks)

    assert (names(curve), curve.rejected) == (["BTCUSDT"], 0)


def test_a_row_listed_twice_counts_once():
    assert names(usdm([listed(), listed()], [mark(), mark()])) == ["BTCUSDT"]


def test_lag_is_the_age_of_the_marks_when_they_were_asked_for():
    bodies = curve_bodies([listed()], [mark()])
    bodies[0] = body([mark()], asked=AT + timedelta(seconds=75))

    assert USDM.curve(bodies, BTC).lag == timedelta(seconds=75)


def test_the_index_of_one_symbol():
    read = binance_usdm.parse_index([body(mark())], BTC)
    of_a_list = binance_coinm.parse_index([body([mark("BTCUSD_PERP")])], BTC)

    assert (read.venue, read.price, read.at) == ("binance_usdm", 70_302.95, AT)
    assert (of_a_list.venue, of_a_list.price) == ("binance_coinm", 70_302.95)


@pytest.mark.parametrize("answer", [mark("ETHUSDT"), mark(indexPrice="0"), [], {}, b"", b"{" * 99])
def test_an_answer_without_the_index_is_an_error(answer):
    with pytest.raises(FetchError):
        binance_usdm.parse_index([body(answer)], BTC)


PARTS = {0: mark(), 1: listed(), 2: interval(), 3: held()}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
KEYS = [(part, key) for part, row in PARTS.items() for key in row]


@given(st.sampled_from(KEYS), JSON | st.sampled_from(["1e999", "-0", str(NEVER), "9" * 400]))
def test_any_value_under_any_key_is_read_or_refused(place, value):
    part, key = place
    rows = {number: dict(row) for number, row in PARTS.items()}
    rows[part][key] = value
    bodies = curve_bodies([rows[1], dated()], [rows[0], dated_mark()], [rows[2]], rows[3], held())
    try:
        curve = USDM.curve(bodies, BTC)
    except FetchError:
        return

    assert len(curve.futures) <= 2
    assert all(0 < future.mark < 1e9 for future in curve.futures)


@given(st.integers(0, 3), st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(part, content):
    bodies = curve_bodies([listed()], [mark()], [interval()], held())
    bodies[part] = body(content)
    with contextlib.suppress(FetchError):
        assert len(USDM.curve(bodies, BTC).futures) <= 1


ERRORS = [
    (400, -1121, "Invalid symbol.", False, None),
    (400, -1100, "Illegal characters found in a parameter.", False, None),
    (429, -1003, "Too many requests; current limit is 2400 requests per minute.", True, None),
    (418, -1003, "Way too many requests; IP banned until 1770414057000.", False, 600.0),
    (403, 0, "", False, 600.0),
    (451, 0, "Service unavailable from a restricted location", False, 21_600.0),
    (503, -1008, "Server is currently overloaded with other requests.", True, None),
    (503, -1016, "This service is no longer available.", True, 30.0),
    (400, -1001, "Internal error; unable to process your request.", True, None),
    (200, -1121, "Invalid symbol.", False, None),
    (200, -1003, "Way too many requests; IP banned until 1770414057000.", False, 600.0),
    (502, 0, "", True, None),
    (404, -1, "", False, None),
]


@pytest.mark.parametrize(("status", "code", "message", "retry", "after"), ERRORS)
@pytest.mark.parametrize("module", [binance_usdm, binance_coinm])
def test_failures_are_told_apart(module, status, code, message, retry, after):
    content = json.dumps({"code": code, "msg": message}).encode() if code else b"<html></html>"
    error = module.EXCHANGE.classify(status, content)

    assert (error.venue, error.retry, error.after_seconds) == (module.EXCHANGE.venue, retry, after)


def test_a_geo_block_names_the_remedy():
    assert "VENUES" in USDM_CLASSIFY(451, b'{"code":0,"msg":"restricted location"}').why


USDM_CLASSIFY = binance_usdm.EXCHANGE.classify


@pytest.mark.parametrize("content", [b"[]", b'{"symbol":"code"}', b'{"code":200,"msg":"ok"}'])
def test_a_usable_answer_is_no_error(content):
    assert USDM_CLASSIFY(200, content) is None
