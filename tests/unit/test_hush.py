from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.event import Event, Kind
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from alerts.domain.rule import Severity, Voice
from alerts.queue import Aside, Tally
from bot.hush import hushed, left, put_off, sift
from bot.text import Told
from tests.builders import CHAT, SKEW, a_draft, a_rule

NIGHT = datetime(2026, 2, 6, 2, 0, tzinfo=UTC)
SEVEN = datetime(2026, 2, 6, 7, 0, tzinfo=UTC)
NOON = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)
SLEEPS = Preferences(quiet=Quiet(time(23), time(7)))
FIVE = Preferences(budget=Budget(5, Period.WEEK))
NOTHING = Tally()


def told(kind=Kind.FIRED, *, rule="r1", episode=1, severity=Severity.WARN, voice=Voice.USUAL):
    owner = replace(a_rule(id=rule), draft=a_draft(severity=severity, voice=voice))
    event = Event(kind, rule, 1, 1, CHAT, episode, SKEW, 15.0, 16.2, NIGHT, NIGHT)
    return Told(event, owner, None, None)


def test_a_chat_that_chose_nothing_is_told_everything_at_once():
    news = [told(), told(Kind.RESOLVED), told(Kind.DARK)]

    sifted = sift(news, Preferences(), NOTHING, NIGHT)

    assert (sifted.tell, sifted.aside, sifted.period) == (tuple(news), None, "")


def test_at_night_an_ordinary_alert_waits_until_morning():
    news = told()

    sifted = sift([news], SLEEPS, NOTHING, NIGHT)

    assert (sifted.tell, sifted.aside) == ((), Aside((news.event,), SEVEN))


def test_in_the_morning_nothing_waits():
    assert sift([told()], SLEEPS, NOTHING, SEVEN).aside is None


@pytest.mark.parametrize(
    "loud", [told(severity=Severity.CRITICAL), told(voice=Voice.LOUD)], ids=["critical", "loud"]
)
def test_what_is_critical_or_loud_rings_at_night_beside_what_waits(loud):
    ordinary = told(rule="r2")

    sifted = sift([ordinary, loud], SLEEPS, NOTHING, NIGHT)

    assert sifted.tell == (loud,)
    assert sifted.aside == Aside((ordinary.event,), SEVEN)
    assert not sifted.silent


def test_a_silent_alert_is_told_at_night_and_makes_no_sound():
    news = told(voice=Voice.SILENT)

    sifted = sift([news], SLEEPS, NOTHING, NIGHT)

    assert (sifted.tell, sifted.aside, sifted.silent) == ((news,), None, True)


def test_a_silent_alert_makes_no_sound_by_day():
    assert sift([told(voice=Voice.SILENT)], Preferences(), NOTHING, NOON).silent
    assert not sift([told(voice=Voice.SILENT), told()], Preferences(), NOTHING, NOON).silent


def test_that_a_told_alert_is_over_is_said_at_night_without_a_sound():
    over = told(Kind.RESOLVED)

    sifted = sift([over], SLEEPS, NOTHING, NIGHT)

    assert (sifted.tell, sifted.aside, sifted.silent) == ((over,), None, True)


def test_the_end_of_an_alert_that_waits_waits_with_it():
    tally = Tally((told().event,))
    over, other = told(Kind.RESOLVED), told(Kind.RESOLVED, episode=2)

    sifted = sift([over, other], SLEEPS, tally, NIGHT)

    assert sifted.tell == (other,)
    assert sifted.aside == Aside((over.event,), SEVEN)


def test_an_end_that_comes_just_before_what_waited_joins_it():
    over = told(Kind.RESOLVED)

    sifted = sift([over], SLEEPS, Tally((told().event,)), SEVEN)

    assert (sifted.tell, sifted.aside) == ((), Aside((over.event,), SEVEN))


def test_a_reminder_waits_like_an_alert():
    assert sift([told(Kind.REMINDED)], SLEEPS, NOTHING, NIGHT).aside is not None


def test_a_snoozed_chat_waits_until_the_snooze_is_over():
    snoozed = Preferences(snoozed_until=NOON)

    assert hushed(snoozed, NOTHING, NIGHT) == NOON
    assert hushed(snoozed, NOTHING, NOON) is None
    assert sift([told(severity=Severity.CRITICAL)], snoozed, NOTHING, NIGHT).tell


