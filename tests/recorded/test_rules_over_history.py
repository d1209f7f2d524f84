"""Rules over what was recorded: hysteresis as it was measured, and an evaluation by other means."""

import csv
import math
import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from alerts.domain.event import Kind
from alerts.domain.ids import Asset, MetricKey, Venue
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Direction, Draft, Leg, Timing
from alerts.engine.replay import replay
from alerts.metrics import METRICS
from alerts.rules.grammar import parse
from alerts.rules.vocabulary import Vocabulary
from tests.recorded.shared_data import ROOT

HISTORY = ROOT / "deribit_skew_basis_history.csv"
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")
BASIS = Series(MetricKey("basis"), Asset("BTC"), "60d")
REAL = Vocabulary(METRICS, (Asset("BTC"),))

pytestmark = pytest.mark.skipif(not HISTORY.is_file(), reason=f"no recorded data: {HISTORY.name}")


def recorded(column, series):
    """Four readings a day of January and February 2026."""
    with HISTORY.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["asset"] == "BTC" and row[column]]
    return [
        Reading(
            series,
            float(row[column]),
            datetime.fromisoformat(row["time"]).astimezone(UTC),
            (Venue("deribit"),),
        )
        for row in rows
    ]


@pytest.fixture(scope="module")
def skew():
    return recorded("skew60_norm_pct", SKEW)


@pytest.fixture(scope="module")
def basis():
    return recorded("basis60_simple_pct", BASIS)


def firings(readings, direction, level, gap, **options):
    clear = level - gap if direction is Direction.ABOVE else level + gap
    draft = Draft((Leg(readings[0].series, direction, level, clear),), Timing())
    return replay(draft, readings, max_age=timedelta(days=30), **options).episodes


def wave():
    """Eight months of six-hourly sine and noise, the shape of the table of section 9."""
    rng = random.Random(9)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        Reading(
            SKEW,
            13 + 6 * math.sin(step / 40) + rng.gauss(0, 1.5),
            start + step * timedelta(hours=6),
            (Venue("deribit"),),
        )
        for step in range(960)
    ]


def crossings(readings, level, clear):
    """Firings by hand: over the level once at or under the clear level, and the other way round."""
    count, on = 0, readings[0].value > level
    for reading in readings:
        if not on and reading.value > level:
            count, on = count + 1, True
        elif on and reading.value < clear:
            on = False
    return count


@pytest.mark.parametrize("level", [6, 10, 15, 20])
@pytest.mark.parametrize("series", ["recorded", "wave"])
def test_a_wider_gap_fires_less_and_just_as_often_as_by_hand(skew, series, level):
    readings = skew if series == "recorded" else wave()
    gaps = (0, 0.5, 1.0, 2.0, 4.0)
    counts = [firings(readings, Direction.ABOVE, level, gap) for gap in gaps]

    assert counts == [crossings(readings, level, level - gap) for gap in gaps]
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("level", [10, 15])
def test_without_a_gap_noise_fires_many_times_as_often(level):
    none, usual = (firings(wave(), Direction.ABOVE, level, gap) for gap in (0, 4))

    assert none >= 3 * usual > 0


def test_basis_needs_half_a_point_to_be_calm(basis):
    counts = [firings(basis, Direction.BELOW, 5, gap) for gap in (0, 0.25, 0.5, 1)]

    assert counts == sorted(counts, reverse=True)
    assert counts[0] >= 3 * counts[2]


def naive(readings, hold):
    """Skew above 15 by hand: above 15 for the hold, over once below 13 for as long; each once."""
    told, since, on = [], None, None
    for before, reading in pairwise(readings):
        passed = reading.at - before.at
        held = passed > hold
        if on is None and before.value > 15 and since and held:
            told.append((Kind.FIRED, since + hold))
            on, since = since + hold, None
        elif on is not None and before.value < 13 and since and held:
            told.append((Kind.RESOLVED, since + hold))
            on, since = None, None
        wanted = reading.value > 15 if on is None else reading.value < 13
        crossed = before.value <= 15 if on is None else before.value >= 13
        if not wanted:
            since = None
        elif since is None and crossed:
            since = reading.at
    return told


def test_a_rule_with_its_usual_clauses_is_what_a_plain_loop_says(skew):
    draft = parse("BTC skew above 15%", REAL)
    assert (draft.timing.hold, draft.legs[0].clear) == (timedelta(minutes=10), 13)

    run = replay(draft, skew, max_age=timedelta(days=30))
    said = [(e.kind, e.at) for e in run.events if e.kind in {Kind.FIRED, Kind.RESOLVED}]

    assert said == naive(skew, draft.timing.hold)
    assert run.episodes


def test_early_february_is_one_story_without_flapping(skew):
    draft = parse("BTC skew above 15%", REAL)
    run = replay(
        draft,
        skew,
        max_age=timedelta(days=2),
        start=datetime(2026, 2, 3, tzinfo=UTC),
        end=datetime(2026, 2, 8, tzinfo=UTC),
    )
    kinds = [event.kind for event in run.events if event.kind is not Kind.REMINDED]

    assert kinds == [Kind.FIRED]


def test_skew_above_6_fires_as_often_as_was_measured(skew):
    """Its row in the table of section 9 of the metric definitions, the first reading counted.

    All of that row's crossings fall into the weeks held here; those of the others do not.
    """
    gaps = (0, 0.5, 1.0, 2.0)
    counts = [firings(skew, Direction.ABOVE, 6, gap, fire_on_first=True) for gap in gaps]

    assert counts == [9, 6, 2, 2]
