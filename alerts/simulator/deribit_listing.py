"""The simulated Deribit's list of instruments, made from the rows of its books."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from alerts.domain.ids import Asset
from alerts.exchanges.deribit_names import book_of, expiry, option_name

Row = dict[str, Any]

_NEVER = 32_503_708_800_000
_SINCE = 1_534_242_287_000
_COINS = {Asset("SOL"): 10.0, Asset("XRP"): 1000.0}  # of a linear option, one contract


def instruments(asset: Asset, books: Iterable[Row], kind: str) -> Iterator[Row]:
    """What is listed of an asset, for each row of a kind of book."""
    for row in books:
        name = row["instrument_name"]
        yield _option(asset, name) if kind == "option" else _future(asset, name)


def _future(asset: Asset, name: str) -> Row:
    book = book_of(asset)
    when = expiry(name.removeprefix(book.prefix))
    kind = "linear" if book.linear else "reversed"
    own = {
        "future_type": kind,
        "instrument_type": kind,
        "settlement_period": "month" if when else "perpetual",
        "quote_currency": book.currency if book.linear else "USD",
        "contract_size": 0.1 if book.linear else 10.0,
        "min_trade_amount": 0.1 if book.linear else 10.0,
        "tick_size": 0.0001 if book.linear else 0.5,
        "max_leverage": 50,
    }
    return _instrument(asset, name, "future", when) | own


def _option(asset: Asset, name: str) -> Row:
    option, book = option_name(name), book_of(asset)
    if option is None:
        raise ValueError(f"{name} is no option")
    own = {
        "instrument_type": "linear" if book.linear else "reversed",
        "option_type": "call" if option.side == "C" else "put",
        "strike": option.strike,
        "settlement_period": "month",
        "quote_currency": book.currency,
        "contract_size": _COINS.get(asset, 1.0),
        "min_trade_amount": _COINS.get(asset, 0.1),
        "tick_size": 0.0005,
    }
    return _instrument(asset, name, "option", option.expiry) | own


def _instrument(asset: Asset, name: str, kind: str, when: datetime | None) -> Row:
    book = book_of(asset)
    return {
        "instrument_name": name,
        "kind": kind,
        "is_active": True,
        "price_index": book.index,
        "base_currency": asset,
        "counter_currency": book.currency if book.linear else "USD",
        "settlement_currency": book.currency,
        "expiration_timestamp": int(when.timestamp() * 1000) if when else _NEVER,
        "creation_timestamp": _SINCE,
        "maker_commission": 0.0,
        "taker_commission": 0.0005,
    }
