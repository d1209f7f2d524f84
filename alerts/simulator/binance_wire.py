"""A simulated market as Binance's two futures APIs would answer: pure, the same for one moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import PositionSide
from alerts.exchanges.spec import Request
from alerts.simulator.deribit_books import forward
from alerts.simulator.expiries import quarter_ends
from alerts.simulator.hours import HOUR, hours, of_millis
from alerts.simulator.liquidations import ForcedClose, events
from alerts.simulator.scenario import MarketPoint, Scenario
from alerts.simulator.shares import OPEN_INTEREST
from alerts.simulator.wire import Answer, Span, Wire

Row = dict[str, Any]

_DAY = timedelta(days=1)
_NEVER = 4_133_404_800_000
_QUARTERS = ("CURRENT_QUARTER", "NEXT_QUARTER")
_FUNDING_HOURS = 8


@dataclass(frozen=True, slots=True)
class _Market:
    """One of the two APIs: `pairs` and what part of the venue's open interest each holds."""

    venue: Venue
    prefix: str
    pairs: tuple[tuple[str, float], ...]
    dated: tuple[str, float]
    inverse: bool

    def size(self, asset: Asset) -> int:
        """What a contract is worth in USD; coins are counted themselves on the other market."""
        return 100 if asset == "BTC" else 10

    def perpetual(self, asset: Asset, quote: str) -> str:
        return f"{asset}{quote}_PERP" if self.inverse else f"{asset}{quote}"


_USDM = _Market(
    Venue("binance_usdm"),
    "/fapi/v1",
    pairs=(("USDT", 0.8), ("USDC", 0.12)),
    dated=("USDT", 0.08),
    inverse=False,
)
_COINM = _Market(
    Venue("binance_coinm"), "/dapi/v1", pairs=(("USD", 0.75),), dated=("USD", 0.25), inverse=True
)


@dataclass(frozen=True, slots=True)
class _Contract:
    """One listed contract at one moment; `coins` are held in it."""

    symbol: str
    asset: Asset
    quote: str
    kind: str
    expiry: datetime | None
    mark: float
    point: MarketPoint
    coins: float


def _contracts(
    market: _Market, scenario: Scenario, at: datetime, asked: str | None
) -> Iterator[_Contract]:
    """The contracts listed; with a symbol asked for only those of its asset."""
    for asset in scenario.assets:
        if asked is not None and not asked.startswith(asset):
            continue
        point = scenario.market(at, asset)
        held = point.open_interest * OPEN_INTEREST[market.venue]
        mark = point.price * (1 + point.funding_8h / 100)
        for quote, part in market.pairs:
            symbol = market.perpetual(asset, quote)
            yield _Contract(symbol, asset, quote, "PERPETUAL", None, mark, point, held * part)
        quote, part = market.dated
        for kind, when in zip(_QUARTERS, quarter_ends(at), strict=False):
            symbol = f"{asset}{quote}_{when:%y%m%d}"
            price = forward(point, (when - at) / _DAY)
            coins = held * part / len(_QUARTERS)
            yield _Contract(symbol, asset, quote, kind, when, price, point, coins)


def _answer(market: _Market, scenario: Scenario, at: datetime, request: Request) -> Answer:
    past = _PAST.get(request.path.removeprefix(market.prefix))
    if past is not None:
        rows = past(market, scenario, at, request.params)
        return _refused(-1121, "Invalid symbol.") if rows is None else _said(rows)
    return _present(market, scenario, at, request)


def _present(market: _Market, scenario: Scenario, at: datetime, request: Request) -> Answer:
    symbol = request.params.get("symbol")
    listed = list(_contracts(market, scenario, at, symbol))
    own = [one for one in listed if symbol in (None, one.symbol)]
    if not own:
        return _refused(-1121, "Invalid symbol.")
    match request.path.removeprefix(market.prefix):
        case "/time":
            said: Any = {"serverTime": _millis(at)}
        case "/exchangeInfo":
            said = _listing(market, listed, at)
        case "/fundingInfo":
            said = []
        case "/premiumIndex":
            said = _premiums(market, own, at, alone=symbol is not None)
        case "/openInterest" if symbol is None:
            return _refused(-1102, "Mandatory parameter 'symbol' was not sent.")
        case "/openInterest":
            said = _open_interest(market, own[0], at)
        case _:
            return Answer(404, b"<html><body>404 Not Found</body></html>")
    return _said(said)


