"""Conditions that cannot be true together, are always true, or say the same twice."""

from collections.abc import Sequence
from itertools import combinations

from alerts.domain.errors import UsageError
from alerts.domain.rule import Direction, Draft, Join, Leg
from alerts.rules.describe import condition, describe
from alerts.rules.vocabulary import Vocabulary


def check_legs(legs: Sequence[Leg], join: Join, vocabulary: Vocabulary) -> None:
    """UsageError, with a way out, where two conditions on one series contradict each other."""
    for one, said in combinations(legs, 2):
        other = _unmirrored(said) if _are_mirrored(one, said) else said
        if one.series != other.series:
            continue
        if one.direction is other.direction:
            raise _one_is_enough(one, other, join, vocabulary)
        low, high = sorted((one, other), key=lambda leg: leg.direction is Direction.ABOVE)
        if join is Join.ALL and high.level >= low.level:
            raise _refused(one, other, "can never be true together", vocabulary)
        if join is Join.ANY and high.level < low.level:
            raise _refused(one, other, "leave nothing out: it would always be true", vocabulary)


def _are_mirrored(one: Leg, other: Leg) -> bool:
    """Whether two spreads are of the same pair, the other way round."""
    return one.series.other is not None and one.series.bases == other.series.bases[::-1]


def _unmirrored(leg: Leg) -> Leg:
    """The same of the pair turned round: A above B is B below A. A level of percents stays near."""
    base, other = leg.series.bases
    side = Direction.BELOW if leg.direction is Direction.ABOVE else Direction.ABOVE
    return Leg(other.less(base), side, 0.0 - leg.level, 0.0 - leg.clear)


def _one_is_enough(one: Leg, other: Leg, join: Join, vocabulary: Vocabulary) -> UsageError:
    above = one.direction is Direction.ABOVE
    farther = (one, other)[(one.level < other.level) is above]
    nearer = other if farther is one else one
    kept = farther if join is Join.ALL else nearer
    both = f"{condition(one, vocabulary)} {join} {condition(other, vocabulary)}"
    return UsageError(
        f"{both} is the same as {condition(kept, vocabulary)} alone.",
        fixes=(describe(Draft((kept,)), vocabulary, timed=False),),
    )


def _refused(one: Leg, other: Leg, why: str, vocabulary: Vocabulary) -> UsageError:
    said = f"{condition(one, vocabulary)} and {condition(other, vocabulary)}"
    return UsageError(
        f"{said} {why}.",
        fixes=tuple(describe(Draft((leg,)), vocabulary, timed=False) for leg in (one, other)),
    )
