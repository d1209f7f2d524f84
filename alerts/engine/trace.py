"""Why a rule did or did not fire: its verdicts over a stretch of history, judged as they are live.

Everything is as of the readings that were kept; what happened between two of them is not seen.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor, log10

from alerts.domain.event import Event, Kind
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.domain.rule import Direction, Draft, Leg, Verdict
from alerts.engine.outlook import at_level
from alerts.engine.replay import play
from alerts.engine.tape import Tape
from alerts.rules.judge import Look, look

HOLDS = tuple(timedelta(minutes=count) for count in (240, 120, 60, 30, 15, 10, 5, 2, 1, 0))
"""Holds a person would choose, longest first."""

_LEVELS_TRIED = 8
_ROUND = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time with one verdict; `look` is the first of it, `series` what decided."""

    start: datetime
    end: datetime
    look: Look

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def verdict(self) -> Verdict:
        return self.look.verdict


@dataclass(frozen=True, slots=True)
class Trace:
    """What a rule saw between two moments.

    `nearest` is for each leg its reading nearest to the level, or farthest beyond it; `farthest`
    the one on the far quiet side; None where there was no reading at all. `fired` is what the
    rule would have told, had it been set at the start.
    """

    draft: Draft
    start: datetime
    end: datetime
    stretches: tuple[Stretch, ...]
    nearest: tuple[Reading | None, ...]
    farthest: tuple[Reading | None, ...]
    fired: tuple[Event, ...]

    @property
    def met(self) -> tuple[Stretch, ...]:
        return self._of(Verdict.MET)

    @property
    def blind(self) -> tuple[Stretch, ...]:
        """Times in which nothing could be decided."""
        return self._of(Verdict.UNDECIDED)

    @property
    def longest(self) -> Stretch | None:
        """The longest time that it was met."""
        return max(self.met, key=lambda one: one.length, default=None)

    @property
    def dark(self) -> timedelta:
        return sum((one.length for one in self.blind), timedelta(0))

    def _of(self, verdict: Verdict) -> tuple[Stretch, ...]:
        return tuple(one for one in self.stretches if one.verdict is verdict)


def trace(draft: Draft, tape: Tape, start: datetime, end: datetime) -> Trace:
    """Look at a rule at every reading of a tape, and whenever one grew too old to count."""
    return Trace(
        draft,
        start,
        end,
        tuple(_stretches(draft, tape, start, end)),
        tuple(_outermost(tape, leg, start, end, 1) for leg in draft.legs),
        tuple(_outermost(tape, leg, start, end, -1) for leg in draft.legs),
        _fired(draft, tape, start, end),
    )


def nudge(seen: Trace, tape: Tape, *, gap: float) -> Draft | None:
    """The rule with the one small change that would have made it fire; None where there is none.

    A shorter hold where it was met too briefly; else, for a rule of one leg, a level nearer to
    what was reached, in round steps that suit its `gap` between level and clear level.
    """
    if seen.fired:
        return None
    tried = _shorter(seen) if seen.longest else _nearer(seen, gap)
    for draft in tried:
        if _fired(draft, tape, seen.start, seen.end):
            return draft
    return None


def _fired(draft: Draft, tape: Tape, start: datetime, end: datetime) -> tuple[Event, ...]:
    """What a rule set at the start would have fired; a tape may go on behind the end."""
    events = play(draft, tape, start=start, end=end).events
    return tuple(event for event in events if event.kind is Kind.FIRED and event.at <= end)


def _shorter(seen: Trace) -> Iterator[Draft]:
    longest, timing = seen.longest, seen.draft.timing
    for hold in HOLDS:
        shorter = hold < timing.hold or timing.at_close
        if longest and shorter and hold <= longest.length:
            yield replace(seen.draft, timing=replace(timing, hold=hold, at_close=False))


def _nearer(seen: Trace, gap: float) -> Iterator[Draft]:
    [leg, *others], [reading, *_] = seen.draft.legs, seen.nearest
    if others or reading is None or gap <= 0:
        return
    step, sign = _round_step(gap / 4), _sign(leg)
    inside = ceil(reading.value * sign / step) - 1
    for count in range(_LEVELS_TRIED):
        yield at_level(seen.draft, float(f"{(inside - count) * step * sign:.12g}"))


def _round_step(size: float) -> float:
    """The largest of 1, 2, 5, 10 times a power of ten that is not above a size."""
    power = 10.0 ** floor(log10(size))
    return float(f"{max(one for one in _ROUND if one * power <= size * 1.0001) * power:.12g}")


def _stretches(draft: Draft, tape: Tape, start: datetime, end: datetime) -> Iterator[Stretch]:
    """One verdict after the other, without a gap between them."""
    turns: list[tuple[datetime, Look]] = []
    for at, seen in _looks(draft, tape, start, end):
        if not turns or turns[-1][1].verdict is not seen.verdict:
            turns.append((at, seen))
    for (since, seen), until in zip(turns, [at for at, _ in turns[1:]] + [end], strict=True):
        yield Stretch(since, until, seen)


def _looks(
    draft: Draft, tape: Tape, start: datetime, end: datetime
) -> Iterator[tuple[datetime, Look]]:
    known: dict[Series, Reading] = {}
    place, samples = 0, tape.samples
    for at in _moments(tape, start, end):
        while place < len(samples) and samples[place].at <= at:
            sample = samples[place]
            if isinstance(sample, Reading):
                known[sample.series] = sample
            place += 1
        yield at, look(draft, {one: _sample(tape, known, one, at) for one in tape.series})


def _moments(tape: Tape, start: datetime, end: datetime) -> Sequence[datetime]:
    """When something can change: a reading came, or grew too old."""
    moments = {start, end}
    for sample in tape.samples:
        if isinstance(sample, Reading):
            moments |= {sample.at, sample.at + tape.ages[sample.series]}
    return sorted(at for at in moments if start <= at <= end)


def _sample(tape: Tape, known: dict[Series, Reading], series: Series, at: datetime) -> Sample:
    reading = known.get(series)
    if reading is None:
        return Gap(series, Reason.NO_DATA, "no reading was kept", at)
    if at < reading.at + tape.ages[series]:
        return reading
    return Gap(series, Reason.STALE, "no newer reading", reading.at)


def _outermost(tape: Tape, leg: Leg, start: datetime, end: datetime, side: int) -> Reading | None:
    """The reading farthest to the loud (1) or the quiet (-1) side of a leg."""
    sign = _sign(leg) * side
    return max(
        (
            one
            for one in tape.samples
            if isinstance(one, Reading) and one.series == leg.series and start <= one.at <= end
        ),
        key=lambda one: one.value * sign,
        default=None,
    )


def _sign(leg: Leg) -> int:
    return 1 if leg.direction is Direction.ABOVE else -1
