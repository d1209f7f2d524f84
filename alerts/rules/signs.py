"""Skew with the other sign: some sources count calls minus puts, and so do their readers.

Whoever chose it writes levels that way; a rule is always kept and shown with the sign of its
metric.
"""

from dataclasses import replace

from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Leg
from alerts.rules.conditions import Meaning
from alerts.rules.mirror import kept
from alerts.rules.subject import Found

_TURNED = frozenset({"skew25_norm", "skew25_raw"})
_KINDS = ("", "chg")


def in_ours(meaning: Meaning, found: Found) -> Meaning:
    """What was written by somebody who counts the other way, in the sign that is kept.

    `skew` is theirs, and so is `call skew`, the name under which they read it.
    """
    sets = tuple(tuple(map(kept, legs)) for legs in meaning.sets)
    said = replace(meaning, sets=sets)
    return _all_turned(said) if _has_other_sign(found) else said


def _has_other_sign(found: Found) -> bool:
    """Whether words, rather than a series' own name, speak of what others count the other way."""
    return any(
        metric.key in _TURNED and not piece.text.lower().startswith(metric.key)
        for metric, piece in found.metrics
    )


def _all_turned(meaning: Meaning) -> Meaning:
    """What a condition means, once its levels are read with the other sign."""
    return replace(
        meaning, sets=tuple(tuple(map(_turned, reversed(legs))) for legs in meaning.sets)
    )


def _turned(leg: Leg) -> Leg:
    if not _is_turned(leg.series):
        return leg
    above = leg.direction is Direction.ABOVE
    side = Direction.BELOW if above else Direction.ABOVE
    return Leg(leg.series, side, 0.0 - leg.level, 0.0 - leg.clear)


def _is_turned(series: Series) -> bool:
    """Levels and changes turn; a rank among its own past does not, as it has no sign."""
    if series.other is not None:
        return {series.metric, series.other.metric} <= _TURNED
    return series.metric in _TURNED and series.derived.partition(".")[0] in _KINDS
