"""A simulated market as Bybit's API would answer: pure, the same bytes for the same moment."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import PositionSide
from alerts.exchanges.spec import Request
from alerts.simulator.deribit_books import forward
from alerts.simulator.expiries import future_expiries, label
from alerts.simulator.hours import HOUR, hours, of_millis
from alerts.simulator.liquidations import ForcedClose, events
from alerts.simulator.scenario import MarketPoint, Scenario
from alerts.simulator.shares import OPEN_INTEREST
from alerts.simulator.wire import Answer, Span, Wire

Row = dict[str, Any]

_VENUE = Venue("bybit")
_DAY = timedelta(days=1)
_USDT, _USDC, _INVERSE = 0.70, 0.05, 0.15  # of the venue's open interest, in perpetuals
_DATED_USDC, _DATED_INVERSE = 0.06, 0.04
_QUARTER_LETTERS = {3: "H", 6: "M", 9: "U", 12: "Z"}
_BAD_PARAMETER = 10001
_TOPIC = "allLiquidation."
_EVERY_FIFTH = 5  # one close in five is of the inverse contract


def _answer(scenario: Scenario, at: datetime, request: Request) -> Answer:
    if request.path == "/v5/market/time":
        nanos = int(at.timestamp()) * 10**9
        return _result({"timeSecond": str(nanos // 10**9), "timeNano": str(nanos)}, at)
    made, category = _MADE.get(request.path), request.params.get("category", "")
    if made is None:
        return Answer(404, b"")
    if category not in {"linear", "inverse"}:
        return _refused(_BAD_PARAMETER, "params error: Category is invalid", at)
    return made(scenario, at, category, request.params)


def _tickers(scenario: Scenario, at: datetime, category: str, params: Mapping[str, str]) -> Answer:
    symbol = params.get("symbol")
    rows = [
        row
        for asset in scenario.assets
        for row in _rows(scenario.market(at, asset), asset, at, category)
        if symbol in (None, row["symbol"])
    ]
    if symbol is not None and not rows:
        return _refused(_BAD_PARAMETER, "params error: symbol invalid", at)
    return _result({"category": category, "list": rows}, at)


def _instruments(
    scenario: Scenario, at: datetime, category: str, params: Mapping[str, str]
) -> Answer:
    """Which contracts there are; none that is not trading yet."""
    rows = [
        _instrument(asset, row, category)
        for asset in scenario.assets
        for row in _rows(scenario.market(at, asset), asset, at, category)
        if params.get("status", "Trading") == "Trading"
    ]
    return _result({"category": category, "list": rows, "nextPageCursor": ""}, at)


def _instrument(asset: Asset, ticker: Row, category: str) -> Row:
    inverse, symbol = category == "inverse", ticker["symbol"]
    dated = ticker["deliveryTime"] != "0"
    quote = "USD" if inverse else "USDT" if "USDT" in symbol else "USDC"
    return {
        "symbol": symbol,
        "contractType": category.capitalize() + ("Futures" if dated else "Perpetual"),
        "status": "Trading",
        "baseCoin": asset,
        "quoteCoin": quote,
        "settleCoin": asset if inverse else quote,
        "launchTime": "1585526400000",
        "deliveryTime": ticker["deliveryTime"],
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
        "lotSizeFilter": {"maxOrderQty": "1190", "minOrderQty": "0.001", "qtyStep": "0.001"},
        "fundingInterval": 0 if dated else 480,
    }


def _open_interest(
    scenario: Scenario, at: datetime, category: str, params: Mapping[str, str]
) -> Answer:
    """Open interest of one contract, hour by hour, the newest first: of both sides and of one."""
    symbol, most = params.get("symbol", ""), int(params.get("limit", "50"))

    def of(when: datetime) -> list[Row]:
        return [
            {name: row[name] for name in ("openInterest", "singleOpenInterest")}
            | {"timestamp": str(_millis(when))}
            for asset in scenario.assets
            if symbol.startswith(asset)
            for row in _rows(scenario.market(when, asset), asset, when, category)
            if row["symbol"] == symbol
        ]

    whole = at.replace(minute=0, second=0, microsecond=0)
    rows = [row for ago in range(most) for row in of(whole - ago * HOUR)]
    if not rows:
        return _refused(_BAD_PARAMETER, "params error: symbol invalid", at)
    return _result({"symbol": symbol, "category": category, "list": rows}, at)


def _index_candles(
    scenario: Scenario, at: datetime, category: str, params: Mapping[str, str]
) -> Answer:
    """The newest first."""
    symbol, most = params.get("symbol", ""), int(params.get("limit", "200"))
    listed = {
        name: asset
        for asset in scenario.assets
        for name, _ in _perpetuals(asset, inverse=category == "inverse")
    }
    if symbol not in listed:
        return _refused(_BAD_PARAMETER, "params error: symbol invalid", at)
    end = of_millis(params["end"]) if "end" in params else at
    start = of_millis(params["start"]) if "start" in params else end - most * HOUR
    asset = listed[symbol]
    rows = [
        [str(_millis(begin)), *[f"{scenario.price(min(begin + HOUR, at), asset):.2f}"] * 4]
        for begin in hours(start, end, at, most)
    ]
    return _result({"symbol": symbol, "category": category, "list": rows[::-1]}, at)


_MADE: Mapping[str, Callable[[Scenario, datetime, str, Mapping[str, str]], Answer]] = {
    "/v5/market/tickers": _tickers,
    "/v5/market/instruments-info": _instruments,
    "/v5/market/open-interest": _open_interest,
    "/v5/market/index-price-kline": _index_candles,
}


def _result(result: Row, at: datetime, *, code: int = 0, message: str = "OK") -> Answer:
    envelope = {"retCode": code, "retMsg": message, "result": result}
    return Answer(200, msgspec.json.encode(envelope | {"retExtInfo": {}, "time": _millis(at)}))


def _refused(code: int, message: str, at: datetime) -> Answer:
    return _result({}, at, code=code, message=message)


def _millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _rows(point: MarketPoint, asset: Asset, at: datetime, category: str) -> Iterator[Row]:
    """The perpetuals and dated contracts of an asset in one category."""
    held = point.open_interest * OPEN_INTEREST[_VENUE]
    mark = point.price * (1 + point.funding_8h / 100)
    inverse = category == "inverse"
    for symbol, part in _perpetuals(asset, inverse=inverse):
        yield _row(symbol, point, mark, held * part, inverse=inverse) | _paying(point, at)
    listed = [
        (when, name) for when in future_expiries(at) if (name := _dated(asset, when, inverse))
    ]
    part = (_DATED_INVERSE if inverse else _DATED_USDC) / len(listed)
    for when, symbol in listed:
        price = forward(point, (when - at) / _DAY)
        row = _row(symbol, point, price, held * part, inverse=inverse)
        yield row | {"deliveryTime": str(_millis(when)), "deliveryFeeRate": "0.0000"}


def _perpetuals(asset: Asset, *, inverse: bool) -> Sequence[tuple[str, float]]:
    if inverse:
        return [(f"{asset}USD", _INVERSE)]
    return [(f"{asset}USDT", _USDT), (f"{asset}PERP", _USDC)]


def _dated(asset: Asset, when: datetime, inverse: bool) -> str:  # noqa: FBT001 -- one of two lists
    """A dated contract's name; empty where none is listed: inverse ones are quarterly."""
    if not inverse:
        return f"{asset}-{label(when)}"
    ends_quarter = when.month in _QUARTER_LETTERS and (when + 7 * _DAY).month != when.month
    return f"{asset}USD{_QUARTER_LETTERS[when.month]}{when:%y}" if ends_quarter else ""


