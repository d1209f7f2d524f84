"""Rules as a chat reads them that has chosen the other sign of skew. Pure."""

from dataclasses import replace

from alerts.domain.rule import Direction, Draft, Leg
from alerts.metrics.mirror import kept_as, shown_as, turn_of

_OTHER_SIDE = {Direction.ABOVE: Direction.BELOW, Direction.BELOW: Direction.ABOVE}


def mirrored(draft: Draft) -> Draft:
    """A rule as it is shown with the other sign: its series called `call skew`."""
    return replace(draft, legs=tuple(map(_turned, draft.legs)))


def kept(leg: Leg) -> Leg:
    """A condition as it is watched, where it was written by the name that tells its other sign."""
    bases = [replace(one, metric=kept_as(one.metric)) for one in leg.series.bases]
    if bases == list(leg.series.bases):
        return leg
    base, *others = bases
    series = base.less(*others) if others else replace(base, derived=leg.series.derived)
    whole = 100.0 if series.derived.startswith("pctl.") else 0.0  # a rank counts from the other end
    return Leg(series, _OTHER_SIDE[leg.direction], whole - leg.level, whole - leg.clear)


def _turned(leg: Leg) -> Leg:
    turn = turn_of(leg.series)
    if turn is None:
        return leg
    side = _OTHER_SIDE[leg.direction]
    return Leg(shown_as(leg.series), side, turn(leg.level), turn(leg.clear))
