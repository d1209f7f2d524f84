"""What may ring in a chat now, what waits, and until when. Pure: the courier asks, and obeys.

Only what would make a sound waits. CRITICAL and LOUD rules ring through quiet hours, a snooze and
a budget used up; SILENT ones make no sound, so they are told at once. That a told alert is over is
silent too and told at once, else the chat would show for hours what is no longer so; the end of
one that waits, waits with it.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.calendar import next_summary, period_name, quiet_until
from alerts.domain.event import BEGINNINGS, OF_EPISODES, Event, Kind
from alerts.domain.ids import RuleId
from alerts.domain.preferences import Budget, Preferences
from alerts.domain.rule import Severity, Voice
from alerts.queue import Aside, Tally
from bot.text import Told

_RINGS = {Kind.FIRED, Kind.REMINDED}


@dataclass(frozen=True, slots=True)
class Sifted:
    """What is told now and what is laid aside.

    `silent`: nothing of it may make a sound. `period`: the one in which it counts as an alert,
    empty where it does not. `used_up`: it is the last that the budget has room for.
    """

    tell: tuple[Told, ...] = ()
    aside: Aside | None = None
    silent: bool = False
    period: str = ""
    used_up: bool = False


def sift(
    told: Sequence[Told],
    chosen: Preferences,
    tally: Tally,
    now: datetime,
    together: datetime | None = None,
) -> Sifted:
    """What of an entry is told now; the whole of it to a chat that has chosen nothing.

    Where something rang just before, what else rings waits until `together`: one card for all.
    """
    until = hushed(chosen, tally, now) or together
    waiting = {_key(event) for event in tally.waiting if event.kind in BEGINNINGS}
    tell: list[Told] = []
    aside: list[Event] = []
    for one in told:
        if _follows(one, waiting) or (until and _waits(one)):
            aside.append(one.event)
            waiting |= {_key(one.event)} if one.event.kind in BEGINNINGS else set()
        else:
            tell.append(one)
    counts = chosen.budget is not None and any(_is_counted(one) for one in tell)
    period = period_name(chosen.budget.per, chosen.place, now) if counts and chosen.budget else ""
    return Sifted(
        tell=tuple(tell),
        aside=Aside(tuple(aside), until or now) if aside else None,
        silent=not any(_rings(one) for one in tell),
        period=period,
        used_up=bool(period) and left(chosen, tally, now) == 1,
    )


def put_off(events: Sequence[Event], chosen: Preferences, tally: Tally, now: datetime) -> Sifted:
    """Of events that were laid aside and are due: nothing where there is a new reason to wait."""
    until = hushed(chosen, tally, now)
    return Sifted(aside=Aside(tuple(events), until) if until else None)


def hushed(chosen: Preferences, tally: Tally, now: datetime) -> datetime | None:
    """Until when nothing ordinary may ring; None where it may."""
    ends = []
    if chosen.quiet:
        ends.append(quiet_until(chosen.quiet, chosen.place, now))
    if chosen.snoozed_until and now < chosen.snoozed_until:
        ends.append(chosen.snoozed_until)
    if chosen.budget and left(chosen, tally, now) == 0:
        ends.append(next_summary(chosen.budget.per, chosen.place, now))
    return max((end for end in ends if end), default=None)


def left(chosen: Preferences, tally: Tally, now: datetime) -> int | None:
    """How many alerts may still ring in this period; None without a budget."""
    if chosen.budget is None:
        return None
    period = period_name(chosen.budget.per, chosen.place, now)
    rang = tally.rang if tally.period == period else 0
    return max(room(chosen.budget, period) - rang, 0)


def room(budget: Budget, period: str) -> int:
    """How many alerts may ring in a period, with those allowed on top."""
    return budget.most + (budget.more if budget.more_in == period else 0)


def _follows(told: Told, waiting: Container[tuple[RuleId, int]]) -> bool:
    """Whether it goes on with an episode that waits; what is of the data or the rule does not."""
    return told.event.kind in OF_EPISODES and _key(told.event) in waiting


def _waits(told: Told) -> bool:
    return _rings(told) and not _rings_through(told)


def _rings(told: Told) -> bool:
    voice = told.rule.draft.voice if told.rule else Voice.USUAL
    return told.event.kind in _RINGS and voice is not Voice.SILENT


def _rings_through(told: Told) -> bool:
    draft = told.rule.draft if told.rule else None
    return draft is not None and (draft.severity is Severity.CRITICAL or draft.voice is Voice.LOUD)


def _is_counted(told: Told) -> bool:
    """A reminder is of an alert that was counted; a critical one is never counted out."""
    return told.event.kind is Kind.FIRED and _waits(told)


def _key(event: Event) -> tuple[RuleId, int]:
    return event.rule, event.episode
