"""Why an alert came or did not: the nearest approach, the longest stretch, the state of the data.

Everything is told of what was seen and kept; nothing is told of what may come.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.calendar import next_summary, period_name, quiet_until
from alerts.domain.episode import Episode
from alerts.domain.preferences import Preferences
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import (
    Direction,
    Draft,
    Join,
    Leg,
    Overlay,
    Rule,
    Severity,
    State,
    Voice,
    Waiting,
)
from alerts.engine.move import episode_of
from alerts.engine.trace import Stretch, Trace
from alerts.metrics import metric_of
from alerts.queue import Tally
from bot.card import Button, Field
from bot.text import figures
from bot.text.cards import away
from bot.text.rules import capital, clears, level_of, standing, value_of

NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Case:
    """One alert with all that is known of why it is as it is; `recent` are its episodes lately."""

    rule: Rule
    state: State
    overlay: Overlay
    seen: Trace
    recent: Sequence[Episode]
    fresh: Mapping[Series, Reading]
    chosen: Preferences
    tally: Tally
    now: datetime

    @property
    def draft(self) -> Draft:
        return self.rule.draft


def answer(case: Case) -> str:
    """The answer in a few words, for the title."""
    if case.rule.paused:
        return "it is paused"
    if episode_of(case.state.phase) is not None:
        return "it is on"
    times = len(case.recent)
    if times:
        return f"it fired {'once' if times == 1 else f'{times} times'} in 24 h"
    return "it did not fire in 24 h"


def reasons(case: Case) -> Iterator[str]:
    """Why, in whole sentences."""
    if case.rule.paused:
        yield "A paused alert is not looked at. This is what it would have seen."
    for one in case.recent[:1]:
        yield f"It fired last at {figures.clock(one.fired_at, case.now)}; Proof shows on what."
    yield from _approach(case)
    if isinstance(case.state.phase, Waiting) and not case.rule.paused:
        yield (
            "It was true already when it was set or resumed, so it waits: "
            f"armed once {clears(case.draft)}, then the next crossing counts."
        )
    if case.state.flapping and not case.rule.paused:
        yield (
            "It crossed its level so often that it waits for calm: "
            "once it stays 30 min on one side, I say what changed."
        )
    yield from _too_early(case)


def fields(case: Case) -> Iterator[Field]:
    """How it stands now, what would clear it, what its data is like, and what holds news back."""
    state = capital(standing(case.rule, case.state, case.now, case.overlay))
    near = " / ".join(
        away(leg, case.fresh[leg.series]).removeprefix("Now ").removesuffix(": true already")
        for leg in case.rule.legs
        if leg.series in case.fresh
    )
    yield Field("Now", f"{near}. {state}." if near else f"{state}.")
    yield from _clearing(case)
    for leg in dict.fromkeys(leg.series for leg in case.rule.legs):
        yield Field(f"{capital(figures.short(leg))} data", _data(case, leg))
    if case.seen.dark:
        yield Field("Blind", _blind(case))
    if waits := _held_back(case):
        yield Field("News", waits)


def change(rule: Rule, found: Draft | None) -> tuple[Button, ...]:
    """A button with the one change that would have made it fire."""
    if found is None:
        return ()
    mark, hold = f"{rule.number}:{rule.revision}", found.timing.hold
    if found.timing != rule.timing:
        label = f"Hold {figures.span(hold)}" if hold else "No hold"
        return (Button(label, f"rehold:{mark}:{hold.total_seconds():.0f}"),)
    before, after = rule.legs[0], found.legs[0]
    label = f"{_level(before)} → {_level(after)}"
    return (Button(label, f"tune:{mark}:{after.level:.12g}"),)


def _approach(case: Case) -> Iterator[str]:
    """The nearest that each condition came, and how long all of it was true."""
    seen, hold = case.seen, case.rule.timing.hold
    if not any(seen.nearest):
        yield "There was no reading of it in the last 24 h, so nothing could be decided."
        return
    pairs = zip(case.rule.legs, seen.nearest, strict=True)
    said = [_nearest(leg, reading, case.now) for leg, reading in pairs]
    yield f"Last 24 h: {'; '.join(said)}."
    longest = seen.longest
    if longest is None:
        if len(said) > 1 and case.draft.join is Join.ALL:
            yield f"All {len(said)} conditions were never true at once."
        return
    if longest.length == seen.end - seen.start:
        yield "It was true all of that time."
        return
    yield _true_for(seen.met, longest, hold, case.now)
    if case.rule.timing.at_close:
        yield "It counts only what is so at the daily close, 00:00 UTC."


def _true_for(met: Sequence[Stretch], longest: Stretch, hold: timedelta, now: datetime) -> str:
    """How long it was true, against how long it must be: `True for 6 min: shorter than 10 min`."""
    times = f"True {len(met)} times, the longest" if len(met) > 1 else "True"
    length = figures.span(longest.length) if longest.length else "a moment"
    since = figures.clock(longest.start, now)
    if longest.length < hold:
        asked = figures.span(hold)
        return f"{times} for {length} from {since}: shorter than the {asked} it must hold."
    return f"{times} for {length} from {since}."


def _nearest(leg: Leg, reading: Reading | None, now: datetime) -> str:
    """`skew 14.6% at most, at 13:20 UTC, 0.4 pts under your 15%`."""
    name = figures.name(leg.series)
    if reading is None:
        return f"no reading of {name}"
    extreme = "at most" if leg.direction is Direction.ABOVE else "at least"
    metric = metric_of(leg.series)
    shown = figures.exact(metric, reading.value, leg.level) if metric else f"{reading.value:g}"
    when = figures.clock(reading.at, now)
    return f"{name} {shown} {extreme}, at {when}, {_apart(leg, reading.value)}"


def _apart(leg: Leg, value: float) -> str:
    """`0.4 pts under your 15%`, or for what was passed `beyond your 15%`."""
    above = leg.direction is Direction.ABOVE
    gap = leg.level - value if above else value - leg.level
    level = f"your {_level(leg)}"
    if gap < 0:
        return f"beyond {level}"
    metric = metric_of(leg.series)
    side = "under" if above else "over"
    if gap == 0 or metric is None or metric.names:
        return f"not {'above' if above else 'below'} {level}"
    if metric.is_percent:
        digits = metric.decimals if gap >= 0.5 * 10**-metric.decimals else 2
        return f"{gap:.{digits}f} pts {side} {level}"
    return f"{gap / abs(value) * 100:.1f}% {side} {level}" if value else f"{side} {level}"


def _too_early(case: Case) -> Iterator[str]:
    """What was true for long enough, yet before the alert was there or while it kept quiet."""
    longest, timing = case.seen.longest, case.rule.timing
    waits = isinstance(case.state.phase, Waiting)
    if longest is None or longest.length < timing.hold or case.recent or waits:
        return
    if longest.end <= case.rule.created_at:
        yield f"That was before you set it, {figures.clock(case.rule.created_at, case.now)}."
    elif case.state.fired_at and case.now < case.state.fired_at + timing.quiet:
        free = figures.clock(case.state.fired_at + timing.quiet, case.now)
        yield f"It tells at most once in {figures.span(timing.quiet)}: next from {free}."


def _clearing(case: Case) -> Iterator[Field]:
    """For what is on or waits: how near it came to its clear level."""
    waits = isinstance(case.state.phase, Waiting) or episode_of(case.state.phase) is not None
    leg, reading = case.rule.legs[0], case.seen.farthest[0]
    if not waits or reading is None:
        return
    word = "lowest" if leg.direction is Direction.ABOVE else "highest"
    value = value_of(leg.series, reading.value)
    when = figures.clock(reading.at, case.now)
    yield Field("Clears", f"{clears(case.draft)}; the {word} in 24 h was {value} at {when}")


def _data(case: Case, series: Series) -> str:
    """`live, last reading 20 s ago, 3 of 3 venues`."""
    reading, most = case.fresh.get(series), _most_venues(case, series)
    if reading is None:
        return "no fresh reading now, so it is on hold: neither fires nor clears"
    parts = [f"live, last reading {figures.age(case.now - reading.at)} ago"]
    if reading.sources:
        here = len(reading.sources)
        parts.append(f"{here} of {most} venue{'s' * (most != 1)}")
    if reading.doubt:
        parts.append(f"in doubt: {figures.cause(reading.doubt)}")
    return ", ".join(parts)


def _most_venues(case: Case, series: Series) -> int:
    """How many venues it had at best."""
    known = [
        one for one in (*case.seen.nearest, *case.seen.farthest, case.fresh.get(series)) if one
    ]
    return max((len(one.sources) for one in known if one.series == series), default=0)


def _blind(case: Case) -> str:
    """`1 h 30 min without data, 02:10–03:40 UTC; that never counts as held or as clear`."""
    blind = case.seen.blind
    longest = max(blind, key=lambda one: one.length)
    spell = figures.stretch(longest.start, longest.end, case.now)
    reason = f" ({figures.cause(longest.look.reason)})" if longest.look.reason else ""
    most = f"{len(blind)} times, the longest " if len(blind) > 1 else ""
    total = figures.span(case.seen.dark)
    return f"{total} without data, {most}{spell}{reason}; that never counts as held or as clear"


def _held_back(case: Case) -> str:
    """Why what fires would not ring now, and what of it waits already."""
    waiting = [event for event in case.tally.waiting if event.rule == case.rule.id]
    parts = []
    if waiting:
        came = figures.clock(waiting[0].at, case.now)
        several = f"{len(waiting)} pieces of news wait, the first"
        parts.append(f"{several if len(waiting) > 1 else 'news of it waits,'} from {came}")
    draft = case.draft
    if draft.voice is not Voice.LOUD and draft.severity is not Severity.CRITICAL:
        parts += _hushes(case.chosen, case.tally, case.now)
    return "; ".join(parts)


def _hushes(chosen: Preferences, tally: Tally, now: datetime) -> Iterator[str]:
    """What keeps this chat from ringing, each with its end."""
    if chosen.snoozed_until and now < chosen.snoozed_until:
        yield f"this chat is snoozed until {figures.clock(chosen.snoozed_until, now)}"
    until = quiet_until(chosen.quiet, chosen.place, now) if chosen.quiet else None
    if until:
        yield f"quiet hours hold it back until {figures.clock(until, now)}"
    budget = chosen.budget
    if budget is None:
        return
    period = period_name(budget.per, chosen.place, now)
    room = budget.most + (budget.more if budget.more_in == period else 0)
    if tally.period == period and tally.rang >= room:
        summary = figures.clock(next_summary(budget.per, chosen.place, now), now)
        yield f"the budget of {room} this {budget.per} is used up, the summary comes {summary}"


def _level(leg: Leg) -> str:
    return level_of(leg.series, leg.level, leg.direction)
