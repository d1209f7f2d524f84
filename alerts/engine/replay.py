"""What a rule would have said over a stretch of history, with the same look and step as live.

A reading counts until the next one, or for its greatest age; past that the series is dark.
A gap only says why, as it does live. The rule begins with the first moment it can be decided.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter
from statistics import median

from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, Platform, RuleId
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.domain.rule import Draft, Firing, Idle, Rule, State, Verdict
from alerts.engine.step import farthest, step
from alerts.rules.judge import judge, look

_FALLBACK_AGE = timedelta(minutes=15)
_TICK = timedelta(seconds=1)
_CHAT = Chat(Platform("replay"), "0")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Replay:
    """What was said, and how much of the stretch could be decided at all.

    `on_seconds` runs from each firing to its end; `coverage` is a share of the stretch;
    `first` and `last` are the times of the readings at its ends.
    """

    events: tuple[Event, ...]
    episodes: int
    on_seconds: float
    coverage: float
    first: datetime | None
    last: datetime | None

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
    ordered = _relevant(draft, samples, end)
    player = _Player(draft, _ages(ordered, max_age), State(Idle()) if fire_on_first else State())
    times = [one.at for one in ordered if isinstance(one, Reading)]
    inside = [at for at in times if start is None or at >= start]
    opening = start or min(inside, default=None)
    if opening is not None:
        player.play(ordered, opening, end or max(inside, default=opening))
    return player.outcome(inside)


def _stamp(at: datetime | None) -> str | None:
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _relevant(draft: Draft, samples: Iterable[Sample], end: datetime | None) -> list[Sample]:
    watched = {leg.series for leg in draft.legs}
    return sorted(
        (one for one in samples if one.series in watched and (end is None or one.at <= end)),
        key=attrgetter("at"),
    )


def _ages(ordered: Sequence[Sample], max_age: timedelta | None) -> dict[Series, timedelta]:
    times: dict[Series, list[datetime]] = {}
    for sample in ordered:
        if isinstance(sample, Reading):
            times.setdefault(sample.series, []).append(sample.at)
    if max_age is not None:
        return dict.fromkeys(times, max_age)
    return {series: _usual_age(at) for series, at in times.items()}


def _usual_age(times: Sequence[datetime]) -> timedelta:
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    return timedelta(seconds=3 * median(gaps)) if gaps else _FALLBACK_AGE


class _Player:
    """The rule and its market at `clock`, moved forward only."""

    def __init__(self, draft: Draft, ages: Mapping[Series, timedelta], state: State) -> None:
        self.rule = Rule(RuleId("replay"), 0, _CHAT, "", draft, _EPOCH)
        self.ages = ages
        self.state = state
        self.events: list[Event] = []
        self.clock = self.began = _EPOCH
        self.due: datetime | None = None
        self.covered = timedelta(0)
        self._readings: dict[Series, Reading] = {}
        self._why: dict[Series, Gap] = {}
        self._series = frozenset(leg.series for leg in draft.legs)
        self._verdict: Verdict | None = None
        self._reach: float | None = None

    def play(self, ordered: Sequence[Sample], start: datetime, end: datetime) -> None:
        """From `start`, with what was known then, to `end`, where what is due still happens."""
        before = [sample for sample in ordered if sample.at < start]
        for sample in before:
            self._place(sample)
        self.clock = self.began = start
        self._forget(start - timedelta.resolution)
        self._look(start)
        for at, group in groupby(ordered[len(before) :], key=attrgetter("at")):
            self._feed(at, list(group))
        self._run(max(start, end))
        if self.due is not None and self.due <= end:
            self._look(end)

    def outcome(self, readings: Sequence[datetime]) -> Replay:
        fired = [event.at for event in self.events if event.kind is Kind.FIRED]
        over = [event.at for event in self.events if event.kind is Kind.RESOLVED]
        ends = over + [self.clock] * (len(fired) - len(over))
        span = self.clock - self.began
        return Replay(
            events=tuple(self.events),
            episodes=len(fired),
            on_seconds=sum((b - a).total_seconds() for a, b in zip(fired, ends, strict=True)),
            coverage=self.covered / span if span else float(bool(readings)),
            first=readings[0] if readings else None,
            last=readings[-1] if readings else None,
        )

    def _place(self, sample: Sample) -> None:
        """Take a sample over without looking at the rule."""
        if isinstance(sample, Reading):
            self._readings[sample.series] = sample
            self._why.pop(sample.series, None)
        else:
            self._why[sample.series] = sample

    def _feed(self, at: datetime, batch: Sequence[Sample]) -> None:
        """Move on to the next samples."""
        if len(batch) == 1 and (dull := self._dull(batch[0])):
            self._pass_over(dull)
            return
        self._run(at)
        for sample in batch:
            self._place(sample)
        self._look(at)

    def _dull(self, sample: Sample) -> Reading | None:
        """The reading, if the rule sees just what it saw: same verdict, nothing due, no gap."""
        if not isinstance(sample, Reading) or len(self.rule.draft.legs) > 1:
            return None
        if self.due is not None and self.due <= sample.at:
            return None
        before = self._readings.get(sample.series)
        if before is None or sample.at - before.at > self.ages[sample.series]:
            return None
        same = judge(self.rule.draft.legs[0], sample) is self._verdict
        return sample if same else None

    def _pass_over(self, reading: Reading) -> None:
        self.covered += reading.at - self.clock
        self.clock = reading.at
        self._place(reading)
        reach = reading.value if self._reach is None else self._reach
        self._reach = farthest(self.rule, reach, reading.value)

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
        ends = [reading.at + self.ages[series] for series, reading in self._readings.items()]
        return min(ends, default=None)

    def _forget(self, at: datetime) -> None:
        for series, reading in list(self._readings.items()):
            if reading.at + self.ages[series] <= at:
                why = self._why.get(series)
                reason, detail = (why.reason, why.detail) if why else (Reason.STALE, "")
                self._why[series] = Gap(series, reason, detail, reading.at)
                del self._readings[series]

    def _move(self, at: datetime) -> None:
        if self._readings.keys() == self._series:
            self.covered += at - self.clock
        self.clock = at

    def _look(self, at: datetime) -> None:
        samples: dict[Series, Sample] = {**self._why, **self._readings}
        seen = look(self.rule.draft, samples)
        if self._verdict is None and seen.verdict is Verdict.UNDECIDED:
            return
        self._verdict = seen.verdict
        move = step(self.rule, self._widened(), seen, at, timedelta(0))
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
