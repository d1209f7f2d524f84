"""Cards about an alert itself rather than its metric: flapping, missed, ended, broken. Silent."""

from collections.abc import Callable, Mapping
from datetime import datetime

from alerts.domain.event import Event, Kind
from alerts.domain.rule import Because, Direction, Leg
from alerts.metrics import metric_of
from bot.card import Button, Card, Tone
from bot.text import figures
from bot.text.doings import SNOOZE_LABEL
from bot.text.rules import gist, level_of
from bot.text.told import Told, footer, headline, tag

CALM_AFTER = "30 min"
"""As `alerts/engine/telling.py` has it."""


def aside(told: Told, now: datetime, *, simulated: bool) -> Card:
    """The card of one such event."""
    strong, rest = headline(told)
    lines = _LINES[told.event.kind](told, now)
    return Card(
        title=f"{strong} – {rest}" if rest else strong,
        tone=Tone.NOTICE if told.event.kind is Kind.FLAPPING else Tone.QUIET,
        strong=strong,
        lines=tuple(line for line in lines if line),
        footer=footer([figures.clock(told.event.at, now), tag(told)], simulated=simulated),
        buttons=_buttons(told),
        silent=True,
        events=(told.event,),
    )


def held_line(told: Told, now: datetime) -> str:
    """Why it is told only now, and when it happened; empty for what is told at once."""
    event = told.event
    if event.held is None:
        return ""
    if event.held is Because.FLAPPING:
        return f"Calm again: it stayed on this side for {CALM_AFTER}."
    if event.happened is None:
        return "Your snooze is over, and it is still on."
    when = figures.clock(event.happened, now)
    word = "Over since" if event.kind is Kind.RESOLVED else "On since"
    return f"{word} {when}; held while you had it snoozed."


def _flapping(told: Told, now: datetime) -> tuple[str, ...]:  # noqa: ARG001 -- one of four alike
    held = f"Holding until it stays {CALM_AFTER} on one side. Then I say what changed, if anything."
    return held, _level(told)


def _level(told: Told) -> str:
    event, metric = told.event, told.metric
    if event.value is None or metric is None:
        return ""
    return f"Now {figures.exact(metric, event.value, event.level)}."


def _missed(told: Told, now: datetime) -> tuple[str, ...]:
    event = told.event
    end = event.happened or event.at
    spell = figures.stretch(event.since, end, now)
    times = f"{event.times} times, the last " if event.times > 1 else ""
    return (
        f"On {times}{spell} ({figures.span(end - event.since)}){_peak(told)}.",
        "You had it snoozed.",
    )


def _peak(told: Told) -> str:
    metric, extreme = told.metric, told.event.extreme
    if metric is None or extreme is None:
        return ""
    word = "peak" if told.direction is Direction.ABOVE else "low"
    return f" · {word} {figures.exact(metric, extreme, told.event.level)}"


def _expired(told: Told, now: datetime) -> tuple[str, ...]:
    event = told.event
    began, ended = event.since, event.happened or event.at
    fired = "never fired" if not event.times else "fired once"
    if event.times > 1:
        fired = f"fired {event.times} times"
    span = f"{figures.moment(began, now)} to {figures.clock(ended, now)}"
    return (f"It watched from {span} and {fired}.", _named(told))


def _broken(told: Told, now: datetime) -> tuple[str, ...]:  # noqa: ARG001 -- one of four alike
    return (
        "Something broke on my side while looking at it; it is in my log.",
        "I try again every hour. Your other alerts go on.",
        _named(told),
    )


def _named(told: Told) -> str:
    return f"Your alert: {gist(told.rule.draft)}" if told.rule else ""


_LINES: Mapping[Kind, Callable[[Told, datetime], tuple[str, ...]]] = {
    Kind.FLAPPING: _flapping,
    Kind.MISSED: _missed,
    Kind.EXPIRED: _expired,
    Kind.BROKEN: _broken,
}


def _buttons(told: Told) -> tuple[tuple[Button, ...], ...]:
    event = told.event
    mark = f"{event.number}:{event.revision}"
    opened = Button(f"Open #{event.number}", f"show:{event.number}")
    match event.kind:
        case Kind.FLAPPING:
            return ((*_wider(told, mark), Button(SNOOZE_LABEL, f"snooze:{event.number}"), opened),)
        case Kind.EXPIRED:
            return ((Button("Delete", f"delete:{mark}"), Button("Your alerts", "cmd:alerts")),)
        case Kind.BROKEN:
            return ((Button("Try now", f"resume:{mark}"), Button("Delete", f"delete:{mark}")),)
        case _:
            return ((opened,),)


def _wider(told: Told, mark: str) -> list[Button]:
    """A clear level half as far again, where the alert has one condition."""
    if told.rule is None or len(told.rule.legs) != 1:
        return []
    clear = wider(told.rule.legs[0])
    shown = level_of(told.event.series, clear)
    return [Button(f"Widen clear level to {shown}", f"widen:{mark}:{clear:.12g}")]


def wider(leg: Leg) -> float:
    """The clear level half as far again, and at least as far as is usual for its metric."""
    metric = metric_of(leg.series)
    gap = abs(leg.level - leg.clear) * 1.5
    if metric is not None:
        usual = metric.defaults.clear_gap
        gap = max(gap, usual * (abs(leg.level) if metric.defaults.relative else 1))
    sign = -1 if leg.direction is Direction.ABOVE else 1
    return float(f"{leg.level + sign * gap:.12g}")


def is_aside(event: Event) -> bool:
    """Whether an event is about the alert itself."""
    return event.kind in _LINES
