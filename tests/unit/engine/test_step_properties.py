"""What holds for every history of looks."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.event import Kind
from alerts.domain.rule import Idle, Repeat, State, Timing
from alerts.engine.step import step
from alerts.rules.judge import look
from tests.builders import SKEW, a_gap, a_reading, a_rule, at, minutes

GRACE = minutes(15)
VALUES = st.sampled_from([20.0, 16.0, 15.0, 14.0, 13.0, 10.0, None])
SPANS = st.integers(0, 40).map(minutes)


@st.composite
def timings(draw):
    remind = draw(st.none() | st.integers(1, 60).map(minutes))
    repeat, at_close = draw(st.sampled_from(Repeat)), draw(st.booleans())
    return Timing(draw(SPANS), draw(SPANS), draw(SPANS), remind, repeat, at_close)


@st.composite
def histories(draw):
    """Minutes and values, in time order."""
    waits = draw(st.lists(st.integers(1, 12), max_size=60))
    minute, history = 0, []
    for wait in waits:
        minute += wait
        history.append((minute, draw(VALUES)))
    return history


def moves(history, timing, state=None):
    rule, state, made = a_rule(timing=timing), state or State(Idle()), []
    for minute, value in history:
        sample = a_gap(when=at(minute)) if value is None else a_reading(value, when=at(minute))
        move = step(rule, state, look(rule.draft, {SKEW: sample}), at(minute), GRACE)
        made.append(move)
        state = move.state
    return made


def events(history, timing, state=None):
    return [move.event for move in moves(history, timing, state) if move.event]


@given(histories(), timings())
def test_firing_and_resolving_alternate(history, timing):
    told = [event.kind for event in events(history, timing)]
    ends = [kind for kind in told if kind in {Kind.FIRED, Kind.RESOLVED}]

    assert ends == ([Kind.FIRED, Kind.RESOLVED] * len(ends))[: len(ends)]


@given(histories(), timings())
def test_nothing_fires_within_its_hold(history, timing):
    for event in events(history, timing):
        if event.kind is Kind.FIRED:
            held = [value for minute, value in history if event.since <= at(minute) <= event.at]
            assert event.at - event.since >= timing.hold
            assert all(value is not None and value > 15 for value in held)


@given(histories(), timings())
def test_two_firings_are_never_closer_than_the_quiet_time(history, timing):
    fired = [event.at for event in events(history, timing) if event.kind is Kind.FIRED]

    assert all(after - before >= timing.quiet for before, after in pairwise(fired))


@given(histories(), timings(), st.data())
def test_no_event_but_the_loss_itself_comes_of_missing_data(history, timing, data):
    gaps = {minute for minute, _ in history if data.draw(st.booleans())}
    holed = [(minute, None if minute in gaps else value) for minute, value in history]

    for (_, value), move in zip(holed, moves(holed, timing), strict=True):
        assert value is not None or move.event is None or move.event.kind is Kind.DARK


@given(histories(), timings())
def test_a_once_rule_fires_once(history, timing):
    once = Timing(timing.hold, timing.clear_hold, timing.quiet, None, Repeat.ONCE)

    assert sum(event.kind is Kind.FIRED for event in events(history, once)) <= 1


@given(histories(), timings())
def test_the_first_look_never_speaks_of_a_crossing(history, timing):
    for event in events(history[:1], timing, State()):
        assert event.kind is Kind.DARK


@given(histories(), timings())
def test_loss_and_return_alternate_or_the_return_is_told_by_late_news(history, timing):
    open_loss = False
    for event in events(history, timing):
        if event.kind is Kind.DARK:
            assert not open_loss
            open_loss = True
        else:
            open_loss = False


@given(histories(), timings())
def test_no_two_events_share_an_id(history, timing):
    ids = [event.id for event in events(history, timing)]

    assert len(ids) == len(set(ids))


@given(histories(), timings())
def test_the_same_history_gives_the_same_events(history, timing):
    assert events(history, timing) == events(history, timing)


@given(histories(), timings())
def test_a_due_time_lies_ahead(history, timing):
    for (minute, _), move in zip(history, moves(history, timing), strict=True):
        assert move.due is None or move.due >= at(minute)
