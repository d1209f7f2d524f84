"""Binance's forced closes as they happen: at most the latest one of a contract in a second.

`S` is the side of the liquidation ORDER: SELL closes a long. What it was worth is `ap` (the
average price) times `z` (what was filled), in contracts on the coin-margined market.
https://developers.binance.com/docs/derivatives, All Market Liquidation Order Streams
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from alerts.domain.ids import Asset
from alerts.domain.market import Liquidation, Liquidations, PositionSide
from alerts.exchanges.binance import Market, is_of
from alerts.exchanges.numbers import Numeric, moment, price, size
from alerts.exchanges.rows import decoded, observed, sifted
from alerts.exchanges.spec import Body, Hear, Request, Stream

_SIDES = {"SELL": PositionSide.LONG, "BUY": PositionSide.SHORT}
_KIND = "forceOrder"


class _Order(msgspec.Struct):
    symbol: str = msgspec.field(name="s")
    side: str = msgspec.field(name="S")
    time: Numeric = msgspec.field(name="T")
    filled: Numeric = msgspec.field(name="z")
    average: Numeric = msgspec.field(name="ap")


class _Message(msgspec.Struct):
    """The event itself, or a `combined` stream's envelope around it."""

    kind: str = msgspec.field(name="e", default="")
    order: msgspec.Raw = msgspec.field(name="o", default=msgspec.Raw())
    data: msgspec.Raw = msgspec.field(default=msgspec.Raw())


_MESSAGE = msgspec.json.Decoder(_Message)
_MESSAGES = msgspec.json.Decoder(list[_Message])
_ORDER = msgspec.json.Decoder(_Order)

Sizes = Callable[[Sequence[Body], Asset], float | None]


def stream(market: Market, path: str, *, sized: bool) -> Stream:
    """All forced closes of one of the two markets, over one connection and without asking."""
    requests: tuple[Request, ...] = (market.listing,) if sized else ()
    return Stream(path, lambda _: (), _hearer(market, sized=sized), requests)


def _hearer(market: Market, *, sized: bool) -> Hear:
    def hear(
        message: Body, answers: Sequence[Body], assets: Sequence[Asset]
    ) -> tuple[Liquidations, ...]:
        orders = [decoded(market.venue, _ORDER, bytes(raw)) for raw in _orders(market, message)]
        return tuple(_of_assets(market, message, orders, answers if sized else None, assets))

    return hear


def _orders(market: Market, message: Body) -> Iterator[msgspec.Raw]:
    """The orders of a message: one event, several, or either in an envelope."""
    content = message.content.lstrip()
    if content[:1] == b"[":
        found = decoded(market.venue, _MESSAGES, content)
    else:
        found = [decoded(market.venue, _MESSAGE, content)]
    for one in found:
        if one.data:
            inner = Body(bytes(one.data), message.at)
            yield from _orders(market, inner)
        elif one.kind == _KIND:
            yield one.order


def _of_assets(
    market: Market,
    message: Body,
    orders: Sequence[_Order],
    answers: Sequence[Body] | None,
    assets: Sequence[Asset],
) -> Iterator[Liquidations]:
    for asset in assets:
        own = [order for order in orders if is_of(asset, order.symbol)]
        if not own:
            continue
        coins = _linear if answers is None else _inverse(market, answers, asset)
        events, rejected = sifted(own, partial(_event, coins=coins))
        at, lag = observed(market.venue, message, [event.at for event in events])
        yield Liquidations(market.venue, asset, at, tuple(events), rejected, lag)


def _linear(filled: float, _paid: float) -> float:
    return filled


def _inverse(
    market: Market, answers: Sequence[Body], asset: Asset
) -> Callable[[float, float], float]:
    """All contracts of a coin are of one size."""
    contracts = [one for body in answers for one in market.contracts(body, asset)[0]]

    def coins(filled: float, paid: float) -> float:
        if not contracts:
            raise ValueError("the size of the contract is not known")
        return filled * contracts[0].size / paid

    return coins


def _event(order: _Order, coins: Callable[[float, float], float]) -> Liquidation:
    """One forced close. It carries no id: what it says is one."""
    if order.side not in _SIDES:
        raise ValueError(f"{order.side[:10]!r} is no side")
    paid, filled = price(order.average), size(order.filled)
    said = f"{order.symbol}-{order.time}-{order.side}-{order.filled}-{order.average}"
    coin = size(coins(filled, paid))
    return Liquidation(said, moment(order.time), _SIDES[order.side], coin, paid)
