"""Cards about one rule: as drafted, as saved, as it stands."""

from collections.abc import Mapping
from datetime import datetime

from alerts.domain.calendar import place_of
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import (
    UNTOUCHED,
    Direction,
    Draft,
    Leg,
    Overlay,
    Rule,
    State,
    Unaligned,
    Waiting,
)
from alerts.metrics.mirror import kept_as
from bot.card import Button, Card
from bot.text import figures
from bot.text.doings import ways
from bot.text.rules import clears, convention, gist, oneline, standing, terms, told_in, unsure


def review(
    draft: Draft, fresh: Mapping[Series, Reading], save: str, cancel: str, past: str = ""
) -> Card:
    """A complete rule that is not saved yet; `past` says what it would have done."""
    return Card(
        title=f"Save this alert? {gist(draft)}",
        strong="Save this alert?",
        lines=_said(*_conventions(draft), terms(draft), past, *_distances(draft, fresh)),
        footer=_typed(draft),
        buttons=((Button("Save", save), Button("Cancel", cancel)),),
    )


def saved(
    rule: Rule,
    state: State,
    fresh: Mapping[Series, Reading],
    past: str = "",
    rarer: tuple[Button, ...] = (),
) -> Card:
    """A rule just saved: the echo of what was understood, its past, and what happens next.

    `past` says what the rule would have done; `rarer` are buttons for levels that fire less.
    """
    draft = rule.draft
    waiting = isinstance(state.phase, Waiting)
    extra = (Button("Alert me now", f"arm:{rule.number}:{rule.revision}"),) if waiting else ()
    return Card(
        title=f"Saved as #{rule.number} – {gist(draft)}",
        strong=f"Saved as #{rule.number}",
        lines=_said(*_conventions(draft), terms(draft), past, *_next(draft, state, fresh)),
        footer=_typed(draft),
        buttons=tuple(row for row in ((*_edits(rule), *extra), rarer) if row),
    )


def standing_card(
    rule: Rule,
    state: State,
    fresh: Mapping[Series, Reading],
    now: datetime,
    overlay: Overlay = UNTOUCHED,
) -> Card:
    """A rule as it stands, with what can be done to it."""
    waiting = isinstance(state.phase, Waiting) and not rule.paused
    extra = (Button("Alert me now", f"arm:{rule.number}:{rule.revision}"),) if waiting else ()
    about = Button("What is this?", f"cmd:explain:{_subject(rule.draft.legs[0])}")
    draft, words = told_in(rule.draft, place_of(now)), standing(rule, state, now, overlay)
    doings = (*ways(rule, state, overlay, now), Button("Why?", f"cmd:why:{rule.number}"))
    return Card(
        title=f"#{rule.number} {gist(rule.draft)} – {words}",
        strong=f"#{rule.number} {gist(rule.draft)}",
        lines=(*_conventions(draft), terms(draft), *_distances(draft, fresh)),
        footer=_typed(rule.draft),
        buttons=tuple(row for row in ((*_edits(rule), *extra, about), doings) if row),
    )


def _said(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def away(leg: Leg, reading: Reading) -> str:
    """How far a value is from a level: `Now 14.2%, 0.8 pts away`."""
    metric = figures.meant(leg.series)
    shown = figures.value(metric, reading.value)
    gap = leg.level - reading.value
    if leg.direction is Direction.BELOW:
        gap = -gap
    if gap < 0:
        return f"Now {shown}: true already"
    if metric.names:
        return f"Now {shown}"
    if not metric.is_percent:
        return f"Now {shown}, {gap / reading.value * 100:.1f}% away" if reading.value else ""
    return f"Now {shown}, {gap:.{metric.decimals}f} pts away"


def _typed(draft: Draft) -> str:
    """The line to type for the same alert, where the title does not say it already."""
    line = unsure(oneline(draft))
    return "" if figures.minuses(line) == gist(draft) else f"As one line: {line}"


def _subject(leg: Leg) -> str:
    return f"{leg.series.asset} {kept_as(leg.series.metric)}"


def _edits(rule: Rule) -> tuple[Button, ...]:
    mark = f"{rule.number}:{rule.revision}"
    switch = Button("Resume", f"resume:{mark}") if rule.paused else Button("Pause", f"pause:{mark}")
    return switch, Button("Delete", f"delete:{mark}")


def _conventions(draft: Draft) -> tuple[str, ...]:
    return tuple(convention(series) for series in dict.fromkeys(leg.series for leg in draft.legs))


def _distances(draft: Draft, fresh: Mapping[Series, Reading]) -> tuple[str, ...]:
    known = [away(leg, fresh[leg.series]) for leg in draft.legs if leg.series in fresh]
    return tuple(f"{line}." for line in known) or ("No fresh reading right now.",)


def _next(draft: Draft, state: State, fresh: Mapping[Series, Reading]) -> tuple[str, ...]:
    match state.phase:
        case Waiting():
            values = " / ".join(
                figures.value(figures.meant(leg.series), fresh[leg.series].value)
                for leg in draft.legs
                if leg.series in fresh
            )
            crossing = f"waits for its next crossing: armed once {clears(draft)}"
            return (f"Already true ({values}), so it {crossing}.",)
        case Unaligned():
            return ("No fresh reading right now: it starts with the first one, silently.",)
        case _:
            return _distances(draft, fresh)
