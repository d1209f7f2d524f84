"""Binance's past: a moment counts only where all is there that the live figures are made of."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.exchanges.binance_past import COINM, USDM
from alerts.metrics.measure import measure
from tests.unit.exchanges.binance_bodies import body, dated, inverse, listed, millis

BTC = Asset("BTC")
HOUR = timedelta(hours=1)
JUST_BEFORE = timedelta(milliseconds=1)
T = datetime(2026, 2, 6, 9, tzinfo=UTC)
NEXT = datetime(2026, 6, 26, 8, tzinfo=UTC)
LAST_QUARTERS_END = datetime(2025, 12, 26, 8, tzinfo=UTC)
PERPETUAL, MARCH = listed(), dated()
JUNE = listed("BTCUSDT_260626", contractType="NEXT_QUARTER", deliveryDate=millis(NEXT))


def held(at, coins, value, **parts):
    names = {"sumOpenInterest": str(coins), "sumOpenInterestValue": str(value)}
    return {**names, "timestamp": millis(at), **parts}


def candle(at, close):
    """The candle that closes just before `at`."""
    return [millis(at - HOUR), "1", "2", "0.5", str(close), "0", millis(at) - 1, "0", 60, "0"]


def listing(*rows):
    return body({"symbols": list(rows)})


def figures(snapshots):
    return {
        (one.series.metric, one.series.window, one.at): one.value
        for snapshot in snapshots
        for one in measure(snapshot)
        if hasattr(one, "value")
    }


def test_open_interest_is_the_sum_over_all_contracts():
    bodies = [
        listing(PERPETUAL, MARCH),
        body([held(T, 100.0, 7_000_000.0)]),
        body([held(T, 5.0, 351_000.0)]),
    ]

    found = figures(USDM.parse_held(bodies, BTC))

    assert found["oi_coin", "", T - JUST_BEFORE] == 105.0
    assert found["oi_usd", "", T - JUST_BEFORE] == 7_351_000.0


def test_a_moment_that_lacks_one_contract_is_left_out():
    bodies = [
        listing(PERPETUAL, MARCH),
        body([held(T, 100.0, 7e6), held(T + HOUR, 101.0, 7e6)]),
        body([held(T + HOUR, 5.0, 351_000.0)]),
    ]

    (only,) = USDM.parse_held(bodies, BTC)

    assert only.at == T + HOUR - JUST_BEFORE


def test_a_contract_that_was_not_listed_yet_is_not_missed():
    late = {**MARCH, "onboardDate": millis(T + HOUR)}
    bodies = [
        listing(PERPETUAL, late),
        body([held(T, 100.0, 7e6), held(T + HOUR, 101.0, 7e6)]),
        body([held(T + HOUR, 5.0, 351_000.0)]),
    ]

    found = figures(USDM.parse_held(bodies, BTC))

    assert found["oi_coin", "", T - JUST_BEFORE] == 100.0
    assert found["oi_coin", "", T + HOUR - JUST_BEFORE] == 106.0


def test_before_the_last_quarters_end_another_contract_was_listed():
    before, after = LAST_QUARTERS_END - HOUR, LAST_QUARTERS_END + HOUR
    rows = [held(before, 100.0, 7e6), held(after, 101.0, 7e6)]
    bodies = [listing(PERPETUAL, MARCH), body(rows), body(rows)]

    (only,) = USDM.parse_held(bodies, BTC)

    assert only.at == after - JUST_BEFORE


def test_coin_margined_figures_are_contracts_and_their_coins():
    bodies = [listing(inverse()), body([held(T, 50_000, 71.4285)])]

    found = figures(COINM.parse_held(bodies, BTC))

    assert found["oi_usd", "", T - JUST_BEFORE] == 5_000_000.0  # of 100 USD each
    assert found["oi_coin", "", T - JUST_BEFORE] == 71.4285


def test_a_kind_of_contract_without_a_past_is_told():
    monthly = inverse("BTCUSD_260227", contractType="CURRENT_MONTH", deliveryDate=millis(NEXT))

    with pytest.raises(FetchError, match="no past of CURRENT_MONTH"):
        COINM.held_requests([listing(inverse(), monthly)], BTC, T, T + HOUR)


def test_each_contract_is_asked_for_by_what_its_market_calls_it():
    usdm = USDM.held_requests([listing(PERPETUAL, MARCH)], BTC, T, T + HOUR)
    coinm = COINM.held_requests([listing(inverse())], BTC, T, T + HOUR)

    assert [one.params["symbol"] for one in usdm] == ["BTCUSDT", "BTCUSDT_260327"]
    assert coinm[0].params["pair"] == "BTCUSD"
    assert coinm[0].params["contractType"] == "PERPETUAL"


def test_basis_is_of_marks_and_the_index_at_the_same_instant():
    bodies = [
        listing(PERPETUAL, MARCH, JUNE),
        body([candle(T, 70_000)]),
        body([candle(T, 70_350)]),
        body([candle(T, 71_400)]),
    ]

    found = figures(USDM.parse_basis(bodies, BTC))

    at = T - JUST_BEFORE
    near = (datetime(2026, 3, 27, 8, tzinfo=UTC) - at) / timedelta(days=1)
    far = (NEXT - at) / timedelta(days=1)
    rates = 0.5 * 365 / near, 2.0 * 365 / far  # half a percent and two above the index
    share = (60 - near) / (far - near)
    assert found["basis", "60d", at] == pytest.approx(rates[0] + share * (rates[1] - rates[0]))
    assert ("basis", "30d", at) not in found  # nothing expires sooner than that: no bracket


def test_basis_needs_every_mark_and_the_index():
    two = [candle(T, 70_000), candle(T + HOUR, 70_100)]
    missing_mark = [listing(MARCH, JUNE), body(two), body(two[:1]), body(two)]
    missing_index = [listing(MARCH, JUNE), body(two[1:]), body(two), body(two)]

    assert [one.at for one in USDM.parse_basis(missing_mark, BTC)] == [T - JUST_BEFORE]
    assert [one.at for one in USDM.parse_basis(missing_index, BTC)] == [T + HOUR - JUST_BEFORE]


def test_an_asset_without_dated_contracts_has_no_basis_and_that_is_no_error():
    bodies = [listing(PERPETUAL)]

    assert USDM.basis_requests(bodies, BTC, T, T + HOUR) == ()
    assert USDM.parse_basis(bodies, BTC) == []
