"""What a look at a rule leads to, and the events it may cause."""

from dataclasses import dataclass
from datetime import datetime

from alerts.domain.event import Event, Kind
from alerts.domain.rule import Direction, Firing, Phase, Recovering, Repeat, Rule, State, Verdict
from alerts.rules.judge import Look


@dataclass(frozen=True, slots=True)
class Move:
    """What a look at a rule led to; `due` is when it wants to be looked at again."""

    state: State
    event: Event | None = None
    due: datetime | None = None


def event_of(  # noqa: PLR0913, PLR0917 -- each is a field of it
    rule: Rule,
    state: State,
    look: Look,
    kind: Kind,
    now: datetime,
    firing: Firing | None = None,
    *,
    late: bool = False,
    again: datetime | None = None,
) -> Event:
    """The event of a kind, as of this look; of the episode that is `firing`, if any is."""
    return Event(
        kind=kind,
        rule=rule.id,
        revision=rule.revision,
        number=rule.number,
        chat=rule.chat,
        episode=firing.episode if firing else state.episodes,
        series=look.series,
        level=look.level,
        value=look.value,
        at=now,
        since=firing.since if firing else state.blind_since or now,
        extreme=firing.extreme if firing else None,
        late=late,
        reason=look.reason,
        again=again,
    )


def broken(rule: Rule, state: State, now: datetime) -> Event:
    """The event of a rule that cannot be looked at."""
    leg = rule.legs[0]
    look = Look(Verdict.UNDECIDED, leg.series, leg.level, None)
    return event_of(rule, state, look, Kind.BROKEN, now)


def reminder(rule: Rule, state: State, firing: Firing) -> datetime | None:
    """When to remind: evenly for "every", else each wait twice as long as the one before."""
    remind = rule.timing.remind
    if remind is None:
        return None
    if rule.timing.repeat is Repeat.EVERY or state.fired_at is None:
        return firing.told_at + remind
    return firing.told_at + (firing.told_at - state.fired_at) + remind


def episode_of(phase: Phase) -> Firing | None:
    """The episode that is on."""
    match phase:
        case Firing() as firing:
            return firing
        case Recovering(firing=firing):
            return firing
        case _:
            return None


def farthest(rule: Rule, one: float, other: float) -> float:
    """The value farther beyond the level of the rule's first leg."""
    return max(one, other) if rule.legs[0].direction is Direction.ABOVE else min(one, other)
