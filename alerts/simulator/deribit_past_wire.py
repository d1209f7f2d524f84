"""The simulated Deribit's past, hour by hour: the index with the funding, and the vol index."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from alerts.domain.ids import Asset
from alerts.exchanges.deribit_names import COIN_MARGINED, book_of
from alerts.simulator.deribit_books import rounded
from alerts.simulator.deribit_envelope import Row, result, wrong_parameter
from alerts.simulator.hours import HOUR, hours, of_millis
from alerts.simulator.scenario import MarketPoint, Scenario
from alerts.simulator.smile import smile_at
from alerts.simulator.wire import Answer

_MOST_HOURS = 1_000
_MONTH_IN_YEARS = 30 / 365

Make = Callable[[Scenario, Asset, datetime], Any]


def vol_index(point: MarketPoint) -> float:
    """The 30-day volatility index, in percent: here simply the vol at the money."""
    return round(smile_at(point, _MONTH_IN_YEARS).atm * 100, 2)


def funding_history(scenario: Scenario, at: datetime, params: Mapping[str, str]) -> Answer:
    """`get_funding_rate_history`."""
    name = params.get("instrument_name", "")
    asset = next((one for one in scenario.assets if book_of(one).perpetual == name), Asset(""))
    return past(scenario, at, asset, params, _funding_hour)


def vol_history(scenario: Scenario, at: datetime, params: Mapping[str, str]) -> Answer:
    """`get_volatility_index_data`."""
    asset = Asset(params.get("currency", ""))
    if asset not in COIN_MARGINED:
        return wrong_parameter("currency", at)
    return past(scenario, at, asset, params, _vol_candle)


def past(
    scenario: Scenario,
    at: datetime,
    asset: Asset,
    params: Mapping[str, str],
    row: Make,
) -> Answer:
    """The hours that ended within the span asked for; of candles, those that began in it."""
    if asset not in scenario.assets:
        return wrong_parameter("currency", at)
    span = (of_millis(params["start_timestamp"]), of_millis(params["end_timestamp"]))
    rows = [row(scenario, asset, one) for one in hours(*span, at, _MOST_HOURS)]
    return result({"data": rows, "continuation": None} if row is _vol_candle else rows, at)


def _funding_hour(scenario: Scenario, asset: Asset, end: datetime) -> Row:
    point, before = scenario.market(end, asset), scenario.price(end - HOUR, asset)
    return {
        "timestamp": int(end.timestamp() * 1000),
        "index_price": rounded(point.price),
        "prev_index_price": rounded(before),
        "interest_8h": round(point.funding_8h / 100, 8),
        "interest_1h": round(point.funding_8h / 800, 8),
    }


def _vol_candle(scenario: Scenario, asset: Asset, begin: datetime) -> list[float]:
    close = vol_index(scenario.market(begin + HOUR, asset))
    return [int(begin.timestamp() * 1000), close, close, close, close]
