"""Small Deribit answers made by hand."""

import json
from datetime import UTC, datetime, timedelta

from alerts.exchanges.spec import Body

AT = datetime(2026, 2, 6, 21, 30, 57, 500_000, tzinfo=UTC)


def millis(at):
    return int(at.timestamp() * 1000)


def micros(at):
    return millis(at) * 1000


def option(name="BTC-27MAR26-60000-P", **parts):
    return {
        "instrument_name": name,
        "underlying_index": "BTC-27MAR26",
        "underlying_price": 70_552.81,
        "mark_iv": 61.25,
        "mark_price": 0.0312,
        "mid_price": None,
        "bid_price": None,
        "ask_price": 0.032,
        "open_interest": 812.4,
        "volume": 3.5,
        "volume_usd": 7_712.1,
        "interest_rate": 0.0,
        "high": None,
        "low": None,
        "last": 0.031,
        "price_change": None,
        "estimated_delivery_price": 70_302.95,
        "base_currency": "BTC",
        "quote_currency": "BTC",
        "creation_timestamp": millis(AT),
        **parts,
    }


def future(name="BTC-27MAR26", **parts):
    return {
        "instrument_name": name,
        "mark_price": 70_500.0,
        "estimated_delivery_price": 70_302.95,
        "open_interest": 141_000_000,
        "bid_price": 70_490.0,
        "ask_price": 70_510.0,
        "volume_usd": 1_000_000.0,
        "base_currency": "BTC",
        "quote_currency": "USD",
        "creation_timestamp": millis(AT),
        **parts,
    }


def answer(result, **parts):
    """The envelope; a part set to None is left out."""
    envelope = {
        "jsonrpc": "2.0",
        "result": result,
        "usIn": micros(AT) - 900,
        "usOut": micros(AT),
        "usDiff": 900,
        "testnet": False,
        **parts,
    }
    return {key: value for key, value in envelope.items() if value is not None}


def body(value, *, after=timedelta(milliseconds=80), asked=None):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Body(content, AT + after, asked_at=None if asked is None else AT + asked)
