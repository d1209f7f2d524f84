"""The simulated Deribit's order books: every option and future of an asset, as summaries of them.

BTC's and ETH's are margined in coin; all other coins' are linear, in USDC.
"""

import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, Venue
from alerts.exchanges.deribit_names import Book, book_of
from alerts.simulator.deribit_envelope import Row
from alerts.simulator.expiries import future_expiries, label, option_expiries
from alerts.simulator.scenario import MarketPoint
from alerts.simulator.shares import OPEN_INTEREST
from alerts.simulator.smile import Wing, call_in_coin, laid_out, smile_at

_DAY = timedelta(days=1)
_YEAR = 365 * _DAY
_BASIS_TILT = 0.008  # percent a year, per day of maturity beyond 60 days
_PERPETUAL_SHARE = 0.6  # of the venue's futures open interest
_STEP_LADDER = (1.0, 2.0, 2.5, 5.0)
_CHEAP, _PER_DOLLAR = 1000.0, 10_000  # below so many USD strikes have decimals
_DERIBIT = Venue("deribit")


@dataclass(frozen=True, slots=True)
class Grid:
    """How strikes are laid: spacing and reach near the money, in standard deviations to expiry.

    Beyond `near` every fourth strike is listed, up to `far`.
    """

    step: float
    near: float
    far: float
    sides: str = "CP"


FULL = Grid(step=0.09, near=1.5, far=2.8)
SPARSE = Grid(step=0.14, near=1.1, far=1.1, sides="C")


def forward(point: MarketPoint, days: float) -> float:
    """The price for delivery in so many days: the simple basis is linear in maturity."""
    rate = point.basis60 + _BASIS_TILT * (days - 60)
    return point.price * (1 + rate / 100 * days / 365)


def option_rows(point: MarketPoint, asset: Asset, at: datetime, grid: Grid = FULL) -> list[Row]:
    """All options of an asset, calls and puts of each strike."""
    dated = set(future_expiries(at))
    return [
        row
        for expiry in option_expiries(at)
        for row in _Expiry.of(point, asset, at, expiry, listed=expiry in dated).rows(grid)
    ]


@dataclass(frozen=True, slots=True)
class _Expiry:
    """The options of one expiry."""

    book: Book
    name: str
    forward: float
    index: float
    years: float
    wing: Wing
    shared: Row

    @classmethod
    def of(
        cls, point: MarketPoint, asset: Asset, at: datetime, expiry: datetime, *, listed: bool
    ) -> "_Expiry":
        years, book = (expiry - at) / _YEAR, book_of(asset)
        name = f"{book.prefix}{label(expiry)}"
        underlying = name if listed else f"SYN.{name}"
        price = forward(point, years * 365)
        shared: Row = {
            "base_currency": asset,
            "quote_currency": book.currency,
            "underlying_index": underlying,
            "underlying_price": round(price, 4),
            "estimated_delivery_price": rounded(point.price),
            "interest_rate": 0.0,
            "creation_timestamp": int(at.timestamp() * 1000),
        }
        wing = laid_out(smile_at(point, years), years)
        return cls(book, name, price, point.price, years, wing, shared)

    def rows(self, grid: Grid) -> Iterator[Row]:
        for strike in strikes(self.forward, self._deviation(), grid):
            moneyness = math.log(strike / self.forward)
            vol = self.wing.at(moneyness)
            call = max(call_in_coin(moneyness, vol, self.years), 0.0)
            prices = {"C": call, "P": max(call - 1 + strike / self.forward, 0.0)}
            for side in grid.sides:
                written = f"{strike:.12g}".replace(".", "d")
                yield self._row(f"{self.name}-{written}-{side}", vol, prices[side])

    def _deviation(self) -> float:
        return self.wing.at(0.0) * math.sqrt(self.years)

    def _row(self, name: str, vol: float, in_coin: float) -> Row:
        """One option; what it costs `in_coin` is told in USDC where it is linear."""
        price = in_coin * self.forward if self.book.linear else in_coin
        bid, ask = _quotes(price)
        open_interest = _coins(name, in_coin)
        volume = round(open_interest * 0.07, 1)
        traded = volume > 0
        return {
            "instrument_name": name,
            "mark_iv": round(vol * 100, 2),
            "mark_price": round(price, 6),
            "bid_price": bid,
            "ask_price": ask,
            "mid_price": None if bid is None or ask is None else round((bid + ask) / 2, 6),
            "last": ask if traded else None,
            "high": ask if traded else None,
            "low": bid if traded else None,
            "price_change": 0.0 if traded else None,
            "open_interest": open_interest,
            "volume": volume,
            "volume_usd": round(volume * in_coin * self.index, 2),
            **self.shared,
        }