def test_of_two_reasons_to_wait_the_longer_counts():
    both = replace(SLEEPS, snoozed_until=NOON)

    assert hushed(both, NOTHING, NIGHT) == NOON
    assert hushed(replace(both, snoozed_until=NIGHT + timedelta(hours=1)), NOTHING, NIGHT) == SEVEN


def test_the_fifth_of_five_uses_the_budget_up_and_the_sixth_waits_for_monday():
    fifth = sift([told()], FIVE, Tally((), "2026-W06", 4), NOON)
    sixth = sift([told()], FIVE, Tally((), "2026-W06", 5), NOON)

    assert (fifth.used_up, fifth.period, len(fifth.tell)) == (True, "2026-W06", 1)
    assert (sixth.tell, sixth.period) == ((), "")
    assert sixth.aside.due == datetime(2026, 2, 9, 8, tzinfo=UTC)


def test_another_week_has_its_own_budget():
    sifted = sift([told()], FIVE, Tally((), "2026-W05", 5), NOON)

    assert sifted.tell
    assert not sifted.used_up


def test_alerts_of_one_message_count_once():
    sifted = sift([told(), told(rule="r2")], FIVE, Tally((), "2026-W06", 4), NOON)

    assert (len(sifted.tell), sifted.period, sifted.used_up) == (2, "2026-W06", True)


@pytest.mark.parametrize(
    "news",
    [
        told(severity=Severity.CRITICAL),
        told(voice=Voice.LOUD),
        told(voice=Voice.SILENT),
        told(Kind.REMINDED),
        told(Kind.RESOLVED),
        told(Kind.DARK),
    ],
    ids=["critical", "loud", "silent", "reminder", "over", "dark"],
)
def test_what_is_no_ordinary_alert_is_not_counted(news):
    assert sift([news], FIVE, Tally((), "2026-W06", 2), NOON).period == ""


def test_a_critical_alert_rings_though_the_budget_is_used_up():
    assert sift([told(severity=Severity.CRITICAL)], FIVE, Tally((), "2026-W06", 9), NOON).tell


def test_what_was_allowed_on_top_counts_for_its_week_only():
    more = Preferences(budget=Budget(5, Period.WEEK, more=3, more_in="2026-W06"))

    assert left(more, Tally((), "2026-W06", 5), NOON) == 3
    assert left(more, Tally((), "2026-W07", 5), NOON + timedelta(days=7)) == 0
    assert left(Preferences(), NOTHING, NOON) is None


def test_what_comes_back_into_quiet_hours_waits_again():
    """Such as when the wall clock was set back, or the hours were changed meanwhile."""
    events = [told().event]

    assert put_off(events, SLEEPS, NOTHING, NIGHT).aside == Aside(tuple(events), SEVEN)
    assert put_off(events, SLEEPS, NOTHING, SEVEN).aside is None


RULES = {
    "warn": {},
    "critical": {"severity": Severity.CRITICAL},
    "loud": {"voice": Voice.LOUD},
    "silent": {"voice": Voice.SILENT},
}
ordinary = st.builds(
    lambda kind, rule: told(kind, rule=rule, **RULES[rule]),
    st.sampled_from(Kind),
    st.sampled_from(sorted(RULES)),
)


@given(
    st.lists(ordinary, max_size=8),
    st.sampled_from([SLEEPS, FIVE, Preferences(), replace(FIVE, snoozed_until=NOON)]),
)
def test_nothing_is_lost_doubled_or_out_of_order_by_sifting(drawn, chosen):
    entry = [replace(one, event=replace(one.event, value=n)) for n, one in enumerate(drawn)]

    sifted = sift(entry, chosen, Tally((), "2026-W06", 5), NIGHT)

    now = [one.event.value for one in sifted.tell]
    later = [event.value for event in sifted.aside.events] if sifted.aside else []
    assert sorted(now + later) == list(range(len(entry)))
    assert (now, later) == (sorted(now), sorted(later))
    assert {entry[n].rule.id for n in later} <= {"warn"}
