import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.simulator.scenario import MarketPoint
from alerts.simulator.smile import Smile, call_in_coin, cumulative, laid_out, smile_at

SIXTY_DAYS = 60 / 365

points = st.builds(
    MarketPoint,
    price=st.floats(100, 200_000),
    skew60=st.floats(-5, 30),
    atm_iv60=st.floats(20, 120),
    basis60=st.floats(-5, 20),
    open_interest=st.just(500_000.0),
    funding_8h=st.just(0.0),
)


@given(points)
def test_the_smile_at_60_days_has_the_markets_skew_and_level(point):
    smile = smile_at(point, SIXTY_DAYS)

    assert (smile.put25 - smile.call25) / smile.atm * 100 == pytest.approx(point.skew60)
    assert smile.atm * 100 == pytest.approx(point.atm_iv60)


@given(points, st.floats(8, 59), st.floats(61, 400))
def test_total_variance_between_two_expiries_gives_the_60_day_smile_back(point, near, far):
    before, after = (smile_at(point, days / 365) for days in (near, far))
    share = (60 - near) / (far - near)

    variance = before.put25**2 * near * (1 - share) + after.put25**2 * far * share

    assert math.sqrt(variance / 60) == pytest.approx(smile_at(point, SIXTY_DAYS).put25)


def test_a_smile_goes_through_its_three_points():
    smile = Smile(put25=0.70, atm=0.60, call25=0.58)

    assert [smile.at(delta) for delta in (0.75, 0.5, 0.25)] == pytest.approx([0.70, 0.60, 0.58])


@given(points, st.floats(2 / 365, 1))
def test_each_strike_has_one_volatility_and_a_higher_strike_a_lower_delta(point, years):
    wing = laid_out(smile_at(point, years), years)

    assert list(wing.moneyness) == sorted(wing.moneyness)


@given(points, st.floats(5 / 365, 1), st.floats(0.15, 0.85))
def test_a_strike_laid_out_for_a_delta_has_that_delta(point, years, delta):
    smile = smile_at(point, years)
    wing = laid_out(smile, years)
    nearest = min(
        range(len(wing.vols)),
        key=lambda i: abs(_delta(wing.moneyness[i], wing.vols[i], years) - delta),
    )

    assert wing.vols[nearest] == pytest.approx(
        smile.at(_delta(wing.moneyness[nearest], wing.vols[nearest], years))
    )


def _delta(moneyness, vol, years):
    spread = vol * math.sqrt(years)
    return cumulative(-moneyness / spread + spread / 2)


def test_volatility_rises_gently_beyond_the_wings():
    wing = laid_out(Smile(0.70, 0.60, 0.58), SIXTY_DAYS)

    assert wing.at(wing.moneyness[0] - 1) > wing.vols[0]
    assert wing.at(wing.moneyness[-1] + 1) > wing.vols[-1]


def test_a_call_at_the_forward_is_worth_what_black_says():
    # 2 N(s/2) - 1 with s = 0.6 * sqrt(0.25) = 0.3: N(0.15) = 0.559618
    assert call_in_coin(0.0, 0.6, 0.25) == pytest.approx(2 * 0.559618 - 1, abs=1e-5)
