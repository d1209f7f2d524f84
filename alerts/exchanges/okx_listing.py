"""Which contracts OKX lists, when they expire and how large they are.

X-Perps and contracts settled in USD-stable (families with `_UM`) are passed over: the first look
like futures and have no expiry worth the name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

import msgspec

from alerts.domain.ids import Asset
from alerts.exchanges.numbers import Numeric, given, moment, size
from alerts.exchanges.okx_errors import OKX, classify
from alerts.exchanges.rows import Rows, Table, sifted
from alerts.exchanges.spec import Body, Request

QUOTES = ("USDT", "USD", "USDC")
KINDS = ("SWAP", "FUTURES")

_KEPT = timedelta(hours=1)

LISTINGS = tuple(
    Request("/api/v5/public/instruments", {"instType": kind}, keep=_KEPT) for kind in KINDS
)

_T = TypeVar("_T")


class _Instrument(msgspec.Struct, gc=False, rename="camel"):
    inst_id: str
    uly: str
    inst_type: str
    ct_type: str
    ct_val: Numeric
    state: str
    ct_mult: Numeric = None
    exp_time: Numeric = None


_INSTRUMENTS = Table(OKX, _Instrument, name="instId", within="data")


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract as listed: its `size` is in coin, of an inverse one in USD."""

    name: str
    index: str
    expiry: datetime | None
    size: float
    inverse: bool

    def coins(self, contracts: float, paid: float) -> float:
        """How many coins so many contracts are, at a price."""
        notional = contracts * self.size
        return notional / paid if self.inverse else notional


def listed(bodies: Sequence[Body], asset: Asset) -> tuple[list[Contract], int]:
    """The live contracts of an asset from lists of instruments, and how many could not be read."""
    found: list[Contract] = []
    lost = 0
    for body in bodies:
        listing = rows(_INSTRUMENTS, body)
        own = [row for row in listing.rows if is_of(asset, row.inst_id) and row.state == "live"]
        contracts, refused = sifted(own, _contract)
        found += contracts
        lost += refused + listing.lost(partial(is_of, asset), len(own))
    return list({one.name: one for one in found}.values()), lost


def _contract(row: _Instrument) -> Contract:
    if row.ct_type not in {"linear", "inverse"}:
        raise ValueError(f"{row.ct_type[:20]!r} is no kind of contract")
    expiry = moment(row.exp_time) if row.inst_type == "FUTURES" else None
    whole = size(row.ct_val) * (given(size, row.ct_mult) or 1.0)
    return Contract(row.inst_id, row.uly, expiry, whole, row.ct_type == "inverse")


@lru_cache(maxsize=8192)
def is_of(asset: Asset, name: str) -> bool:
    """Whether a name is of an asset's own: `BTC-USDT-SWAP`, `BTC-USD-260327`, the index `BTC-USD`.

    Not `BTC-USD_UM-260327`, nor `BTC-USD_UM_XPERP-310404`.
    """
    parts = name.split("-")
    return parts[0] == asset and len(parts) in {2, 3} and parts[1] in QUOTES


def rows(table: Table[_T], body: Body) -> Rows[_T]:
    refused = classify(200, body.content)
    if refused is not None:
        raise refused
    return table.rows(body.content)
