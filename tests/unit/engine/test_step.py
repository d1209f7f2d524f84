"""One rule, one look at a time, by example."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.domain.event import Kind
from alerts.domain.rule import (
    Direction,
    Firing,
    Idle,
    Join,
    Pending,
    Recovering,
    Repeat,
    Spent,
    State,
    Timing,
    Unaligned,
    Waiting,
)
from alerts.engine.step import align, step
from alerts.rules.judge import look
from tests.builders import (
    BASIS,
    NOON,
    SKEW,
    a_draft,
    a_gap,
    a_leg,
    a_reading,
    a_rule,
    a_state,
    at,
    minutes,
)

GRACE = minutes(5)
HELD = Timing(hold=minutes(10), clear_hold=minutes(5))
FIRING = Firing(1, NOON, NOON, 20)
ON = a_state(FIRING, episodes=1, fired_at=NOON)


def see(value, rule=None, **options):
    """A look at a skew of `value`, or at a gap."""
    sample = a_gap() if value is None else a_reading(value)
    return look((rule or a_rule()).draft, {SKEW: sample}, **options)


def stepped(rule, state, value, minute=0, **options):
    return step(rule, state, see(value, rule, **options), at(minute), GRACE)


def played(rule, state, *looks):
    """Kinds of the events of (minute, value) looks, and the state at the end."""
    kinds = []
    for minute, value in looks:
        move = stepped(rule, state, value, minute)
        state = move.state
        kinds += [(minute, move.event.kind)] if move.event else []
    return kinds, state


@pytest.mark.parametrize(("value", "phase"), [(20, Waiting()), (14, Idle()), (10, Idle())])
def test_the_first_decided_look_is_taken_silently(value, phase):
    move = stepped(a_rule(), State(), value)

    assert (move.state.phase, move.event, move.due) == (phase, None, None)


@pytest.mark.parametrize(
    ("value", "phase"), [(20, Waiting()), (14, Idle()), (10, Idle()), (None, Unaligned())]
)
def test_a_new_rule_is_aligned_with_what_its_maker_saw(value, phase):
    assert align(a_draft(), see(value)) == State(phase)


def test_a_waiting_rule_arms_itself_only_once_clear():
    kinds, state = played(a_rule(), a_state(Waiting()), (0, 14), (1, 20), (2, 14), (3, 12))

    assert (kinds, state.phase) == ([], Idle())


def test_without_a_hold_a_crossing_fires_at_once():
    move = stepped(a_rule(), a_state(Idle()), 16)

    firing = Firing(1, NOON, NOON, 16)
    assert move.state == a_state(firing, episodes=1, fired_at=NOON, turns=(NOON,))
    assert (move.event.kind, move.event.value, move.event.level) == (Kind.FIRED, 16, 15)
    assert (move.event.episode, move.event.extreme, move.event.late) == (1, 16, False)


def test_a_crossing_waits_out_the_hold():
    rule = a_rule(timing=HELD)

    move = stepped(rule, a_state(Idle()), 16)

    assert (move.state.phase, move.event, move.due) == (Pending(NOON), None, at(10))


def test_a_held_crossing_fires_and_says_since_when():
    move = stepped(a_rule(timing=HELD), a_state(Pending(NOON)), 17, 10)

    assert (move.event.kind, move.event.since, move.event.at) == (Kind.FIRED, NOON, at(10))


@pytest.mark.parametrize("value", [14, 12])
def test_a_hold_is_broken_by_anything_not_met(value):
    assert stepped(a_rule(timing=HELD), a_state(Pending(NOON)), value, 9).state.phase == Idle()


def test_a_crossing_soon_after_the_last_firing_waits_for_the_quiet_time():
    rule = a_rule(timing=Timing(quiet=minutes(60)))
    state = a_state(Idle(), episodes=1, fired_at=NOON)

    kinds, _ = played(rule, state, (30, 16), (59, 16), (60, 16))

    assert kinds == [(60, Kind.FIRED)]


def test_the_farthest_value_is_remembered_and_told_at_the_end():
    rule = a_rule()
    _, state = played(rule, a_state(Idle()), (0, 16), (1, 21), (2, 14), (3, 18))

    event = stepped(rule, state, 12, 4).event

    assert (event.kind, event.extreme, event.value) == (Kind.RESOLVED, 21, 12)
    assert (event.since, event.at, event.episode) == (NOON, at(4), 1)


def test_below_the_farthest_is_the_lowest():
    rule = a_rule(a_leg(SKEW, Direction.BELOW, 3, 4))

    _, state = played(rule, a_state(Idle()), (0, 2), (1, 1), (2, 2.5))

    assert state.phase.extreme == 1


def test_between_the_levels_a_firing_rule_goes_on():
    assert isinstance(stepped(a_rule(), ON, 14, 1).state.phase, Firing)


def test_an_all_clear_is_waited_out():
    move = stepped(a_rule(timing=HELD), ON, 12, 3)

    assert (move.state.phase, move.event) == (Recovering(FIRING, at(3)), None)
    assert move.due == at(8)


def test_an_all_clear_broken_off_continues_the_same_episode():
    rule = a_rule(timing=HELD)

    kinds, state = played(rule, ON, (3, 12), (5, 16), (6, 12), (10, 12), (11, 12))

    assert (kinds, state.phase, state.episodes) == ([(11, Kind.RESOLVED)], Idle(), 1)


def test_the_next_episode_has_the_next_number():
    kinds, state = played(a_rule(), ON, (1, 12), (2, 16))

    assert kinds == [(1, Kind.RESOLVED), (2, Kind.FIRED)]
    assert state.phase.episode == 2


def test_a_once_rule_is_spent_after_its_episode():
    rule = a_rule(timing=Timing(repeat=Repeat.ONCE))

    kinds, state = played(rule, ON, (1, 12), (2, 16), (3, None), (60, None))

    assert (kinds, state.phase) == ([(1, Kind.RESOLVED)], Spent())


def test_reminders_come_ever_more_rarely():
    rule = a_rule(timing=Timing(remind=timedelta(hours=12)))
    hourly = [(60 * hour, 16) for hour in range(1, 100)]

    kinds, _ = played(rule, ON, *hourly)

    assert [minute / 60 for minute, _ in kinds] == [12, 36, 84]


def test_news_names_the_reminder_that_follows():
    rule = a_rule(timing=Timing(remind=timedelta(hours=12)))

    fired = stepped(rule, a_state(Idle()), 16).event
    reminded = stepped(rule, ON, 16, 12 * 60).event

    assert (fired.again, reminded.again) == (at(12 * 60), at(36 * 60))


def test_every_reminds_at_even_intervals():
    rule = a_rule(timing=Timing(remind=minutes(240), repeat=Repeat.EVERY))
    hourly = [(60 * hour, 16) for hour in range(1, 14)]

    kinds, _ = played(rule, ON, *hourly)

    assert [minute / 60 for minute, _ in kinds] == [4, 8, 12]


def test_a_reminder_is_due_when_it_is_due():
    rule = a_rule(timing=Timing(remind=minutes(60)))

    assert stepped(rule, ON, 16, 10).due == at(60)
    assert stepped(rule, ON, 16, 60).due == at(180)


def test_a_paused_rule_stays_as_it_is():
    move = stepped(a_rule(paused=True), a_state(Pending(NOON)), 16, 60)

    assert (move.state, move.event, move.due) == (a_state(Pending(NOON)), None, None)


def test_the_extreme_is_that_of_the_first_leg():
    rule = a_rule(a_leg(), a_leg(BASIS, Direction.BELOW, 3, 4))
    both = {SKEW: a_reading(22), BASIS: a_reading(1, BASIS)}

    move = step(rule, a_state(Idle()), look(rule.draft, both), NOON, GRACE)
    over = {SKEW: a_reading(22), BASIS: a_reading(9, BASIS)}
    event = step(rule, move.state, look(rule.draft, over), at(1), GRACE).event

    assert (event.kind, event.series, event.value, event.extreme) == (Kind.RESOLVED, BASIS, 9, 22)


def test_without_its_first_leg_an_extreme_stays():
    rule = replace(a_rule(), draft=a_draft(a_leg(BASIS), a_leg(), join=Join.ANY))

    fired = stepped(rule, a_state(Idle()), 16).state
    later = stepped(rule, fired, 25, 1).state

    assert (fired.phase.extreme, later.phase.extreme) == (16, 16)


def test_a_firing_without_its_time_reminds_from_the_last_message():
    rule = a_rule(timing=Timing(remind=minutes(60)))

    assert stepped(rule, replace(ON, fired_at=None), 16, 10).due == at(60)


def test_events_of_one_episode_have_different_ids():
    fired = stepped(a_rule(), a_state(Idle()), 16).event
    over = stepped(a_rule(), ON, 12).event

    assert fired.id != over.id


def test_past_its_end_a_rule_is_over_and_says_so_once():
    rule = replace(a_rule(), draft=a_draft(until=at(60)))

    before, after = stepped(rule, a_state(Idle()), 16, 59), stepped(rule, ON, 16, 60)

    assert (before.event.kind, before.due) == (Kind.FIRED, at(60))
    assert (after.state, after.due) == (State(Spent(), episodes=1, fired_at=NOON), None)
    expired = after.event
    assert (expired.kind, expired.times, expired.happened) == (Kind.EXPIRED, 1, at(60))
    assert expired.since == rule.created_at
    assert stepped(rule, after.state, 16, 61).event is None


def test_a_rule_with_an_end_is_looked_at_by_then_whatever_else_it_waits_for():
    rule = replace(a_rule(), draft=a_draft(until=at(5), timing=HELD))

    assert stepped(rule, a_state(Idle()), 16, 0).due == at(5)
    assert stepped(rule, a_state(Idle()), 16, 5).event.kind is Kind.EXPIRED


def test_a_rule_that_ends_in_the_dark_is_over_too():
    rule = replace(a_rule(), draft=a_draft(until=at(60)))
    dark = a_state(Idle(), blind_since=at(30), blind_told=True)

    assert step(rule, dark, look(rule.draft, {SKEW: a_gap()}), at(61), GRACE).state == a_state(
        Spent()
    )


def test_an_event_names_the_rule_as_it_was_looked_at():
    rule = a_rule(revision=4, number=9)

    event = stepped(rule, a_state(Idle()), 16).event

    assert (event.rule, event.revision, event.number, event.chat) == (rule.id, 4, 9, rule.chat)
