"""Alerts that count at the daily close, by example: the day ends twelve hours after noon, UTC."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from alerts.domain.calendar import daily_close
from alerts.domain.event import Kind
from alerts.domain.rule import Idle, Pending, Timing
from alerts.engine.replay import replay
from alerts.engine.step import step
from alerts.rules.judge import look
from tests.builders import SKEW, a_draft, a_gap, a_reading, a_rule, a_state, at, minutes

DAILY = Timing(at_close=True)
CLOSE, NEXT = 12 * 60, 36 * 60


def played(*looks, timing=DAILY):
    """What is told at which minute after noon, and the last move."""
    rule, state, told, move = a_rule(timing=timing), a_state(Idle()), [], None
    for minute, value in looks:
        sample = a_gap(when=at(minute)) if value is None else a_reading(value, when=at(minute))
        move = step(rule, state, look(rule.draft, {SKEW: sample}), at(minute), minutes(5))
        state = move.state
        told += [(minute, move.event.kind)] if move.event else []
    return told, move


def test_what_is_true_waits_for_the_end_of_the_day():
    told, move = played((60, 18))

    assert told == []
    assert (move.due, move.state.phase) == (at(CLOSE), Pending(at(60)))


def test_what_is_true_at_the_close_fires_there():
    told, move = played((60, 18), (CLOSE - 1, 16), (CLOSE, 16))

    assert told == [(CLOSE, Kind.FIRED)]
    assert move.state.phase.since == at(60)


def test_a_spike_within_the_day_is_passed_over():
    assert played((60, 18), (300, 14), (CLOSE, 14))[0] == []


def test_only_the_close_counts_not_how_long_it_was_true():
    told, _ = played((60, 18), (300, 14), (CLOSE - 5, 16), (CLOSE, 16))

    assert told == [(CLOSE, Kind.FIRED)]


def test_a_crossing_right_at_the_close_is_of_the_next_day():
    assert played((60, 14), (CLOSE, 16))[1].due == at(NEXT)


def test_it_is_over_at_a_close_at_which_it_is_clear():
    told, _ = played((60, 18), (CLOSE, 18), (900, 12), (1000, 18), (1200, 12), (NEXT, 12))

    assert told == [(CLOSE, Kind.FIRED), (NEXT, Kind.RESOLVED)]


def test_a_hold_goes_on_to_the_close_behind_it():
    """Half an hour must have passed at the close: met 20 minutes before it is too late."""
    timing = Timing(hold=minutes(30), at_close=True)

    assert played((CLOSE - 20, 18), timing=timing)[1].due == at(NEXT)
    assert played((CLOSE - 40, 18), timing=timing)[1].due == at(CLOSE)


def test_nobody_saw_that_close_so_the_next_one_counts():
    told, move = played((60, 18), (CLOSE - 60, None), (CLOSE + 60, 18))

    assert (told, move.due) == ([], at(NEXT))
    assert move.state.phase == Pending(at(CLOSE + 60), late=True)


def test_a_replay_fires_at_the_close():
    readings = [a_reading(18.0 if hour >= 3 else 14.0, when=at(60 * hour)) for hour in range(20)]

    run = replay(a_draft(timing=DAILY), readings, max_age=timedelta(hours=2))

    assert [(event.kind, event.at) for event in run.events] == [(Kind.FIRED, at(CLOSE))]


@pytest.mark.parametrize(
    ("after", "close"),
    [
        (datetime(2026, 2, 5, 0, 0, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC)),
        (datetime(2026, 2, 5, 23, 59, 59, tzinfo=UTC), datetime(2026, 2, 6, tzinfo=UTC)),
        (
            datetime(2026, 2, 6, 1, 0, tzinfo=timezone(timedelta(hours=2))),
            datetime(2026, 2, 6, tzinfo=UTC),
        ),
    ],
)
def test_the_daily_close_is_the_next_midnight_of_utc(after, close):
    assert daily_close(after) == close
