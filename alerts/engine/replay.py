"""What a rule would have said over a stretch of history, with the same look and step as live.

A reading counts until the next one, or for its greatest age; past that the series is dark.
A gap only says why, as it does live. The rule begins with the first moment it can be decided.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf
from operator import attrgetter

from alerts.domain.event import Event
from alerts.domain.ids import Chat, Platform, RuleId
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.domain.rule import (
    Direction,
    Draft,
    Firing,
    Idle,
    Pending,
    Rule,
    State,
    Verdict,
    Waiting,
)
from alerts.engine.move import episode_of, farthest
from alerts.engine.step import step
from alerts.engine.tape import Tape, wind
from alerts.rules.judge import look

_TICK = timedelta(seconds=1)
_CHAT = Chat(Platform("replay"), "0")
_FARTHER = {Direction.ABOVE: max, Direction.BELOW: min}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Replay:
    """What was said, and how much of the stretch could be decided at all.

    `spells` are the episodes, each from its firing to its end (None: it goes on), whether each
    was told or held back as flapping; `on_seconds` is their length in all;
    `waits`: it was met when it was first seen and never cleared, so nothing could fire;
    `coverage` is a share of the stretch; `first` and `last` are the times of the readings at its
    ends.
    """

    events: tuple[Event, ...]
    spells: tuple[tuple[datetime, datetime | None], ...]
    on_seconds: float
    coverage: float
    first: datetime | None
    last: datetime | None
    waits: bool = False

    @property
    def episodes(self) -> int:
        return len(self.spells)

    @property
    def summary(self) -> dict[str, object]:
        """The figures as they are printed."""
        return {
            "episodes": self.episodes,
            "on_seconds": round(self.on_seconds),
            "coverage": round(self.coverage, 4),
            "first": _stamp(self.first),
            "last": _stamp(self.last),
        }


def replay(  # noqa: PLR0913 - the options of the command, one by one
    draft: Draft,
    samples: Iterable[Sample],
    *,
    max_age: timedelta | None = None,
    fire_on_first: bool = False,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Replay:
    """Run a rule over samples. `max_age`: by default three times each series' median spacing."""
    tape = wind(draft, samples, max_age=max_age, end=end)
    return play(draft, tape, fire_on_first=fire_on_first, start=start, end=end)


def play(
    draft: Draft,
    tape: Tape,
    *,
    fire_on_first: bool = False,
    start: datetime | None = None,
    end: datetime | None = None,
) -> Replay:
    """Run a rule over a tape."""
    player = _Player(draft, tape, State(Idle()) if fire_on_first else State())
    inside = tape.times if start is None else tape.times[bisect_left(tape.times, start) :]
    opening = start or next(iter(inside), None)
    if opening is not None:
        player.play(opening, end or (inside[-1] if inside else opening))
    return player.outcome(inside)