def _said(said: Any) -> Answer:
    return Answer(200, msgspec.json.encode(said))


def _refused(code: int, message: str) -> Answer:
    return Answer(400, msgspec.json.encode({"code": code, "msg": message}))


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _listing(market: _Market, listed: Sequence[_Contract], at: datetime) -> Row:
    return {
        "timezone": "UTC",
        "serverTime": _millis(at),
        "rateLimits": [
            {
                "rateLimitType": "REQUEST_WEIGHT",
                "interval": "MINUTE",
                "intervalNum": 1,
                "limit": 2400,
            }
        ],
        "exchangeFilters": [],
        "symbols": [_listed(market, one) for one in listed],
    }


def _listed(market: _Market, one: _Contract) -> Row:
    own: Row = (
        {"contractStatus": "TRADING", "contractSize": market.size(one.asset)}
        if market.inverse
        else {"status": "TRADING"}
    )
    return {
        "symbol": one.symbol,
        "pair": f"{one.asset}{one.quote}",
        "contractType": one.kind,
        "deliveryDate": _millis(one.expiry) if one.expiry else _NEVER,
        "onboardDate": 1_569_398_400_000,
        "baseAsset": one.asset,
        "quoteAsset": one.quote,
        "marginAsset": one.asset if market.inverse else one.quote,
        "pricePrecision": 2,
        "quantityPrecision": 0 if market.inverse else 3,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "filters": [],
        **own,
    }


def _premiums(market: _Market, own: Sequence[_Contract], at: datetime, *, alone: bool) -> Any:
    rows = [_premium(market, one, at) for one in own]
    return rows[0] if alone and not market.inverse else rows


