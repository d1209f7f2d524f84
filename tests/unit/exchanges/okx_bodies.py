"""Small OKX answers made by hand."""

import json
from datetime import UTC, datetime, timedelta

from alerts.exchanges.spec import Body

AT = datetime(2026, 2, 6, 21, 30, 57, tzinfo=UTC)
MARCH = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)


def millis(at):
    return str(int(at.timestamp() * 1000))


def swap(name="BTC-USDT-SWAP", **parts):
    """A row of `instruments`."""
    family = name.rpartition("-")[0]
    return {
        "instType": "SWAP",
        "instId": name,
        "uly": family,
        "instFamily": family,
        "ctType": "linear",
        "ctVal": "0.01",
        "ctMult": "1",
        "ctValCcy": "BTC",
        "expTime": "",
        "settleCcy": "USDT",
        "state": "live",
        "ruleType": "normal",
        **parts,
    }


def inverse(name="BTC-USD-SWAP", **parts):
    own = {"ctType": "inverse", "ctVal": "100", "ctValCcy": "USD", "settleCcy": "BTC"}
    return swap(name, **own | parts)


def future(name="BTC-USD-260327", **parts):
    return inverse(name, **{"instType": "FUTURES", "expTime": millis(MARCH)} | parts)


def mark(name="BTC-USDT-SWAP", **parts):
    return {"instType": "SWAP", "instId": name, "markPx": "70500", "ts": millis(AT), **parts}


def index(name="BTC-USDT", **parts):
    row = {"instId": name, "idxPx": "70302.95", "high24h": "71500", "open24h": "63000"}
    return {**row, "ts": millis(AT), **parts}


def held(name="BTC-USDT-SWAP", **parts):
    return {
        "instType": "SWAP",
        "instId": name,
        "oi": "2450000",
        "oiCcy": "24500",
        "oiUsd": "1727250000.5",
        "ts": millis(AT),
        **parts,
    }


def funding(name="BTC-USDT-SWAP", **parts):
    return {
        "instType": "SWAP",
        "instId": name,
        "method": "current_period",
        "formulaType": "noRate",
        "fundingRate": "0.0000418",
        "nextFundingRate": "",
        "fundingTime": millis(AT + timedelta(hours=2)),
        "nextFundingTime": millis(AT + timedelta(hours=10)),
        "settState": "settled",
        "settFundingRate": "0.0000145",
        "premium": "0.0001",
        "ts": millis(AT),
        **parts,
    }


def answer(rows, **parts):
    return {"code": "0", "msg": "", "data": list(rows), **parts}


def body(value, asked=None):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Body(content, AT + timedelta(milliseconds=80), asked_at=asked)


def curve_bodies(*, swaps=(), futures=(), marks=(), indices=(), open_interest=(), rates=()):
    """The ten answers of a curve; marks, indices and open interest stand in the first of a kind."""
    lists = [swaps, futures, marks, (), indices, (), (), open_interest, (), rates]
    return [body(answer(rows)) for rows in lists]
