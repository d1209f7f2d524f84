"""Text to rule."""

from datetime import timedelta

import pytest

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.rule import Direction, Leg, Repeat, Timing
from alerts.rules.grammar import parse
from tests.builders import BASIS, PRICE, SKEW, a_vocabulary, minutes

HOURS = timedelta(hours=1)


def read(text, **options):
    return parse(text, a_vocabulary(), **options)


def leg(text):
    return read(text).legs[0]


def test_a_bare_level_takes_the_usual_clear_level_and_timing():
    draft = read("skew above 15%")

    assert draft.legs == (Leg(SKEW, Direction.ABOVE, 15, 13),)
    assert draft.timing == Timing(minutes(10), minutes(10), 4 * HOURS, 12 * HOURS)


def test_every_clause_is_read():
    draft = read('eth basis below 3 for 1h clear 4.5 after 5m once quiet 2h remind 1d named "Weak"')

    assert draft.legs[0] == Leg(BASIS.__class__("basis", "ETH", "60d"), Direction.BELOW, 3, 4.5)
    assert draft.timing == Timing(HOURS, minutes(5), 2 * HOURS, 24 * HOURS, Repeat.ONCE)
    assert draft.name == "Weak"


@pytest.mark.parametrize(
    "said", ["at the daily close", "at close", "for daily close", "on the close", "For the close"]
)
def test_the_daily_close_is_a_hold(said):
    timing = read(f"basis below 3 {said} once").timing

    assert timing == Timing(timedelta(0), timedelta(0), 4 * HOURS, None, Repeat.ONCE, at_close=True)


def test_two_holds_are_one_too_many():
    with pytest.raises(UsageError, match="'for' twice"):
        read("basis below 3 for 10m at the daily close")


def test_a_relative_gap_is_a_share_of_the_level():
    assert leg("price below 60k") == Leg(PRICE, Direction.BELOW, 60_000, 60_600)


def test_once_does_not_remind():
    assert read("price below 60k once").timing.remind is None


def test_every_sets_both_the_reminders_and_the_quiet_time():
    timing = read("skew above 15 every 4h").timing

    assert (timing.repeat, timing.remind, timing.quiet) == (Repeat.EVERY, 4 * HOURS, 4 * HOURS)


def test_a_long_hold_does_not_slow_the_all_clear():
    assert read("skew above 15 for 6h").timing.clear_hold == minutes(10)


def test_a_short_hold_shortens_the_all_clear():
    assert read("skew above 15 for 0m").timing.clear_hold == minutes(0)


@pytest.mark.parametrize(
    "text",
    [
        "skew above 15",
        "SKEW OVER 15",
        "btc skew > 15",
        "skew btc>15",
        "bitcoin skew crosses above 15",
        "skew.60d is above 15",
        "60d skew goes over 15",
        "skew 60 days above 15",
        "put skew ≥ 15",
        "skew put >= 15",
        "alert me when the skew of btc rises above 15.",
        "skew25_norm.60d:BTC above 15",
        "skew25_norm:btc above 15",
        "skew above 15.0 percent",
        "skew above +15%, for 10 min, each time",
        "skew above15 clears below 13",
    ],
)
def test_one_rule_has_many_spellings(text):
    assert read(text) == read("skew above 15")


@pytest.mark.parametrize("op", ["below", "under", "<", "<=", "≤", "crosses below", "drops under"])
def test_below_has_synonyms(op):
    assert leg(f"basis {op} 3").direction is Direction.BELOW


@pytest.mark.parametrize(
    ("typed", "level"),
    [
        ("60k", 60_000),
        ("$60,150", 60_150),
        ("60,000", 60_000),
        ("$60,150.5", 60_150.5),
        ("0.06m", 60_000),
        ("1.8b", 1.8e9),
        ("60000 usd", 60_000),
        ("60k dollars", 60_000),
        (".5", 0.5),
    ],
)
def test_prices_are_written_in_many_ways(typed, level):
    assert parse(f"price above {typed}", a_vocabulary(), sure=True).legs[0].level == level


def test_minus_signs_of_typography_count():
    assert leg("basis below −3").level == -3


@pytest.mark.parametrize(
    ("typed", "hold"),
    [
        ("10m", minutes(10)),
        ("1h", HOURS),
        ("90s", timedelta(seconds=90)),
        ("2d", 48 * HOURS),
        ("10 min", minutes(10)),
        ("1.5 hours", minutes(90)),
        ("1 week", timedelta(days=7)),
    ],
)
def test_durations_are_written_in_many_ways(typed, hold):
    assert read(f"skew above 15 for {typed}").timing.hold == hold


def test_the_window_can_be_named():
    assert leg("skew 30d above 15").series.window == "30d"


def test_a_series_can_name_its_venue():
    assert leg("skew25_norm.30d:eth@deribit above 15").series.venue == "deribit"


def test_m_is_millions_in_a_level_and_minutes_in_a_hold():
    draft = read("price above 5m for 5m")

    assert (draft.legs[0].level, draft.timing.hold) == (5e6, minutes(5))


def test_the_clear_level_may_equal_the_level():
    assert leg("skew above 15 clear 15").clear == 15


def test_a_preset_is_taken_at_its_word_though_its_sign_is_rare():
    assert leg("skew below -6").level == -6


def test_negative_zero_is_zero():
    assert str(leg("basis below -0").level) == "0.0"


def test_binary_noise_is_rounded_away():
    assert leg("skew above 2.3").clear == 0.3


@pytest.mark.parametrize("text", ["skew above 0.15", "skew below -15", "skew above 150"])
def test_who_is_sure_is_not_asked(text):
    assert read(text, sure=True) == read(f"{text} sure")


def test_a_series_spelled_out_is_not_asked_about():
    assert leg("skew25_norm.60d:BTC below -15").level == -15


def test_a_name_loses_what_cannot_be_seen():
    assert read('skew above 15 named "a\u202eb\x00 \u200b <b>c</b>"').name == "ab <b>c</b>"


def test_a_name_loses_its_tower_of_accents():
    assert read(f'skew above 15 named "z{chr(0x0301) * 20}"').name.count(chr(0x0301)) <= 2


def test_a_name_of_one_word_needs_no_quotes():
    assert read("skew above 15 named Fear once").name == "Fear"


def test_the_first_asset_is_meant_when_none_is_named():
    assert leg("skew above 15").series.asset == Asset("BTC")
