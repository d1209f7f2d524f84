"""A rule as one line, and back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.ids import Asset, Venue
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Join, Leg, Repeat, Severity, Timing, Voice
from alerts.metrics import METRICS
from alerts.metrics.spec import DERIVATIONS, SPANS, Unit
from alerts.rules.describe import describe, title
from alerts.rules.grammar import parse
from alerts.rules.phrase import clean_name
from alerts.rules.usual import band_legs, usual_clear
from alerts.rules.vocabulary import Vocabulary
from tests.builders import BASIS, SKEW, a_draft, a_leg, a_vocabulary, a_wide_vocabulary

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
    at_close = draw(st.booleans())
    hold = timedelta(0) if at_close else draw(spans())
    return Timing(hold, draw(spans()), draw(spans()), remind, repeat, at_close)


WIDE = a_wide_vocabulary()
WATCHED = [
    *(Series(metric.key, Asset("BTC"), metric.default_window) for metric in WIDE.metrics),
    Series("skew25_norm", Asset("ETH"), "7d"),
    Series("liq_long_usd", Asset("ETH"), "5d"),
]
LEVELS = st.integers(-(10**7), 10**7).map(lambda hundredths: hundredths / 100)
ENDS = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)).map(  # noqa: DTZ001
    lambda end: end.replace(second=0, microsecond=0, tzinfo=UTC)
)


@st.composite
def legs(draw, series):
    """One leg with any clear level, or with the usual one."""
    direction = draw(st.sampled_from(Direction))
    low, high = sorted((draw(LEVELS), draw(LEVELS)))
    level, clear = (high, low) if direction is Direction.ABOVE else (low, high)
    if draw(st.booleans()):
        clear = usual_clear(WIDE.of(series), direction, level)
    return Leg(series, direction, level, clear)


@st.composite
def records(draw, series):
    series = replace(series, derived=f"pctl.{draw(st.sampled_from((*SPANS, '7d', '30d')))}")
    direction, level = draw(
        st.sampled_from(((Direction.ABOVE, 99.9), (Direction.BELOW, 0.1), (Direction.ABOVE, 95)))
    )
    return Leg(series, direction, level, usual_clear(WIDE.of(series), direction, level))


@st.composite
def spreads(draw, series):
    """A level on a series held against another that counts alike; far and near side of zero."""
    alike = [
        Series(one.key, asset, one.default_window)
        for one in WIDE.metrics
        for asset in WIDE.assets
        if one.unit is WIDE.metric(series.metric).unit
        and not (one.unit is Unit.COINS and asset != series.asset)
    ]
    other = draw(st.sampled_from(alike))
    if other == series:
        return draw(legs(series))
    return draw(legs(series.less(other)))


@st.composite
def conditions(draw, series, join):
    """The legs of one condition: a level, a record, a spread, or a range that fits the join."""
    kind = draw(st.sampled_from(["level", "level", "record", "range", "spread"]))
    if kind == "spread":
        return (draw(spreads(series)),)
    if kind == "record":
        return (draw(records(series)),)
    if kind == "level":
        derived = draw(st.sampled_from(["", *DERIVATIONS]))
        return (draw(legs(replace(series, derived=derived))),)
    low, high = sorted(draw(st.sets(LEVELS, min_size=2, max_size=2)))
    return band_legs(WIDE.of(series), series, (low, high), outside=join is Join.ANY)


@st.composite
def drafts(draw):
    """Any rule the grammar can say, with numbers of up to twelve digits."""
    join = draw(st.sampled_from(Join))
    watched = draw(st.lists(st.sampled_from(WATCHED), min_size=1, max_size=5, unique=True))
    venue = draw(st.sampled_from([Venue(""), Venue(""), Venue("deribit")]))
    own = tuple(
        leg for series in watched for leg in draw(conditions(replace(series, venue=venue), join))
    )[:5]
    return Draft(
        own,
        draw(timings()),
        join if len(own) > 1 else Join.ALL,
        clean_name(draw(st.text(max_size=40))),
        draw(st.none() | ENDS),
        draw(st.sampled_from(Severity)),
        draw(st.sampled_from(Voice)),
    )


@given(drafts())
def test_a_line_reads_back_as_the_same_rule(draft):
    assert parse(describe(draft, WIDE), WIDE) == draft


@given(drafts())
def test_a_full_line_reads_back_as_the_same_rule(draft):
    assert parse(describe(draft, WIDE, full=True), WIDE) == draft


@given(drafts())
def test_a_line_without_vocabulary_reads_back_as_the_same_rule(draft):
    assert parse(describe(draft), WIDE) == draft


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
