"""A rule as one line: the exact inverse of the grammar."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Draft, Join, Leg, Repeat, Severity, Timing, Voice
from alerts.metrics.spec import SPANS, Metric
from alerts.rules.amounts import Amount, rounded, write_level, write_plain, write_span
from alerts.rules.doubts import SURE, doubt
from alerts.rules.subject import is_change
from alerts.rules.until import write_until
from alerts.rules.usual import RECORD, band_legs, usual_clear, usual_timing
from alerts.rules.vocabulary import Vocabulary

_BAND = 2
_MARKS = ("%", "coins", "pts")


def describe(
    draft: Draft, vocabulary: Vocabulary | None = None, *, full: bool = False, timed: bool = True
) -> str:
    """The rule in the grammar's words, so that parsing it gives the same draft.

    With a vocabulary: people's words, and clauses left out where they are as usual (none left
    out when `full`). Without: the series' own name and every clause. `timed=False` leaves the
    timing to be the usual one.
    """
    said = list(_conditions(draft, vocabulary, full=full))
    usual = None if full else _metric(draft.legs[0].series, vocabulary)
    clauses = [f" {draft.join} ".join(one.text for one in said)]
    clauses += _timing(draft.timing, usual) if timed else []
    if draft.severity is Severity.CRITICAL:
        clauses.append(str(draft.severity))
    if draft.voice is not Voice.USUAL:
        clauses.append(str(draft.voice))
    if draft.until is not None:
        clauses.append(f"until {write_until(draft.until)}")
    if any(one.doubtful for one in said):
        clauses.append(SURE)
    if draft.name:
        clauses.append(f'named "{draft.name}"')
    return " ".join(clauses)


@dataclass(frozen=True, slots=True)
class _Said:
    """A condition in words, and whether it would be asked about when it is read."""

    text: str
    doubtful: bool


def title(draft: Draft, vocabulary: Vocabulary | None = None) -> str:
    """A short label: what is watched and the level."""
    return f" {draft.join} ".join(condition(leg, vocabulary) for leg in draft.legs)


def condition(leg: Leg, vocabulary: Vocabulary | None = None) -> str:
    """One leg without its clear level: `BTC skew above 15%`, `BTC oi -10% in 7d`."""
    metric = _metric(leg.series, vocabulary)
    if metric is None or vocabulary is None or not vocabulary.serves(leg.series):
        return f"{leg.series} {leg.direction} {_level(leg.level, metric)}"
    words, other = _subject(leg.series, vocabulary), leg.series.other
    if other is not None:
        return _against(leg, metric, f"{words} {leg.direction} {_subject(other, vocabulary)}")
    kind, _, span = leg.series.derived.partition(".")
    special = {"chg": _change, "pctl": _share}.get(kind)
    own = vocabulary.metric(leg.series.metric)
    plainly = kind == "chg" and own is not None and is_change(own)
    said = special(leg, metric, span) if special and not plainly else ""
    if said:
        return f"{words} {said}"
    if kind == "pctl" and span not in SPANS:
        return f"{leg.series} {leg.direction} {_level(leg.level, metric)}"
    derivation = f" {_KINDS[kind]} {span}" if kind else ""
    named = metric.name_of(leg.level, above=leg.direction is Direction.ABOVE)
    return f"{words}{derivation} {leg.direction} {named or _level(leg.level, metric)}"


_KINDS = {"chg": "change", "pctl": "percentile", "z": "z"}


def _against(leg: Leg, metric: Metric, said: str) -> str:
    """`BTC funding above BTC basis by 5 pts`; the series' name where a sign would be needed."""
    size = leg.level if leg.direction is Direction.ABOVE else -leg.level
    if size < 0:
        return f"{leg.series} {leg.direction} {_level(leg.level, metric)}"
    return f"{said} by {_level(size, metric)}" if size else said


def _change(leg: Leg, metric: Metric, span: str) -> str:
    """`-10% in 7d`, where the change is in the direction of its sign."""
    if leg.level * (1 if leg.direction is Direction.ABOVE else -1) <= 0:
        return ""
    sign = "+" if leg.level > 0 else ""
    return f"{sign}{_level(leg.level, metric)} in {span}"


