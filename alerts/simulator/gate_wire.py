"""A simulated market as Gate's API would answer, with its hourly sums of forced closes."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from alerts.domain.ids import Asset, Venue
from alerts.exchanges.spec import Request
from alerts.simulator.deribit_books import forward
from alerts.simulator.expiries import future_expiries
from alerts.simulator.hours import HOUR, hours
from alerts.simulator.liquidations import Closed, in_hour, total
from alerts.simulator.scenario import MarketPoint, Scenario
from alerts.simulator.shares import FORCED_CLOSES, OPEN_INTEREST
from alerts.simulator.wire import Answer, Wire

Row = dict[str, Any]

_VENUE = Venue("gate")
_DAY = timedelta(days=1)
_CONTRACTS, _INVERSE = "/futures/usdt/contracts", "/futures/btc/contracts"
_DATED_PART, _INVERSE_PART = 0.02, 0.03  # of the venue's open interest, the second of bitcoin's
_COIN_OF_A_CONTRACT = {Asset("BTC"): 0.0001, Asset("ETH"): 0.01}
_FUNDING_SECONDS = 28_800
_ROWS, _MOST_ROWS = 30, 2_000


def _answer(scenario: Scenario, at: datetime, request: Request) -> Answer:
    if request.path.startswith(_INVERSE):
        only = _inverse(scenario, at, Asset("BTC"))
        return _result([only] if request.path == _INVERSE else only)
    return _linear(scenario, at, request)


def _linear(scenario: Scenario, at: datetime, request: Request) -> Answer:
    match request.path.removeprefix(_CONTRACTS), request.path:
        case "", _:
            return _result([_perpetual(scenario, at, asset) for asset in scenario.assets])
        case _, "/futures/usdt/contract_stats":
            return _stats(scenario, at, request.params)
        case _, "/futures/usdt/candlesticks":
            return _index_candles(scenario, at, request.params)
        case _, "/delivery/usdt/contracts":
            rows = [row for asset in scenario.assets for row in _dated(scenario, at, asset)]
            return _result(rows)
        case name, path if name != path:
            return _one(scenario, at, name.removeprefix("/"))
        case _:
            return _refused(404, "NOT_FOUND", "no such path")


def _result(result: Any) -> Answer:
    return Answer(200, msgspec.json.encode(result))


def _refused(status: int, label: str, message: str) -> Answer:
    return Answer(status, msgspec.json.encode({"label": label, "message": message}))


def _unknown() -> Answer:
    return _refused(400, "CONTRACT_NOT_FOUND", "contract not found")


def _one(scenario: Scenario, at: datetime, name: str) -> Answer:
    asset = _asset(scenario, name)
    return _unknown() if asset is None else _result(_perpetual(scenario, at, asset))


def _asset(scenario: Scenario, contract: str) -> Asset | None:
    return next((asset for asset in scenario.assets if contract == f"{asset}_USDT"), None)


def _index_candles(scenario: Scenario, at: datetime, asked: Mapping[str, str]) -> Answer:
    kind, _, contract = asked.get("contract", "").partition("_")
    asset = _asset(scenario, contract)
    if kind != "index" or asset is None:
        return _unknown()
    since, until = (datetime.fromtimestamp(int(asked[name]), UTC) for name in ("from", "to"))
    rows = []
    for begin in hours(since, until, at, _MOST_ROWS):
        close = f"{scenario.price(min(begin + HOUR, at), asset):.2f}"
        rows.append({"t": int(begin.timestamp()), "o": close, "h": close, "l": close, "c": close})
    return _result(rows)


def _perpetual(scenario: Scenario, at: datetime, asset: Asset) -> Row:
    point = scenario.market(at, asset)
    mark = point.price * (1 + point.funding_8h / 100)
    others = _DATED_PART + (_INVERSE_PART if asset == "BTC" else 0.0)
    coins = point.open_interest * OPEN_INTEREST[_VENUE] * (1 - others)
    return _contract(f"{asset}_USDT", asset, point, mark, coins) | _paying(point, at)


def _inverse(scenario: Scenario, at: datetime, asset: Asset) -> Row:
    """The contract settled in coin: each is one USD."""
    point = scenario.market(at, asset)
    mark = point.price * (1 + point.funding_8h / 100)
    usd = point.open_interest * OPEN_INTEREST[_VENUE] * _INVERSE_PART * mark
    row = _contract(f"{asset}_USD", asset, point, mark, 0.0) | _paying(point, at)
    return row | {"type": "inverse", "quanto_multiplier": "0", "position_size": round(usd)}


def _paying(point: MarketPoint, at: datetime) -> Row:
    """What a perpetual has beyond a dated contract."""
    due = (int(at.timestamp()) // _FUNDING_SECONDS + 1) * _FUNDING_SECONDS
    return {
        "funding_rate": f"{point.funding_8h / 100:.8f}",
        "funding_rate_indicative": f"{point.funding_8h / 100:.8f}",
        "funding_interval": _FUNDING_SECONDS,
        "funding_next_apply": due,
        "funding_cap_ratio": "0.75",
    }


def _dated(scenario: Scenario, at: datetime, asset: Asset) -> list[Row]:
    point = scenario.market(at, asset)
    expiries = future_expiries(at)
    coins = point.open_interest * OPEN_INTEREST[_VENUE] * _DATED_PART / len(expiries)
    return [
        _contract(
            f"{asset}_USDT_{when:%Y%m%d}", asset, point, forward(point, (when - at) / _DAY), coins
        )
        | {"expire_time": int(when.timestamp()), "underlying": f"{asset}_USDT"}
        for when in expiries
    ]


def _contract(name: str, asset: Asset, point: MarketPoint, mark: float, coins: float) -> Row:
    size = _COIN_OF_A_CONTRACT.get(asset, 1.0)
    return {
        "name": name,
        "type": "direct",
        "status": "trading",
        "in_delisting": False,
        "quanto_multiplier": f"{size:g}",
        "mark_price": f"{mark:.2f}",
        "index_price": f"{point.price:.2f}",
        "last_price": f"{mark:.1f}",
        "position_size": round(coins / size),
        "trade_size": 653635883599,
        "order_size_min": 1,
        "leverage_max": "200",
    }


def _stats(scenario: Scenario, at: datetime, asked: Mapping[str, str]) -> Answer:
    """Hourly rows, oldest first, the running hour last and unfinished."""
    asset = _asset(scenario, asked.get("contract", ""))
    if asset is None:
        return _unknown()
    if asked.get("interval") != "1h":
        return _refused(400, "INVALID_PARAM_VALUE", "only interval 1h is simulated")
    if not all(asked.get(key, "1").isdecimal() for key in ("limit", "from")):
        return _refused(400, "INVALID_PARAM_VALUE", "limit and from are whole numbers")
    count = min(int(asked.get("limit", _ROWS)), _MOST_ROWS)
    running = at.replace(minute=0, second=0, microsecond=0)
    first = running - (count - 1) * HOUR
    if "from" in asked:
        since = datetime.fromtimestamp(int(asked["from"]), UTC)
        first = since.replace(minute=0, second=0, microsecond=0)
    begins = [first + hour * HOUR for hour in range(count)]
    return _result([_hour(scenario, asset, begin, at) for begin in begins if begin <= at])


def _closed(scenario: Scenario, asset: Asset, begin: datetime, at: datetime) -> Closed:
    """What was closed by force from `begin` on, for an hour or up to now."""
    if begin + HOUR > at:
        return total(scenario, _VENUE, asset, begin, at)
    whole, part = in_hour(scenario, asset, begin), FORCED_CLOSES[_VENUE]
    return Closed(part * whole.long_usd, part * whole.short_usd)


def _hour(scenario: Scenario, asset: Asset, begin: datetime, at: datetime) -> Row:
    closed = _closed(scenario, asset, begin, at)
    point = scenario.market(begin, asset)
    coins = point.open_interest * OPEN_INTEREST[_VENUE]
    size = _COIN_OF_A_CONTRACT.get(asset, 1.0)
    return {
        "time": int(begin.timestamp()),
        "lsr_taker": 1.0,
        "lsr_account": 1.6,
        "long_liq_size": str(round(closed.long_usd / point.price / size)),
        "long_liq_amount": closed.long_usd / point.price,
        "long_liq_usd": closed.long_usd,
        "long_liq_usd_new": closed.long_usd,
        "short_liq_size": str(round(closed.short_usd / point.price / size)),
        "short_liq_amount": closed.short_usd / point.price,
        "short_liq_usd": closed.short_usd,
        "short_liq_usd_new": closed.short_usd,
        "open_interest": str(round(2 * coins / size)),
        "open_interest_usd": 2 * coins * point.price,
        "mark_price": point.price,
    }


def _sketch(scenario: Scenario, at: datetime, request: Request) -> Answer:
    """The same with few hours."""
    few = {"limit": "2"} if "limit" in request.params else {}
    return _answer(scenario, at, replace(request, params={**request.params, **few}))


WIRE = Wire(_VENUE, _answer, sketch=_sketch)
