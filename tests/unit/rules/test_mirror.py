"""Skew with the other sign: what is typed so, what is kept, and what is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.reading import Series
from alerts.domain.rule import Direction
from alerts.metrics import METRICS, metric_of
from alerts.metrics.mirror import MIRRORED, shown_as, turn_of
from alerts.rules.grammar import parse
from alerts.rules.mirror import mirrored
from alerts.rules.vocabulary import Vocabulary
from bot.text.rules import oneline

OURS = Vocabulary(METRICS, (Asset("BTC"), Asset("ETH")))
THEIRS = Vocabulary((*METRICS, *MIRRORED.values()), (Asset("BTC"), Asset("ETH")), other_sign=True)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("skew below -15 clear -13", "call_skew.60d:BTC below -15 clear -13"),
        ("raw skew above 5 clear 3", "raw_call_skew.60d:BTC above 5 clear 3"),
        ("skew -5 in 24h", "call_skew.60d:BTC|chg.24h below -5 clear -3"),
        ("basis below 3", "basis.60d:BTC below 3 clear 4"),
        ("skew top 5%", "skew25_norm.60d:BTC|pctl.365d above 95 clear 90"),
    ],
)
def test_what_was_typed_with_the_other_sign_is_shown_with_it(typed, shown):
    [leg] = mirrored(parse(typed, THEIRS, sure=True)).legs

    assert f"{leg.series} {leg.direction} {leg.level:g} clear {leg.clear:g}" == shown


def test_a_rule_is_shown_under_a_name_of_its_own():
    draft = mirrored(parse("skew above 15 clear 13", OURS))

    [leg] = draft.legs
    assert (str(leg.series), leg.direction) == ("call_skew.60d:BTC", Direction.BELOW)
    assert (leg.level, leg.clear) == (-15.0, -13.0)


def test_what_is_usual_and_what_it_means_is_turned_with_the_sign():
    skew, call_skew = (
        metric_of(Series.parse(name)) for name in ("skew25_norm.60d:BTC", "call_skew.60d:BTC")
    )

    band, turned = skew.band(Asset("BTC")), call_skew.band(Asset("BTC"))
    assert (turned.low, turned.high) == (-band.high, -band.low)
    assert (call_skew.high, call_skew.low) == (skew.low, skew.high)
    assert call_skew not in METRICS


@given(
    st.sampled_from(["", "chg.24h", "less.skew25_norm.30d:BTC"]),
    st.floats(-1e6, 1e6),
)
def test_turning_a_value_twice_gives_it_back(derived, value):
    series = Series.parse("skew25_norm.60d:BTC" + (f"|{derived}" if derived else ""))
    turn = turn_of(series)

    assert turn(turn(value)) == pytest.approx(value, abs=1e-9)
    assert shown_as(series) != series


@pytest.mark.parametrize(
    "name",
    [
        "basis.60d:BTC",
        "rr25.60d:BTC",
        "skew25_norm.60d:BTC|less.basis.60d:BTC",
        "skew25_norm.60d:BTC|pctl.365d",
    ],
)
def test_what_has_one_sign_only_stays_as_it_is(name):
    series = Series.parse(name)

    assert turn_of(series) is None
    assert shown_as(series) == series


@pytest.mark.parametrize(
    "typed",
    [
        "skew below -15 clear -12 once",
        "eth skew 7d +5 pts in 24h",
        "skew outside -6 and 6",
        "skew 7d above skew 30d",
        "btc skew 7d below btc skew 30d by 3 pts",
        "raw skew above 5 and basis below 3 for 1h critical",
        "skew top 5%",
    ],
)
def test_what_is_shown_with_the_other_sign_can_be_typed_again(typed):
    """The very line of the card, typed by its reader, makes the very alert."""
    draft = parse(typed, THEIRS, sure=True)

    line = oneline(mirrored(draft))

    assert parse(line, THEIRS, sure=True) == draft


def test_a_rank_of_call_skew_is_the_rank_from_the_other_end():
    [leg] = parse("call skew bottom 5%", THEIRS).legs

    assert (str(leg.series), leg.direction) == (
        "skew25_norm.60d:BTC|pctl.365d",
        Direction.ABOVE,
    )
    assert (leg.level, leg.clear) == (95.0, 90.0)


def test_call_skew_is_a_word_of_those_who_count_so_alone():
    with pytest.raises(UsageError):
        parse("call skew below -15", OURS)
