"""Which contracts OKX lists, when they expire and how large they are.

Contracts of families with `_UM` are settled in USD stablecoins, and their index is that in USD.
They count in open interest, and their perpetuals pay funding; the dated ones stand apart from the
curve, for among them are X-Perps, which look like futures and have no expiry worth the name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar

import msgspec

from alerts.domain.ids import Asset
from alerts.exchanges.coverage import named
from alerts.exchanges.numbers import Numeric, given, moment, size
from alerts.exchanges.okx_errors import OKX, classify
from alerts.exchanges.rows import Rows, Table, sifted
from alerts.exchanges.spec import Body, Request

QUOTES = ("USDT", "USD", "USDC")
KINDS = ("SWAP", "FUTURES")

_KEPT = timedelta(hours=1)
_STABLE = "_UM"
_USUAL = "-USDT-SWAP"

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
    """One contract as listed: its `size` is in coin, of an inverse one in USD.

    `apart`: it counts in open interest alone.
    """

    name: str
    index: str
    expiry: datetime | None
    size: float
    inverse: bool
    apart: bool = False

    def coins(self, contracts: float, paid: float) -> float:
        """How many coins so many contracts are, at a price."""
        notional = contracts * self.size
        return notional / paid if self.inverse else notional


def listed(bodies: Sequence[Body], asset: Asset) -> tuple[list[Contract], float]:
    """The live contracts of an asset from lists of instruments, and how many could not be read."""
    found: list[Contract] = []
    lost = 0.0
    for body in bodies:
        listing = rows(_INSTRUMENTS, body)
        own = [row for row in listing.rows if is_of(asset, row.inst_id) and row.state == "live"]
        contracts, refused = sifted(own, _contract)
        found += contracts
        lost += refused + listing.lost(partial(is_of, asset), len(own))
    return list({one.name: one for one in found}.values()), lost


def assets(bodies: Sequence[Body]) -> frozenset[Asset]:
    """The assets with a perpetual in USDT, from lists of instruments."""
    listed = (row for body in bodies for row in rows(_INSTRUMENTS, body).rows)
    live = (row.inst_id for row in listed if row.state == "live")
    return named(name.removesuffix(_USUAL) for name in live if name.endswith(_USUAL))


def _contract(row: _Instrument) -> Contract:
    if row.ct_type not in {"linear", "inverse"}:
        raise ValueError(f"{row.ct_type[:20]!r} is no kind of contract")
    expiry = moment(row.exp_time) if row.inst_type == "FUTURES" else None
    whole = size(row.ct_val) * (given(size, row.ct_mult) or 1.0)
    stable = _STABLE in row.inst_id
    index = f"{row.inst_id.partition('-')[0]}-USD" if stable else row.uly
    apart = stable and expiry is not None
    return Contract(row.inst_id, index, expiry, whole, row.ct_type == "inverse", apart)


@lru_cache(maxsize=8192)
def is_of(asset: Asset, name: str) -> bool:
    """Whether a name is of an asset: `BTC-USDT-SWAP`, `BTC-USD-260327`, the index `BTC-USD`.

    Also `BTC-USD_UM-SWAP` and `BTC-USD_UM_XPERP-310404`.
    """
    parts = name.split("-")
    if parts[0] != asset or len(parts) not in {2, 3}:
        return False
    return parts[1] in QUOTES or parts[1].startswith(f"USD{_STABLE}")


def rows(table: Table[_T], body: Body) -> Rows[_T]:
    refused = classify(200, body.content)
    if refused is not None:
        raise refused
    return table.rows(body.content)
