"""A rule as one line: the exact inverse of the grammar."""

from collections.abc import Iterator

from alerts.domain.reading import Series
from alerts.domain.rule import Draft, Leg, Repeat, Timing
from alerts.metrics.spec import Metric
from alerts.rules.amounts import Amount, write_level, write_number, write_span
from alerts.rules.doubts import SURE, doubt
from alerts.rules.usual import usual_clear, usual_timing
from alerts.rules.vocabulary import Vocabulary


def describe(draft: Draft, vocabulary: Vocabulary | None = None, *, full: bool = False) -> str:
    """The rule in the grammar's words, so that parsing it gives the same draft.

    With a vocabulary: people's words, and clauses left out where they are as usual
    (none left out when `full`). Without: the series' own name and every clause.
    """
    metrics = [_metric(leg.series, vocabulary) for leg in draft.legs]
    usual = None if full else metrics[0]
    legs = f" {draft.join} ".join(
        _leg(leg, metric, vocabulary, full=full)
        for leg, metric in zip(draft.legs, metrics, strict=True)
    )
    clauses = [legs, *_timing(draft.timing, usual)]
    if any(_needs_sure(leg, metric) for leg, metric in zip(draft.legs, metrics, strict=True)):
        clauses.append(SURE)
    if draft.name:
        clauses.append(f'named "{draft.name}"')
    return " ".join(clauses)


def title(draft: Draft, vocabulary: Vocabulary | None = None) -> str:
    """A short label: what is watched and the level."""
    return f" {draft.join} ".join(
        _condition(leg, _metric(leg.series, vocabulary), vocabulary) for leg in draft.legs
    )


def _metric(series: Series, vocabulary: Vocabulary | None) -> Metric | None:
    return vocabulary.metric(series.metric) if vocabulary else None


def _needs_sure(leg: Leg, metric: Metric | None) -> bool:
    if metric is None:
        return False
    mark = "%" if _level(leg.level, metric).endswith("%") else ""
    return doubt(metric, leg.direction, Amount(leg.level, mark)) is not None


def _leg(leg: Leg, metric: Metric | None, vocabulary: Vocabulary | None, *, full: bool) -> str:
    condition = _condition(leg, metric, vocabulary)
    as_usual = metric and leg.clear == usual_clear(metric, leg.direction, leg.level)
    if as_usual and not full:
        return condition
    return f"{condition} clear {_level(leg.clear, metric)}"


def _condition(leg: Leg, metric: Metric | None, vocabulary: Vocabulary | None) -> str:
    watched = _subject(leg.series, metric, vocabulary)
    return f"{watched} {leg.direction} {_level(leg.level, metric)}"


def _level(value: float, metric: Metric | None) -> str:
    return write_level(value, metric.unit) if metric else write_number(value)


def _subject(series: Series, metric: Metric | None, vocabulary: Vocabulary | None) -> str:
    if metric is None or vocabulary is None or not vocabulary.serves(series):
        return str(series)
    words = [str(series.asset), vocabulary.word_of(metric)]
    if series.window != metric.default_window:
        words.append(series.window)
    return " ".join(words)


def _timing(timing: Timing, metric: Metric | None) -> Iterator[str]:
    usual = _usual(timing, metric)
    if metric is None or timing.hold != usual_timing(metric).hold:
        yield f"for {write_span(timing.hold)}"
    if usual is None or timing.clear_hold != usual.clear_hold:
        yield f"after {write_span(timing.clear_hold)}"
    if usual is None or timing.repeat is not Repeat.EACH:
        yield _repeat(timing)
    if usual is None or timing.quiet != usual.quiet:
        yield f"quiet {write_span(timing.quiet)}"
    if timing.repeat is not Repeat.EVERY and (usual is None or timing.remind != usual.remind):
        yield f"remind {write_span(timing.remind) if timing.remind else 'never'}"


def _usual(timing: Timing, metric: Metric | None) -> Timing | None:
    """What the grammar assumes once hold and repeat are said."""
    if metric is None:
        return None
    every = timing.remind if timing.repeat is Repeat.EVERY else None
    return usual_timing(metric, hold=timing.hold, repeat=timing.repeat, every=every)


def _repeat(timing: Timing) -> str:
    if timing.repeat is Repeat.EVERY and timing.remind:
        return f"every {write_span(timing.remind)}"
    return str(timing.repeat)
