"""How much a series usually moves in a day, so that distances of different kinds compare."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from statistics import median

from alerts.domain.reading import Close
from alerts.history.context import FLAT

ENOUGH_MOVES = 14
"""A typical move is told from so many days on: two weeks, with their weekends."""

_DAY = timedelta(days=1)


def typical_move(closes: Sequence[Close], *, relative: bool) -> float | None:
    """The median size of the change from one daily close to the next; oldest close first.

    In the unit of the series or, where `relative`, as a fraction of the close before. Days that
    have no neighbour say nothing. None where too few do, or where it never moves.
    """
    sizes = list(_sizes(closes, relative=relative))
    if len(sizes) < ENOUGH_MOVES:
        return None
    usual = median(sizes)
    return usual if usual > FLAT else None


def _sizes(closes: Sequence[Close], *, relative: bool) -> Iterator[float]:
    for before, after in pairwise(closes):
        if after.day - before.day != _DAY:
            continue
        size = abs(after.value - before.value)
        if not relative:
            yield size
        elif before.value:
            yield size / abs(before.value)
