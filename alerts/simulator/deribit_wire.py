"""A simulated market as Deribit's API would answer: pure, the same bytes for the same moment."""

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alerts.domain.ids import Asset, Venue
from alerts.exchanges.spec import Request
from alerts.simulator.deribit_envelope import error, result, wrong_parameter
from alerts.simulator.deribit_listing import instruments
from alerts.simulator.deribit_past_wire import funding_history, vol_history, vol_index
from alerts.simulator.deribit_push import push
from alerts.simulator.expiries import future_expiries, label, option_expiries
from alerts.simulator.scenario import MarketPoint, Scenario
from alerts.simulator.shares import OPEN_INTEREST
from alerts.simulator.smile import Wing, call_in_coin, laid_out, smile_at
from alerts.simulator.wire import Answer, Wire

Row = dict[str, Any]

_DAY = timedelta(days=1)
_YEAR = 365 * _DAY
_MONTH = 30 * _DAY
_BASIS_TILT = 0.008  # percent a year, per day of maturity beyond 60 days
_BASE = "/api/v2"  # part of the true base URL, for clients that bring it along
_PERPETUAL_SHARE = 0.6  # of the venue's futures open interest
_STEP_LADDER = (1.0, 2.0, 2.5, 5.0)


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


def answer(
    scenario: Scenario,
    at: datetime,
    path: str,
    params: Mapping[str, str],
    grid: Grid = FULL,
) -> Answer:
    """What the venue would answer to a GET of `path` (below the base URL) at a moment."""
    match path, params.get("kind"):
        case "/public/get_time", _:
            return result(int(at.timestamp() * 1000), at)
        case "/public/get_index_price", _:
            name = params.get("index_name", "")
            coin, is_vol, _ = name.partition("dvol_usdc")
            of = _vol_index if is_vol else _index
            asset = Asset(coin.removesuffix("_usd").upper())
            return _for_asset(scenario, at, asset, "index_name", of)
        case "/public/get_book_summary_by_currency", ("option" | "future") as kind:
            rows = partial(option_rows, grid=grid) if kind == "option" else future_rows
            currency = Asset(params.get("currency", ""))
            return _for_asset(scenario, at, currency, "currency", rows)
        case "/public/get_book_summary_by_currency", _:
            return wrong_parameter("kind", at)
        case _:
            return error(-32601, "Method not found", at)


def _answer(scenario: Scenario, at: datetime, request: Request) -> Answer:
    params = request.params
    match request.path.removeprefix(_BASE):
        case "/public/get_funding_rate_history":
            return funding_history(scenario, at, params)
        case "/public/get_volatility_index_data":
            return vol_history(scenario, at, params)
        case "/public/get_instruments":
            return _instruments(scenario, at, params)
        case "/public/get_book_summary_by_instrument":
            return _one_book(scenario, at, params.get("instrument_name", ""))
        case path:
            return answer(scenario, at, path, params)


def _sketch(scenario: Scenario, at: datetime, request: Request) -> Answer:
    return answer(scenario, at, request.path, request.params, SPARSE)


WIRE = Wire(Venue("deribit"), _answer, push, _sketch)


def _for_asset(
    scenario: Scenario,
    at: datetime,
    asset: Asset,
    parameter: str,
    made: Callable[[MarketPoint, Asset, datetime], Any],
) -> Answer:
    if asset not in scenario.assets:
        return wrong_parameter(parameter, at)
    return result(made(scenario.market(at, asset), asset, at), at)


def _instruments(scenario: Scenario, at: datetime, params: Mapping[str, str]) -> Answer:
    """What is listed: of one currency or of any, of one kind or of both."""
    currency, wanted = params.get("currency", "any"), params.get("kind")
    listed = [
        row
        for asset in scenario.assets
        for kind in ("future", "option")
        if currency in {"any", asset} and wanted in {None, kind}
        for row in instruments(asset, _books(scenario, at, asset, kind), kind)
    ]
    return result(listed, at)


