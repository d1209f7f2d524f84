"""A simulated market as OKX's API would answer: pure, the same bytes for the same moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import PositionSide
from alerts.exchanges.spec import Request
from alerts.simulator.deribit_books import forward
from alerts.simulator.expiries import future_expiries
from alerts.simulator.hours import HOUR, hours, of_millis
from alerts.simulator.liquidations import ForcedClose, events
from alerts.simulator.scenario import MarketPoint, Scenario
from alerts.simulator.shares import OPEN_INTEREST
from alerts.simulator.wire import Answer, Span, Wire

Row = dict[str, Any]

_VENUE = Venue("okx")
_DAY = timedelta(days=1)
_SWAPS = {"USDT": 0.65, "USD": 0.17, "USDC": 0.03}  # of the venue's open interest
_DATED = {"USD": 0.1, "USDT": 0.05}
_FUNDING_HOURS = 8
_MILLISECOND = timedelta(milliseconds=1)
_COIN_SIZES = {"BTC": "0.01", "ETH": "0.1"}
_CHANNEL = "liquidation-orders"


@dataclass(frozen=True, slots=True)
class _Contract:
    """One listed contract at one moment; `coins` are held in it."""

    name: str
    asset: Asset
    quote: str
    expiry: datetime | None
    mark: float
    coins: float

    @property
    def size(self) -> str:
        if self.quote == "USD":
            return "100" if self.asset == "BTC" else "10"
        return _COIN_SIZES.get(self.asset, "1")

    @property
    def contracts(self) -> float:
        notional = self.coins * self.mark if self.quote == "USD" else self.coins
        return notional / float(self.size)


def _contracts(scenario: Scenario, at: datetime, kind: str) -> Iterator[_Contract]:
    for asset in scenario.assets:
        point = scenario.market(at, asset)
        held = point.open_interest * OPEN_INTEREST[_VENUE]
        yield from _swaps(asset, point, held) if kind == "SWAP" else _dated(asset, point, held, at)


def _swaps(asset: Asset, point: MarketPoint, held: float) -> Iterator[_Contract]:
    mark = point.price * (1 + point.funding_8h / 100)
    for quote, part in _SWAPS.items():
        yield _Contract(f"{asset}-{quote}-SWAP", asset, quote, None, mark, held * part)


def _dated(asset: Asset, point: MarketPoint, held: float, at: datetime) -> Iterator[_Contract]:
    expiries = future_expiries(at)
    for quote, part in _DATED.items():
        for when in expiries:
            mark, coins = forward(point, (when - at) / _DAY), held * part / len(expiries)
            yield _Contract(f"{asset}-{quote}-{when:%y%m%d}", asset, quote, when, mark, coins)


def _answer(scenario: Scenario, at: datetime, request: Request) -> Answer:
    if request.path == "/api/v5/market/history-index-candles":
        return _index_candles(scenario, at, request.params)
    return _present(scenario, at, request)


def _present(scenario: Scenario, at: datetime, request: Request) -> Answer:
    made = _ROWS.get(request.path)
    if made is not None:
        kind = request.params.get("instType", "")
        if kind not in {"SWAP", "FUTURES"}:
            return _refused("51000", "Parameter instType error")
        return _said([made(one, at, kind) for one in _contracts(scenario, at, kind)])
    match request.path:
        case "/api/v5/market/index-tickers":
            return _indices(scenario, at, request)
        case "/api/v5/public/funding-rate":
            return _rates(scenario, at, request.params.get("instId", ""))
        case "/api/v5/public/time":
            return _said([{"ts": _millis(at)}])
    return Answer(404, msgspec.json.encode({"code": "404", "data": [], "msg": "Not Found"}))


def _said(rows: Sequence[Row]) -> Answer:
    return Answer(200, msgspec.json.encode({"code": "0", "msg": "", "data": rows}))


def _refused(code: str, message: str) -> Answer:
    return Answer(400, msgspec.json.encode({"code": code, "msg": message, "data": []}))


def _millis(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def _instrument(one: _Contract, _at: datetime, kind: str) -> Row:
    family = f"{one.asset}-{one.quote}"
    inverse = one.quote == "USD"
    return {
        "instType": kind,
        "instId": one.name,
        "uly": family,
        "instFamily": family,
        "category": "1",
        "ctType": "inverse" if inverse else "linear",
        "ctVal": one.size,
        "ctMult": "1",
        "ctValCcy": "USD" if inverse else one.asset,
        "settleCcy": one.asset if inverse else one.quote,
        "expTime": _millis(one.expiry) if one.expiry else "",
        "listTime": "1611916828000",
        "ruleType": "normal",
        "state": "live",
    }


def _mark(one: _Contract, at: datetime, kind: str) -> Row:
    return {"instType": kind, "instId": one.name, "markPx": f"{one.mark:.4f}", "ts": _millis(at)}


def _open_interest(one: _Contract, at: datetime, kind: str) -> Row:
    return {
        "instType": kind,
        "instId": one.name,
        "oi": f"{one.contracts:.2f}",
        "oiCcy": f"{one.coins:.4f}",
        "oiUsd": f"{one.coins * one.mark:.4f}",
        "ts": _millis(at),
    }


_ROWS: Mapping[str, Callable[[_Contract, datetime, str], Row]] = {
    "/api/v5/public/instruments": _instrument,
    "/api/v5/public/mark-price": _mark,
    "/api/v5/public/open-interest": _open_interest,
}


def _indices(scenario: Scenario, at: datetime, request: Request) -> Answer:
    rows = [
        _index(f"{asset}-{quote}", scenario.market(at, asset).price, at)
        for asset in scenario.assets
        for quote in _SWAPS
    ]
    quote, name = request.params.get("quoteCcy"), request.params.get("instId")
    own = [row for row in rows if name in (None, row["instId"])]
    own = [row for row in own if quote is None or row["instId"].endswith(f"-{quote}")]
    return _said(own) if own else _refused("51001", "Instrument ID doesn't exist.")


def _index(name: str, price: float, at: datetime) -> Row:
    return {
        "instId": name,
        "idxPx": f"{price:.2f}",
        "high24h": f"{price:.2f}",
        "low24h": f"{price:.2f}",
        "open24h": f"{price:.2f}",
        "sodUtc0": f"{price:.2f}",
        "sodUtc8": f"{price:.2f}",
        "ts": _millis(at),
    }


def _index_candles(scenario: Scenario, at: datetime, params: Mapping[str, str]) -> Answer:
    """Candles that began between `before` and `after`, both left out, the newest first."""
    names = {f"{asset}-{quote}": asset for asset in scenario.assets for quote in _SWAPS}
    asset = names.get(params.get("instId", ""))
    if asset is None:
        return _refused("51001", "Instrument ID doesn't exist.")
    most = int(params.get("limit", "100"))
    end = of_millis(params["after"]) - _MILLISECOND if "after" in params else at
    start = of_millis(params["before"]) + _MILLISECOND if "before" in params else end - most * HOUR
    rows = []
    for begin in hours(start, end, at, most):
        close = f"{scenario.price(min(begin + HOUR, at), asset):.2f}"
        confirmed = "1" if begin + HOUR <= at else "0"
        rows.append([_millis(begin), close, close, close, close, confirmed])
    return Answer(200, msgspec.json.encode({"code": "0", "msg": "", "data": rows[::-1]}))


def _rates(scenario: Scenario, at: datetime, name: str) -> Answer:
    begin = at.replace(hour=at.hour // _FUNDING_HOURS * _FUNDING_HOURS, minute=0, second=0)
    due = begin.replace(microsecond=0) + timedelta(hours=_FUNDING_HOURS)
    rows = [
        {
            "instType": "SWAP",
            "instId": one.name,
            "method": "current_period",
            "formulaType": "withRate",
            "fundingRate": f"{scenario.market(at, one.asset).funding_8h / 100:.10f}",
            "nextFundingRate": "",
            "fundingTime": _millis(due),
            "nextFundingTime": _millis(due + timedelta(hours=_FUNDING_HOURS)),
            "settState": "settled",
            "settFundingRate": f"{scenario.market(begin, one.asset).funding_8h / 100:.10f}",
            "ts": _millis(at),
        }
        for one in _contracts(scenario, at, "SWAP")
        if name in {"ANY", one.name}
    ]
    return _said(rows) if rows else _refused("51001", "Instrument ID doesn't exist.")


def _push(scenario: Scenario, span: Span, said: Sequence[str]) -> list[bytes]:
    """The forced closes of perpetuals, once a client has asked for them; a pong for its pings."""
    asked = any('"subscribe"' in text and _CHANNEL in text and "SWAP" in text for text in said)
    if not asked:
        return []
    return [
        _closed(asset, event)
        for asset in scenario.assets
        for event in events(scenario, _VENUE, asset, span.since, span.until)
    ]


def _closed(asset: Asset, event: ForcedClose) -> bytes:
    family = f"{asset}-USDT"
    size = float(_COIN_SIZES.get(asset, "1"))
    sold = event.side is PositionSide.LONG
    details = {
        "bkLoss": "0",
        "bkPx": f"{event.price:.2f}",
        "ccy": "",
        "posSide": "net" if event.number % 2 else event.side.value,
        "side": "sell" if sold else "buy",
        "sz": f"{event.coin / size:.6f}",
        "ts": _millis(event.at),
    }
    row = {"instFamily": family, "instId": f"{family}-SWAP", "instType": "SWAP", "uly": family}
    argument = {"channel": _CHANNEL, "instType": "SWAP"}
    return msgspec.json.encode({"arg": argument, "data": [row | {"details": [details]}]})


WIRE = Wire(_VENUE, _answer, _push)
