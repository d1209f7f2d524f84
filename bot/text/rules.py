"""Rules and their standing in a person's words."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache

from alerts.domain.calendar import here
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import (
    UNTOUCHED,
    Direction,
    Draft,
    Firing,
    Idle,
    Join,
    Leg,
    Overlay,
    Pending,
    Recovering,
    Repeat,
    Rule,
    Severity,
    Spent,
    State,
    Timing,
    Unaligned,
    Voice,
    Waiting,
)
from alerts.engine.move import episode_of
from alerts.metrics import METRICS, metric_of
from alerts.metrics.mirror import MIRRORED
from alerts.metrics.spec import Metric
from alerts.rules.describe import condition, describe
from alerts.rules.vocabulary import Vocabulary
from bot.text import figures

_SURE = re.compile(r"\s+sure\b", re.IGNORECASE)
_QUIET = {Unaligned: "waits for its first reading", Idle: "armed", Spent: "done"}


def gist(draft: Draft) -> str:
    """A rule in as few words as name it: `BTC skew above 15%`."""
    return _titled(draft, f" {draft.join} ".join(_leg(leg) for leg in draft.legs))


def listed(draft: Draft) -> str:
    """A rule with all that is unusual about it: `BTC skew above 15% for 1h once`."""
    return _titled(draft, figures.minuses(unsure(oneline(replace(draft, name="")))))


def _titled(draft: Draft, legs: str) -> str:
    return f"{draft.name}: {legs}" if draft.name else legs


def oneline(draft: Draft) -> str:
    """The line that, typed, makes this very alert."""
    return describe(draft, _words(draft.legs))


def _words(legs: Sequence[Leg]) -> Vocabulary:
    """The vocabulary that can name what legs are about."""
    assets = (base.asset for leg in legs for base in leg.series.bases)
    return Vocabulary((*METRICS, *MIRRORED.values()), tuple(dict.fromkeys(assets)))


def unsure(line: str) -> str:
    """A typed line without the word that says it is meant: it is for the grammar alone."""
    parts = line.split('"')
    parts[::2] = [_SURE.sub("", part) for part in parts[::2]]
    return '"'.join(parts)


def terms(draft: Draft) -> str:
    """When it becomes news: hold, clear level, repeats, and what else was said of it.

    When it ends is told in the place in which that moment is.
    """
    timing = draft.timing
    hold = f"Must hold {figures.span(timing.hold)}" if timing.hold else "At once"
    if timing.at_close:
        hold = "Counts at the daily close, 00:00 UTC"
    parts = [hold, f"clears {clears(draft)}", *_repeats(timing)]
    if draft.severity is not Severity.WARN:
        parts.append(str(draft.severity))
    if draft.voice is not Voice.USUAL:
        parts.append(str(draft.voice))
    if draft.until is not None:
        parts.append(f"ends {figures.dated(draft.until)}")
    return " · ".join(parts)


def told_in(draft: Draft, place: tzinfo) -> Draft:
    """The same rule, whose end is told by the clock of a place."""
    return replace(draft, until=here(draft.until, place)) if draft.until else draft


def _repeats(timing: Timing) -> Iterator[str]:
    if timing.repeat is Repeat.ONCE:
        yield "once"
        return
    yield "each time" + (f", at most every {figures.span(timing.quiet)}" * bool(timing.quiet))
    if timing.remind:
        even, wait = timing.repeat is Repeat.EVERY, figures.span(timing.remind)
        rarer = f"reminders after {wait}, then ever more rarely"
        yield f"reminder every {wait}" if even else rarer


def clears(draft: Draft) -> str:
    """Past which levels it is over: `below 13%`."""
    joint = " or " if draft.join is Join.ALL else " and "
    return joint.join(clear(leg) for leg in draft.legs)


def clear(leg: Leg) -> str:
    """The clear level of one leg, with its side."""
    quiet = Direction.BELOW if leg.direction is Direction.ABOVE else Direction.ABOVE
    return f"{quiet} {level_of(leg.series, leg.clear, quiet)}"


def convention(series: Series) -> str:
    """What exactly is measured, with unit and sign: no two products mean the same number."""
    metric = metric_of(series)
    if metric is None:
        return str(series)
    return f"{measure(series)}. {capital(metric.sign)}."


def measure(series: Series) -> str:
    """What is measured, with its tenor: `60d futures basis (annualised, simple)`."""
    metric = metric_of(series)
    if metric is None:
        return str(series)
    if not series.window:
        return metric.title
    lowered = metric.title[:1].lower() + metric.title[1:]
    return f"{series.window} {metric.title if metric.title[1:2].isupper() else lowered}"


def capital(text: str) -> str:
    """A sentence's first letter, with the rest left alone."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=4096)
