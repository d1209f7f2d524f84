"""A metric held against another: `skew 7d above skew 30d`, `funding above basis by 5 pts`."""

import re
from dataclasses import replace

from alerts.domain.errors import UsageError
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Leg
from alerts.rules.amounts import rounded
from alerts.rules.conditions import Condition, Meaning, direction_of, which_way
from alerts.rules.levels import no_number, read_clear, read_level
from alerts.rules.phrase import Piece
from alerts.rules.subject import Asked, Found, is_stretch, resolve

_SIDES = re.compile(r"above|over|below|under|[<>≥≤]|\bup\b|\bdown\b", re.IGNORECASE)


def read_against(condition: Condition, named: Found) -> Meaning:
    """A level on the spread of two series; `named` is what stands behind the operator."""
    phrase = condition.phrase
    if "between" in phrase.op.text.lower() or "outside" in phrase.op.text.lower():
        raise UsageError("A range needs two numbers, like: skew between 10 and 15")
    if not _SIDES.search(phrase.op.text):
        raise which_way(replace(phrase, level=_whole(phrase.other)))
    direction, series = direction_of(phrase.op.text), condition.series()
    if named.unknown or not (named.metrics or named.series or named.assets):
        raise no_number(condition.claim(series, direction), _whole(phrase.other))
    other = _other(condition, named, series)
    _check_pair(condition, named, series, other)
    claim = condition.claim(series.less(other), direction)
    said = phrase.level is not phrase.op
    size = abs(read_level(claim, sure=condition.sure)) if said else 0.0
    level = rounded(size if direction is Direction.ABOVE else -size)
    clear = read_clear(claim, level, phrase.clause("clear"))
    return Meaning(((Leg(series.less(other), direction, level, clear),),))


def _whole(pieces: tuple[Piece, ...]) -> Piece:
    return Piece(" ".join(one.text for one in pieces), pieces[0].start, pieces[-1].end)


def _other(condition: Condition, named: Found, series: Series) -> Series:
    """The series named second; of the same asset, or of the same metric, where none is said."""
    here = condition.phrase.other[0]
    metric = condition.vocabulary.metric(series.metric)
    found = replace(
        named,
        assets=named.assets or [(series.asset, here)],
        metrics=named.metrics or ([(metric, here)] if metric and not named.series else []),
    )
    within = condition.phrase.clause("within")
    asked = Asked(condition.phrase.text, found, "", within.value if within else None)
    if named.series:
        asked = replace(asked, found=named, within=None)
    return resolve(asked, condition.vocabulary)


def _check_pair(condition: Condition, named: Found, one: Series, other: Series) -> None:
    text, within = condition.phrase.text, condition.phrase.clause("within")
    if condition.found.kinds or named.kinds or one.derived or other.derived:
        raise UsageError(
            "I hold two metrics against each other as they are, not their changes or percentiles. "
            "Say it as two conditions: skew +5 pts in 24h and eth skew below 3"
        )
    if one == other:
        raise UsageError(
            f"That holds {_named(condition, one)} against itself. Name another, "
            "like: skew 7d above skew 30d",
            fixes=("skew 7d above skew 30d",),
        )
    metrics = [condition.vocabulary.metric(series.metric) for series in (one, other)]
    units = [metric.unit for metric in metrics if metric]
    if len(set(units)) > 1 or (units[0].value == "coins" and one.asset != other.asset):
        shown = [_named(condition, series) for series in (one, other)]
        kinds = [str(unit) for unit in units] if len(set(units)) > 1 else [one.asset, other.asset]
        raise UsageError(
            f"{shown[0]} is in {kinds[0]}, {shown[1]} in {kinds[1]}: they cannot be held against "
            "each other. Two conditions may say it, like: skew above 15 and basis below 3",
            fixes=tuple(shown),
        )
    if within and within.value and not all(m and is_stretch(m) for m in metrics):
        head = text[: within.value.start].rstrip().rpartition(" ")[0]
        raise UsageError(
            f"'in {within.value.text}' says nothing here: both metrics are read as they are now.",
            fixes=(f"{head}{text[within.value.end :]}",),
        )


def _named(condition: Condition, series: Series) -> str:
    metric = condition.vocabulary.metric(series.metric)
    word = condition.vocabulary.word_of(metric) if metric else str(series.metric)
    return " ".join(part for part in (series.asset, word, series.window) if part)
