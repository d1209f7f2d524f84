"""A simulated market as Hyperliquid's API would answer, with a builder's book for gold and tech."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from alerts.domain.ids import Asset, Venue
from alerts.exchanges.spec import Request
from alerts.simulator.hours import HOUR, hours, of_millis
from alerts.simulator.scenario import Scenario
from alerts.simulator.shares import OPEN_INTEREST
from alerts.simulator.wire import Answer, Wire

Row = dict[str, Any]

_VENUE = Venue("hyperliquid")
_BUILDER = "xyz"
_PROXIES = {"xyz:XYZ100": Asset("TECH"), "xyz:GOLD": Asset("GOLD")}
_MOST_CANDLES = 5_000
_PROXY_VALUE = 150e6  # USD open in each
_BAD_BODY = Answer(422, b"Failed to deserialize the JSON body into the target type")


def _answer(scenario: Scenario, at: datetime, request: Request) -> Answer:
    if request.path != "/info" or request.method != "POST":
        return Answer(404, b"")
    try:
        asked = msgspec.json.decode(request.sent or "", type=dict[str, Any])
    except ValueError:
        return _BAD_BODY
    return _told(scenario, at, asked)


def _told(scenario: Scenario, at: datetime, asked: Row) -> Answer:
    match asked:
        case {"type": "perpDexs"}:
            builder = {"name": _BUILDER, "fullName": "XYZ", "oracleUpdater": None}
            return _result([None, builder])
        case {"type": "meta", **rest}:
            return _book(rest, scenario, at, lambda book: book[0])
        case {"type": "metaAndAssetCtxs", **rest}:
            return _book(rest, scenario, at, lambda book: book)
        case {"type": "candleSnapshot", "req": {"startTime": int(), "endTime": int()} as asked}:
            return _candles(scenario, at, asked)
        case _:
            return _BAD_BODY


def _result(result: Any) -> Answer:
    return Answer(200, msgspec.json.encode(result))


def _book(rest: Row, scenario: Scenario, at: datetime, part: Callable[[Any], Any]) -> Answer:
    """One book's answer; `null` for a book nobody has built."""
    match rest.get("dex", ""):
        case "":
            return _result(part(_listed(_coins(scenario, at))))
        case builder if builder == _BUILDER:
            return _result(part(_listed(_elsewhere(scenario, at))))
        case _:
            return _result(None)


def _candles(scenario: Scenario, at: datetime, asked: Row) -> Answer:
    """Hourly candles of what is traded elsewhere; of an unknown name none."""
    name = str(asked.get("coin"))
    asset = _PROXIES.get(name)
    rows = []
    if asset in scenario.elsewhere and asset is not None:
        start, end = of_millis(asked["startTime"]), of_millis(asked["endTime"])
        for begin in hours(start, end, at, _MOST_CANDLES):
            close = f"{scenario.price(min(begin + HOUR, at), asset):.2f}"
            began = int(begin.timestamp() * 1000)
            prices = dict.fromkeys("ohlc", close)
            rows.append({"t": began, "T": began + 3_599_999, "s": name, "i": "1h"} | prices)
    return _result(rows)


def _listed(rows: list[tuple[Row, Row]]) -> list[Any]:
    meta = {"universe": [coin for coin, _ in rows], "marginTables": [], "collateralToken": 0}
    return [meta, [context for _, context in rows]]


def _coins(scenario: Scenario, at: datetime) -> list[tuple[Row, Row]]:
    """The scenario's coins, with a delisted one among them as in the true list."""
    rows = [(_coin("MATIC", isDelisted=True), _context(0.3788, 0.3788, 0.0, 0.0) | {"midPx": None})]
    for asset in scenario.assets:
        point = scenario.market(at, asset)
        mark = point.price * (1 + point.funding_8h / 100)
        coins = point.open_interest * OPEN_INTEREST[_VENUE]
        hourly = point.funding_8h / 100 / 8
        rows.append((_coin(asset), _context(point.price, mark, coins, hourly)))
    return rows


def _elsewhere(scenario: Scenario, at: datetime) -> list[tuple[Row, Row]]:
    prices = {
        name: scenario.price(at, asset)
        for name, asset in _PROXIES.items()
        if asset in scenario.elsewhere
    }
    return [
        (_coin(name), _context(price, price, _PROXY_VALUE / price, 0.0000125))
        for name, price in prices.items()
    ]


def _coin(name: str, **parts: Any) -> Row:
    return {"szDecimals": 5, "name": name, "maxLeverage": 40, "marginTableId": 56, **parts}


def _context(oracle: float, mark: float, coins: float, hourly: float) -> Row:
    return {
        "funding": f"{hourly:.10f}",
        "openInterest": f"{coins:.5f}",
        "prevDayPx": f"{oracle:.1f}",
        "dayNtlVlm": f"{0.4 * coins * mark:.4f}",
        "premium": f"{mark / oracle - 1:.10f}",
        "oraclePx": f"{oracle:.2f}",
        "markPx": f"{mark:.2f}",
        "midPx": f"{mark:.2f}",
        "impactPxs": [f"{mark - 0.5:.2f}", f"{mark + 0.5:.2f}"],
        "dayBaseVlm": f"{0.4 * coins:.5f}",
    }


WIRE = Wire(_VENUE, _answer)
