"""A rule as one line, and back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Join, Leg, Repeat, Timing
from alerts.metrics import METRICS
from alerts.rules.describe import describe, title
from alerts.rules.grammar import parse
from alerts.rules.phrase import clean_name
from alerts.rules.vocabulary import Vocabulary
from tests.builders import BASIS, PRICE, SKEW, a_draft, a_leg, a_vocabulary

REAL = Vocabulary(METRICS, (Asset("BTC"), Asset("ETH")))


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("skew above 15", "BTC skew above 15%"),
        ("eth skew.30d > 18.50 for 10m clear 16.5", "ETH skew 30d above 18.5%"),
        ("price below 60150 once", "BTC price below $60,150 once"),
        ("basis below -0.5% for 1h", "BTC basis below -0.5% for 1h"),
        ("skew below -15 sure", "BTC skew below -15% sure"),
        ("skew above 15 every 90s", "BTC skew above 15% every 90s"),
        ("skew above 15 clear 10 after 0s", "BTC skew above 15% clear 10% after 0m"),
        ("skew above 15 quiet 1d remind never", "BTC skew above 15% quiet 1d remind never"),
        ('skew above 15 named "My fear"', 'BTC skew above 15% named "My fear"'),
        ("skew25_norm:btc@deribit above 15", "skew25_norm.60d:BTC@deribit above 15%"),
    ],
)
def test_a_line_leaves_out_what_is_usual(typed, line):
    assert describe(parse(typed, a_vocabulary()), a_vocabulary()) == line


def test_a_full_line_leaves_nothing_out():
    draft = parse("skew above 15", a_vocabulary())

    assert describe(draft, a_vocabulary(), full=True) == (
        "BTC skew above 15% clear 13% for 10m after 10m each quiet 4h remind 12h"
    )


def test_without_a_vocabulary_the_series_names_itself():
    draft = parse("price below 60k once", a_vocabulary())

    assert describe(draft) == (
        "price:BTC below 60000 clear 60600 for 1m after 1m once quiet 2h remind never"
    )


def test_several_legs_are_joined_by_their_word():
    draft = a_draft(a_leg(), a_leg(BASIS, Direction.BELOW, 3, 4), join=Join.ANY)

    assert title(draft, a_vocabulary()) == "BTC skew above 15% or BTC basis below 3%"


def test_a_title_is_the_condition_alone():
    draft = parse('price below 60k once named "Low"', a_vocabulary())

    assert title(draft, a_vocabulary()) == "BTC price below $60,000"


def test_a_series_of_an_unknown_asset_names_itself():
    foreign = a_draft(a_leg(replace(SKEW, asset=Asset("DOGE"))))

    assert title(foreign, a_vocabulary()) == "skew25_norm.60d:DOGE above 15%"


def spans(least=0):
    return st.integers(least, 30 * 24 * 60).map(lambda count: timedelta(minutes=count))


@st.composite
def timings(draw):
    repeat = draw(st.sampled_from(Repeat))
    remind = draw(spans(1)) if repeat is Repeat.EVERY else draw(st.none() | spans(1))
    return Timing(draw(spans()), draw(spans()), draw(spans()), remind, repeat)


@st.composite
def drafts(draw):
    """Any rule the grammar can say, with numbers of up to twelve digits."""
    series = draw(st.sampled_from([SKEW, BASIS, PRICE, Series("rr25", Asset("ETH"), "7d")]))
    series = replace(series, venue=draw(st.sampled_from([Venue(""), Venue("deribit")])))
    numbers = st.integers(-(10**7), 10**7).map(lambda hundredths: hundredths / 100)
    low, high = sorted((draw(numbers), draw(numbers)))
    direction = draw(st.sampled_from(Direction))
    level, clear = (high, low) if direction is Direction.ABOVE else (low, high)
    name = clean_name(draw(st.text(max_size=40)))
    return Draft((Leg(series, direction, level, clear),), draw(timings()), name=name)


@given(drafts())
def test_a_line_reads_back_as_the_same_rule(draft):
    assert parse(describe(draft, REAL), REAL) == draft


@given(drafts())
def test_a_full_line_reads_back_as_the_same_rule(draft):
    assert parse(describe(draft, REAL, full=True), REAL) == draft


@given(drafts())
def test_a_line_without_vocabulary_reads_back_as_the_same_rule(draft):
    assert parse(describe(draft), REAL) == draft


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_every_metric_can_be_asked_for_by_its_words(metric):
    for word in (*metric.words, metric.key):
        assert parse(f"{word} above 5 sure", REAL).legs[0].series.metric == metric.key


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.key)
def test_the_presets_of_every_metric_are_taken_without_a_question(metric):
    for level in metric.defaults.levels:
        word, usual = REAL.word_of(metric), metric.defaults.direction
        assert parse(f"{word} {usual} {level}", REAL).legs[0].level == level


def test_every_example_is_a_rule():
    assert [parse(example, REAL) for example in REAL.examples()]
