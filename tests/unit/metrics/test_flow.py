from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.market import OptionQuote, OptionSide
from alerts.domain.reading import Gap, Reason
from alerts.metrics.flow import max_pain, put_call
from alerts.metrics.measure import aggregate, measure
from tests.unit.metrics.quotes import AT, chain, quotes

CALL, PUT = OptionSide.CALL, OptionSide.PUT


def option(side, strike=70_000.0, held=None, traded=None):
    expiry = AT + timedelta(days=30)
    return OptionQuote(expiry, strike, side, 0.6, 70_000.0, 0.01, held, traded)


def read(made, metric):
    return {str(s.series.metric): s for s in measure(made)}.get(metric)


def test_puts_over_calls_in_coins():
    made = chain((option(PUT, held=30.0, traded=4.0), option(CALL, held=40.0, traded=16.0)))

    assert read(made, "pcr_oi").value == 0.75
    assert read(made, "pcr_volume").value == 0.25


def test_without_calls_there_is_no_ratio():
    assert read(chain((option(PUT, held=30.0),)), "pcr_oi").reason is Reason.NO_DATA
    assert put_call(3.0, 0.0) is None


def test_a_venue_that_tells_no_volume_has_no_such_series():
    assert read(chain((option(PUT, held=1.0), option(CALL, held=1.0))), "pcr_volume") is None


def test_the_ratio_of_all_venues_is_all_puts_over_all_calls():
    # (30 + 10) / (40 + 10) = 0.8
    one = chain((option(PUT, held=30.0), option(CALL, held=40.0)))
    other = replace(one, venue="okx", quotes=(option(PUT, held=10.0), option(CALL, held=10.0)))
    joined = {str(s.series): s for s in aggregate([*measure(one), *measure(other)])}

    assert joined["pcr_oi:BTC"].value == pytest.approx(0.8)
    assert joined["pcr_oi:BTC"].sources == ("deribit", "okx")


def test_max_pain_is_the_strike_that_pays_least_and_the_lower_of_two():
    # At 60 the call pays nothing and the put 10; at 70 the call pays 10 and the put nothing.
    even = [option(CALL, 60.0, 1.0), option(PUT, 70.0, 1.0)]

    assert max_pain(even) == 60.0
    assert max_pain([*even, option(PUT, 70.0, 1.0)]) == 70.0
    assert max_pain([]) is None


def test_the_slope_is_far_minus_near():
    made = chain(quotes(7, vol=0.8), quotes(60, vol=0.5))

    assert read(made, "term_slope").value == pytest.approx(-30.0)


@pytest.mark.parametrize("days", [7, 60])
def test_a_slope_needs_both_ends(days):
    assert isinstance(read(chain(quotes(days)), "term_slope"), Gap)
