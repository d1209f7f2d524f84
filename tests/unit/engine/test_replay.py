"""What a rule would have said."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.event import Kind
from alerts.domain.reading import Reason
from alerts.domain.rule import Direction, Join, State, Timing
from alerts.engine.replay import play, replay
from alerts.engine.step import step
from alerts.engine.tape import wind
from alerts.rules.judge import look
from tests.builders import BASIS, NOON, SKEW, a_draft, a_gap, a_leg, a_reading, a_rule, at, minutes

AGE = minutes(6)


def history(*values, every=5):
    """A sample each five minutes from noon; None is a gap."""
    return [
        a_gap(when=at(every * place)) if value is None else a_reading(value, when=at(every * place))
        for place, value in enumerate(values)
    ]


def said(replayed):
    """Kinds and minutes of what was said."""
    return [(event.kind.value, (event.at - NOON) / minutes(1)) for event in replayed.events]


def test_an_episode_has_its_beginning_its_end_and_its_peak():
    run = replay(a_draft(), history(10, 16, 20, 18, 12, 11))

    assert said(run) == [("fired", 5), ("resolved", 20)]
    assert run.events[1].extreme == 20
    assert (run.episodes, run.on_seconds, run.coverage) == (1, 900, 1.0)


def test_a_first_sample_that_is_met_fires_only_when_asked():
    samples = history(16, 17)

    assert said(replay(a_draft(), samples)) == []
    assert said(replay(a_draft(), samples, fire_on_first=True)) == [("fired", 0)]


def test_a_hold_ends_between_two_samples():
    run = replay(a_draft(timing=Timing(hold=minutes(7))), history(10, 16, 17, 18))

    assert said(run) == [("fired", 12)]
    assert run.events[0].value == 17


def test_a_hold_may_end_with_the_replay():
    run = replay(a_draft(timing=Timing(hold=minutes(5))), history(10, 16), end=at(10))

    assert said(run) == [("fired", 10)]


def test_an_open_episode_counts_to_the_end():
    assert replay(a_draft(), history(10, 16, 17)).on_seconds == 300


def test_a_reading_counts_no_longer_than_its_age():
    samples = [a_reading(10), a_reading(16, when=at(5)), a_reading(16, when=at(25))]
    run = replay(a_draft(), samples, max_age=AGE)

    assert said(run) == [("fired", 5), ("dark", 11), ("back", 25)]
    assert (run.events[1].since, run.events[1].reason) == (at(5), Reason.STALE)
    assert run.coverage == 11 / 25


def test_a_gap_says_why_but_ends_no_reading():
    samples = [*history(10, 16, None), a_reading(16, when=at(25))]
    run = replay(a_draft(), [*samples, a_gap(when=at(10), reason=Reason.WING_MISSING)], max_age=AGE)

    assert said(run) == [("fired", 5), ("dark", 11), ("back", 25)]
    assert run.events[1].reason is Reason.WING_MISSING


def test_a_reading_exactly_of_its_age_when_the_next_comes_was_never_dark():
    assert said(replay(a_draft(), history(10, 16, 16, every=6), max_age=AGE)) == [("fired", 6)]


def test_by_default_a_reading_counts_for_three_usual_spacings():
    samples = [*history(10, 10, 10, 16), a_reading(16, when=at(31))]

    assert said(replay(a_draft(), samples)) == [("fired", 15), ("dark", 30), ("back", 31)]


def test_a_lone_reading_counts_for_a_quarter_of_an_hour():
    run = replay(a_draft(), history(16), fire_on_first=True, end=at(30))

    assert said(run) == [("fired", 0), ("dark", 15)]
    assert run.coverage == 0.5


def test_nothing_to_replay_says_so():
    run = replay(a_draft(), [a_gap(), a_reading(99, BASIS)])

    assert (run.events, run.coverage, run.first, run.last) == ((), 0.0, None, None)
    assert run.summary["first"] is None


def test_one_moment_is_covered():
    assert replay(a_draft(), history(10)).coverage == 1.0


def test_the_summary_has_the_printed_figures():
    assert replay(a_draft(), history(10, 16, 12)).summary == {
        "episodes": 1,
        "on_seconds": 300,
        "coverage": 1.0,
        "first": "2026-02-05T12:00:00.000Z",
        "last": "2026-02-05T12:10:00.000Z",
    }


def test_a_start_takes_what_was_known_then():
    run = replay(a_draft(), history(10, 10, 16, 12), start=at(7))

    assert said(run) == [("fired", 10), ("resolved", 15)]
    assert (run.first, run.coverage) == (at(10), 1.0)


def test_a_start_does_not_take_what_was_too_old_then():
    run = replay(a_draft(), history(10, 16, every=20), start=at(10), max_age=AGE)

    assert said(run) == []
    assert run.coverage == 0.0


def test_a_stretch_without_data_is_not_covered():
    assert replay(a_draft(), [], start=NOON, end=at(60)).coverage == 0.0


def test_an_end_before_the_start_is_no_stretch():
    assert replay(a_draft(), history(10, 16), start=at(20), end=at(10)).events == ()


def test_an_end_leaves_out_what_came_later():
    assert said(replay(a_draft(), history(10, 10, 16), end=at(7))) == []


def test_two_legs_are_judged_on_the_same_moment():
    draft = a_draft(a_leg(), a_leg(BASIS, Direction.BELOW, 3, 4))
    skews, basises = (
        history(16, 16, 10),
        [a_reading(v, BASIS, at(5 * n)) for n, v in enumerate((5, 2, 2))],
    )

    assert said(replay(draft, [*basises, *skews])) == [("fired", 5), ("resolved", 10)]


def test_several_legs_begin_when_all_have_been_read():
    draft = a_draft(a_leg(), a_leg(BASIS, Direction.BELOW, 3, 4))

    run = replay(draft, [*history(16, 16), a_reading(2, BASIS, at(5))], fire_on_first=True)

    assert said(run) == [("fired", 5)]


def test_reminders_come_between_samples():
    timing = Timing(remind=minutes(60))
    run = replay(a_draft(timing=timing), history(10, *[16] * 7, every=45))

    assert said(run) == [("fired", 45), ("reminded", 105), ("reminded", 225)]


def test_a_reminder_held_back_by_news_follows_it():
    samples = [a_reading(10), a_reading(16, when=at(5)), a_reading(16, when=at(70))]
    run = replay(
        a_draft(timing=Timing(remind=minutes(60))),
        [*samples, a_reading(16, when=at(72))],
        max_age=AGE,
    )

    assert said(run)[:3] == [("fired", 5), ("dark", 11), ("back", 70)]
    assert run.events[3].kind is Kind.REMINDED


SPANS = st.integers(0, 4).map(lambda count: minutes(5 * count))


@given(
    st.lists(st.integers(8, 20).map(float), max_size=60),
    st.builds(Timing, SPANS, SPANS, SPANS, st.none() | st.just(timedelta(minutes=15))),
)
def test_replay_says_what_live_steps_on_the_same_ticks_would_say(values, timing):
    rule, state, live = a_rule(timing=timing), State(), []
    for reading in history(*values):
        move = step(rule, state, look(rule.draft, {SKEW: reading}), reading.at, AGE)
        state = move.state
        live += [move.event] if move.event else []

    replayed = replay(rule.draft, history(*values), max_age=AGE).events

    assert [(e.kind, e.at, e.value, e.extreme, e.since) for e in replayed] == [
        (e.kind, e.at, e.value, e.extreme, e.since) for e in live
    ]


@st.composite
def joined(draw):
    """Two or three conditions on two series."""
    own = []
    for _ in range(draw(st.integers(2, 3))):
        direction = draw(st.sampled_from(Direction))
        level = draw(st.integers(10, 18))
        clear = level + 2 * (-1 if direction is Direction.ABOVE else 1)
        own.append(a_leg(draw(st.sampled_from([SKEW, BASIS])), direction, level, clear))
    timing = Timing(draw(SPANS), draw(SPANS), draw(SPANS), draw(st.none() | st.just(minutes(15))))
    return a_draft(*own, timing=timing, join=draw(st.sampled_from(Join)))


VALUES = st.lists(st.tuples(*[st.integers(8, 20).map(float)] * 2), max_size=40)


@given(joined(), VALUES)
def test_replay_of_joined_conditions_says_what_live_steps_would_say(draft, pairs):
    rule, state, live, samples = replace(a_rule(), draft=draft), State(), [], []
    for place, (skew, basis) in enumerate(pairs):
        now = at(5 * place)
        seen = {SKEW: a_reading(skew, when=now), BASIS: a_reading(basis, BASIS, now)}
        samples += seen.values()
        move = step(rule, state, look(draft, seen), now, AGE)
        state = move.state
        live += [move.event] if move.event else []

    replayed = replay(draft, samples, max_age=AGE).events

    assert [(e.kind, e.at, e.value, e.series, e.extreme) for e in replayed] == [
        (e.kind, e.at, e.value, e.series, e.extreme) for e in live
    ]


def test_from_a_start_behind_all_readings_there_is_nothing_to_say():
    run = replay(a_draft(), history(10, 16), start=at(600))

    assert (run.events, run.first, run.coverage) == ((), None, 0.0)


def test_played_from_a_tape_the_first_sample_does_not_fire_either():
    draft = a_draft()

    assert play(draft, wind(draft, history(16, 16))).events == ()


def test_a_usual_spacing_is_the_middle_one():
    at_minutes = [0, 1, 3, 6, 11, 21]  # spacings 1, 2, 3, 5, 10
    five = wind(a_draft(), [a_reading(10, when=at(minute)) for minute in at_minutes])
    three = wind(a_draft(), [a_reading(10, when=at(minute)) for minute in [0, 1, 3, 13]])

    assert five.ages == {SKEW: minutes(9)}
    assert three.ages == {SKEW: minutes(6)}


def test_what_is_said_is_of_no_rule_that_anybody_has():
    (fired,) = replay(a_draft(), history(10, 16)).events

    assert (fired.rule, fired.number, fired.revision, fired.chat.platform) == (
        *("replay", 0, 1),
        "replay",
    )


def test_an_old_reason_is_forgotten_with_the_next_reading():
    samples = [
        a_reading(10),
        a_gap(when=at(2), reason=Reason.NO_DATA),
        a_reading(10, when=at(4)),
        a_reading(10, when=at(30)),
    ]

    dark, back = replay(a_draft(), samples, max_age=AGE).events

    assert (dark.kind, dark.at, dark.reason) == (Kind.DARK, at(10), Reason.STALE)
    assert (back.kind, back.at) == (Kind.BACK, at(30))


def test_a_tape_knows_when_each_of_two_series_was_read_and_where_two_meet():
    draft = a_draft(a_leg(), a_leg(BASIS))
    samples = [
        a_reading(10),
        a_reading(9, BASIS, at(1)),
        a_gap(when=at(2)),
        a_reading(8, when=at(3)),
    ]

    tape = wind(draft, iter(samples), end=at(3))

    assert (tape.times, tape.twins) == ([at(0), at(1), at(3)], False)
    assert wind(draft, [*samples, a_reading(7, when=at(3))]).twins


def test_an_end_reached_from_within_the_band_is_not_skimmed_over():
    run = replay(a_draft(), history(10, 16, 14, 14.5, 12, 11))

    assert said(run) == [("fired", 5), ("resolved", 20)]
