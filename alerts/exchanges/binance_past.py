"""What Binance publishes about its past: open interest of 30 days, marks and indices of far more.

Open interest is one figure per contract (USD-M) or per kind of contract (COIN-M). A moment counts
only where all that the live sum has are there: fewer would read as a jump. Contracts that expired
meanwhile are no longer listed, so USD-M moments before the last quarter's end are left out, too.

A basis is built from hourly candles of marks and indices, which close at the same instant, and not
from `/futures/data/basis`: its `futuresPrice` is a last price, and a basis here is of marks.
https://developers.binance.com/docs/derivatives
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import FutureQuote, FuturesCurve, IndexPrice, Snapshot
from alerts.exchanges import binance_coinm, binance_usdm
from alerts.exchanges.binance import Contract, Market
from alerts.exchanges.candles import HOUR, JUST_BEFORE, Candle, closes, millis
from alerts.exchanges.numbers import Numeric, amount, moment
from alerts.exchanges.past import Backfill
from alerts.exchanges.rows import Table, check_share, sifted
from alerts.exchanges.spec import Body, Request

DAY = timedelta(days=1)
QUARTER = timedelta(weeks=13)
"""The least that lies between two ends of a quarter: since then the same contracts are listed."""

_HELD_PATH = "/futures/data/openInterestHist"
_PUBLISHED = frozenset({"PERPETUAL", "CURRENT_QUARTER", "NEXT_QUARTER"})


class _Held(msgspec.Struct, gc=False, rename="camel"):
    sum_open_interest: Numeric
    sum_open_interest_value: Numeric
    timestamp: Numeric


_Amounts = Mapping[datetime, tuple[float, float]]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HELD = {
    market.venue: Table(market.venue, _Held, name="timestamp")
    for market in (binance_usdm.MARKET, binance_coinm.MARKET)
}
_CANDLES = {venue: Table(venue, Candle, name="began") for venue in _HELD}


@dataclass(frozen=True, slots=True)
class Past:
    """The past of one of the two markets. `prefix` begins its paths; `quote` ends its pairs."""

    market: Market
    prefix: str
    quote: str

    def listing(self, _asset: Asset, _start: datetime, _end: datetime) -> tuple[Request, ...]:
        """What every piece begins with: which contracts there are."""
        return (self.market.listing,)

    # Open interest

    def held_requests(
        self, bodies: Sequence[Body], asset: Asset, start: datetime, end: datetime
    ) -> tuple[Request, ...]:
        """The open interest of every contract that the live sum has, hour by hour."""
        contracts = self.contracts(bodies, asset)
        unknown = sorted({one.kind for one in contracts} - _PUBLISHED)
        if unknown and self.market.sized:
            raise FetchError(self.market.venue, f"publishes no past of {unknown[0]} contracts")
        span = {"period": "1h", "limit": "500", "startTime": millis(start), "endTime": millis(end)}
        return tuple(Request(_HELD_PATH, {**self._held_of(one), **span}) for one in contracts)

    def _held_of(self, contract: Contract) -> dict[str, str]:
        if self.market.sized:
            return {"pair": contract.pair, "contractType": contract.kind}
        return {"symbol": contract.symbol}

    def parse_held(self, bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
        """The open interest at each hour for which all contracts have one."""
        contracts = self.contracts(bodies, asset)
        amounts = [self._amounts(body) for body in bodies[1:]]
        told = list(zip(contracts, amounts, strict=True))
        every = sorted({at for one in amounts for at in one})
        return [curve for at in every if (curve := self._held_at(at, told, asset))]

    def _amounts(self, body: Body) -> _Amounts:
        rows = _HELD[self.market.venue].rows(body.content)
        read, refused = sifted(rows.rows, _held)
        check_share(self.market.venue, len(read), refused + len(rows.rejected))
        return dict(read)

    def _held_at(
        self, at: datetime, told: Sequence[tuple[Contract, _Amounts]], asset: Asset
    ) -> FuturesCurve | None:
        listed = [contract for contract, _ in told]
        # Kinds have a past whatever contract is the current one; symbols end with their contract.
        if not self.market.sized and at < _complete_since(listed):
            return None
        due = [(one, amounts) for one, amounts in told if self.market.sized or _is_open(one, at)]
        if not due or any(at not in amounts for _, amounts in due):
            return None
        quotes = tuple(self._holding(one, *amounts[at]) for one, amounts in due)
        return FuturesCurve(self.market.venue, asset, at - JUST_BEFORE, quotes)

    def _holding(self, contract: Contract, held: float, value: float) -> FutureQuote:
        coin, usd = (value, held * contract.size) if self.market.sized else (held, value)
        each = usd / coin if coin else 0.0
        return FutureQuote(contract.symbol, None, each, each, coin, usd)

    # Candles

    def price_requests(self, asset: Asset, start: datetime, end: datetime) -> tuple[Request, ...]:
        """The index hour by hour."""
        return (self._candles("indexPriceKlines", {"pair": f"{asset}{self.quote}"}, start, end),)

    def parse_price(self, bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
        """The index at each hour's end."""
        (body,) = bodies
        found = self._closes(body).items()
        return [IndexPrice(self.market.venue, asset, at, value) for at, value in found]

    def basis_requests(
        self, bodies: Sequence[Body], asset: Asset, start: datetime, end: datetime
    ) -> tuple[Request, ...]:
        """The index of each pair with dated contracts, then the mark of each of these."""
        dated = self._dated(bodies, asset)
        pairs = dict.fromkeys(one.pair for one in dated)
        return (
            *(self._candles("indexPriceKlines", {"pair": one}, start, end) for one in pairs),
            *(self._candles("markPriceKlines", {"symbol": o.symbol}, start, end) for o in dated),
        )

    def parse_basis(self, bodies: Sequence[Body], asset: Asset) -> list[Snapshot]:
        """The dated contracts beside their index at each hour's end, where all have a mark."""
        dated = self._dated(bodies, asset)
        pairs = list(dict.fromkeys(one.pair for one in dated))
        candles = [self._closes(body) for body in bodies[1:]]
        indices = dict(zip(pairs, candles, strict=False))
        marks = list(zip(dated, candles[len(pairs) :], strict=True))
        every = sorted({at for _, found in marks for at in found})
        return list(self._curves(every, marks, indices, asset))

    def _curves(
        self,
        every: Iterable[datetime],
        marks: Sequence[tuple[Contract, Mapping[datetime, float]]],
        indices: Mapping[str, Mapping[datetime, float]],
        asset: Asset,
    ) -> Iterator[FuturesCurve]:
        since = _complete_since([contract for contract, _ in marks])
        for at in every:
            due = [(one, found) for one, found in marks if _is_open(one, at)]
            if at < since or any(at not in f or at not in indices[o.pair] for o, f in due):
                continue
            quotes = (
                FutureQuote(one.symbol, one.expiry, found[at], indices[one.pair][at])
                for one, found in due
            )
            yield FuturesCurve(self.market.venue, asset, at, tuple(quotes))

    def _candles(self, kind: str, of: Mapping[str, str], start: datetime, end: datetime) -> Request:
        span = {"interval": "1h", "startTime": millis(start), "endTime": millis(end)}
        return Request(f"{self.prefix}/{kind}", {**of, **span, "limit": "1500"})

    def _closes(self, body: Body) -> dict[datetime, float]:
        return closes(self.market.venue, _CANDLES[self.market.venue].rows(body.content))

    def contracts(self, bodies: Sequence[Body], asset: Asset) -> list[Contract]:
        """The contracts of an asset that trade now."""
        return self.market.contracts(bodies[0], asset)[0]

    def _dated(self, bodies: Sequence[Body], asset: Asset) -> list[Contract]:
        return [one for one in self.contracts(bodies, asset) if one.expiry]