def _premium(market: _Market, one: _Contract, at: datetime) -> Row:
    perpetual = one.expiry is None
    due = at.replace(hour=at.hour // _FUNDING_HOURS * _FUNDING_HOURS, minute=0, second=0)
    following = due.replace(microsecond=0) + timedelta(hours=_FUNDING_HOURS)
    pair = {"pair": f"{one.asset}{one.quote}"} if market.inverse else {}
    return {
        "symbol": one.symbol,
        **pair,
        "markPrice": f"{one.mark:.8f}",
        "indexPrice": f"{one.point.price:.8f}",
        "estimatedSettlePrice": f"{one.point.price:.8f}",
        "lastFundingRate": f"{one.point.funding_8h / 100:.8f}" if perpetual else "",
        "interestRate": "0.00010000" if perpetual else "",
        "nextFundingTime": _millis(following) if perpetual else 0,
        "time": _millis(at),
    }


def _open_interest(market: _Market, one: _Contract, at: datetime) -> Row:
    row: Row = {"symbol": one.symbol, "time": _millis(at)}
    if not market.inverse:
        return row | {"openInterest": f"{one.coins:.3f}"}
    contracts = one.coins * one.mark / market.size(one.asset)
    pair = {"pair": f"{one.asset}{one.quote}", "contractType": one.kind}
    return row | pair | {"openInterest": f"{contracts:.0f}"}


Params = Mapping[str, str]


def _past_hours(params: Params, at: datetime, usual: int) -> Iterator[datetime]:
    """The hours a client asks for: those that began within its span, and have."""
    most = int(params.get("limit", usual))
    until = of_millis(params["endTime"]) if "endTime" in params else at
    since = of_millis(params["startTime"]) if "startTime" in params else until - most * HOUR
    return hours(since, until, at, most)


def _index_candles(
    market: _Market, scenario: Scenario, at: datetime, params: Params
) -> list[Row] | None:
    pairs = {f"{asset}{quote}": asset for asset in scenario.assets for quote, _ in market.pairs}
    asset = pairs.get(params.get("pair", ""))
    if asset is None:
        return None
    return [
        _candle(begin, scenario.price(min(begin + HOUR, at), asset))
        for begin in _past_hours(params, at, 500)
    ]


def _mark_candles(
    market: _Market, scenario: Scenario, at: datetime, params: Params
) -> list[Row] | None:
    symbol = params.get("symbol", "")
    if not _own(market, scenario, at, symbol):
        return None
    ends = [(begin, min(begin + HOUR, at)) for begin in _past_hours(params, at, 500)]
    return [
        _candle(begin, one.mark)
        for begin, end in ends
        for one in _own(market, scenario, end, symbol)
    ]


def _own(market: _Market, scenario: Scenario, at: datetime, symbol: str) -> list[_Contract]:
    return [one for one in _contracts(market, scenario, at, symbol) if one.symbol == symbol]


def _candle(begin: datetime, close: float) -> Any:
    price = f"{close:.8f}"
    ends = _millis(begin + HOUR) - 1
    return [_millis(begin), price, price, price, price, "0", ends, "0", 3600, "0", "0", "0"]


def _held_hours(
    market: _Market, scenario: Scenario, at: datetime, params: Params
) -> list[Row] | None:
    """Open interest at each hour: of a symbol, or of a kind of contract of a pair."""
    asked = params.get("pair" if market.inverse else "symbol", "")
    kind = params.get("contractType", "")

    def of(when: datetime) -> Iterator[_Contract]:
        for one in _contracts(market, scenario, when, asked):
            pair = (f"{one.asset}{one.quote}", one.kind)
            if (pair == (asked, kind)) if market.inverse else one.symbol == asked:
                yield one

    if not list(of(at)):
        return None
    found = [(when, one) for when in _past_hours(params, at, 30) for one in of(when)]
    return [_held_hour(market, one, when) for when, one in found]


def _held_hour(market: _Market, one: _Contract, when: datetime) -> Row:
    if not market.inverse:
        value = one.coins * one.mark
        row: Row = {"symbol": one.symbol, "sumOpenInterest": f"{one.coins:.8f}"}
    else:
        contracts, value = one.coins * one.mark / market.size(one.asset), one.coins
        pair = {"pair": f"{one.asset}{one.quote}", "contractType": one.kind}
        row = {**pair, "sumOpenInterest": f"{contracts:.0f}"}
    return row | {"sumOpenInterestValue": f"{value:.8f}", "timestamp": _millis(when)}


_PAST: Mapping[str, Callable[[_Market, Scenario, datetime, Params], list[Row] | None]] = {
    "/indexPriceKlines": _index_candles,
    "/markPriceKlines": _mark_candles,
    "/futures/data/openInterestHist": _held_hours,
}


def _push(market: _Market, scenario: Scenario, span: Span, _said: Sequence[str]) -> list[bytes]:
    """All forced closes, a message each."""
    return [
        _forced(market, asset, event)
        for asset in scenario.assets
        for event in events(scenario, market.venue, asset, span.since, span.until)
    ]


def _forced(market: _Market, asset: Asset, event: ForcedClose) -> bytes:
    filled = event.usd / market.size(asset) if market.inverse else event.coin
    order = {
        "s": market.perpetual(asset, market.pairs[0][0]),
        "S": "SELL" if event.side is PositionSide.LONG else "BUY",
        "o": "LIMIT",
        "f": "IOC",
        "q": f"{filled:.6f}",
        "p": f"{event.price * 0.99:.2f}",
        "ap": f"{event.price:.2f}",
        "X": "FILLED",
        "l": f"{filled:.6f}",
        "z": f"{filled:.6f}",
        "T": _millis(event.at),
    }
    return msgspec.json.encode({"e": "forceOrder", "E": _millis(event.at), "o": order})


def _wire(market: _Market) -> Wire:
    return Wire(
        market.venue,
        lambda scenario, at, request: _answer(market, scenario, at, request),
        lambda scenario, span, said: _push(market, scenario, span, said),
    )


USDM, COINM = _wire(_USDM), _wire(_COINM)
