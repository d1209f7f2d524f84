"""Deribit's forced closes: trades that say whose position was liquidated.

`liquidation` is T when the taker's was, M when the maker's was, MT for both; `direction` is the
taker's. A taker who sells by force was long; a maker who sells by force did so to a taker who buys.
`amount` is in USD for the coin-margined contracts, and in coin for the linear ones, which all come
over one channel.
https://docs.deribit.com, trades.{kind}.{currency}.{interval}
"""

from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Liquidation, Liquidations, PositionSide
from alerts.exchanges.deribit_errors import DERIBIT, by_code
from alerts.exchanges.deribit_names import book_of
from alerts.exchanges.numbers import Numeric, moment, price, size
from alerts.exchanges.rows import decoded, observed, sifted
from alerts.exchanges.spec import Body, Stream

URL = "wss://www.deribit.com/ws/api/v2"

_SIDES = {
    ("T", "sell"): PositionSide.LONG,
    ("T", "buy"): PositionSide.SHORT,
    ("M", "buy"): PositionSide.LONG,
    ("M", "sell"): PositionSide.SHORT,
    ("MT", "sell"): PositionSide.BOTH,
    ("MT", "buy"): PositionSide.BOTH,
}
_CHANNEL = "trades.future."


class _Trade(msgspec.Struct):
    trade_id: str
    instrument_name: str
    direction: str
    amount: Numeric
    price: Numeric
    timestamp: Numeric
    liquidation: str = ""


class _Params(msgspec.Struct):
    channel: str = ""
    data: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"[]"))


class _Refusal(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Message(msgspec.Struct):
    method: str = ""
    params: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"{}"))
    error: _Refusal | None = None


_MESSAGE = msgspec.json.Decoder(_Message)
_PARAMS = msgspec.json.Decoder(_Params)
_TRADES = msgspec.json.Decoder(list[_Trade])


def hear(
    message: Body, _answers: Sequence[Body], assets: Sequence[Asset]
) -> tuple[Liquidations, ...]:
    """The forced closes of a message, an entry for each asset that has some."""
    said = decoded(DERIBIT, _MESSAGE, message.content)
    if said.error is not None:
        refused = by_code(said.error.code, said.error.message)
        raise FetchError(DERIBIT, f"refuses the subscription: {refused.why}")
    if said.method != "subscription":
        return ()
    params = decoded(DERIBIT, _PARAMS, bytes(said.params))
    if not params.channel.startswith(_CHANNEL):
        return ()
    trades = decoded(DERIBIT, _TRADES, bytes(params.data))
    return tuple(_of_assets(message, trades, assets))


def _of_assets(
    message: Body, trades: Sequence[_Trade], assets: Sequence[Asset]
) -> Iterator[Liquidations]:
    for asset in assets:
        book = book_of(asset)
        own = [
            trade for trade in trades if trade.liquidation and book.is_own(trade.instrument_name)
        ]
        if not own:
            continue
        events, rejected = sifted(own, partial(_event, linear=book.linear))
        at, lag = observed(DERIBIT, message, [event.at for event in events])
        yield Liquidations(DERIBIT, asset, at, tuple(events), rejected, lag)


def _event(trade: _Trade, *, linear: bool) -> Liquidation:
    side = _SIDES.get((trade.liquidation, trade.direction))
    if side is None:
        raise ValueError(f"{trade.liquidation[:10]!r} with {trade.direction[:10]!r} is no side")
    paid, amount = price(trade.price), size(trade.amount)
    coin = amount if linear else size(amount / paid)
    return Liquidation(trade.trade_id, moment(trade.timestamp), side, coin, paid)


def _subscriptions(assets: Sequence[Asset]) -> tuple[str, ...]:
    """The trades of all futures of the books that the assets stand in."""
    books = dict.fromkeys(book_of(asset).currency for asset in assets)
    asked = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "public/subscribe",
        "params": {"channels": [f"{_CHANNEL}{currency}.100ms" for currency in books]},
    }
    return (msgspec.json.encode(asked).decode(),)


STREAM = Stream("", _subscriptions, hear)
