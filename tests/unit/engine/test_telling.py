"""What is told and when: acknowledged, snoozed, flapping, past its end."""

from dataclasses import replace

import pytest

from alerts.domain.event import Kind
from alerts.domain.rule import (
    UNTOUCHED,
    Because,
    Firing,
    Idle,
    Over,
    Overlay,
    Repeat,
    Spent,
    State,
    Timing,
    Unaligned,
    Untold,
)
from alerts.engine.move import broken
from alerts.engine.step import step
from alerts.rules.judge import look
from tests.builders import NOON, SKEW, a_draft, a_gap, a_reading, a_rule, a_state, at, minutes

GRACE = minutes(5)
ON = a_state(Firing(1, NOON, NOON, 20.0), episodes=1, fired_at=NOON)
OFF = a_state(Idle())
SNOOZED = Overlay(snoozed_until=at(60))
HOURLY = a_rule(timing=Timing(remind=minutes(60), repeat=Repeat.EVERY))


def moved(rule, state, value, minute, overlay=UNTOUCHED):
    sample = a_gap(when=at(minute)) if value is None else a_reading(value, when=at(minute))
    return step(rule, state, look(rule.draft, {SKEW: sample}), at(minute), GRACE, overlay)


def played(state, *looks, rule=None, overlay=SNOOZED):
    """The events of (minute, value) looks with the minute of each, and the last move."""
    told, move = [], None
    for minute, value in looks:
        move = moved(rule or a_rule(), state, value, minute, overlay)
        state = move.state
        told += [move.event] if move.event else []
    return told, move


def kinds(told):
    return [((event.at - NOON) / minutes(1), event.kind) for event in told]


# Acknowledged


def test_an_acknowledged_episode_is_not_reminded_of():
    looks = [(60, 18), (120, 18), (130, 12)]

    told, _ = played(ON, *looks, rule=HOURLY, overlay=Overlay(acked=1))

    assert kinds(told) == [(130, Kind.RESOLVED)]


def test_the_next_episode_is_told_and_reminded_of_again():
    looks = [(60, 12), (70, 18), (130, 18)]

    told, _ = played(ON, *looks, rule=HOURLY, overlay=Overlay(acked=1))

    assert kinds(told) == [(60, Kind.RESOLVED), (70, Kind.FIRED), (130, Kind.REMINDED)]


def test_taken_back_an_acknowledgement_leaves_the_reminders_at_their_times():
    _, move = played(ON, (60, 18), rule=HOURLY, overlay=Overlay(acked=1))

    assert move.due == at(120)
    assert moved(HOURLY, move.state, 18, 90).event is None
    assert moved(HOURLY, move.state, 18, 120).event.kind is Kind.REMINDED


# Snoozed


def test_a_firing_under_a_snooze_is_told_at_its_end_with_when_it_happened():
    told, move = played(OFF, (10, 16), (20, 19), (60, 17))

    assert kinds(told) == [(60, Kind.FIRED)]
    (event,) = told
    assert (event.held, event.happened, event.since) == (Because.SNOOZED, at(10), at(10))
    assert (event.value, event.extreme, event.episode) == (17, 19, 1)
    assert (move.state.untold, move.state.phase.told_at) == (None, at(60))


def test_the_end_of_a_snooze_is_due():
    assert moved(a_rule(), OFF, 14, 0, SNOOZED).due == at(60)
    assert moved(a_rule(), ON, 18, 0, SNOOZED).due == at(60)
    assert moved(HOURLY, ON, 18, 0, Overlay(snoozed_until=at(90))).due == at(60)


def test_a_phase_goes_on_under_a_snooze():
    held = a_rule(timing=Timing(hold=minutes(10)))

    move = moved(held, OFF, 16, 0, SNOOZED)

    assert move.due == at(10)
    assert isinstance(moved(held, move.state, 16, 10, SNOOZED).state.phase, Firing)


def test_an_alert_told_before_and_still_on_is_a_reminder_at_the_end():
    told, _ = played(ON, (1, 18), (60, 17), rule=HOURLY)

    assert kinds(told) == [(60, Kind.REMINDED)]
    assert (told[0].held, told[0].happened, told[0].again) == (Because.SNOOZED, None, at(120))


def test_an_alert_that_was_also_acknowledged_says_nothing_at_the_end():
    overlay = replace(SNOOZED, acked=1)

    told, move = played(ON, (1, 18), (60, 17), rule=HOURLY, overlay=overlay)

    assert (told, move.state.untold) == ([], None)


