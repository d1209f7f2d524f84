"""What a replay tells about a rule before it is saved: how much is known, how often, how long."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.domain.rule import Direction, Draft, Leg
from alerts.engine.replay import Replay, play
from alerts.engine.tape import Tape

ENOUGH = timedelta(days=1)
"""Less known history than this tells nothing about a rate."""

_WEEK = timedelta(weeks=1)
_OFFERS = 2


@dataclass(frozen=True, slots=True)
class Outlook:
    """A rule's past: `known` is how much of `span` could be decided at all.

    `on` is how long it was on in all; `quietest` the longest time it was not; `last` its latest
    firing; `is_on` whether that one goes on; `waits`: it was true from the start and never cleared.
    """

    span: timedelta
    known: timedelta
    episodes: int = 0
    on: timedelta = timedelta(0)
    quietest: timedelta = timedelta(0)
    last: datetime | None = None
    is_on: bool = False
    waits: bool = False

    @property
    def tells(self) -> bool:
        """Whether so much is known that a rate can be told."""
        return self.known >= ENOUGH

    @property
    def per_week(self) -> float:
        """Firings a week of known time; 0 where nothing is known."""
        return self.episodes * (_WEEK / self.known) if self.known else 0.0


def outlook(run: Replay) -> Outlook:
    """The past of a rule as its replay shows it."""
    if run.first is None or run.last is None:
        return Outlook(timedelta(0), timedelta(0))
    span = run.last - run.first
    fired = [start for start, _ in run.spells]
    over = [end for _, end in run.spells if end is not None]
    return Outlook(
        span=span,
        known=span * run.coverage,
        episodes=len(fired),
        on=timedelta(seconds=run.on_seconds),
        quietest=_quietest([run.first, *over], [*fired, run.last]),
        last=fired[-1] if fired else None,
        is_on=len(fired) > len(over),
        waits=run.waits,
    )


def _quietest(ends: Iterable[datetime], starts: Iterable[datetime]) -> timedelta:
    """The longest wait from an end (or the beginning) to the next start (or the end of it all)."""
    waits = [start - end for end, start in zip(ends, starts, strict=False)]
    return max(waits)


def rarer(draft: Draft, tape: Tape, levels: Iterable[float]) -> tuple[tuple[Draft, Outlook], ...]:
    """Up to two of the levels, farther and farther out, each of which fired less, yet fired."""
    found: list[tuple[Draft, Outlook]] = []
    least = outlook(play(draft, tape)).episodes
    for level in levels:
        other = at_level(draft, level)
        seen = outlook(play(other, tape))
        if 0 < seen.episodes < least:
            found.append((other, seen))
            least = seen.episodes
        if len(found) == _OFFERS or not seen.episodes:
            break
    return tuple(found)


def at_level(draft: Draft, level: float) -> Draft:
    """The rule with its first leg at another level, its clear level as far away as before."""
    first, *rest = draft.legs
    clear = float(f"{first.clear + level - first.level:.12g}")
    quiet = min(level, clear) if first.direction is Direction.ABOVE else max(level, clear)
    return replace(draft, legs=(replace(first, level=level, clear=quiet), *rest))


def farther(leg: Leg, *, gap: float) -> Iterator[float]:
    """Levels farther out than a leg's own, in steps of its gap, rounded as a person would."""
    sign = 1 if leg.direction is Direction.ABOVE else -1
    sizes = [leg.level + sign * gap * step for step in (1.5, 2.5, 4, 6, 9)]
    tried = [_round(size, gap) for size in sizes]
    for before, level in pairwise([leg.level, *tried]):
        if (level - before) * sign > 0:
            yield level


def _round(level: float, gap: float) -> float:
    """A level on a round number: whole gaps of the same order of size."""
    step = 10.0 ** (len(f"{abs(gap):.0f}") - 1) if gap >= 1 else gap
    return float(f"{round(level / step) * step:.12g}")
