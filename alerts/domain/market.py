"""Snapshots: what a venue said at one moment, typed, with nothing computed yet.

Snapshots compare and hash by identity: they are large, and are passed, never looked up by value.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.ids import Asset, Venue


class OptionSide(StrEnum):
    CALL = "C"
    PUT = "P"


@dataclass(frozen=True, slots=True, eq=False)
class OptionQuote:
    """One option of a chain.

    `mark_iv` is a fraction a year (0.63), `forward` in USD, prices in coin, open interest in coin;
    None where the venue gave nothing usable.
    """

    expiry: datetime
    strike: float
    side: OptionSide
    mark_iv: float | None
    forward: float | None
    mark_price: float | None = None
    open_interest: float | None = None
    volume: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OptionChain:
    """All options of one asset at one venue; `index` is the spot index in USD at that moment.

    `span` is how long collecting the chain took (zero for a single response);
    `rejected` counts rows that could not be read; `lag` is how old the marks already were
    when they were asked for.
    """

    venue: Venue
    asset: Asset
    at: datetime
    index: float | None
    quotes: tuple[OptionQuote, ...]
    span: timedelta = timedelta(0)
    rejected: int = 0
    lag: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class FutureQuote:
    """One futures contract: mark and index in USD from the same response.

    `expiry` is None for a perpetual; open interest one-sided, in coin and in USD;
    `synthetic` marks a forward without a tradable contract.
    """

    name: str
    expiry: datetime | None
    mark: float
    index: float
    open_interest_coin: float | None = None
    open_interest_usd: float | None = None
    synthetic: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FuturesCurve:
    """The futures and perpetuals of one asset at one venue."""

    venue: Venue
    asset: Asset
    at: datetime
    futures: tuple[FutureQuote, ...]
    rejected: int = 0
    lag: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class IndexPrice:
    """The venue's spot index, in USD."""

    venue: Venue
    asset: Asset
    at: datetime
    price: float
    lag: timedelta = timedelta(0)


Snapshot = OptionChain | FuturesCurve | IndexPrice