def test_a_resolve_of_an_alert_that_had_been_told_is_told_late():
    told, _ = played(ON, (1, 22), (30, 12), (60, 11))

    assert kinds(told) == [(60, Kind.RESOLVED)]
    (event,) = told
    assert (event.held, event.happened, event.since) == (Because.SNOOZED, at(30), NOON)
    assert (event.value, event.extreme, event.episode) == (11, 22, 1)


def test_of_an_episode_that_ended_untold_all_is_kept():
    _, move = played(ON, (1, 22), (30, 12))

    assert move.state.untold == Untold(
        knew=1, over=Over(Firing(1, NOON, at(30), 22), at(30)), because=Because.SNOOZED
    )


def test_who_knew_of_one_and_missed_another_hears_that_it_is_over():
    told, _ = played(ON, (10, 12), (20, 18), (30, 12), (60, 12))

    assert [(one.kind, one.episode, one.times) for one in told] == [(Kind.RESOLVED, 2, 0)]


def test_fired_and_over_meanwhile_is_one_line():
    told, _ = played(OFF, (10, 16), (20, 12), (30, 21), (40, 12), (60, 11))

    assert kinds(told) == [(60, Kind.MISSED)]
    (event,) = told
    assert (event.times, event.since, event.happened, event.extreme) == (2, at(30), at(40), 21)


def test_a_new_episode_after_one_that_was_told_is_news():
    told, _ = played(ON, (10, 12), (20, 18), (60, 18))

    assert kinds(told) == [(60, Kind.FIRED)]
    assert (told[0].episode, told[0].happened) == (2, at(20))


def test_nothing_happened_so_nothing_is_said():
    told, move = played(OFF, (10, 14), (60, 14))

    assert (told, move.state) == ([], OFF)


def test_what_happens_at_the_very_end_is_plain_news():
    fired, _ = played(OFF, (10, 14), (60, 16))
    over, _ = played(ON, (10, 18), (60, 12))

    assert [(one.kind, one.held, one.happened) for one in (*fired, *over)] == [
        (Kind.FIRED, None, None),
        (Kind.RESOLVED, None, None),
    ]


def test_what_came_untold_and_ends_at_the_very_end_has_come_and_gone():
    told, _ = played(OFF, (10, 16), (60, 12))

    assert [(one.kind, one.happened) for one in told] == [(Kind.MISSED, at(60))]


def test_a_snooze_ended_early_tells_at_once():
    _, move = played(OFF, (10, 16))

    assert moved(a_rule(), move.state, 16, 11).event.kind is Kind.FIRED


def test_data_lost_and_back_under_a_snooze_is_not_told():
    told, move = played(OFF, (10, None), (20, None), (30, 14), (60, 14))

    assert (told, move.state) == ([], OFF)


def test_data_still_lost_at_the_end_is_told_then():
    told, move = played(OFF, (10, None), (20, None), (60, None))

    assert kinds(told) == [(60, Kind.DARK)]
    assert kinds(played(move.state, (70, 14), overlay=UNTOUCHED)[0]) == [(70, Kind.BACK)]


def test_data_that_came_back_under_a_snooze_is_told_at_the_end():
    dark = replace(OFF, blind_since=NOON, blind_told=True)

    told, _ = played(dark, (10, None), (30, 14), (60, 14))

    assert [(one.kind, one.since) for one in told] == [(Kind.BACK, NOON)]


def test_without_data_at_the_end_what_is_true_waits_for_it():
    told, _ = played(OFF, (10, 16), (57, None), (60, None), (62, None), (65, 17))

    assert kinds(told) == [(62, Kind.DARK), (65, Kind.FIRED)]
    assert (told[1].held, told[1].happened) == (Because.SNOOZED, at(10))


def test_a_once_rule_that_resolved_under_a_snooze_is_told_of_at_the_end():
    once = a_rule(timing=Timing(repeat=Repeat.ONCE))

    told, move = played(ON, (10, 12), (60, 12), rule=once)

    assert kinds(told) == [(60, Kind.RESOLVED)]
    assert move.state.phase == Spent()
    assert moved(once, move.state, 20, 70).event is None


def test_a_reminder_due_under_a_snooze_is_one_message_at_the_end():
    told, move = played(ON, (1, 18), (60, 18), (90, 18), rule=HOURLY)

    assert kinds(told) == [(60, Kind.REMINDED)]
    assert move.due == at(120)


def test_one_that_is_clearing_at_the_end_is_still_on():
    held = a_rule(timing=Timing(clear_hold=minutes(10)))

    told, move = played(OFF, (10, 16), (55, 12), (60, 12), (65, 12), rule=held)

    assert kinds(told) == [(60, Kind.FIRED), (65, Kind.RESOLVED)]
    assert move.state.phase == Idle()


