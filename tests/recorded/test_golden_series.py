"""The golden cases g06-g11: what is summed, paid, closed by force, and was."""

from datetime import timedelta

import pytest

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import (
    Funding,
    FutureQuote,
    FuturesCurve,
    Liquidation,
    OptionQuote,
    OptionSide,
    PositionSide,
)
from alerts.history.context import highest_in, last_beyond, lowest_in, percentile_rank, z_score
from alerts.history.windows import (
    Trail,
    change,
    largest_drawdown,
    realised_vol,
    realised_vol_about_mean,
)
from alerts.metrics.flow import max_pain, pain, put_call
from alerts.metrics.funding import annual, annual_compounded, per_8h
from alerts.metrics.futures import held
from alerts.metrics.liquidations import sums
from alerts.metrics.measure import aggregate, measure
from alerts.metrics.realised import premium, variance_premium
from alerts.metrics.smile import Smile
from alerts.metrics.volatility import term_slope
from tests.recorded.shared_data import ROOT, skip
from tests.recorded.test_golden import EXACT, at_millis, cases

pytestmark = skip("golden")

BTC = Asset("BTC")
NOON = at_millis(1_770_400_000_000)


def exactly(value):
    return pytest.approx(value, abs=EXACT)


def quote_of(row):
    """A row as a venue's parser would give it: in coin or in USD, whichever it publishes."""
    amount = row["open_interest"] * row.get("contract_value", 1)
    in_usd = row["unit"] in {"usd", "contracts_usd"}
    return FutureQuote(
        row.get("mirror_of", row["id"]),
        None,
        row["price"],
        row["price"],
        open_interest_coin=None if in_usd else float(amount),
        open_interest_usd=float(amount) if in_usd else None,
    )


@pytest.mark.parametrize("case", cases("g06_open_interest.json"))
def test_open_interest_of_each_instrument(case):
    for row, expected in zip(case["inputs"], case["expected"]["per_instrument"], strict=True):
        found = held(quote_of(row))

        assert (found.coin, found.usd) == (exactly(expected["btc"]), exactly(expected["usd"]))


@pytest.mark.parametrize("case", cases("g06_open_interest.json"))
def test_open_interest_of_all_venues(case):
    quotes = [quote_of(row) for row in case["inputs"] if row["kind"] != "option"]
    venues = {}
    for quote in quotes:
        venues.setdefault(quote.name.split()[0], []).append(quote)
    curves = [FuturesCurve(Venue(name), BTC, NOON, tuple(own)) for name, own in venues.items()]
    joined = {
        sample.series.metric: sample.value
        for sample in aggregate([sample for curve in curves for sample in measure(curve)])
    }

    assert joined["oi_coin"] == exactly(case["expected"]["total_btc"])
    assert joined["oi_usd"] == exactly(case["expected"]["total_usd"])


def side_of(event):
    """Who was closed, by each venue's own convention (metric definitions, section 4)."""
    long, short = PositionSide.LONG, PositionSide.SHORT
    if "order_side" in event:
        return long if event["order_side"].upper() == "SELL" else short
    if "position_side" in event:
        return long if event["position_side"] == "Buy" else short
    if "pos_side" in event:
        return long if event["pos_side"] == "long" else short
    if event["liquidation"] == "MT":
        return PositionSide.BOTH
    return long if (event["liquidation"] == "T") == (event["direction"] == "sell") else short


@pytest.mark.parametrize("case", cases("g07_liquidations.json"))
def test_liquidations_by_side_and_window(case):
    events = [
        (
            Venue(event["venue"]),
            Liquidation(
                event["id"],
                at_millis(event["ts_ms"]),
                side_of(event),
                float(event["qty_coin"]),
                event["price"],
            ),
        )
        for event in case["inputs"]["events"]
    ]
    now = at_millis(case["inputs"]["now_ms"])
    for name, seconds in case["inputs"]["windows_s"].items():
        found, expected = sums(events, now, timedelta(seconds=seconds)), case["expected"][name]

        assert found.long_usd == exactly(expected["long_usd"])
        assert found.short_usd == exactly(expected["short_usd"])
        assert found.events == expected["events"]


def funding_of(row):
    return Funding(row["rate"], timedelta(hours=row["interval_hours"]))


@pytest.mark.parametrize("case", cases("g08_funding.json"))
def test_funding_of_each_venue(case):
    for row, expected in zip(case["inputs"], case["expected"]["per_venue"], strict=True):
        funding = funding_of(row)

        assert per_8h(funding) == exactly(expected["rate_8h_percent"])
        assert annual(funding) == exactly(expected["annual_simple_percent"])
        assert annual_compounded(funding) == exactly(expected["annual_compounded_percent"])


