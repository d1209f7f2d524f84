from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import OptionSide
from alerts.domain.reading import Gap, Quality, Reading, Reason, Series
from alerts.metrics.skew import normalised
from alerts.metrics.surface import TENORS, Vols, read, surface
from tests.unit.metrics.quotes import AT, STRIKES, chain, quotes

SKEW_60 = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")


def at_60(made):
    return surface(made).tenors["60d"]


def holed(days):
    """An expiry whose strikes end before its puts do."""
    return quotes(days, strikes=[strike for strike in STRIKES if strike > 66_000])


def test_total_variance_is_linear_between_the_expiries():
    # (0.6² x 30 + 0.5² x 90) / 2 = 16.65; 16.65 / 60 = 0.2775; its root is 0.526783.
    vols = at_60(chain(quotes(30, vol=0.6), quotes(90, vol=0.5)))

    assert vols.smile.atm == pytest.approx(0.526783, abs=1e-6)
    assert vols.smile.put25 == pytest.approx(vols.smile.call25)


def test_an_expiry_on_the_tenor_is_used_alone():
    vols = at_60(chain(quotes(30, vol=0.6), quotes(60, vol=0.9), quotes(90, vol=0.5)))

    assert vols.smile.atm == pytest.approx(0.9)
    assert vols == Vols(vols.smile, 1.0, Quality.OK)


def test_an_expiry_on_the_tenor_needs_no_other():
    assert at_60(chain(quotes(60, vol=0.9))).smile.atm == pytest.approx(0.9)


def test_a_tenor_without_both_sides_is_not_bracketed():
    made = surface(chain(quotes(20), quotes(70)))

    reasons = {tenor: getattr(made.tenors[tenor], "reason", None) for tenor in TENORS}
    assert reasons == {
        "7d": Reason.TENOR_NOT_BRACKETED,
        "30d": None,
        "60d": None,
        "90d": Reason.TENOR_NOT_BRACKETED,
        "180d": Reason.TENOR_NOT_BRACKETED,
    }


def test_a_flawed_expiry_is_skipped_and_the_reading_degraded():
    vols = at_60(chain(quotes(30, vol=0.6), holed(50), quotes(90, vol=0.5)))

    listed = 2 * (2 * len(STRIKES)) + 2 * sum(strike > 66_000 for strike in STRIKES)
    assert vols.smile.atm == pytest.approx(0.526783, abs=1e-6)
    assert vols.quality is Quality.DEGRADED
    assert vols.coverage == pytest.approx(4 * len(STRIKES) / listed)


@pytest.mark.parametrize("days", [50, 70])
def test_the_flaw_of_the_only_expiry_of_a_side_is_the_reason(days):
    other = 90 if days < 60 else 30

    assert at_60(chain(quotes(other), holed(days))).reason is Reason.WING_MISSING


def test_an_empty_chain_is_no_data():
    assert at_60(chain()).reason is Reason.NO_DATA


def test_expiries_within_two_days_do_not_count():
    assert at_60(chain(quotes(1.99))).reason is Reason.NEAR_EXPIRY_ONLY
    near = quotes(2, strikes=range(64_000, 76_500, 500))
    assert isinstance(surface(chain(near, quotes(10))).tenors["7d"], Vols)


def test_the_settlement_half_hour_is_never_read():
    expiring = quotes(30)
    morning = expiring[0].expiry - timedelta(minutes=15)
    made = replace(chain(expiring), at=morning)

    assert at_60(made).reason is Reason.NEAR_EXPIRY_ONLY


def test_marks_older_than_a_minute_are_stale():
    whole = (quotes(30), quotes(90))

    assert isinstance(at_60(chain(*whole, lag=timedelta(seconds=60))), Vols)
    assert at_60(chain(*whole, lag=timedelta(seconds=61))).reason is Reason.STALE


def test_a_chain_collected_over_more_than_a_minute_is_degraded():
    whole = (quotes(30), quotes(90))

    assert at_60(chain(*whole, span=timedelta(seconds=60))).quality is Quality.OK
    assert at_60(chain(*whole, span=timedelta(seconds=61))).quality is Quality.DEGRADED


def test_more_than_a_tenth_of_rejected_rows_degrades():
    whole = (quotes(30), quotes(90))
    rows = 4 * len(STRIKES)

    assert at_60(chain(*whole, rejected=rows // 9 - 1)).quality is Quality.OK
    assert at_60(chain(*whole, rejected=rows // 8)).quality is Quality.DEGRADED
    assert at_60(chain(*whole, rejected=rows // 8)).doubt is Reason.PARTIAL_CHAIN
    assert at_60(chain(*whole, rejected=rows)).coverage == pytest.approx(0.5)


def with_parity_prices(quote):
    """Coin prices with call - put = 1 - K / 70,000, and no forward."""
    parity = 1 - quote.strike / 70_000
    own = parity if quote.side is OptionSide.CALL else -parity
    return replace(quote, forward=None, mark_price=max(own, 0) + 0.02)


def test_a_rebuilt_forward_gives_the_same_smile_and_degrades():
    near, far = quotes(30, vol=0.6), quotes(90, vol=0.5)
    published = at_60(chain(near, far))
    rebuilt = at_60(chain(tuple(map(with_parity_prices, near)), far))

    assert rebuilt.smile.put25 == pytest.approx(published.smile.put25)
    assert published.quality is Quality.OK
    assert rebuilt.quality is Quality.DEGRADED


def test_options_without_a_vol_lower_the_coverage():
    silent = tuple(replace(quote, mark_iv=None) for quote in quotes(30, sides="C"))
    vols = at_60(chain(silent + quotes(30, sides="P"), quotes(90)))

    assert vols.coverage == pytest.approx(0.75)


def test_a_reading_names_its_venue_time_and_method():
    sample = read(surface(chain(quotes(30), quotes(90))), SKEW_60, normalised)

    value = sample.value
    assert value == pytest.approx(0.0, abs=1e-9)
    assert sample == Reading(SKEW_60, value, AT, ("deribit",), 1.0, "smile-linear-x/1")


def test_a_tenor_that_cannot_be_read_is_a_gap_with_its_reason():
    sample = read(surface(chain(quotes(30))), SKEW_60, normalised)

    assert sample == Gap(
        SKEW_60, Reason.TENOR_NOT_BRACKETED, "no expiries on both sides of 60d", AT
    )


def test_time_zones_of_the_chain_do_not_matter():
    whole = chain(quotes(30, vol=0.6), quotes(90, vol=0.5))
    moved = replace(whole, at=datetime.fromisoformat("2026-02-05T17:30:00+05:30"))

    assert moved.at.astimezone(UTC) == AT
    assert at_60(moved) == at_60(whole)