def test_after_a_late_firing_the_waits_for_reminders_go_on_doubling():
    doubling = a_rule(timing=Timing(remind=minutes(60)))

    told, move = played(OFF, (10, 16), (60, 17), rule=doubling)

    again = at(60 + 50 + 60)  # told 50 minutes after it fired
    assert (told[0].again, move.due, move.state.phase.told_at) == (again, again, at(60))


def test_one_that_is_clearing_at_the_end_keeps_its_clear_hold():
    held = a_rule(timing=Timing(clear_hold=minutes(10)))

    _, move = played(OFF, (10, 16), (55, 12), (60, 12), rule=held)

    assert move.due == at(65)
    assert (move.state.phase.since, move.state.phase.firing.told_at) == (at(55), at(60))


# Flapping


def flips(*looks, **options):
    return played(OFF, *looks, overlay=UNTOUCHED, **options)


SIX = [(0, 16), (5, 12), (10, 16), (15, 12), (20, 16), (25, 12)]


def test_the_sixth_turn_within_half_an_hour_is_told_as_flapping():
    told, move = flips(*SIX)

    assert [kind for _, kind in kinds(told)] == [
        *[Kind.FIRED, Kind.RESOLVED] * 2,
        Kind.FIRED,
        Kind.FLAPPING,
    ]
    assert (told[-1].times, told[-1].since, told[-1].at) == (6, NOON, at(25))
    assert (move.due, move.state.flapping) == (at(55), True)


def test_six_turns_in_longer_than_that_are_told_each():
    told, _ = flips((0, 16), (5, 12), (10, 16), (15, 12), (20, 16), (30, 12))

    assert [kind for _, kind in kinds(told)] == [Kind.FIRED, Kind.RESOLVED] * 3


def test_further_turns_are_held_and_put_the_calm_off():
    told, move = flips(*SIX, (30, 16), (40, 12), (55, 11))

    assert len(told) == 6
    assert move.due == at(70)


@pytest.mark.parametrize(
    ("after", "kind", "happened"),
    [
        ([(55, 11)], Kind.RESOLVED, at(25)),
        ([(30, 18), (60, 17)], Kind.FIRED, at(30)),
        ([(30, 18), (35, 12), (65, 12)], Kind.RESOLVED, at(35)),
    ],
)
def test_once_calm_what_is_true_is_told(after, kind, happened):
    told, move = flips(*SIX, *after)

    assert (len(told), told[-1].kind) == (7, kind)
    assert (told[-1].held, told[-1].happened) == (Because.FLAPPING, happened)
    assert (move.state.flapping, move.state.turns, move.state.untold) == (False, (), None)


def test_a_flapping_that_began_with_a_firing_ends_with_what_is_true_too():
    told, _ = played(
        ON,
        *[(0, 12), (5, 16), (10, 12), (15, 16), (20, 12), (25, 16), (30, 12), (60, 12)],
        overlay=UNTOUCHED,
    )

    assert [kind for _, kind in kinds(told)] == [
        *[Kind.RESOLVED, Kind.FIRED] * 2,
        *[Kind.RESOLVED, Kind.FLAPPING, Kind.RESOLVED],
    ]


def test_time_without_data_is_not_calm():
    told, move = flips(*SIX, (30, None), (50, 11), (55, 11), (79, 11), (80, 11))

    assert kinds(told)[6:] == [(80, Kind.RESOLVED)]
    assert move.state.untold is None


def test_lost_data_is_told_while_it_flaps():
    told, _ = flips(*SIX, (30, None), (35, None), (40, 11))

    assert kinds(told)[6:] == [(35, Kind.DARK), (40, Kind.BACK)]


def test_flapping_under_a_snooze_is_told_when_it_goes_on_at_its_end():
    told, _ = played(OFF, *SIX, overlay=Overlay(snoozed_until=at(30)))
    assert told == []

    told, _ = played(OFF, *SIX, (30, 11), (55, 11), overlay=Overlay(snoozed_until=at(30)))
    assert kinds(told) == [(30, Kind.FLAPPING), (55, Kind.RESOLVED)]


def test_flapping_that_is_over_by_the_end_of_a_snooze_came_and_went():
    told, _ = played(OFF, *SIX, (55, 11), (60, 11))

    assert [(one.kind, one.times) for one in told] == [(Kind.MISSED, 3)]


def test_turns_are_kept_as_long_as_they_count_and_six_at_most():
    _, move = flips(*SIX, (26, 16), (27, 12))
    assert len(move.state.turns) == 6

    _, move = flips((0, 16), (10, 12), (60, 16))
    assert move.state.turns == (at(60),)


