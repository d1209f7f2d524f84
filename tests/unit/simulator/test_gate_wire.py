import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset
from alerts.domain.market import FuturesCurve, IndexPrice, LiquidationTotals
from alerts.exchanges.gate import EXCHANGE
from alerts.exchanges.spec import Request
from alerts.simulator.gate_wire import WIRE
from alerts.simulator.hours import HOUR
from alerts.simulator.liquidations import in_hour
from tests.unit.simulator.reading import FEB, NOTE, snapshot, values

BTC, ETH = Asset("BTC"), Asset("ETH")
moments = st.datetimes(datetime(2025, 11, 10), datetime(2026, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001


def asked(path, **params):
    answer = WIRE.answer(FEB, NOTE, Request(path, params))
    return answer.status, json.loads(answer.content)


def stats(**params):
    wanted = {"contract": "BTC_USDT", "interval": "1h", **params}
    return asked("/futures/usdt/contract_stats", **wanted)


@settings(max_examples=20)
@given(moments, st.sampled_from([BTC, ETH]))
def test_the_real_parser_reads_back_the_market(at, asset):
    market = FEB.market(at, asset)
    read = values(EXCHANGE, WIRE, FuturesCurve, asset, at)

    assert snapshot(EXCHANGE, WIRE, IndexPrice, asset, at).price == pytest.approx(
        market.price, abs=0.01
    )
    assert read["basis.60d"] == pytest.approx(market.basis60, abs=0.05)
    assert read["funding_8h"] == pytest.approx(market.funding_8h, abs=1e-5)
    assert read["oi_coin"] == pytest.approx(0.11 * market.open_interest, rel=1e-4)


def test_the_last_whole_hours_closes_are_the_venues_part_of_the_markets():
    begin = NOTE.replace(minute=0) - HOUR
    read = snapshot(EXCHANGE, WIRE, LiquidationTotals, BTC)

    assert read.until == begin + HOUR
    assert read.long_usd == pytest.approx(0.11 * in_hour(FEB, BTC, begin).long_usd)
    assert read.short_usd == pytest.approx(0.11 * in_hour(FEB, BTC, begin).short_usd)


def test_the_hours_of_five_days_hold_198_million_of_longs():
    _, rows = stats(limit="121")

    assert len(rows) == 121
    assert sum(row["long_liq_usd_new"] for row in rows) == pytest.approx(0.11 * 1.8e9, rel=0.02)


def test_hours_come_oldest_first_and_the_running_one_is_unfinished():
    _, rows = stats(limit="3")
    begins = [datetime.fromtimestamp(row["time"], UTC) for row in rows]
    running = NOTE.replace(minute=0)
    whole = 0.11 * in_hour(FEB, BTC, running).short_usd

    assert begins == [running - 2 * HOUR, running - HOUR, running]
    assert 0 < rows[-1]["short_liq_usd_new"] < whole


def test_hours_can_be_asked_for_from_a_time_on():
    begin = NOTE - timedelta(days=3)
    _, rows = stats(limit="5", **{"from": str(int(begin.timestamp()))})

    assert len(rows) == 5
    assert rows[0]["time"] == int(begin.replace(minute=0).timestamp())


def test_hours_yet_to_come_are_not_told():
    _, rows = stats(limit="5", **{"from": str(int((NOTE - HOUR).timestamp()))})

    assert len(rows) == 2


def test_open_interest_of_the_hours_counts_both_sides():
    _, rows = stats(limit="1")

    assert rows[0]["open_interest_usd"] == pytest.approx(2 * 0.11 * 527_850 * 71_500, rel=0.02)


def test_the_list_and_the_single_contract_tell_the_same():
    _, listed = asked("/futures/usdt/contracts")
    _, single = asked("/futures/usdt/contracts/BTC_USDT")

    assert single in listed
    assert len(listed) == len(FEB.assets)


@pytest.mark.parametrize(
    ("path", "params", "label"),
    [
        ("/futures/usdt/contracts/NO_USDT", {}, "CONTRACT_NOT_FOUND"),
        ("/futures/usdt/contract_stats", {"contract": "NO_USDT"}, "CONTRACT_NOT_FOUND"),
        ("/futures/usdt/contract_stats", {"contract": "BTC_USDT"}, "INVALID_PARAM_VALUE"),
        ("/nothing", {}, "NOT_FOUND"),
    ],
)
def test_what_it_does_not_know_has_a_label(path, params, label):
    status, refusal = asked(path, **params)

    assert status in (400, 404)
    assert refusal["label"] == label


def test_a_limit_that_is_no_number_is_refused():
    assert stats(limit="x")[1]["label"] == "INVALID_PARAM_VALUE"


def test_an_asset_it_does_not_list_is_refused():
    with pytest.raises(FetchError, match="CONTRACT_NOT_FOUND"):
        snapshot(EXCHANGE, WIRE, FuturesCurve, Asset("DOGE"))
