"""A simulated market as Deribit's API would answer: pure, the same bytes for the same moment."""

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from alerts.domain.ids import Asset, Venue
from alerts.exchanges.spec import Request
from alerts.simulator.deribit_push import push
from alerts.simulator.expiries import future_expiries, label, option_expiries
from alerts.simulator.hours import HOUR, hours, of_millis
from alerts.simulator.scenario import MarketPoint, Scenario
from alerts.simulator.shares import OPEN_INTEREST
from alerts.simulator.smile import Wing, call_in_coin, laid_out, smile_at
from alerts.simulator.wire import Answer, Wire

Row = dict[str, Any]

_DAY = timedelta(days=1)
_YEAR = 365 * _DAY
_MONTH = 30 * _DAY
_BASIS_TILT = 0.008  # percent a year, per day of maturity beyond 60 days
_MOST_HOURS = 1_000
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
            return _result(int(at.timestamp() * 1000), at)
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
            return _wrong_parameter("kind", at)
        case _:
            return _error(-32601, "Method not found", at)


def _answer(scenario: Scenario, at: datetime, request: Request) -> Answer:
    params = request.params
    match request.path:
        case "/public/get_funding_rate_history":
            currency = Asset(params.get("instrument_name", "").removesuffix("-PERPETUAL"))
            return _past(scenario, at, currency, params, _funding_hour)
        case "/public/get_volatility_index_data":
            return _past(scenario, at, Asset(params.get("currency", "")), params, _vol_candle)
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
    result: Callable[[MarketPoint, Asset, datetime], Any],
) -> Answer:
    if asset not in scenario.assets:
        return _wrong_parameter(parameter, at)
    return _result(result(scenario.market(at, asset), asset, at), at)


def _past(
    scenario: Scenario,
    at: datetime,
    asset: Asset,
    params: Mapping[str, str],
    row: Callable[[Scenario, Asset, datetime], Any],
) -> Answer:
    """The hours that ended within the span asked for; of candles, those that began in it."""
    if asset not in scenario.assets:
        return _wrong_parameter("currency", at)
    span = (of_millis(params["start_timestamp"]), of_millis(params["end_timestamp"]))
    rows = [row(scenario, asset, one) for one in hours(*span, at, _MOST_HOURS)]
    return _result({"data": rows, "continuation": None} if row is _vol_candle else rows, at)


def _funding_hour(scenario: Scenario, asset: Asset, end: datetime) -> Row:
    point, before = scenario.market(end, asset), scenario.price(end - HOUR, asset)
    return {
        "timestamp": int(end.timestamp() * 1000),
        "index_price": round(point.price, 2),
        "prev_index_price": round(before, 2),
        "interest_8h": round(point.funding_8h / 100, 8),
        "interest_1h": round(point.funding_8h / 800, 8),
    }


def _vol_candle(scenario: Scenario, asset: Asset, begin: datetime) -> list[float]:
    point = scenario.market(begin + HOUR, asset)
    close = _vol_index(point, asset, begin)["index_price"]
    return [int(begin.timestamp() * 1000), close, close, close, close]


def _result(result: Any, at: datetime) -> Answer:
    return Answer(200, msgspec.json.encode({"jsonrpc": "2.0", "result": result} | _stamps(at)))


def _wrong_parameter(name: str, at: datetime) -> Answer:
    return _error(-32602, "Invalid params", at, {"reason": "unsupported value", "param": name})


def _error(code: int, message: str, at: datetime, details: Row | None = None) -> Answer:
    error = {"code": code, "message": message} | ({"data": details} if details else {})
    return Answer(400, msgspec.json.encode({"jsonrpc": "2.0", "error": error} | _stamps(at)))


def _stamps(at: datetime) -> Row:
    micros = int(at.timestamp() * 1e6)
    return {"usIn": micros - 400, "usOut": micros, "usDiff": 400, "testnet": False}


def _index(point: MarketPoint, _asset: Asset, _at: datetime) -> Row:
    price = round(point.price, 2)
    return {"index_price": price, "estimated_delivery_price": price}


def _vol_index(point: MarketPoint, _asset: Asset, _at: datetime) -> Row:
    """The 30-day volatility index, in percent: here simply the vol at the money."""
    percent = round(smile_at(point, _MONTH / _YEAR).atm * 100, 2)
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
