import json
from datetime import UTC, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.reading import Quality, Reading
from alerts.exchanges.deribit import EXCHANGE
from alerts.exchanges.spec import Body
from alerts.metrics.measure import measure
from alerts.simulator import SCENARIOS
from alerts.simulator.deribit_books import FULL, SPARSE, strikes
from alerts.simulator.deribit_wire import answer

FEB = SCENARIOS["feb-2026"]
NOTE = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
SUMMARY = "/public/get_book_summary_by_currency"
moments = st.datetimes(datetime(2025, 11, 10), datetime(2026, 3, 31), timezones=st.just(UTC))  # noqa: DTZ001
assets = st.sampled_from(["BTC", "ETH", "SOL", "XRP"])


def asked(path, at=NOTE, **params):
    given_back = answer(FEB, at, path, params)
    return given_back.status, json.loads(given_back.content)


def rows(kind, asset="BTC", at=NOTE):
    return asked(SUMMARY, at, currency=asset, kind=kind)[1]["result"]


def samples(at, asset="BTC", grid=FULL):
    """All that the real client code would read at a moment, by series."""
    found = {}
    for feed in (one for one in EXCHANGE.feeds if EXCHANGE.gives(one, asset)):
        (request,) = feed.requests(asset)
        content = answer(FEB, at, request.path, request.params, grid).content
        found |= {str(s.series): s for s in measure(feed.parse([Body(content, at)], asset))}
    return found


def reading(series, at):
    return samples(at)[f"{series}:BTC@deribit"].value


def is_settling(at):
    """The half hour in which the metrics call any basis degraded."""
    return time(7, 30) <= at.time() < time(8)


def test_our_metrics_read_skew_20_basis_2_and_price_71500_on_6_february():
    assert reading("skew25_norm.60d", NOTE) == pytest.approx(20, abs=0.3)
    assert reading("basis.60d", NOTE) == pytest.approx(2, abs=0.1)
    assert reading("price", NOTE) == pytest.approx(71_500, rel=0.001)


def test_our_metrics_read_price_60150_at_the_low():
    assert reading("price", datetime(2026, 2, 6, 0, 30, tzinfo=UTC)) == pytest.approx(60_150)


@pytest.mark.parametrize("hour", range(6, 24, 3))
def test_our_metrics_read_skew_11_on_21_november_2025(hour):
    assert reading("skew25_norm.60d", datetime(2025, 11, 21, hour, tzinfo=UTC)) == pytest.approx(
        11, abs=0.3
    )


@settings(max_examples=25, deadline=None)
@given(moments, assets)
def test_every_chain_passes_every_gate_and_reads_back_the_market(at, asset):
    found = samples(at, asset)
    market = FEB.market(at, asset)

    assert all(isinstance(sample, Reading) for sample in found.values())
    assert is_settling(at) or all(s.quality is Quality.OK for s in found.values())
    for series, value, off in [
        ("skew25_norm.60d", market.skew60, 0.1),
        ("atm_iv.60d", market.atm_iv60, 0.1),
        ("basis.60d", market.basis60, 0.05 if asset == "XRP" else 0.01),  # four decimals
        ("price", market.price, 0.01),
    ]:
        assert found[f"{series}:{asset}@deribit"].value == pytest.approx(value, abs=off)


@settings(max_examples=10, deadline=None)
@given(moments, assets)
def test_a_sparse_chain_reads_the_same_skew(at, asset):
    name = f"skew25_norm.60d:{asset}@deribit"

    assert samples(at, asset, SPARSE)[name].value == pytest.approx(
        samples(at, asset)[name].value, abs=0.1
    )


def test_the_same_moment_gives_the_same_bytes():
    parameters = {"currency": "BTC", "kind": "option"}

    assert answer(FEB, NOTE, SUMMARY, parameters) == answer(FEB, NOTE, SUMMARY, parameters)


def test_a_chain_looks_like_the_venues():
    chain = rows("option")
    names = {row["instrument_name"] for row in chain}
    expiries = {name.split("-")[1] for name in names}

    assert len(names) == len(chain)
    assert 500 < len(chain) < 1_500
    assert len(expiries) >= 10
    assert "BTC-27MAR26-70000-P" in names
    assert all(row["estimated_delivery_price"] == 71_500 for row in chain)


def test_a_strike_has_the_same_volatility_for_call_and_put():
    vols = {row["instrument_name"]: row["mark_iv"] for row in rows("option")}

    assert all(vols[name] == vols[name[:-1] + "P"] for name in vols if name.endswith("C"))


def test_call_and_put_obey_parity_with_the_forward():
    by_name = {row["instrument_name"]: row for row in rows("option")}
    call, put = (by_name[f"BTC-27MAR26-70000-{side}"] for side in "CP")

    forward = 70_000 / (1 - (call["mark_price"] - put["mark_price"]))

    assert forward == pytest.approx(call["underlying_price"], rel=1e-4)


def test_an_expiry_without_a_future_has_a_synthetic_forward():
    underlying = {
        row["instrument_name"].split("-")[1]: row["underlying_index"] for row in rows("option")
    }

    assert underlying["27MAR26"] == "BTC-27MAR26"
    assert underlying["8FEB26"] == "SYN.BTC-8FEB26"


def test_an_options_forward_is_its_futures_mark():
    marks = {row["instrument_name"]: row["mark_price"] for row in rows("future")}
    forwards = {row["underlying_index"]: row["underlying_price"] for row in rows("option")}

    assert forwards["BTC-27MAR26"] == marks["BTC-27MAR26"]


def test_deep_options_have_no_bid():
    unquoted = [row for row in rows("option") if row["bid_price"] is None]

    assert unquoted
    assert all(row["mark_price"] < 0.001 for row in unquoted)
    assert all(row["mid_price"] is None for row in unquoted)


def test_the_perpetual_carries_funding_and_no_expiry():
    (perpetual,) = (row for row in rows("future") if "funding_8h" in row)

    assert perpetual["instrument_name"] == "BTC-PERPETUAL"
    assert perpetual["funding_8h"] == pytest.approx(0.000004)


def test_stamps_tell_the_market_time_in_microseconds():
    _, body = asked("/public/get_index_price", index_name="eth_usd")

    assert body["usOut"] == int(NOTE.timestamp()) * 1_000_000
    assert body["usOut"] - body["usIn"] == body["usDiff"]


def test_the_time_is_the_markets():
    assert asked("/public/get_time")[1]["result"] == int(NOTE.timestamp()) * 1000


@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("/public/nothing", {}, -32601),
        (SUMMARY, {"currency": "DOGE", "kind": "option"}, -32602),
        (SUMMARY, {"currency": "BTC", "kind": "spot"}, -32602),
        ("/public/get_index_price", {"index_name": "doge_usd"}, -32602),
    ],
)
def test_what_the_venue_does_not_know_is_an_error_in_its_own_form(path, params, code):
    status, body = asked(path, **params)

    assert status == 400
    assert body["error"]["code"] == code


def test_strikes_are_round_and_surround_the_forward():
    laid = strikes(70_000, 0.24, FULL)

    assert all(strike % 1_000 == 0 for strike in laid)
    assert min(laid) < 50_000
    assert max(laid) > 100_000
