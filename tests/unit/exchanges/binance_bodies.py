"""Small Binance answers made by hand."""

import json
from datetime import UTC, datetime, timedelta

from alerts.exchanges.spec import Body

AT = datetime(2026, 2, 6, 21, 30, 57, tzinfo=UTC)
MARCH = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)
NEVER = 4_133_404_800_000


def millis(at):
    return int(at.timestamp() * 1000)


def listed(symbol="BTCUSDT", **parts):
    """A row of the USD-M `exchangeInfo`."""
    return {
        "symbol": symbol,
        "pair": symbol.partition("_")[0],
        "contractType": "PERPETUAL",
        "deliveryDate": NEVER,
        "onboardDate": 1_569_398_400_000,
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "underlyingType": "COIN",
        "filters": [{"filterType": "LOT_SIZE", "maxQty": "1000"}],
        **parts,
    }


def dated(symbol="BTCUSDT_260327", **parts):
    return listed(symbol, contractType="CURRENT_QUARTER", deliveryDate=millis(MARCH), **parts)


def inverse(symbol="BTCUSD_PERP", **parts):
    """A row of the COIN-M `exchangeInfo`."""
    own = {"quoteAsset": "USD", "contractSize": 100, "contractStatus": "TRADING", **parts}
    row = listed(symbol, **own)
    del row["status"]
    return row


def mark(symbol="BTCUSDT", **parts):
    """A row of `premiumIndex`."""
    return {
        "symbol": symbol,
        "markPrice": "70500.00000000",
        "indexPrice": "70302.95000000",
        "estimatedSettlePrice": "70300.00000000",
        "lastFundingRate": "0.00001226",
        "interestRate": "0.00010000",
        "nextFundingTime": 1_770_422_400_000,
        "time": millis(AT),
        **parts,
    }


def dated_mark(symbol="BTCUSDT_260327", **parts):
    return mark(symbol, lastFundingRate="", interestRate="", nextFundingTime=0, **parts)


def interval(symbol="BTCUSDT", hours=4):
    return {
        "symbol": symbol,
        "adjustedFundingRateCap": "0.02000000",
        "adjustedFundingRateFloor": "-0.02000000",
        "fundingIntervalHours": hours,
        "disclaimer": False,
    }


def held(symbol="BTCUSDT", **parts):
    """An answer of `openInterest`."""
    return {"openInterest": "106499.782", "symbol": symbol, "time": millis(AT) - 3_000, **parts}


def body(value, asked=None):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Body(content, AT + timedelta(milliseconds=80), asked_at=asked)


def curve_bodies(contracts, marks, intervals=(), *open_interest):
    return [
        body(list(marks)),
        body({"timezone": "UTC", "serverTime": millis(AT), "symbols": list(contracts)}),
        body(list(intervals)),
        *map(body, open_interest),
    ]
