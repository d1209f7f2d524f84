from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.simulator import SCENARIOS
from alerts.simulator.scenario import Curve, noise

FEB = SCENARIOS["feb-2026"]
MINUTE = timedelta(minutes=1)


def path(quantity, asset="BTC"):
    """A quantity over the scenario, minute by minute."""
    count = (FEB.end - FEB.start) // MINUTE
    moments = (FEB.start + minute * MINUTE for minute in range(count + 1))
    return [(at, getattr(FEB.market(at, asset), quantity)) for at in moments]


def first(moments, claim):
    return next(at for at, value in moments if claim(value))


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_curve_goes_through_its_keyframes():
    curve = Curve.through([0, 10, 15], [1.0, 5.0, 2.0], ripple=0.01, seed="x")

    assert [curve.at(time) for time in (0, 10, 15)] == pytest.approx([1.0, 5.0, 2.0])


@given(st.lists(st.floats(1, 100), min_size=2, max_size=6), st.floats(0, 1))
def test_a_curve_without_ripple_never_overshoots_its_keyframes(values, where):
    times = [10.0 * i for i in range(len(values))]
    time = where * times[-1]
    before = min(int(time // 10), len(values) - 2)

    value = Curve.through(times, values).at(time)

    low, high = sorted(values[before : before + 2])
    assert low - 1e-9 <= value <= high + 1e-9


def test_a_curve_stands_still_outside_its_keyframes():
    curve = Curve.through([0, 10], [1.0, 5.0], ripple=0.01, seed="x")

    assert curve.at(-1e9) == 1.0
    assert curve.at(1e9) == 5.0


@given(st.floats(-1e7, 1e7))
def test_noise_is_bounded_and_repeatable(position):
    assert -1 <= noise("seed", position) <= 1
    assert noise("seed", position) == noise("seed", position)


def test_noise_differs_by_seed():
    assert noise("a", 0.5) != noise("b", 0.5)


def test_the_price_falls_to_60150_and_bounces_to_71500_on_6_february():
    low_at, low = min(path("price"), key=lambda moment: moment[1])
    high = max(price for when, price in path("price") if when > low_at)

    assert low == pytest.approx(60_150, rel=0.001)
    assert high == pytest.approx(71_500, rel=0.001)
    assert low_at.date() == at("2026-02-06").date()


def test_the_fall_of_november_ends_at_80620_on_the_21st():
    assert FEB.market(at("2025-11-10T12:00"), "BTC").price == 111_177
    assert FEB.market(at("2025-11-21T12:00"), "BTC").price == 80_620


def test_the_week_before_the_bounce_lost_about_21_percent():
    now, before = (FEB.market(at(f"{day}T20:15"), "BTC").price for day in _week())

    assert now / before - 1 == pytest.approx(-0.21, abs=0.01)


def _week():
    return "2026-02-06", "2026-01-30"


def test_skew_starts_clear_and_crosses_15_within_25_seconds_of_the_demo():
    crossed = first(path("skew60"), lambda skew: skew > 15)

    assert FEB.market(FEB.start, "BTC").skew60 < 13
    assert (crossed + 10 * MINUTE - FEB.start) / FEB.default_speed < timedelta(seconds=25)


@pytest.mark.parametrize(
    ("quantity", "met", "clear"),
    [
        ("skew60", lambda skew: skew > 15, lambda skew: skew < 13),
        ("basis60", lambda basis: basis < 3, lambda basis: basis > 4),
    ],
)
def test_a_rule_of_the_note_is_on_once_and_over_before_the_end(quantity, met, clear):
    moments = path(quantity)
    on = first(moments, met)
    over = first([moment for moment in moments if moment[0] > on], clear)

    assert over < FEB.end - timedelta(hours=1)
    assert not any(met(value) for when, value in moments if when > over)


def test_skew_and_basis_read_20_and_2_all_through_6_february():
    day = [moment for moment in path("skew60") if moment[0].date() == at("2026-02-06").date()]
    late = [FEB.market(when, "BTC") for when, _ in day if when.hour >= 1]

    assert all(19 < point.skew60 < 21 for point in late)
    assert all(1.7 < point.basis60 < 2.3 for point in late)


def test_eth_stays_calmer_than_btc():
    assert max(skew for _, skew in path("skew60", "ETH")) < 12


def test_the_whole_scenario_takes_a_few_minutes():
    assert timedelta(minutes=2) < (FEB.end - FEB.start) / FEB.default_speed < timedelta(minutes=6)


def test_the_market_holds_its_last_value_after_the_end():
    assert FEB.market(FEB.end + timedelta(days=90), "BTC") == FEB.market(FEB.end, "BTC")


def test_it_is_called_simulated():
    assert "Simulated" in FEB.title
