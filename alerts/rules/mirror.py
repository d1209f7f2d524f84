"""Rules as a chat reads them that has chosen the other sign of skew. Pure."""

from dataclasses import replace

from alerts.domain.rule import Direction, Draft, Leg
from alerts.metrics.mirror import shown_as, turn_of

_OTHER_SIDE = {Direction.ABOVE: Direction.BELOW, Direction.BELOW: Direction.ABOVE}


def mirrored(draft: Draft) -> Draft:
    """A rule as it is shown with the other sign: its series called `call skew`."""
    return replace(draft, legs=tuple(map(_turned, draft.legs)))


def is_turned(draft: Draft) -> bool:
    """Whether anything of a rule has another sign to be told with."""
    return any(turn_of(leg.series) for leg in draft.legs)


def _turned(leg: Leg) -> Leg:
    turn = turn_of(leg.series)
    if turn is None:
        return leg
    side = _OTHER_SIDE[leg.direction]
    return Leg(shown_as(leg.series), side, turn(leg.level), turn(leg.clear))