def _stamp(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Player:
    """The rule and its market at `clock`, moved forward only."""

    def __init__(self, draft: Draft, tape: Tape, state: State) -> None:
        self.rule = Rule(RuleId("replay"), 0, _CHAT, "", draft, _EPOCH)
        self.tape = tape
        self.state = state
        self.events: list[Event] = []
        self.spells: list[tuple[datetime, datetime | None]] = []
        self.clock = self.began = _EPOCH
        self.due: datetime | None = None
        self.covered = timedelta(0)
        self._readings: dict[Series, Reading] = {}
        self._why: dict[Series, Gap] = {}
        self._verdict: Verdict | None = None
        self._reach: float | None = None

    def play(self, start: datetime, end: datetime) -> None:
        """From `start`, with what was known then, to `end`, where what is due still happens."""
        samples = self.tape.samples
        place = bisect_left(samples, start, key=attrgetter("at"))
        for sample in samples[:place]:
            self._place(sample)
        self.clock = self.began = start
        self._forget(start - timedelta.resolution)
        self._look(start)
        while (place := self._skim(place)) < len(samples):
            place = self._feed(place)
        self._run(max(start, end))
        if self.due is not None and self.due <= end:
            self._look(end)

    def outcome(self, readings: Sequence[datetime]) -> Replay:
        span = self.clock - self.began
        return Replay(
            events=tuple(self.events),
            spells=tuple(self.spells),
            on_seconds=sum(((b or self.clock) - a).total_seconds() for a, b in self.spells),
            coverage=self.covered / span if span else float(bool(readings)),
            first=readings[0] if readings else None,
            last=readings[-1] if readings else None,
            waits=isinstance(self.state.phase, Waiting),
        )

    def _place(self, sample: Sample) -> None:
        """Take a sample over without looking at the rule."""
        if isinstance(sample, Reading):
            self._readings[sample.series] = sample
            self._why.pop(sample.series, None)
        else:
            self._why[sample.series] = sample

    def _feed(self, place: int) -> int:
        """Move on to the samples of the next moment; the place behind them."""
        samples, at = self.tape.samples, self.tape.samples[place].at
        self._run(at)
        while place < len(samples) and samples[place].at == at:
            self._place(samples[place])
            place += 1
        self._look(at)
        return place

    def _skim(self, place: int) -> int:
        """Pass over readings that leave the rule where it is, while nothing is due or grows old.

        The place of the first sample that has to be looked at. It is the idea of the wake index:
        between two levels there is nothing to see.
        """
        tape = self.tape
        if tape.twins or self._verdict is None or len(self._readings) < len(tape.series):
            return place
        now = self._leaves(place, self._calm_until(place))
        if now > place:
            self._pass(place, now)
        return now

    def _calm_until(self, place: int) -> int:
        """The place of the first sample before which, or with which, time alone does something."""
        edges, moments = self.tape.edges, self.tape.moments
        edge = bisect_left(edges, place)
        end = edges[edge] if edge < len(edges) else len(moments)
        return end if self.due is None else bisect_left(moments, self.due, place, end)

    def _leaves(self, place: int, end: int) -> int:
        """The place of the first sample at or past one of the levels around, or the end."""
        values, slots = self.tape.values, self.tape.slots
        cells = [self._cell(one) for one in self.tape.series]
        if len(cells) == 1:  # the usual rule, in half the time
            low, high = cells[0]
            for now in range(place, end):
                if not low < values[now] < high:  # nor does a gap lie between anything
                    return now
            return end
        for now in range(place, end):
            low, high = cells[slots[now]]
            if not low < values[now] < high:
                return now
        return end

    def _pass(self, place: int, end: int) -> None:
        """Take over the samples of some places, none of which the rule would have noticed."""
        tape, lead = self.tape, self.rule.draft.legs[0]
        if isinstance(self.state.phase, Firing):
            slots, slot = tape.slots[place:end], tape.series.index(lead.series)
            led = [
                one for one, its in zip(tape.values[place:end], slots, strict=True) if its == slot
            ]
            farther = max if lead.direction is Direction.ABOVE else min
            self._reach = farther(led, default=None)
        self.covered += tape.moments[end - 1] - self.clock
        self.clock = tape.moments[end - 1]
        unseen = set(range(len(tape.series)))
        for last in range(end - 1, place - 1, -1):
            if tape.slots[last] in unseen:
                unseen.remove(tape.slots[last])
                self._place(tape.samples[last])
            if not unseen:
                return

    def _run(self, until: datetime) -> None:
        """Everything that comes of time alone before `until`: due looks, readings growing old."""
        while True:
            old = self._grows_old()
            due = self.due or until
            if due < until and (old is None or due <= old):
                self._move(due)
                self._look(due)
            elif old is not None and old < until:
                self._move(old)
                self._forget(old)
                self._look(old)
            else:
                self._move(until)
                return

    def _grows_old(self) -> datetime | None:
        """When the first reading stops counting."""
        return self._oldest(self._readings.values()) if self._readings else None

    def _oldest(self, readings: Iterable[Reading]) -> datetime:
        return min(reading.at + self.tape.ages[reading.series] for reading in readings)

    def _forget(self, at: datetime) -> None:
        for series, reading in list(self._readings.items()):
            if reading.at + self.tape.ages[series] <= at:
                why = self._why.get(series)
                reason, detail = (why.reason, why.detail) if why else (Reason.STALE, "")
                self._why[series] = Gap(series, reason, detail, reading.at)
                del self._readings[series]

    def _move(self, at: datetime) -> None:
        if len(self._readings) == len(self.tape.series):
            self.covered += at - self.clock
        self.clock = at

    def _look(self, at: datetime) -> None:
        samples: dict[Series, Sample] = {**self._why, **self._readings}
        seen = look(self.rule.draft, samples)
        if self._verdict is None and seen.verdict is Verdict.UNDECIDED:
            return
        self._verdict = seen.verdict
        move = step(self.rule, self._widened(), seen, at, timedelta(0))
        was_on, is_on = (episode_of(one.phase) for one in (self.state, move.state))
        if is_on and not was_on:
            self.spells.append((at, None))
        elif was_on and not is_on:
            self.spells[-1] = (self.spells[-1][0], at)
        self.state = move.state
        self.due = move.due and max(move.due, at + _TICK)
        if move.event is not None:
            self.events.append(move.event)

    def _widened(self) -> State:
        """The state with the extreme of the readings passed over since the last look."""
        phase, reach = self.state.phase, self._reach
        self._reach = None
        if reach is None or not isinstance(phase, Firing):
            return self.state
        extreme = farthest(self.rule, phase.extreme, reach)
        return replace(self.state, phase=replace(phase, extreme=extreme))

    def _cell(self, series: Series) -> tuple[float, float]:
        """Around the value of a series, how far it may move and the rule still be where it is.

        At rest only being met matters, and so does no longer being met while it is held; once
        told, or waiting to be armed, only being clear does. The edges themselves lie outside.
        """
        waits = isinstance(self.state.phase, Idle | Pending)
        legs = [leg for leg in self.rule.draft.legs if leg.series == series]
        levels = [leg.level if waits else leg.clear for leg in legs]
        value = self._readings[series].value
        below, above = (
            [one for one in levels if one <= value],
            [one for one in levels if one >= value],
        )
        return max(below, default=-inf), min(above, default=inf)