def strikes(forward: float, deviation: float, grid: Grid) -> list[float]:
    """Round strikes around a forward: dense near the money, every fourth one beyond."""
    if forward >= _CHEAP:
        return [*_round_strikes(forward, deviation, grid)]
    fine = _round_strikes(forward * _PER_DOLLAR, deviation, grid)
    return [strike / _PER_DOLLAR for strike in fine]


def _round_strikes(forward: float, deviation: float, grid: Grid) -> list[int]:
    step = _round_up(forward * deviation * grid.step)
    near = range(*_span(forward, deviation * grid.near, step), step)
    far = range(*_span(forward, deviation * grid.far, 4 * step), 4 * step)
    return sorted({*near, *far} - {0})


def _span(forward: float, width: float, step: int) -> tuple[int, int]:
    low, high = forward * math.exp(-width), forward * math.exp(width)
    return math.floor(low / step) * step, math.ceil(high / step) * step + 1


def _round_up(size: float) -> int:
    """The next whole step of 1, 2, 2.5 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(max(size, 1.0)))
    fitting = (int(rung * power) for rung in (*_STEP_LADDER, 10.0) if rung * power >= size)
    return max(next(fitting), 1)


def _quotes(price: float) -> tuple[float | None, float | None]:
    """Bid and ask around a mark; deep options have no bid, the deepest no ask either."""
    tick = 0.0005 if price >= 0.005 else 0.0001
    half = max(price * 0.01, 0.0001)
    bid = math.floor((price - half) / tick) * tick
    ask = math.ceil((price + half) / tick) * tick
    return (
        round(bid, 4) if bid >= tick else None,
        round(ask, 4) if price >= 0.00005 else None,
    )


def _coins(name: str, price: float) -> float:
    """Open interest in coin: repeatable per instrument, larger for cheap options."""
    share = zlib.crc32(name.encode()) / 2**32
    return round(600 * share**4 / (0.05 + price), 1)


def future_rows(point: MarketPoint, asset: Asset, at: datetime) -> list[Row]:
    """The perpetual and all dated futures of an asset."""
    expiries = future_expiries(at)
    venue_coins = point.open_interest * OPEN_INTEREST[_DERIBIT]
    funding = {
        "current_funding": round(point.funding_8h / 100, 8),
        "funding_8h": round(point.funding_8h / 100, 8),
    }
    mark = point.price * (1 + point.funding_8h / 100)
    perpetual = _future(point, asset, at, ("PERPETUAL", mark, venue_coins * _PERPETUAL_SHARE))
    coins = venue_coins * (1 - _PERPETUAL_SHARE) / len(expiries)
    dated = [
        _future(point, asset, at, (label(expiry), forward(point, (expiry - at) / _DAY), coins))
        for expiry in expiries
    ]
    return [perpetual | funding, *dated]


def _future(
    point: MarketPoint, asset: Asset, at: datetime, contract: tuple[str, float, float]
) -> Row:
    """One contract; its open interest is in USD, of a linear one in coin."""
    (name, mark, coins), book = contract, book_of(asset)
    tick = 0.5 if mark >= _CHEAP else 0.0001
    bid = round(math.floor(mark / tick) * tick, 4)
    ask = round(bid + tick, 4)
    return {
        "instrument_name": f"{book.prefix}{name}",
        "base_currency": asset,
        "quote_currency": book.currency if book.linear else "USD",
        "mark_price": round(mark, 4),
        "bid_price": bid,
        "ask_price": ask,
        "mid_price": (bid + ask) / 2,
        "last": bid,
        "high": ask,
        "low": bid,
        "price_change": 0.0,
        "open_interest": round(coins, 1) if book.linear else round(coins * mark / 10) * 10.0,
        "volume": round(coins * 0.4, 2),
        "volume_usd": round(coins * 0.4 * mark, 2),
        "volume_notional": round(coins * 0.4 * mark, 2),
        "estimated_delivery_price": rounded(point.price),
        "creation_timestamp": int(at.timestamp() * 1000),
    }


def rounded(price: float) -> float:
    """A price as an index tells it: to the cent, and of cheap coins to a hundredth of one."""
    return round(price, 2 if price >= _CHEAP else 4)