@pytest.mark.parametrize("case", cases("g08_funding.json"))
def test_funding_weighted_by_open_interest(case):
    curves = [
        FuturesCurve(
            Venue(row["venue"]),
            BTC,
            NOON,
            (
                FutureQuote(
                    "PERP",
                    None,
                    70_000.0,
                    70_000.0,
                    open_interest_usd=float(row["oi_usd"]),
                    funding=funding_of(row),
                ),
            ),
        )
        for row in case["inputs"]
    ]
    joined = {
        sample.series.metric: sample.value
        for sample in aggregate([sample for curve in curves for sample in measure(curve)])
    }

    expected = case["expected"]
    assert joined["funding_8h"] == exactly(expected["oi_weighted_8h_percent"])
    assert joined["funding_annual"] == exactly(expected["oi_weighted_annual_simple_percent"])


def by_label(name, wanted):
    return [case for case in cases(name) if ("closes" in case["inputs"]) is wanted]


@pytest.mark.parametrize("case", by_label("g09_price_and_context.json", wanted=True))
def test_price_windows(case):
    closes = [close for _, close in case["inputs"]["closes"]]
    trail = Trail()
    for ago, close in reversed(list(enumerate(reversed(closes)))):
        trail.add(NOON - timedelta(days=ago), close)
    week, expected = NOON - timedelta(days=7), case["expected"]

    assert change(closes[-2], closes[-1]) == exactly(expected["change_1d_percent"])
    assert change(closes[-8], closes[-1]) == exactly(expected["change_7d_percent"])
    drawdown, rebound = change(trail.high(week), closes[-1]), change(trail.low(week), closes[-1])
    assert drawdown == exactly(expected["drawdown_from_7d_high_percent"])
    assert rebound == exactly(expected["rebound_from_7d_low_percent"])
    assert largest_drawdown(closes) == exactly(expected["max_drawdown_percent"])


@pytest.mark.parametrize("case", by_label("g09_price_and_context.json", wanted=False))
def test_context_of_a_value(case):
    history, value = case["inputs"]["history"], case["inputs"]["value"]
    expected = case["expected"]

    assert len(history) == expected["n"]
    assert percentile_rank(history, value) == exactly(expected["percentile_rank"])
    assert z_score(history, value) == exactly(expected["z_score"])
    assert lowest_in(history, value) == expected["lowest_in_last_n_obs"]
    assert highest_in(history, value) == expected["highest_in_last_n_obs"]
    assert last_beyond(history, value, high=True) == expected["obs_ago_last_at_or_above"]
    assert last_beyond(history, value, high=False) == expected["obs_ago_last_at_or_below"]


@pytest.mark.parametrize("case", cases("g10_vol_and_flow.json"))
def test_volatility_that_came_to_pass(case):
    given, expected = case["inputs"], case["expected"]
    realised = realised_vol(given["closes"])

    assert realised == exactly(expected["rv_zero_mean_percent"])
    assert realised_vol_about_mean(given["closes"]) == exactly(expected["rv_stdev_percent"])
    implied = given["atm_iv_percent"]
    assert premium(implied, realised) == exactly(expected["vrp_vol_points"])
    assert variance_premium(implied, realised) == exactly(expected["vrp_variance"])
    near, far = (Smile(0.0, given[f"atm_{end}_percent"] / 100, 0.0) for end in ("near", "far"))
    assert term_slope(near, far) == exactly(expected["term_slope_vol_points"])


@pytest.mark.parametrize("case", cases("g10_vol_and_flow.json"))
def test_puts_calls_and_the_strike_that_pays_least(case):
    expiry = NOON + timedelta(days=30)
    chain = [
        OptionQuote(
            expiry,
            float(row["strike"]),
            OptionSide(row["type"]),
            0.6,
            70_000.0,
            open_interest=float(row["open_interest"]),
        )
        for row in case["inputs"]["chain"]
    ]
    coins = {
        side: sum(one.open_interest for one in chain if one.side is side) for side in OptionSide
    }
    expected = case["expected"]

    ratio = put_call(coins[OptionSide.PUT], coins[OptionSide.CALL])
    assert ratio == exactly(expected["put_call_ratio_oi"])
    assert max_pain(chain) == expected["max_pain"]
    by_strike = {str(int(strike)): paid for strike, paid in pain(chain).items()}
    assert by_strike == exactly(expected["pain_by_strike"])


def note():
    import json  # noqa: PLC0415 -- the only golden file without cases

    return json.loads((ROOT / "golden" / "g11_article_figures.json").read_text())


def test_the_figures_of_the_note_fit_together():
    given, expected = note()["inputs"], note()["expected"]
    now, then = given["oi_usd_bn"] * 1e9, given["oi_prev_usd_bn"] * 1e9
    price = now / given["oi_btc"]
    week_before = price / (1 + given["week_change_pct"] / 100)

    assert price == exactly(expected["implied_price_usd"])
    assert change(then, now) == exactly(expected["oi_change_percent"])
    rebounded = given["low"] * (1 + given["rebound_pct"] / 100)
    assert rebounded == exactly(expected["price_after_rebound"])
    assert week_before == exactly(expected["price_week_before_implied"])
    assert then / week_before == exactly(expected["oi_week_before_btc_if_price_fell_21pct"])
