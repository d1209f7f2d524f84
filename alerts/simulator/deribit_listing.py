"""The simulated Deribit's list of instruments, made from the rows of its books."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from alerts.domain.ids import Asset
from alerts.exchanges.deribit_names import expiry, option_name

Row = dict[str, Any]

_NEVER = 32_503_708_800_000
_SINCE = 1_534_242_287_000


def instruments(asset: Asset, books: Iterable[Row], kind: str) -> Iterator[Row]:
    """What is listed of an asset, for each row of a kind of book."""
    for row in books:
        name = row["instrument_name"]
        yield _option(asset, name) if kind == "option" else _future(asset, name)


def _future(asset: Asset, name: str) -> Row:
    when = expiry(name.partition("-")[2])
    own = {
        "future_type": "reversed",
        "instrument_type": "reversed",
        "settlement_period": "month" if when else "perpetual",
        "quote_currency": "USD",
        "contract_size": 10.0,
        "min_trade_amount": 10.0,
        "tick_size": 0.5,
        "max_leverage": 50,
    }
    return _instrument(asset, name, "future", when) | own


def _option(asset: Asset, name: str) -> Row:
    option = option_name(name)
    if option is None:
        raise ValueError(f"{name} is no option")
    own = {
        "option_type": "call" if option.side == "C" else "put",
        "strike": option.strike,
        "settlement_period": "month",
        "quote_currency": asset,
        "contract_size": 1.0,
        "min_trade_amount": 0.1,
        "tick_size": 0.0005,
    }
    return _instrument(asset, name, "option", option.expiry) | own


def _instrument(asset: Asset, name: str, kind: str, when: datetime | None) -> Row:
    return {
        "instrument_name": name,
        "kind": kind,
        "is_active": True,
        "base_currency": asset,
        "counter_currency": "USD",
        "settlement_currency": asset,
        "expiration_timestamp": int(when.timestamp() * 1000) if when else _NEVER,
        "creation_timestamp": _SINCE,
        "maker_commission": 0.0,
        "taker_commission": 0.0005,
    }
