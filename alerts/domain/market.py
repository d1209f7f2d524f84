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

    `mark_iv` is a fraction a year (0.63), `forward` in USD, `mark_price` in coin, or `mark_usd` in
    USD where options are priced so; open interest and volume in coin, whatever a contract's size;
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
    mark_usd: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OptionChain:
    """All options of one asset at one venue; `index` is the spot index in USD at that moment.

    `span` is how long collecting the chain took (zero for a single response);
    `rejected` counts rows that could not be read, nameless ones by the asset's share of them;
    `lag` is how old the marks already were when they were asked for.
    """

    venue: Venue
    asset: Asset
    at: datetime
    index: float | None
    quotes: tuple[OptionQuote, ...]
    span: timedelta = timedelta(0)
    rejected: float = 0
    lag: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Funding:
    """What longs pay shorts: `rate` is a fraction per `interval`, positive when longs pay.

    `predicted`: the rate of the interval that runs, not the last one settled.
    """

    rate: float
    interval: timedelta
    predicted: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class FutureQuote:
    """One futures contract: mark and index in USD from the same response.

    `expiry` is None for a perpetual; open interest one-sided, in coin and in USD;
    `synthetic` marks a forward without a tradable contract;
    `apart` one that counts in open interest alone: its expiry is no maturity of the curve;
    `halved` open interest was published two-sided only.
    """

    name: str
    expiry: datetime | None
    mark: float
    index: float
    open_interest_coin: float | None = None
    open_interest_usd: float | None = None
    synthetic: bool = False
    funding: Funding | None = None
    halved: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class FuturesCurve:
    """The futures and perpetuals of one asset at one venue."""

    venue: Venue
    asset: Asset
    at: datetime
    futures: tuple[FutureQuote, ...]
    rejected: float = 0
    lag: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class IndexPrice:
    """The venue's spot index, in USD."""

    venue: Venue
    asset: Asset
    at: datetime
    price: float
    lag: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class VolIndex:
    """A volatility index as the venue publishes it, in percent."""

    venue: Venue
    asset: Asset
    at: datetime
    value: float
    lag: timedelta = timedelta(0)


class PositionSide(StrEnum):
    """Which position was closed by force; a maker and a taker at once count on BOTH sides."""

    LONG = "long"
    SHORT = "short"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Liquidation:
    """One forced close: `coin` of quantity at `price` USD; `id` is the venue's own identity."""

    id: str
    at: datetime
    side: PositionSide
    coin: float
    price: float


@dataclass(frozen=True, slots=True, eq=False)
class Liquidations:
    """Forced closes a venue reported together; a lower bound of what happened."""

    venue: Venue
    asset: Asset
    at: datetime
    events: tuple[Liquidation, ...]
    rejected: float = 0
    lag: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, eq=False)
class LiquidationTotals:
    """Sums a venue publishes itself, in USD, of the `span` that ends at `until`.

    `before` are earlier spans that the same answer told of, oldest first.
    """

    venue: Venue
    asset: Asset
    at: datetime
    until: datetime
    span: timedelta
    long_usd: float
    short_usd: float
    lag: timedelta = timedelta(0)
    before: tuple["LiquidationTotals", ...] = ()


Snapshot = OptionChain | FuturesCurve | IndexPrice | VolIndex | Liquidations | LiquidationTotals
