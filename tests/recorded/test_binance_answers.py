"""Binance's parsers on what the venue really answered (2020 to 2026, lists shortened upstream)."""

import gzip
import json
from datetime import UTC, datetime, timedelta

from alerts.domain.ids import Asset
from alerts.exchanges import binance_coinm, binance_usdm
from alerts.exchanges.spec import Body
from tests.recorded.shared_data import ROOT, skip

FOLDER = "exchange-responses"
pytestmark = skip(FOLDER)

BTC, ETH = Asset("BTC"), Asset("ETH")
NOW = datetime(2026, 9, 9, tzinfo=UTC)
USDM, COINM = binance_usdm.MARKET, binance_coinm.MARKET


def answers(route):
    """The recorded answers of a route, with the query each belongs to."""
    path = ROOT / FOLDER / "gocryptotrader" / "binance_fapi_dapi_http_mock_subset.json.gz"
    with gzip.open(path, "rt") as stream:
        recorded = json.load(stream)
    return {one["queryString"]: one["data"] for one in recorded[route]["GET"]}


def full_listing(market):
    """The whole `exchangeInfo` of July 2021, delivery contracts included."""
    path = ROOT / FOLDER / "cryptofeed" / f"binance_{market}_exchangeInfo_20210722.txt.gz"
    with gzip.open(path, "rt") as stream:
        return body(json.loads(stream.read().split(": ", 1)[1]))


def body(value):
    return Body(json.dumps(value).encode(), NOW)


def test_the_usdm_list_of_2021_has_btc_in_usdt_and_its_quarterly():
    contracts, rejected = USDM.contracts(full_listing("fapi"), BTC)

    assert rejected == 0
    assert {one.symbol: one.expiry for one in contracts} == {
        "BTCUSDT": None,
        "BTCUSDT_210924": datetime(2021, 9, 24, 8, tzinfo=UTC),
    }


def test_the_coinm_list_of_2021_has_contracts_of_100_and_10_usd():
    listing = full_listing("dapi")
    sizes = {
        one.symbol: one.size for asset in (BTC, ETH) for one in COINM.contracts(listing, asset)[0]
    }

    assert sizes == {
        "BTCUSD_PERP": 100,
        "BTCUSD_210924": 100,
        "BTCUSD_211231": 100,
        "ETHUSD_PERP": 10,
        "ETHUSD_210924": 10,
        "ETHUSD_211231": 10,
    }


def test_a_delivering_contract_of_2025_is_left_out():
    contracts, rejected = COINM.contracts(body(answers("/dapi/v1/exchangeInfo")[""]), Asset("GALA"))

    assert (contracts, rejected) == ([], 0)


def test_the_coinm_curve_of_october_2020_is_without_the_contract_that_stood_still():
    marks = answers("/dapi/v1/premiumIndex")["pair=BTCUSD"]
    listing = [
        {
            "symbol": row["symbol"],
            "contractType": "PERPETUAL" if row["symbol"].endswith("PERP") else "CURRENT_QUARTER",
            "baseAsset": "BTC",
            "quoteAsset": "USD",
            "deliveryDate": 1_608_883_200_000,
            "contractStatus": "TRADING",
            "contractSize": 100,
        }
        for row in marks
    ]
    intervals = Body(b"null", NOW)  # as recorded
    curve = COINM.curve([body(marks), body({"symbols": listing}), intervals], BTC)
    by_name = {future.name: future for future in curve.futures}

    assert set(by_name) == {"BTCUSD_PERP", "BTCUSD_201225", "BTCUSD_210326"}
    assert curve.rejected == 1  # BTCUSD_200925, delivered three weeks before, was still answered
    assert by_name["BTCUSD_PERP"].funding.interval == timedelta(hours=8)
    assert by_name["BTCUSD_201225"].funding is None
    assert by_name["BTCUSD_210326"].mark == 11_761.50067917
    assert {future.index for future in curve.futures} == {11_353.95875}


def test_open_interest_of_september_2026_is_in_coin():
    told = ROOT / FOLDER / "transcribed-2026" / "binance_fapi_openInterest.json"
    row = {"symbol": "BTCUSDT", "markPrice": "78000", "indexPrice": "78010", "time": 1788909265562}
    contract = {
        "symbol": "BTCUSDT",
        "contractType": "PERPETUAL",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "deliveryDate": 4133404800000,
        "status": "TRADING",
    }
    bodies = [body([row]), body({"symbols": [contract]}), body([]), Body(told.read_bytes(), NOW)]
    (future,) = USDM.curve(bodies, BTC).futures

    assert future.open_interest_coin == 106_499.782


def test_funding_intervals_as_listed():
    rows = answers("/fapi/v1/fundingInfo")[""]
    hours = {row["symbol"]: row["fundingIntervalHours"] for row in rows}

    assert {USDM._hours(body(rows))[symbol] for symbol in ("GTCUSDT", "LPTUSDT")} == {
        timedelta(hours=hours["GTCUSDT"]),
        timedelta(hours=hours["LPTUSDT"]),
    }
    assert (hours["GTCUSDT"], hours["LPTUSDT"]) == (8, 4)


def test_the_index_of_one_symbol():
    recorded = answers("/fapi/v1/premiumIndex")["symbol=BTCUSDT"]

    assert binance_usdm.parse_index([body(recorded)], BTC).price == 26_798.25197802