def _row(symbol: str, point: MarketPoint, mark: float, coins: float, *, inverse: bool) -> Row:
    one_sided, value = (coins * mark, coins) if inverse else (coins, coins * mark)
    return {
        "symbol": symbol,
        "lastPrice": f"{mark:.1f}",
        "indexPrice": f"{point.price:.2f}",
        "markPrice": f"{mark:.2f}",
        "prevPrice24h": f"{point.price:.2f}",
        "price24hPcnt": "0",
        "openInterest": f"{2 * one_sided:.3f}",
        "openInterestValue": f"{2 * value:.2f}",
        "singleOpenInterest": f"{one_sided:.3f}",
        "singleOpenInterestValue": f"{value:.2f}",
        "turnover24h": f"{0.4 * value:.4f}",
        "volume24h": f"{0.4 * one_sided:.4f}",
        "fundingRate": "",
        "nextFundingTime": "0",
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "bid1Price": f"{mark - 0.05:.1f}",
        "ask1Price": f"{mark + 0.05:.1f}",
        "bid1Size": "4.471",
        "ask1Size": "0.473",
        "basis": "",
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
        "fundingIntervalHour": "",
        "basisRateYear": "",
        "fundingCap": "",
    }


def _paying(point: MarketPoint, at: datetime) -> Row:
    """What a perpetual has beyond a dated contract."""
    due = at.replace(hour=at.hour // 8 * 8, minute=0, second=0, microsecond=0)
    return {
        "fundingRate": f"{point.funding_8h / 100:.8f}",
        "nextFundingTime": str(_millis(due + timedelta(hours=8))),
        "fundingIntervalHour": "8",
        "fundingCap": "0.005",
    }


def _push(scenario: Scenario, span: Span, said: Sequence[str]) -> list[bytes]:
    """The forced closes of the contracts a client has subscribed to, a message each."""
    topics = _topics(said)
    return [
        _message(symbol, event)
        for asset in scenario.assets
        for event in events(scenario, _VENUE, asset, span.since, span.until)
        if _TOPIC + (symbol := _closed_contract(asset, event)) in topics
    ]


def _topics(said: Sequence[str]) -> frozenset[str]:
    asked = (msgspec.json.decode(text) for text in said)
    return frozenset(topic for one in asked for topic in one.get("args", ()))


def _closed_contract(asset: Asset, event: ForcedClose) -> str:
    return f"{asset}USD" if event.number % _EVERY_FIFTH == 0 else f"{asset}USDT"


def _message(symbol: str, event: ForcedClose) -> bytes:
    size = event.usd if symbol.endswith("USD") else event.coin
    close = {
        "T": _millis(event.at),
        "s": symbol,
        "S": "Buy" if event.side is PositionSide.LONG else "Sell",
        "v": f"{size:.6f}",
        "p": f"{event.price:.2f}",
    }
    return msgspec.json.encode(
        {"topic": _TOPIC + symbol, "type": "snapshot", "ts": _millis(event.at), "data": [close]}
    )


WIRE = Wire(_VENUE, _answer, _push)