def _held(row: _Held) -> tuple[datetime, tuple[float, float]]:
    return moment(row.timestamp), (
        amount(row.sum_open_interest),
        amount(row.sum_open_interest_value),
    )


def _complete_since(listed: Iterable[Contract]) -> datetime:
    """Since when no dated contract has left the list, if none is listed: ever."""
    ends = [one.expiry for one in listed if one.expiry]
    return min(ends) - QUARTER if ends else _EPOCH


def _is_open(contract: Contract, at: datetime) -> bool:
    return contract.since is None or contract.since <= at


def _backfills(past: Past, covers: Callable[[Asset], bool]) -> tuple[Backfill, ...]:
    venue = past.market.venue
    return (
        Backfill(
            venue,
            (MetricKey("price"),),
            piece=50 * DAY,
            reach=730 * DAY,
            requests=past.price_requests,
            parse=past.parse_price,
            covers=covers,
        ),
        Backfill(
            venue,
            (MetricKey("basis"),),
            piece=50 * DAY,
            reach=2 * QUARTER,
            requests=past.listing,
            parse=past.parse_basis,
            covers=covers,
            follow=past.basis_requests,
        ),
        Backfill(
            venue,
            (MetricKey("oi_coin"), MetricKey("oi_usd")),
            piece=10 * DAY,
            reach=30 * DAY - HOUR,
            requests=past.listing,
            parse=past.parse_held,
            covers=covers,
            follow=past.held_requests,
        ),
    )


USDM = Past(binance_usdm.MARKET, "/fapi/v1", "USDT")
COINM = Past(binance_coinm.MARKET, "/dapi/v1", "USD")

BACKFILLS = (
    *_backfills(COINM, binance_coinm.covers),
    *_backfills(USDM, binance_usdm.covers),
)
