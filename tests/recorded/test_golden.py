"""The golden cases g01-g05: inputs and outputs computed elsewhere, to 1e-6."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import FutureQuote, FuturesCurve, OptionChain, OptionQuote, OptionSide
from alerts.domain.reading import Gap, Series
from alerts.metrics import basis
from alerts.metrics.gates import Flaw
from alerts.metrics.measure import measure
from alerts.metrics.skew import butterfly, normalised, raw, risk_reversal
from alerts.metrics.smile import Smile, forward_delta, smile
from tests.recorded.shared_data import ROOT, skip

pytestmark = skip("golden")

EXACT = 1e-6
DERIBIT, BTC = Venue("deribit"), Asset("BTC")


def cases(name):
    path = ROOT / "golden" / name
    return json.loads(path.read_text())["cases"] if path.is_file() else []


def at_millis(millis):
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=millis)


def assert_is(smile, expected):
    assert isinstance(smile, Smile)
    assert smile.put25 == pytest.approx(expected["iv_put_25"], abs=EXACT)
    assert smile.call25 == pytest.approx(expected["iv_call_25"], abs=EXACT)
    assert smile.atm == pytest.approx(expected["iv_atm"], abs=EXACT)
    assert normalised(smile) == pytest.approx(expected["skew_normalised_percent"], abs=EXACT)
    assert raw(smile) == pytest.approx(expected["skew_raw_vol_points"], abs=EXACT)
    assert risk_reversal(smile) == pytest.approx(expected["risk_reversal_vol_points"], abs=EXACT)
    assert butterfly(smile) == pytest.approx(expected["butterfly_vol_points"], abs=EXACT)


@pytest.mark.parametrize("case", cases("g01_black76.json"))
def test_forward_delta_is_the_golden_one(case):
    given, expected = case["inputs"], case["expected"]
    call = forward_delta(given["forward"], given["strike"], given["iv"], given["t_years"])
    delta = call if given["type"] == "C" else call - 1

    assert delta == pytest.approx(expected["forward_delta"], abs=EXACT)


@pytest.mark.parametrize("case", cases("g01_black76.json"))
def test_the_golden_strikes_lie_at_their_deltas(case):
    given, expected = case["inputs"], case["expected"]
    target = 0.25 if given["type"] == "C" else 0.75

    def delta(strike):
        return forward_delta(given["forward"], strike, given["iv"], given["t_years"])

    assert delta(expected["strike_at_25_delta"]) == pytest.approx(target, abs=EXACT)
    assert delta(expected["atm_delta_neutral_strike"]) == pytest.approx(0.5, abs=EXACT)


@pytest.mark.parametrize("case", cases("g02_published_ticks.json"))
def test_forward_delta_of_published_ticks(case):
    given = case["inputs"]
    years = (given["expiry_ms"] - given["timestamp_ms"]) / 31_536_000_000
    vol = given["mark_iv_percent"] / 100
    call = forward_delta(given["underlying_price"], given["strike"], vol, years)
    delta = call if given["type"] == "C" else call - 1

    assert delta == pytest.approx(case["expected"]["forward_delta"], abs=EXACT)
    assert delta == pytest.approx(case["published"]["delta"], abs=5e-5)


@pytest.mark.parametrize("case", cases("g03_skew_one_expiry.json"))
def test_one_expiry(case):
    given, expected = case["inputs"], case["expected"]
    vols = dict(zip(given["strikes"], given["iv"], strict=True))
    fitted = smile(given["forward"], given["t_years"], vols)

    if "error" in expected:
        assert isinstance(fitted, Flaw)
        assert fitted.reason == expected["error"]
    else:
        assert_is(fitted, expected)


def chain_of(expiries):
    quotes = tuple(
        OptionQuote(at_millis(cut["expiry_ms"]), strike, OptionSide.PUT, vol, cut["forward"])
        for cut in expiries
        for strike, vol in zip(cut["strikes"], cut["iv"], strict=True)
    )
    at = at_millis(expiries[0]["timestamp_ms"])
    return OptionChain(DERIBIT, BTC, at, expiries[0]["index"], quotes)


@pytest.mark.parametrize("case", cases("g04_skew_constant_maturity_real.json"))
def test_each_expiry_of_the_real_chains(case):
    for given, expected in zip(
        case["inputs"]["expiries"], case["expected"]["per_expiry"], strict=True
    ):
        vols = dict(zip(given["strikes"], given["iv"], strict=True))

        assert_is(smile(given["forward"], given["t_years"], vols), expected)


@pytest.mark.parametrize("case", cases("g04_skew_constant_maturity_real.json"))
def test_constant_maturity_of_the_real_chains(case):
    expected = case["expected"]["constant_maturity"]
    tenor = f"{case['inputs']['tenor_days']}d"
    samples = {sample.series: sample for sample in measure(chain_of(case["inputs"]["expiries"]))}

    def value(metric):
        return samples[Series(metric, BTC, tenor, DERIBIT)].value

    assert value("skew25_norm") == pytest.approx(expected["skew_normalised_percent"], abs=EXACT)
    assert value("skew25_raw") == pytest.approx(expected["skew_raw_vol_points"], abs=EXACT)
    assert value("rr25") == pytest.approx(expected["risk_reversal_vol_points"], abs=EXACT)
    assert value("butterfly25") == pytest.approx(expected["butterfly_vol_points"], abs=EXACT)
    assert value("atm_iv") == pytest.approx(expected["iv_atm"] * 100, abs=EXACT)


@pytest.mark.parametrize("case", cases("g05_basis.json"))
def test_simple_rate_of_each_contract(case):
    for future in case["inputs"]["futures"]:
        rate = basis.annualised(future["price"], case["inputs"]["index"], future["days"])
        expected = case["expected"]["per_contract"][future["name"]]["simple"]

        assert rate == pytest.approx(expected, abs=EXACT)


def curve_of(given):
    at = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
    futures = tuple(
        FutureQuote(
            future["name"], at + timedelta(days=future["days"]), future["price"], given["index"]
        )
        for future in given["futures"]
    )
    return FuturesCurve(DERIBIT, BTC, at, futures)


@pytest.mark.parametrize("case", cases("g05_basis.json"))
def test_basis_at_a_constant_maturity(case):
    points = basis.curve_view(curve_of(case["inputs"])).points
    rate = basis.at_tenor(points, case["inputs"]["tenor_days"])

    expected = case["expected"]["constant_maturity"].get("basis_percent")
    assert rate == (expected if expected is None else pytest.approx(expected, abs=EXACT))


@pytest.mark.parametrize("case", cases("g05_basis.json"))
def test_basis_without_a_bracket_says_so(case):
    error = case["expected"]["constant_maturity"].get("error")
    samples = measure(curve_of(case["inputs"]))
    found = next(
        (s for s in samples if s.series.window == f"{case['inputs']['tenor_days']}d"), None
    )

    if error is not None:
        assert isinstance(found, Gap)
        assert found.reason == error