def _one_book(scenario: Scenario, at: datetime, name: str) -> Answer:
    asset = Asset(name.partition("-")[0])
    kind = "option" if name.count("-") > 1 else "future"
    rows = _books(scenario, at, asset, kind) if asset in scenario.assets else []
    own = [row for row in rows if row["instrument_name"] == name]
    return result(own, at) if own else wrong_parameter("instrument_name", at)


def _books(scenario: Scenario, at: datetime, asset: Asset, kind: str) -> list[Row]:
    rows = option_rows if kind == "option" else future_rows
    return rows(scenario.market(at, asset), asset, at)


def _index(point: MarketPoint, _asset: Asset, _at: datetime) -> Row:
    price = round(point.price, 2)
    return {"index_price": price, "estimated_delivery_price": price}


def _vol_index(point: MarketPoint, _asset: Asset, _at: datetime) -> Row:
    """The 30-day volatility index, in percent: here simply the vol at the money."""
    percent = vol_index(point)
    return {"index_price": percent, "estimated_delivery_price": percent}


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
        years = (expiry - at) / _YEAR
        name = f"{asset}-{label(expiry)}"
        underlying = name if listed else f"SYN.{name}"
        price = forward(point, years * 365)
        shared: Row = {
            "base_currency": asset,
            "quote_currency": asset,
            "underlying_index": underlying,
            "underlying_price": round(price, 4),
            "estimated_delivery_price": round(point.price, 2),
            "interest_rate": 0.0,
            "creation_timestamp": int(at.timestamp() * 1000),
        }
        wing = laid_out(smile_at(point, years), years)
        return cls(name, price, point.price, years, wing, shared)

    def rows(self, grid: Grid) -> Iterator[Row]:
        for strike in strikes(self.forward, self._deviation(), grid):
            moneyness = math.log(strike / self.forward)
            vol = self.wing.at(moneyness)
            call = max(call_in_coin(moneyness, vol, self.years), 0.0)
            prices = {"C": call, "P": max(call - 1 + strike / self.forward, 0.0)}
            for side in grid.sides:
                yield self._row(f"{self.name}-{strike}-{side}", vol, prices[side])

    def _deviation(self) -> float:
        return self.wing.at(0.0) * math.sqrt(self.years)

    def _row(self, name: str, vol: float, price: float) -> Row:
        bid, ask = _quotes(price)
        open_interest = _contracts(name, price)
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
            "volume_usd": round(volume * price * self.index, 2),
            **self.shared,
        }


def strikes(forward: float, deviation: float, grid: Grid) -> list[int]:
    """Round strikes around a forward: dense near the money, every fourth one beyond."""
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


def _contracts(name: str, price: float) -> float:
    """Open interest in coin: repeatable per instrument, larger for cheap options."""
    share = zlib.crc32(name.encode()) / 2**32
    return round(600 * share**4 / (0.05 + price), 1)


def future_rows(point: MarketPoint, asset: Asset, at: datetime) -> list[Row]:
    """The perpetual and all dated futures of an asset."""
    expiries = future_expiries(at)
    venue_coins = point.open_interest * OPEN_INTEREST[WIRE.venue]
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
    name, mark, coins = contract
    bid, ask = math.floor(mark * 2) / 2, math.floor(mark * 2) / 2 + 0.5
    return {
        "instrument_name": f"{asset}-{name}",
        "base_currency": asset,
        "quote_currency": "USD",
        "mark_price": round(mark, 4),
        "bid_price": bid,
        "ask_price": ask,
        "mid_price": (bid + ask) / 2,
        "last": bid,
        "high": ask,
        "low": bid,
        "price_change": 0.0,
        "open_interest": round(coins * mark / 10) * 10.0,
        "volume": round(coins * 0.4, 2),
        "volume_usd": round(coins * 0.4 * mark, 2),
        "volume_notional": round(coins * 0.4 * mark, 2),
        "estimated_delivery_price": round(point.price, 2),
        "creation_timestamp": int(at.timestamp() * 1000),
    }
