"""A simulated market as Deribit's API would answer: pure, the same bytes for the same moment."""

from collections.abc import Mapping
from datetime import datetime

from alerts.domain.ids import Asset, Venue
from alerts.exchanges.deribit_names import COIN_MARGINED, book_of
from alerts.exchanges.spec import Request
from alerts.simulator.deribit_books import (
    FULL,
    SPARSE,
    Grid,
    future_rows,
    option_rows,
    rounded,
)
from alerts.simulator.deribit_envelope import Row, error, result, wrong_parameter
from alerts.simulator.deribit_listing import instruments
from alerts.simulator.deribit_past_wire import funding_history, vol_history, vol_index
from alerts.simulator.deribit_push import push
from alerts.simulator.scenario import Scenario
from alerts.simulator.wire import Answer, Wire

_BASE = "/api/v2"  # part of the true base URL, for clients that bring it along
_KINDS = ("future", "option")


def answer(
    scenario: Scenario,
    at: datetime,
    path: str,
    params: Mapping[str, str],
    grid: Grid = FULL,
) -> Answer:
    """What the venue would answer to a GET of `path` (below the base URL) at a moment."""
    match path:
        case "/public/get_time":
            return result(int(at.timestamp() * 1000), at)
        case "/public/get_index_price":
            return _index(scenario, at, params.get("index_name", ""))
        case "/public/get_book_summary_by_currency":
            return _summary(scenario, at, params, grid)
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


def _index(scenario: Scenario, at: datetime, name: str) -> Answer:
    """A spot index (`btc_usd`, `sol_usdc`), or a volatility index as if it were one."""
    for asset in scenario.assets:
        point = scenario.market(at, asset)
        if name == book_of(asset).index:
            value = rounded(point.price)
        elif name == f"{asset.lower()}dvol_usdc" and asset in COIN_MARGINED:
            value = vol_index(point)
        else:
            continue
        return result({"index_price": value, "estimated_delivery_price": value}, at)
    return wrong_parameter("index_name", at)


def _summary(scenario: Scenario, at: datetime, params: Mapping[str, str], grid: Grid) -> Answer:
    kind, currency = params.get("kind"), params.get("currency", "")
    if kind not in _KINDS:
        return wrong_parameter("kind", at)
    own = _of_book(scenario, currency)
    if not own:
        return wrong_parameter("currency", at)
    return result([row for asset in own for row in _books(scenario, at, asset, kind, grid)], at)


def _of_book(scenario: Scenario, currency: str) -> list[Asset]:
    return [asset for asset in scenario.assets if book_of(asset).currency == currency]


def _instruments(scenario: Scenario, at: datetime, params: Mapping[str, str]) -> Answer:
    """What is listed: of one currency or of any, of one kind or of both."""
    currency, wanted = params.get("currency", "any"), params.get("kind")
    listed = [
        row
        for asset in (scenario.assets if currency == "any" else _of_book(scenario, currency))
        for kind in _KINDS
        if wanted in {None, kind}
        for row in instruments(asset, _books(scenario, at, asset, kind), kind)
    ]
    return result(listed, at)


def _one_book(scenario: Scenario, at: datetime, name: str) -> Answer:
    kind = "option" if name.count("-") > 1 else "future"
    own = [
        row
        for asset in scenario.assets
        if book_of(asset).is_own(name)
        for row in _books(scenario, at, asset, kind)
        if row["instrument_name"] == name
    ]
    return result(own, at) if own else wrong_parameter("instrument_name", at)


def _books(
    scenario: Scenario, at: datetime, asset: Asset, kind: str, grid: Grid = FULL
) -> list[Row]:
    point = scenario.market(at, asset)
    return (
        option_rows(point, asset, at, grid) if kind == "option" else future_rows(point, asset, at)
    )
