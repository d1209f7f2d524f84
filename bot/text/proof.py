"""The proof of an alert: what was read, how it is computed, and what that came to."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from alerts.domain.episode import Episode
from alerts.domain.event import Kind
from alerts.domain.reading import Quality, Reading
from alerts.domain.rule import Join, Leg, Verdict
from alerts.metrics import BY_KEY, metric_of
from alerts.rules.judge import judge
from bot.card import Field
from bot.text import figures
from bot.text.history import peak_of
from bot.text.rules import capital, level_of, oneline, terms, unsure

ROWS_AT_MOST = 14
_TIME = len("20:14:58")


def verdict(episode: Episode, now: datetime) -> str:
    """When it fired and why then: `Fired 20:15 UTC: true since 20:05 UTC, for 10 min`."""
    fired, hold = episode.fired, episode.rule.timing.hold
    if fired.kind is Kind.MISSED:
        return "It came and went while you had it snoozed, so only that is kept."
    words = f"Fired {figures.clock(episode.fired_at, now)}"
    held = episode.fired_at - fired.since
    if episode.rule.timing.at_close:
        words += ": true at the daily close, as your alert asks"
    elif hold:
        since = figures.clock(fired.since, now)
        asked = f"your alert asks for {figures.span(hold)}"
        words += f": true since {since}, for {figures.span(held)}; {asked}"
    else:
        words += ": your alert asks for no hold"
    return f"{words}. It happened while I was away." if fired.late else f"{words}."


def outcome(episode: Episode, now: datetime) -> str:
    """How it went on, as far as was told."""
    peak = peak_of(episode)
    parts = [capital(peak)] if peak else []
    if episode.resolved_at is not None:
        parts.append(f"over {figures.clock(episode.resolved_at, now)}")
    return ", ".join(parts) + "." if parts else ""


def fields(episode: Episode, now: datetime) -> Iterator[Field]:
    """Each condition judged anew on the reading that is kept; how it is computed; the alert."""
    kept = {reading.series: reading for reading in episode.evidence}
    for leg in episode.rule.legs:
        yield Field(capital(figures.name(leg.series)), _judged(leg, kept.get(leg.series), now))
    if len(episode.rule.legs) > 1:
        needed = "all" if episode.rule.draft.join is Join.ALL else "one"
        yield Field("Needed", f"{needed} of these {len(episode.rule.legs)}")
    for series in dict.fromkeys(leg.series for leg in episode.rule.legs):
        metric = BY_KEY.get(series.metric)
        if metric is not None:
            made = f"{figures.derivation(series.derived)} of " if series.derived else ""
            yield Field(f"How {figures.short(series)} is made", made + metric.formula)
    draft = episode.rule.draft
    yield Field("Your alert then", f"{figures.minuses(unsure(oneline(draft)))}. {terms(draft)}")


def _judged(leg: Leg, reading: Reading | None, now: datetime) -> str:
    """`12.6% at 20:14:58, above 12.5%: met · Deribit · 100% of its inputs · quality ok`."""
    if reading is None:
        return "no reading then, so it could not be judged"
    side = f"{leg.direction} {level_of(leg.series, leg.level, leg.direction)}"
    shown = f"{_seen(leg, reading.value)} at {figures.second(reading.at, now)}"
    return " · ".join([f"{shown}, {side}: {_word(leg, reading)}", *_sources(reading)])


def table(leg: Leg, readings: Sequence[Reading], episode: Episode, now: datetime) -> str:
    """The samples around the decision, aligned: time, value, what it says of the condition."""
    if not readings:
        return ""
    few = _few(readings)
    rows = [(figures.second(one.at, now)[-_TIME:], _seen(leg, one.value)) for one in few]
    times, values = (max(len(row[place]) for row in rows) for place in (0, 1))
    lines = [
        f"{at:<{times}}  {value:>{values}}  {_word(leg, one)}"
        for (at, value), one in zip(rows, few, strict=True)
    ]
    if len(few) < len(readings):
        lines.insert(len(few) // 2, f"… {len(readings) - len(few)} more")
    fired = figures.second(episode.fired.at, now)
    lines.append(f"{fired[-_TIME:]:<{times}}  {'':>{values}}  fired")
    day = fired[:-_TIME].strip()
    return "\n".join([day, *lines] if day else lines)


def _few(readings: Sequence[Reading]) -> Sequence[Reading]:
    """The first and the last of many."""
    half = ROWS_AT_MOST // 2
    return readings if len(readings) <= ROWS_AT_MOST else [*readings[:half], *readings[-half:]]


def _word(leg: Leg, reading: Reading) -> str:
    return "met" if judge(leg, reading) is Verdict.MET else "not met"


def _seen(leg: Leg, value: float) -> str:
    metric = metric_of(leg.series)
    return figures.exact(metric, value, leg.level) if metric else f"{value:g}"


def _sources(reading: Reading) -> Iterator[str]:
    """`Deribit and OKX`, `95% of its inputs`, `method v2`, `quality ok`."""
    yield ", ".join(figures.venue(venue) for venue in reading.sources) or "no venue named"
    yield f"{reading.coverage:.0%} of its inputs"
    if reading.method:
        yield f"method {reading.method}"
    if reading.quality is Quality.OK:
        yield "quality ok"
    else:
        yield "in doubt" + (f": {figures.cause(reading.doubt)}" if reading.doubt else "")
