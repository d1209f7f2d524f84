"""Skipping what a rule cannot see changes nothing about what a replay says."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.domain.rule import Direction, Join, Repeat, State, Timing
from alerts.engine import replay as engine
from alerts.engine.replay import play
from alerts.engine.tape import wind
from tests.builders import BASIS, NOON, PRICE, SKEW, a_draft, a_gap, a_leg, a_reading, at, minutes

SERIES = (SKEW, BASIS, PRICE)
SPANS = st.integers(0, 30).map(minutes)


class PlainPlayer(engine._Player):
    def _skim(self, place):
        return place


@st.composite
def legs(draw):
    direction = draw(st.sampled_from(Direction))
    level = draw(st.integers(-3, 3))
    gap = draw(st.integers(0, 3)) * (-1 if direction is Direction.ABOVE else 1)
    return a_leg(draw(st.sampled_from(SERIES)), direction, level, level + gap)


@st.composite
def drafts(draw):
    repeat = draw(st.sampled_from(Repeat))
    remind = draw(st.none() | st.integers(1, 60).map(minutes))
    timing = Timing(draw(SPANS), draw(SPANS), draw(SPANS), remind, repeat)
    own = draw(st.lists(legs(), min_size=1, max_size=4))
    until = draw(st.none() | st.integers(1, 300).map(at))
    return a_draft(*own, timing=timing, join=draw(st.sampled_from(Join)), until=until)


@st.composite
def histories(draw):
    minute, samples = 0, []
    for wait in draw(st.lists(st.sampled_from([0, 1, 5, 5, 5, 5, 5, 20]), max_size=60)):
        minute += wait
        series = draw(st.sampled_from(SERIES))
        value = draw(st.none() | st.integers(-5, 5).map(float))
        samples.append(
            a_gap(series, at(minute)) if value is None else a_reading(value, series, at(minute))
        )
    return samples


def outcome(player, tape, start):
    inside = [one for one in tape.times if one >= start]
    player.play(start, inside[-1] if inside else start)
    return player.outcome(inside), player.state.episodes, player.covered


@settings(max_examples=120)
@given(drafts(), histories(), st.none() | st.just(minutes(7)), st.integers(0, 30).map(at))
def test_a_skimmed_replay_says_what_a_plain_one_says(draft, samples, max_age, start):
    tape = wind(draft, samples, max_age=max_age)

    skimmed = outcome(engine._Player(draft, tape, State()), tape, start)
    plain = outcome(PlainPlayer(draft, tape, State()), tape, start)

    assert skimmed == plain


def test_a_series_that_ends_early_grows_old_though_the_other_goes_on():
    draft = a_draft(a_leg(SKEW, Direction.ABOVE, 15, 13), a_leg(BASIS, Direction.BELOW, 3, 4))
    skews = [a_reading(10, SKEW, at(5 * step)) for step in range(13)]
    tape = wind(draft, [a_reading(9, BASIS), *skews], max_age=minutes(12))

    assert play(draft, tape).coverage == 12 / 60  # of the hour, the twelve minutes of the basis


@settings(max_examples=60)
@given(drafts(), histories(), st.integers(1, 30).map(minutes))
def test_a_tape_of_another_age_is_as_if_it_had_been_wound_so(draft, samples, age):
    wound = wind(draft, samples, max_age=age)

    assert wind(draft, samples).aged(wound.ages) == wound


def test_a_year_is_mostly_skimmed():
    looks = []

    class Counting(engine._Player):
        def _look(self, moment):
            looks.append(moment)
            super()._look(moment)

    values = [14.0 if step % 288 else 16.0 for step in range(3_000)]
    samples = [a_reading(value, when=at(5 * step)) for step, value in enumerate(values)]
    tape = wind(a_draft(), samples)
    Counting(a_draft(), tape, State()).play(NOON, at(15_000))

    assert len(looks) <= 4 * values.count(16.0) + 2


def test_other_levels_are_played_from_the_same_tape():
    samples = [a_reading(value, when=at(5 * n)) for n, value in enumerate((10, 16, 10, 19, 10))]
    tape = wind(a_draft(), samples)
    rarer = replace(a_draft(), legs=(a_leg(level=18.0),))

    assert (play(a_draft(), tape).episodes, play(rarer, tape).episodes) == (2, 1)


def test_samples_out_of_order_are_put_in_order():
    samples = [a_reading(16, when=at(5)), a_reading(10), a_reading(10, when=at(10))]

    assert [one.at for one in wind(a_draft(), samples).samples] == [NOON, at(5), at(10)]


def test_the_usual_age_is_three_times_the_middle_spacing():
    times = (0, 5, 10, 15, 60)
    tape = wind(a_draft(), [a_reading(when=at(time)) for time in times])

    assert tape.ages == {SKEW: timedelta(minutes=15)}


def test_the_extreme_of_what_was_skimmed_is_told():
    low = a_draft(a_leg(SKEW, Direction.BELOW, 3, 4))
    samples = [a_reading(v, when=at(5 * n)) for n, v in enumerate((5, 2, 1, -9, 0, 1, 5))]

    assert play(low, wind(low, samples)).events[-1].extreme == -9
