"""What Binance's two futures markets have in common: their answers, and how a curve is read.

Mark, index and funding of all contracts come in one answer (`premiumIndex`), so a basis is of one
moment; open interest takes a request for each contract. Which contracts there are, when they
expire and how large they are is in `exchangeInfo`, which is kept for an hour; contracts that no
longer trade are left out, for their figures stand still. Contracts on shares and metals
(`TRADIFI_PERPETUAL`) are no coins and are passed over.
https://developers.binance.com/docs/derivatives
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from itertools import zip_longest

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Funding, FutureQuote, FuturesCurve, IndexPrice
from alerts.exchanges.coverage import named
from alerts.exchanges.numbers import Numeric, amount, given, moment, number, price, rate, size
from alerts.exchanges.rows import Table, check_share, observed, sifted
from alerts.exchanges.spec import Body, Request

USUAL_FUNDING = timedelta(hours=8)  # `fundingInfo` lists the contracts that differ

_QUOTES = frozenset({"USDT", "USDC", "USD"})

_KEPT = timedelta(hours=1)
_INTERVALS_KEPT = timedelta(minutes=15)
_OLDEST_MARK = timedelta(minutes=1)
_OLDEST_OPEN_INTEREST = timedelta(minutes=5)
_LONGEST_INTERVAL = 24.0
_PERPETUAL = "PERPETUAL"
_DATED = ("CURRENT_", "NEXT_")
_TRADING = "TRADING"


class _Contract(msgspec.Struct, gc=False, rename="camel"):
    symbol: str
    contract_type: str
    base_asset: str
    quote_asset: str
    delivery_date: Numeric
    status: str = ""
    contract_status: str = ""
    contract_size: Numeric = None
    onboard_date: Numeric = None


class _Mark(msgspec.Struct, gc=False, rename="camel"):
    symbol: str
    mark_price: Numeric
    index_price: Numeric
    time: Numeric
    last_funding_rate: Numeric = None


class _Interval(msgspec.Struct, gc=False, rename="camel"):
    symbol: str
    funding_interval_hours: Numeric


class _OpenInterest(msgspec.Struct, rename="camel"):
    symbol: str
    open_interest: Numeric
    time: Numeric


_OPEN_INTEREST = msgspec.json.Decoder(_OpenInterest)

Held = Callable[[float, float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract as listed: `expiry` None for a perpetual, `size` in USD where it is inverse.

    `kind` is the venue's word (`CURRENT_QUARTER`); `since` is when trading began, where it is told.
    """

    symbol: str
    expiry: datetime | None
    size: float
    kind: str = _PERPETUAL
    since: datetime | None = None

    @property
    def pair(self) -> str:
        """What its index is called: `BTCUSDT`, `BTCUSD`."""
        return self.symbol.partition("_")[0]


