"""OKX's forced closes as they happen; by its own word not all of them.

`posSide` names the position that was closed; in net mode the order's `side` tells it: a sell
closes a long. `sz` is in contracts, `bkPx` the price paid.
https://www.okx.com/docs-v5/en/#public-data-websocket-liquidation-orders-channel
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import Liquidation, Liquidations, PositionSide
from alerts.exchanges.numbers import Numeric, moment, price, size
from alerts.exchanges.okx_errors import OKX
from alerts.exchanges.okx_listing import KINDS, LISTINGS, Contract, is_of, listed
from alerts.exchanges.rows import decoded, observed, sifted
from alerts.exchanges.spec import Body, Stream

URL = "wss://ws.okx.com:8443"

_CHANNEL = "liquidation-orders"
_OF_POSITION = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
_OF_ORDER = {"sell": PositionSide.LONG, "buy": PositionSide.SHORT}
_NET = "net"
_PONG = b"pong"


class _Close(msgspec.Struct, rename="camel"):
    side: str
    pos_side: str
    sz: Numeric
    bk_px: Numeric
    ts: Numeric


class _Closes(msgspec.Struct, rename="camel"):
    inst_id: str
    details: list[_Close]


class _Argument(msgspec.Struct):
    channel: str = ""


class _Message(msgspec.Struct):
    event: str = ""
    code: str = ""
    msg: str = ""
    arg: _Argument = msgspec.field(default_factory=_Argument)
    data: msgspec.Raw = msgspec.field(default=msgspec.Raw(b"[]"))


_MESSAGE = msgspec.json.Decoder(_Message)
_CLOSES = msgspec.json.Decoder(list[_Closes])


def hear(
    message: Body, answers: Sequence[Body], assets: Sequence[Asset]
) -> tuple[Liquidations, ...]:
    """The forced closes of a message, an entry for each asset that has some."""
    if message.content == _PONG:
        return ()
    said = decoded(OKX, _MESSAGE, message.content)
    if said.event == "error":
        raise FetchError(OKX, f"refuses the subscription: {said.code[:20]} {said.msg[:100]}")
    if said.arg.channel != _CHANNEL or said.event:
        return ()
    closes = decoded(OKX, _CLOSES, bytes(said.data))
    return tuple(_of_assets(message, closes, answers, assets))


def _of_assets(
    message: Body, closes: Sequence[_Closes], answers: Sequence[Body], assets: Sequence[Asset]
) -> Iterator[Liquidations]:
    for asset in assets:
        own = [
            (one.inst_id, row) for one in closes if is_of(asset, one.inst_id) for row in one.details
        ]
        if not own:
            continue
        contracts = {one.name: one for one in listed(answers, asset)[0]}
        events, rejected = sifted(own, partial(_event, contracts=contracts))
        at, lag = observed(OKX, message, [event.at for event in events])
        yield Liquidations(OKX, asset, at, tuple(events), rejected, lag)


def _event(close: tuple[str, _Close], contracts: Mapping[str, Contract]) -> Liquidation:
    """One forced close. It carries no id: what it says is one."""
    name, row = close
    contract = contracts.get(name)
    if contract is None:
        raise ValueError(f"the size of {name[:40]} is not known")
    side = _OF_ORDER.get(row.side) if row.pos_side == _NET else _OF_POSITION.get(row.pos_side)
    if side is None:
        raise ValueError(f"{row.pos_side[:10]!r} and {row.side[:10]!r} are no side")
    paid = price(row.bk_px)
    coin = size(contract.coins(size(row.sz), paid))
    said = f"{name}-{row.ts}-{row.pos_side}-{row.side}-{row.sz}-{row.bk_px}"
    return Liquidation(said, moment(row.ts), side, coin, paid)


def _subscriptions(_assets: Sequence[Asset]) -> tuple[str, ...]:
    arguments = [{"channel": _CHANNEL, "instType": kind} for kind in KINDS]
    return (msgspec.json.encode({"op": "subscribe", "args": arguments}).decode(),)


STREAM = Stream("/ws/v5/public", _subscriptions, hear, LISTINGS, beat="ping", beat_seconds=20.0)
