"""What a rule does while data is missing, and when it is back."""

from dataclasses import replace

from alerts.domain.event import Kind
from alerts.domain.reading import Reason
from alerts.domain.rule import Firing, Idle, Timing
from alerts.engine.step import step
from alerts.rules.judge import look
from tests.builders import NOON, SKEW, a_draft, a_gap, a_reading, a_rule, a_state, at, minutes

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


def test_missing_data_keeps_the_phase_and_starts_the_blind_clock():
    move = stepped(a_rule(), ON, None, 2)

    assert move.state == replace(ON, blind_since=NOON)
    assert (move.event, move.due) == (None, at(5))


def test_without_a_time_in_the_sample_the_blindness_began_now():
    move = step(a_rule(), ON, look(a_draft(), {}), at(2), GRACE)

    assert move.state.blind_since == at(2)


def test_the_owner_hears_of_missing_data_once():
    kinds, state = played(a_rule(), ON, (2, None), (5, None), (6, None), (60, None))

    assert kinds == [(5, Kind.DARK)]
    assert state.phase == FIRING


def test_the_news_of_missing_data_says_why_and_since_when():
    event = stepped(a_rule(), ON, None, 7).event

    assert (event.reason, event.since, event.value) == (Reason.STALE, NOON, None)
    assert (event.series, event.episode) == (SKEW, 1)


def test_data_that_is_back_is_told_when_its_loss_was():
    kinds, state = played(a_rule(), ON, (7, None), (9, 16), (10, 16))

    assert kinds == [(7, Kind.DARK), (9, Kind.BACK)]
    assert state == ON


def test_the_news_of_data_back_says_since_when_it_was_missing():
    _, state = played(a_rule(), ON, (7, None))

    event = stepped(a_rule(), state, 16, 9).event

    assert (event.since, event.at, event.value) == (NOON, at(9), 16)


def test_a_short_loss_is_never_mentioned():
    kinds, state = played(a_rule(), ON, (2, None), (3, 16))

    assert (kinds, state) == ([], ON)


def test_blind_time_does_not_count_as_held():
    rule = a_rule(timing=HELD)

    kinds, _ = played(rule, a_state(Idle()), (-5, 16), (1, None), (3, 16), (5, 16), (13, 16))

    assert kinds == [(13, Kind.FIRED)]


def test_blind_time_does_not_count_as_clear():
    rule = a_rule(timing=HELD)

    kinds, _ = played(rule, ON, (1, 12), (2, None), (4, 12), (8, 12), (9, 12))

    assert kinds == [(9, Kind.RESOLVED)]


def test_a_crossing_found_after_a_told_blindness_is_told_late_instead_of_back():
    _, state = played(a_rule(), a_state(Idle()), (7, None))

    event = stepped(a_rule(), state, 16, 9).event

    assert (event.kind, event.late) == (Kind.FIRED, True)


def test_lateness_survives_the_hold():
    rule = a_rule(timing=HELD)

    back = stepped(rule, played(rule, a_state(Idle()), (7, None))[1], 16, 9)
    fired = stepped(rule, back.state, 16, 19)

    assert (back.event.kind, fired.event.kind) == (Kind.BACK, Kind.FIRED)
    assert fired.event.late


def test_an_end_found_after_a_told_blindness_is_told_late():
    _, state = played(a_rule(), ON, (7, None))

    event = stepped(a_rule(), state, 12, 9).event

    assert (event.kind, event.late) == (Kind.RESOLVED, True)


def test_a_look_can_be_late_by_itself():
    assert stepped(a_rule(), a_state(Idle()), 16, late=True).event.late


def test_a_reminder_waits_for_the_news_that_data_is_back():
    rule = a_rule(timing=Timing(remind=minutes(60)))
    _, state = played(rule, ON, (7, None))

    move = stepped(rule, state, 16, 90)

    assert (move.event.kind, move.due) == (Kind.BACK, at(90))
    assert stepped(rule, move.state, 16, 90).event.kind is Kind.REMINDED


def test_a_reminder_that_waits_forgets_no_extreme():
    rule = a_rule(timing=Timing(remind=minutes(60)))
    _, state = played(rule, ON, (7, None), (90, 25))

    assert state.phase == replace(FIRING, extreme=25)


def test_an_all_clear_broken_off_after_a_loss_can_be_reminded_of_too():
    rule = a_rule(timing=Timing(clear_hold=minutes(5), remind=minutes(60)))

    kinds, _ = played(rule, ON, (1, 12), (9, None), (90, 16), (91, 16))

    assert kinds == [(9, Kind.DARK), (90, Kind.BACK), (91, Kind.REMINDED)]


def test_a_hold_that_began_before_the_darkness_is_told_as_late():
    rule = a_rule(timing=HELD)

    kinds, state = played(rule, a_state(Idle()), (0, 16), (2, None), (4, 16))
    fired = stepped(rule, state, 16, 14).event

    assert kinds == []
    assert (fired.kind, fired.late, fired.since) == (Kind.FIRED, True, at(4))


def test_data_that_is_back_and_changes_nothing_is_not_looked_at_again():
    dark = replace(a_state(Idle()), blind_since=NOON, blind_told=True)

    move = stepped(a_rule(), dark, 14, 30)

    assert (move.event.kind, move.due) == (Kind.BACK, None)


def test_a_stretch_unseen_between_two_looks_starts_the_hold_again():
    rule = a_rule(timing=HELD)
    pending = stepped(rule, a_state(Idle()), 16, 0).state

    move = stepped(rule, pending, 16, 40, late=True)

    assert (move.event, move.due) == (None, at(50))
    assert stepped(rule, move.state, 16, 50).event.late