class Market:
    """One of the two markets: its venue, where its paths begin, and how open interest counts.

    `held` turns a published figure, a contract's size and its mark into coins and USD;
    `sized` says that contracts have a size of their own, in USD.
    """

    def __init__(self, venue: Venue, prefix: str, held: Held, *, sized: bool) -> None:
        self.venue = venue
        self.listing = Request(f"{prefix}/exchangeInfo", keep=_KEPT)
        self._prefix = prefix
        self._held = held
        self.sized = sized
        self._contracts = Table(venue, _Contract, name="symbol", within="symbols")
        self._marks = Table(venue, _Mark, name="symbol")
        self._intervals = Table(venue, _Interval, name="symbol")

    def first(self, _asset: Asset) -> tuple[Request, ...]:
        """What a curve begins with: the same requests for every asset."""
        return (
            Request(f"{self._prefix}/premiumIndex"),
            self.listing,
            Request(f"{self._prefix}/fundingInfo", keep=_INTERVALS_KEPT),
        )

    def follow(self, bodies: Sequence[Body], asset: Asset) -> tuple[Request, ...]:
        """The open interest of each contract; one delisted meanwhile is refused, and no more."""
        contracts, _ = self.contracts(bodies[1], asset)
        path = f"{self._prefix}/openInterest"
        return tuple(Request(path, {"symbol": one.symbol}, spare=True) for one in contracts)

    def contracts(self, body: Body, asset: Asset) -> tuple[list[Contract], float]:
        """The contracts of an asset that trade, and how many rows of it could not be read."""
        listed = self._contracts.rows(body.content)
        own = [row for row in listed.rows if row.base_asset == asset and _is_wanted(row)]
        contracts, refused = sifted(own, self._contract)
        lost = listed.lost(partial(is_of, asset), len(own))
        return list(dict.fromkeys(contracts)), refused + lost

    def assets(self, bodies: Sequence[Body], perpetual: Callable[[Asset], str]) -> frozenset[Asset]:
        """The assets whose perpetual trades, from the list of contracts."""
        (body,) = bodies
        rows = self._contracts.rows(body.content).rows
        trading = {row.symbol: row.base_asset for row in rows if _is_wanted(row)}
        listed = named(trading.values())
        return frozenset(asset for asset in listed if perpetual(asset) in trading)

    def _contract(self, row: _Contract) -> Contract:
        expiry = None if row.contract_type == _PERPETUAL else moment(row.delivery_date)
        whole = size(row.contract_size) if self.sized else 1.0
        since = given(moment, row.onboard_date)
        return Contract(row.symbol, expiry, whole, row.contract_type, since)

    def curve(self, bodies: Sequence[Body], asset: Asset) -> FuturesCurve:
        """The curve from `premiumIndex`, `exchangeInfo`, `fundingInfo` and the open interest."""
        contracts, rejected = self.contracts(bodies[1], asset)
        answers = zip_longest(contracts, bodies[3:])
        listed = {one: told for one, told in answers if one and (told is None or told.content)}
        marks = {row.symbol: row for row in self._marks.rows(bodies[0].content).rows}
        hours = self._hours(bodies[2])
        times, _ = sifted((marks[one.symbol].time for one in listed if one.symbol in marks), moment)
        at, lag = observed(self.venue, bodies[0], times)
        read = partial(self._quote, marks=marks, hours=hours, at=at)
        quotes, refused = sifted(listed.items(), read)
        check_share(self.venue, len(quotes), rejected + refused)
        unknown = [one for one in quotes if one.open_interest_coin is None] if bodies[3:] else []
        rejected += refused + len(unknown)
        return FuturesCurve(self.venue, asset, at, tuple(quotes), rejected, lag)

    def _quote(
        self,
        listed: tuple[Contract, Body | None],
        marks: Mapping[str, _Mark],
        hours: Mapping[str, timedelta],
        at: datetime,
    ) -> FutureQuote:
        contract, told = listed
        row = marks.get(contract.symbol)
        if row is None or at - moment(row.time) > _OLDEST_MARK:
            raise ValueError("no mark, or one that stands still")
        mark = price(row.mark_price)
        held = None if told is None else self._open_interest(told, contract, mark, at)
        fraction = given(rate, row.last_funding_rate) if contract.expiry is None else None
        interval = hours.get(contract.symbol, USUAL_FUNDING)
        return FutureQuote(
            contract.symbol,
            contract.expiry,
            mark,
            price(row.index_price),
            open_interest_coin=held[0] if held else None,
            open_interest_usd=held[1] if held else None,
            funding=None if fraction is None else Funding(fraction, interval),
        )

    def _open_interest(
        self, body: Body, contract: Contract, mark: float, at: datetime
    ) -> tuple[float, float] | None:
        """Coins and USD held in a contract, None where the answer does not say."""
        try:
            told = _OPEN_INTEREST.decode(body.content)
            if told.symbol != contract.symbol or at - moment(told.time) > _OLDEST_OPEN_INTEREST:
                return None
            coin, usd = self._held(amount(told.open_interest), contract.size, mark)
            return amount(coin), amount(usd)
        except (ValueError, RecursionError):
            return None

    def _hours(self, body: Body) -> Mapping[str, timedelta]:
        """Funding intervals that are not the usual one."""
        if body.content.strip() == b"null":  # the coin-margined market's way to say "none"
            return {}
        return dict(sifted(self._intervals.rows(body.content).rows, _interval)[0])

    def index(self, bodies: Sequence[Body], asset: Asset, symbol: str) -> IndexPrice:
        """The index of one contract: `premiumIndex` of it is one object, or a list of one."""
        (body,) = bodies
        content = body.content.lstrip()
        rows = self._marks.rows(b"[%b]" % content if content[:1] == b"{" else content).rows
        own = [row for row in rows if row.symbol == symbol]
        found, refused = sifted(own, lambda row: (price(row.index_price), moment(row.time)))
        if refused or not found:
            raise FetchError(self.venue, f"gives no index with {symbol}")
        value, stamp = found[0]
        at, lag = observed(self.venue, body, [stamp])
        return IndexPrice(self.venue, asset, at, value, lag)

    def index_requests(self, symbol: str) -> tuple[Request, ...]:
        """What `index` is read from."""
        return (Request(f"{self._prefix}/premiumIndex", {"symbol": symbol}),)


def _is_wanted(row: _Contract) -> bool:
    kind = row.contract_type
    trades = _TRADING in {row.status, row.contract_status}
    dated = kind.startswith(_DATED) and " " not in kind  # "... DELIVERING" stands still
    return trades and row.quote_asset in _QUOTES and (kind == _PERPETUAL or dated)


def _interval(row: _Interval) -> tuple[str, timedelta]:
    return row.symbol, timedelta(hours=number(row.funding_interval_hours, 1.0, _LONGEST_INTERVAL))


@lru_cache(maxsize=4096)
def is_of(asset: Asset, symbol: str) -> bool:
    """Whether a symbol names a contract of an asset: `BTCUSDT`, `BTCUSD_PERP`, `BTCUSDT_260327`."""
    pair = symbol.partition("_")[0]
    return pair.startswith(asset) and pair[len(asset) :] in _QUOTES