def _share(leg: Leg, metric: Metric, span: str) -> str:
    """`top 5% in 365d`, `record low 365d`."""
    high = leg.direction is Direction.ABOVE
    share = rounded(100 - leg.level) if high else leg.level
    if share == RECORD and (not high or leg.level == rounded(100 - RECORD)):
        return f"record {'high' if high else 'low'} {span}"
    if span not in SPANS or not 0 < share < 100 or (high and rounded(100 - share) != leg.level):
        return ""
    return f"{'top' if high else 'bottom'} {_level(share, metric)} in {span}"


def _metric(series: Series, vocabulary: Vocabulary | None) -> Metric | None:
    return vocabulary.of(series) if vocabulary else None


def _conditions(draft: Draft, vocabulary: Vocabulary | None, *, full: bool) -> Iterator[_Said]:
    """The conditions in order, two legs that are a range as one."""
    legs, place = draft.legs, 0
    while place < len(legs):
        pair = legs[place : place + _BAND]
        band = "" if full else _band(pair, draft.join, vocabulary)
        if band:
            yield _Said(band, any(_doubtful(leg, vocabulary, ranged=True) for leg in pair))
        else:
            doubtful = _doubtful(legs[place], vocabulary, ranged=False)
            yield _Said(_leg(legs[place], vocabulary, full=full), doubtful)
        place += _BAND if band else 1


def _band(pair: Sequence[Leg], join: Join, vocabulary: Vocabulary | None) -> str:
    """`BTC skew between 10% and 15%`, where two legs are just what that makes."""
    metric = _metric(pair[0].series, vocabulary)
    if len(pair) != _BAND or metric is None or vocabulary is None:
        return ""
    one, other = pair
    if one.series != other.series or one.series.derived or not vocabulary.serves(one.series):
        return ""
    if not one.level < other.level or metric.names:
        return ""
    outside = join is Join.ANY
    edges = (one.level, other.level)
    if band_legs(metric, one.series, edges, outside=outside) != (one, other):
        return ""
    low, high = (_level(edge, metric) for edge in edges)
    word = "outside" if outside else "between"
    return f"{_subject(one.series, vocabulary)} {word} {low} and {high}"


def _doubtful(leg: Leg, vocabulary: Vocabulary | None, *, ranged: bool) -> bool:
    metric = _metric(leg.series, vocabulary)
    if metric is None or vocabulary is None:
        return False
    plain = not leg.series.derived
    generic = metric.words and vocabulary.word_of(metric) == metric.words[0]
    twin = vocabulary.twin(metric) if plain and generic else None
    shown = _level(leg.level, metric)
    amount = Amount(leg.level, next((mark for mark in _MARKS if shown.endswith(mark)), ""))
    signed = plain and not ranged
    return doubt(metric, leg.direction, amount, twin=twin, plain=signed) is not None


def _leg(leg: Leg, vocabulary: Vocabulary | None, *, full: bool) -> str:
    metric, said = _metric(leg.series, vocabulary), condition(leg, vocabulary)
    as_usual = metric and leg.clear == usual_clear(metric, leg.direction, leg.level)
    if as_usual and not full:
        return said
    return f"{said} clear {_level(leg.clear, metric)}"


def _level(value: float, metric: Metric | None) -> str:
    return write_level(value, metric.unit) if metric else write_plain(value)


def _subject(series: Series, vocabulary: Vocabulary) -> str:
    metric = vocabulary.metric(series.metric)
    if metric is None:
        return str(series)
    words = [str(series.asset), vocabulary.word_of(metric)]
    if series.window != metric.default_window:
        words.append(series.window)
    return " ".join(words)


def _timing(timing: Timing, metric: Metric | None) -> Iterator[str]:
    usual = _usual(timing, metric)
    if timing.at_close:
        yield "at the daily close"
    elif metric is None or timing.hold != usual_timing(metric).hold:
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
