"""Levels with names: `regime above cautious`, `regime becomes stress`, `regime below panic`."""

import re

from alerts.domain.errors import UsageError
from alerts.domain.rule import Direction, Leg
from alerts.metrics.spec import Metric
from alerts.rules.conditions import Condition, Meaning, direction_of
from alerts.rules.doubts import listed
from alerts.rules.levels import read_clear

_STRICT = re.compile(r"above|over|below|under|>(?!=)|<(?!=)", re.IGNORECASE)
_REACHES = re.compile(r"becomes|turns|reaches|is|at\s+least|up|>=|≥", re.IGNORECASE)


def is_graded(metric: Metric | None) -> bool:
    """Whether a metric's levels have names."""
    return metric is not None and bool(metric.names)


def read_grade(condition: Condition, metric: Metric) -> Meaning:
    """A level named by a grade: past it, or at it and beyond."""
    phrase = condition.phrase
    said = " ".join(one.text for one in phrase.other).lower()
    if said not in metric.names:
        raise _unknown(condition, metric)
    found = _level(phrase.op.text, said, metric)
    if found is None:
        raise UsageError(
            f"There is no grade beyond {said}: there are {listed(metric.names)}.",
            fixes=tuple(_ways(condition, metric)),
        )
    direction, level = found
    series = condition.series()
    clear = read_clear(condition.claim(series, direction), level, phrase.clause("clear"))
    return Meaning(((Leg(series, direction, level, clear),),))


def _level(op: str, name: str, metric: Metric) -> tuple[Direction, float] | None:
    """The side and the level; None where no grade lies beyond."""
    worst, best = metric.names[-1], metric.names[0]
    if _STRICT.search(op):
        above = direction_of(op) is Direction.ABOVE
    elif _REACHES.search(op) and name != best:
        above, name = True, metric.names[metric.names.index(name) - 1]
    elif name != worst:  # "becomes calm", "at most cautious"
        above, name = False, metric.names[metric.names.index(name) + 1]
    else:
        return None
    level = metric.level_at(name, above=above)
    return None if level is None else (Direction.ABOVE if above else Direction.BELOW, level)


def _unknown(condition: Condition, metric: Metric) -> UsageError:
    said = " ".join(one.text for one in condition.phrase.other)
    return UsageError(
        f"{said[:40]} is no grade: there are {listed(metric.names)}.",
        fixes=tuple(_ways(condition, metric)),
    )


def _ways(condition: Condition, metric: Metric) -> list[str]:
    word, series = condition.vocabulary.word_of(metric), condition.series()
    return [f"{series.asset} {word} becomes {name}" for name in reversed(metric.names[1:])]