def level_of(series: Series, number: float, side: Direction = Direction.ABOVE) -> str:
    """A level in the unit of its series; that of a grade by its name on that side."""
    metric = metric_of(series)
    above = side is Direction.ABOVE
    return figures.level(metric, number, above=above) if metric else f"{number:g}"


def value_of(series: Series, number: float) -> str:
    """A value in the unit of its series."""
    metric = metric_of(series)
    return figures.value(metric, number) if metric else f"{number:g}"


def line(
    rule: Rule,
    state: State,
    latest: Mapping[Series, Reading],
    now: datetime,
    overlay: Overlay = UNTOUCHED,
) -> str:
    """One line of a list: `#7 BTC skew above 15% · now 14.2% · armed`."""
    seen = [f"now {current}"] if (current := known(rule, latest)) else []
    stands = standing(rule, state, now, overlay)
    return " · ".join([f"#{rule.number} {listed(rule.draft)}", *seen, stands])


def standing(rule: Rule, state: State, now: datetime, overlay: Overlay = UNTOUCHED) -> str:
    """What a rule is doing, in a few words, and what people did about it."""
    if rule.paused:
        return "paused"
    if state.broken:
        return "on hold: I could not work it out"
    firing = episode_of(state.phase)
    parts = [_phase(rule, state, now)]
    if firing is not None and firing.episode == overlay.acked:
        parts.append("seen")
    if state.flapping:
        parts.append("held until it is calm")
    if overlay.snoozed_until is not None and overlay.is_snoozed(now):
        parts.append(f"snoozed until {figures.clock(overlay.snoozed_until, now)}")
    if state.blind_since:
        parts.append("on hold: no data")
    return ", ".join(parts)


def distance(rule: Rule, latest: Mapping[Series, Reading]) -> float:
    """How far a rule is from its level, in clear gaps of its metric, so that kinds compare."""
    gaps = [gap for leg in rule.legs if (gap := _gap(leg, latest)) is not None]
    farthest = max if rule.draft.join is Join.ALL else min
    return farthest(gaps, default=float("inf"))


def _leg(leg: Leg) -> str:
    if leg.series.derived:
        return figures.minuses(condition(leg, _words([leg])))
    level = level_of(leg.series, leg.level, leg.direction)
    return f"{figures.name(leg.series)} {leg.direction} {level}"


def known(rule: Rule, latest: Mapping[Series, Reading]) -> str:
    """The values its conditions watch, as far as they are known: `14.2% / $71.5K`."""
    shown = []
    for leg in rule.legs:
        reading, metric = latest.get(leg.series), metric_of(leg.series)
        if reading and metric:
            shown.append(figures.value(metric, reading.value))
    return " / ".join(shown)


def _phase(rule: Rule, state: State, now: datetime) -> str:
    match state.phase:
        case Firing(since=since):
            return f"ON since {figures.clock(since, now)}"
        case Recovering(firing=firing):
            return f"ON since {figures.clock(firing.since, now)}, clearing"
        case Pending(since=since):
            return _holding(rule.timing, since, now)
        case Waiting():
            return f"true already, armed once {clears(rule.draft)}"
        case phase:
            return _QUIET[type(phase)]


def _holding(timing: Timing, since: datetime, now: datetime) -> str:
    """How far a hold has come."""
    if now >= timing.held(since):
        return "true, tells you at the next look"
    if timing.at_close:
        return "true, waits for the daily close at 00:00 UTC"
    held = max(now - since, timedelta(0))
    return f"true for {figures.span(held)} of {figures.span(timing.hold)}"


def _gap(leg: Leg, latest: Mapping[Series, Reading]) -> float | None:
    reading, metric = latest.get(leg.series), metric_of(leg.series)
    if reading is None or metric is None:
        return None
    away = leg.level - reading.value
    return max(0.0, away if leg.direction is Direction.ABOVE else -away) / _unit(metric, leg)


def _unit(metric: Metric, leg: Leg) -> float:
    gap = metric.defaults.clear_gap
    return abs(gap * leg.level if metric.defaults.relative else gap) or 1.0
