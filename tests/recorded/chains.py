"""The public Deribit chains of January and February 2026 as lines of a recording.

Each chain becomes what Deribit answered at that moment, in its wire format: the option chain, the
futures curve and the spot index, for BTC and ETH. Fields the chains do not have are null.
"""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

from tests.recorded.shared_data import ROOT

FOLDER = "deribit-chains"
ASSETS = ("BTC", "ETH")

_BASE = "https://www.deribit.com/api/v2/public"
_TERM = "term_futures_marks_20251230_20260212.csv.gz"
_PERPETUAL = "perpetual_futures_prices_20251230_20260212.csv.gz"

Row = Mapping[str, str]
Line = dict[str, Any]


def lines(start: str = "", end: str = "~", assets: Iterable[str] = ASSETS) -> Iterator[Line]:
    """The recording's lines in time order; `start` and `end` cut by stamp, like 20260206T2130."""
    for path in sorted((ROOT / FOLDER / "raw").glob("*.csv.gz")):
        stamp = path.name.split("_")[-1].removesuffix(".csv.gz")
        if start <= stamp <= end:
            rows = list(_table(path))
            for asset in assets:
                yield from _of_asset([row for row in rows if row["currency"] == asset], asset)


def write(path: Path, start: str = "", end: str = "~", assets: Iterable[str] = ASSETS) -> None:
    """A recording file `NAME.jsonl.gz`."""
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines(start, end, assets))


def chain_rows(stamp: str, asset: str) -> list[Row]:
    """The rows of one chain as published, with the exchange's own deltas."""
    path = ROOT / FOLDER / "raw" / f"deribit_options_snapshot_{stamp}.csv.gz"
    return [row for row in _table(path) if row["currency"] == asset]


def _table(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _of_asset(rows: list[Row], asset: str) -> Iterator[Line]:
    """The three answers of one moment. The index is the median over the chain's collection."""
    at = datetime.fromisoformat(rows[0]["timestamp"]).astimezone(UTC)
    index = median(float(row["index_price"]) for row in rows if row["index_price"])
    millis = int(at.timestamp() * 1000)
    options = [_option(row, index, millis) for row in rows]
    futures = _futures(asset, rows[0]["timestamp"], index, millis)
    price = {"index_price": index, "estimated_delivery_price": index}
    name = f"{asset.lower()}_usd"
    summary = f"{_BASE}/get_book_summary_by_currency?currency={asset}&kind="
    yield _line(at, f"{_BASE}/get_index_price?index_name={name}", price)
    yield _line(at, f"{summary}option", options)
    yield _line(at, f"{summary}future", futures)


def _line(at: datetime, url: str, result: Any) -> Line:
    sent = int(at.timestamp() * 1_000_000)
    envelope = {"usIn": sent - 900, "usOut": sent, "usDiff": 900, "testnet": False}
    return {
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "venue": "deribit",
        "method": "GET",
        "url": url,
        "status": 200,
        "body": {"jsonrpc": "2.0", "result": result, **envelope},
    }


def _option(row: Row, index: float, millis: int) -> Line:
    vol = _number(row["implied_volatility"])
    return {
        "instrument_name": row["instrument_name"],
        "underlying_index": row["underlying_name"],
        "underlying_price": _number(row["underlying"]),
        "mark_iv": None if vol is None else round(vol * 100, 4),
        "mark_price": _number(row["mark_price"]),
        "mid_price": _number(row["mid_price"]),
        "bid_price": _number(row["bid_price"]),
        "ask_price": _number(row["ask_price"]),
        "open_interest": _number(row["open_interest"]),
        "volume": _number(row["volume"]),
        "volume_usd": _number(row["volume_usd"]),
        "interest_rate": 0.0,
        "high": None,
        "low": None,
        "last": None,
        "price_change": None,
        "estimated_delivery_price": index,
        "base_currency": row["currency"],
        "quote_currency": row["currency"],
        "creation_timestamp": millis,
    }


def _futures(asset: str, timestamp: str, index: float, millis: int) -> list[Line]:
    """The dated futures as their options saw them, and the perpetual's candle."""
    dated = [
        (row["futures_instrument_name"], row["snapshot_term_mark_price"])
        for row in _at_moment(_TERM, "timestamp", timestamp)
        if row["currency"] == asset
    ]
    perpetual = [
        (row["instrument_name"], row["perp_futures_mark_price"])
        for row in _at_moment(_PERPETUAL, "obs_datetime", timestamp)
        if row["coin"] == asset
    ]
    return [
        {
            "instrument_name": name,
            "mark_price": float(mark),
            "mid_price": None,
            "bid_price": None,
            "ask_price": None,
            "open_interest": None,
            "volume": None,
            "estimated_delivery_price": index,
            "base_currency": asset,
            "quote_currency": "USD",
            "creation_timestamp": millis,
        }
        for name, mark in dated + perpetual
    ]


def _at_moment(name: str, column: str, timestamp: str) -> list[Row]:
    return [row for row in _whole(name) if row[column] == timestamp]


@lru_cache(maxsize=2)
def _whole(name: str) -> tuple[Row, ...]:
    return tuple(_table(ROOT / FOLDER / name))


def _number(text: str) -> float | None:
    return float(text) if text else None