USUAL = a_rule(timing=Timing(hold=minutes(10), clear_hold=minutes(10), quiet=minutes(240)))


def test_crossings_too_short_to_hold_are_told_as_flapping_too():
    """Up at 0, 8 and 16, down at 4, 12 and 20: six crossings, none of which held 10 minutes."""
    told, move = flips((0, 16), (4, 14), (8, 16), (12, 12), (16, 16), (20, 14), rule=USUAL)

    assert kinds(told) == [(20, Kind.FLAPPING)]
    assert (told[0].times, told[0].since, told[0].episode) == (6, NOON, 0)
    assert (move.due, move.state.flapping) == (at(50), True)


SHORT = [(0, 16), (4, 14), (8, 16), (12, 12), (16, 16), (20, 14)]


def test_what_held_while_it_flapped_is_told_once_it_stayed_half_an_hour():
    told, move = flips(*SHORT, (25, 16), (35, 17), (54, 17), (55, 17), rule=USUAL)

    assert kinds(told)[1:] == [(55, Kind.FIRED)]
    assert (told[1].held, told[1].happened, told[1].since) == (
        Because.FLAPPING,
        at(35),
        at(25),
    )
    assert (move.state.flapping, move.state.turns) == (False, ())


def test_flapping_that_settles_where_nothing_was_told_says_no_more():
    told, move = flips(*SHORT, (49, 14), (50, 14), (60, 14), rule=USUAL)

    assert kinds(told) == [(20, Kind.FLAPPING)]
    assert move.state == OFF


def test_a_dance_within_the_band_of_an_alert_that_is_on_is_no_crossing():
    dance = [(minute, 16 if minute % 2 else 14) for minute in range(30)]

    assert played(ON, *dance, overlay=UNTOUCHED, rule=USUAL)[0] == []


def test_a_dance_about_the_clear_level_of_an_alert_that_is_on_is_none_either():
    dance = [(minute, 12 if minute % 2 else 14) for minute in range(30)]

    assert played(ON, *dance, overlay=UNTOUCHED, rule=USUAL)[0] == []


def test_crossings_while_the_quiet_between_two_firings_lasts_count():
    """Fired at 0, over at 4; then met and not met while the four hours of quiet go on."""
    brisk = a_rule(timing=Timing(quiet=minutes(240)))

    told, _ = flips((0, 16), (4, 12), (8, 16), (12, 12), (16, 16), (20, 12), rule=brisk)

    assert kinds(told) == [(0, Kind.FIRED), (4, Kind.RESOLVED), (20, Kind.FLAPPING)]


def test_an_alert_that_was_to_tell_once_is_told_to_be_over_whatever_it_crossed_before():
    once = a_rule(timing=Timing(hold=minutes(2), repeat=Repeat.ONCE))

    told, _ = flips((0, 16), (1, 12), (2, 16), (3, 12), (4, 16), (6, 16), (9, 12), rule=once)

    assert kinds(told) == [(6, Kind.FIRED), (9, Kind.RESOLVED)]


# Expiry and bugs


def test_a_rule_that_ends_under_a_snooze_is_told_of_after_it():
    rule = replace(a_rule(), draft=a_draft(until=at(30)))

    told, move = played(ON, (10, 18), (30, 18), rule=rule)
    assert (told, move.state.phase, move.due) == ([], Spent(), at(60))

    told, move = played(move.state, (60, 18), (61, 18), rule=rule)
    assert kinds(told) == [(60, Kind.EXPIRED)]
    assert move.state == State(Spent(), episodes=1, fired_at=NOON)


def test_a_once_rule_that_is_done_says_nothing_at_its_end():
    rule = replace(a_rule(), draft=a_draft(until=at(30)))

    assert played(a_state(Spent(), episodes=1), (30, 18), rule=rule)[0] == []


def test_what_was_broken_and_works_again_is_aligned_silently():
    broken = replace(ON, broken=True)

    move = moved(a_rule(), broken, 14, 10)

    assert (move.state, move.event) == (a_state(Idle(), episodes=1, fired_at=NOON), None)
    assert moved(a_rule(), broken, None, 10).state.phase == Unaligned()


def test_a_rule_that_cannot_be_looked_at_is_told_of_by_its_first_condition():
    event = broken(a_rule(), replace(ON, blind_since=at(3)), at(9))

    assert (event.kind, event.number, event.episode) == (Kind.BROKEN, 1, 1)
    assert (event.series, event.level, event.value, event.reason) == (SKEW, 15.0, None, None)
    assert (event.at, event.since) == (at(9), at(3))
