"""Bybit's forced closes as they happen: every one of them, in batches twice a second.

`S` is the side of the POSITION: "Buy" means that a long was closed, where Binance's order side
"BUY" means a short. `v` is in coin, of an inverse contract in USD; `p` is the bankruptcy price.
https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Liquidation, Liquidations, PositionSide
from alerts.exchanges.bybit_errors import BYBIT
from alerts.exchanges.bybit_names import is_inverse, is_of
from alerts.exchanges.numbers import Numeric, moment, price, size
from alerts.exchanges.rows import Table, check_share, decoded, observed, sifted
from alerts.exchanges.spec import Body, Stream, SubscriptionRefusedError

URL = "wss://stream.bybit.com"

_TOPIC = "allLiquidation."
_USUAL = "USDT"
_SIDES = {"Buy": PositionSide.LONG, "Sell": PositionSide.SHORT}
_WITH_USDC = frozenset({Asset("BTC"), Asset("ETH")})


class _Message(msgspec.Struct):
    topic: str = ""
    ts: Numeric = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    success: bool | None = None
    ret_msg: str = ""
    req_id: str = ""


class _Close(msgspec.Struct):
    time: Numeric = msgspec.field(name="T")
    symbol: str = msgspec.field(name="s")
    side: str = msgspec.field(name="S")
    volume: Numeric = msgspec.field(name="v")
    price: Numeric = msgspec.field(name="p")


_MESSAGE = msgspec.json.Decoder(_Message)
_CLOSES = Table(BYBIT, _Close, name="s")


def hear(
    message: Body, _answers: Sequence[Body], assets: Sequence[Asset]
) -> tuple[Liquidations, ...]:
    """The forced closes of a message, an entry for each asset that has some."""
    said = decoded(BYBIT, _MESSAGE, message.content)
    if said.success is False:
        raise _refused(said, assets)
    if not said.topic.startswith(_TOPIC):
        return ()
    return tuple(_of_assets(message, said, assets))


def _refused(said: _Message, assets: Sequence[Asset]) -> FetchError:
    """A refused subscription: without its usual contract nothing is heard of an asset."""
    why = f"refuses the subscription: {said.ret_msg[:100]}"
    asset = next((one for one in assets if said.req_id == f"{one}{_USUAL}"), None)
    return FetchError(BYBIT, why) if asset is None else SubscriptionRefusedError(BYBIT, why, asset)


def _of_assets(message: Body, said: _Message, assets: Sequence[Asset]) -> Iterator[Liquidations]:
    stamps, unread = sifted([said.ts], moment)
    if unread:
        raise FetchError(BYBIT, "the message's time cannot be read")
    table = _CLOSES.rows(said.data)
    at, lag = observed(BYBIT, message, stamps)
    for asset in assets:
        own = [row for row in table.rows if is_of(asset, row.symbol)]
        events, refused = sifted(own, partial(_event, asset=asset, seen=Counter()))
        rejected = refused + table.lost(partial(is_of, asset), len(own))
        check_share(BYBIT, len(events), rejected)
        if events:
            yield Liquidations(BYBIT, asset, at, tuple(events), rejected, lag)


def _event(row: _Close, asset: Asset, seen: Counter[str]) -> Liquidation:
    """One forced close. It carries no id: what it says is one, with a count of its equals."""
    if row.side not in _SIDES:
        raise ValueError(f"{row.side[:10]!r} is no side")
    paid, volume = price(row.price), size(row.volume)
    coin = size(volume / paid) if is_inverse(asset, row.symbol) else volume
    said = f"{row.symbol}-{row.time}-{row.side}-{row.volume}-{row.price}"
    seen[said] += 1
    count = f"#{seen[said]}" if seen[said] > 1 else ""
    return Liquidation(said + count, moment(row.time), _SIDES[row.side], coin, paid)


def _subscriptions(
    symbols: Callable[[Asset], tuple[str, ...]], assets: Sequence[Asset]
) -> tuple[str, ...]:
    """One text for each contract: the venue refuses all topics of a text with an unknown one.

    What a text is of comes back with the answer to it, as `req_id`.
    """
    asked = [
        {"req_id": symbol, "op": "subscribe", "args": [f"{_TOPIC}{symbol}"]}
        for asset in assets
        for symbol in symbols(asset)
    ]
    return tuple(msgspec.json.encode(one).decode() for one in asked)


def _linear(asset: Asset) -> tuple[str, ...]:
    return (f"{asset}{_USUAL}", *([f"{asset}PERP"] if asset in _WITH_USDC else []))


def streams(with_inverse: frozenset[Asset]) -> tuple[Stream, ...]:
    """The two connections, for linear and for inverse contracts."""

    def linear(assets: Sequence[Asset]) -> tuple[str, ...]:
        return _subscriptions(_linear, assets)

    def inverse(assets: Sequence[Asset]) -> tuple[str, ...]:
        own = [one for one in assets if one in with_inverse]
        return _subscriptions(lambda asset: (f"{asset}USD",), own)

    ping = '{"op":"ping"}'
    return (
        Stream("/v5/public/linear", linear, hear, beat=ping),
        Stream("/v5/public/inverse", inverse, hear, beat=ping),
    )
