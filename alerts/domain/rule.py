"""A rule (what a person asked to be told) and its state (what the engine knows about it)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from alerts.domain.calendar import daily_close
from alerts.domain.ids import Chat, RuleId
from alerts.domain.reading import Series


class Direction(StrEnum):
    ABOVE = "above"
    BELOW = "below"


class Join(StrEnum):
    ALL = "and"
    ANY = "or"


class Verdict(StrEnum):
    """What the samples say about a condition.

    BETWEEN: not met, yet not past the clear level either (the hysteresis band).
    UNDECIDED: data is missing, so nothing may be concluded.
    """

    MET = "met"
    BETWEEN = "between"
    CLEAR = "clear"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Leg:
    """One level on one series, in the series' unit.

    Met strictly beyond `level`, clear strictly past `clear` on the quiet side.
    """

    series: Series
    direction: Direction
    level: float
    clear: float

    def __post_init__(self) -> None:
        above = self.direction is Direction.ABOVE
        quiet = self.level >= self.clear if above else self.level <= self.clear
        if not quiet:
            raise ValueError(f"clear level {self.clear} is on the loud side of {self.level}")


class Repeat(StrEnum):
    """EACH: every episode, reminders ever rarer; EVERY: reminders evenly spaced; ONCE: one only."""

    EACH = "each"
    ONCE = "once"
    EVERY = "every"


@dataclass(frozen=True, slots=True)
class Timing:
    """When a met condition becomes news.

    `hold`: how long it must stay met; `clear_hold`: how long it must stay clear to be over;
    `quiet`: least time between two firings; `remind`: spacing of reminders while firing.
    `at_close`: both holds last on to the next daily close, so only what is so there counts.
    """

    hold: timedelta = timedelta(0)
    clear_hold: timedelta = timedelta(0)
    quiet: timedelta = timedelta(0)
    remind: timedelta | None = None
    repeat: Repeat = Repeat.EACH
    at_close: bool = False

    def held(self, since: datetime) -> datetime:
        """From when on it has held, if it is met from `since` on."""
        return self._counted(since + self.hold)

    def cleared(self, since: datetime) -> datetime:
        """From when on it is over, if it is clear from `since` on."""
        return self._counted(since + self.clear_hold)

    def _counted(self, at: datetime) -> datetime:
        return daily_close(at) if self.at_close else at


class Severity(StrEnum):
    """How grave it is. Two levels on one thing are two rules, of which the graver is CRITICAL."""

    WARN = "warn"
    CRITICAL = "critical"


class Voice(StrEnum):
    """How it is told: USUAL leaves that to the chat, SILENT makes no sound, LOUD always does."""

    USUAL = "usual"
    LOUD = "loud"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as typed, before it has a place in a chat. From `until` on it says nothing."""

    legs: tuple[Leg, ...]
    timing: Timing = field(default_factory=Timing)
    join: Join = Join.ALL
    name: str = ""
    until: datetime | None = None
    severity: Severity = Severity.WARN
    voice: Voice = Voice.USUAL


@dataclass(frozen=True, slots=True)
class Rule:
    """A saved rule.

    `number` is stable within its chat and never reused;
    `revision` grows with every edit, so late work on an older revision is refused.
    """

    id: RuleId
    number: int
    chat: Chat
    owner: str
    draft: Draft
    created_at: datetime
    revision: int = 1
    paused: bool = False

    @property
    def legs(self) -> tuple[Leg, ...]:
        return self.draft.legs

    @property
    def timing(self) -> Timing:
        return self.draft.timing


class Watched(NamedTuple):
    """Where a rule may change its mind: `legs` are series, level and clear level of each leg."""

    id: RuleId
    legs: Sequence[tuple[Series, float, float]]

    @classmethod
    def of(cls, rule: Rule) -> "Watched":
        return cls(rule.id, [(leg.series, leg.level, leg.clear) for leg in rule.legs])


@dataclass(frozen=True, slots=True)
class Levels:
    """What many rules watch, in columns: `rules[i]` has `levels[i]` and `clears[i]` on `names[i]`.

    All that the wake index needs, so a start reads a million rules without building one of them.
    A rule has a row for each of its legs, and they lie together; `series` are the names' own.
    """

    rules: Sequence[RuleId]
    names: Sequence[str]
    levels: Sequence[float]
    clears: Sequence[float]
    series: Mapping[str, Series]

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> "Levels":
        rows = [(rule.id, leg) for rule in rules for leg in rule.legs]
        return cls(
            rules=[rule for rule, _ in rows],
            names=[str(leg.series) for _, leg in rows],
            levels=[leg.level for _, leg in rows],
            clears=[leg.clear for _, leg in rows],
            series={str(leg.series): leg.series for _, leg in rows},
        )

    def rows(self) -> Iterator[tuple[RuleId, str, float, float]]:
        return zip(self.rules, self.names, self.levels, self.clears, strict=True)

    def each(self) -> Iterator[Watched]:
        """The rules one by one."""
        for rule, same in groupby(self.rows(), itemgetter(0)):
            legs = [(self.series[name], level, clear) for _, name, level, clear in same]
            yield Watched(rule, legs)


@dataclass(frozen=True, slots=True)
class Unaligned:
    """No verdict yet: the first one is taken silently."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Met when it was first seen; arms itself once clear."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Not met; the next crossing counts."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Met since `since`, not yet told. `late`: the crossing was found after a blind stretch."""

    since: datetime
    late: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """Told, and not over.

    `extreme` is the farthest value of the first leg so far;
    `told_at` is when the last message about it was queued.
    """

    episode: int
    since: datetime
    told_at: datetime
    extreme: float


@dataclass(frozen=True, slots=True)
class Recovering:
    """Past the clear level since `since`, waiting out the clear hold."""

    firing: Firing
    since: datetime


@dataclass(frozen=True, slots=True)
class Spent:
    """Over for good: a `once` rule that has fired and resolved, or a rule past its `until`."""


Phase = Unaligned | Waiting | Idle | Pending | Firing | Recovering | Spent


class Because(StrEnum):
    """Why news was held back."""

    SNOOZED = "snoozed"
    FLAPPING = "flapping"


@dataclass(frozen=True, slots=True)
class Over:
    """An episode that ended at `at`, untold."""

    firing: Firing
    at: datetime


@dataclass(frozen=True, slots=True)
class Untold:
    """What became of a rule while its owner was not to be told: enough for one message about it.

    `knew` is the episode they know to be on, 0 for none; `fired` counts those since;
    `over` is the last that ended; `dark` since when data was missing as far as they know.
    """

    knew: int = 0
    fired: int = 0
    over: Over | None = None
    dark: datetime | None = None
    because: Because = Because.SNOOZED


@dataclass(frozen=True, slots=True)
class State:
    """What the engine knows about a rule.

    `episodes` counts firings; `fired_at` is the last one;
    `blind_since` is set while data is missing, `blind_told` once the owner knows.
    `untold` is what is held back; `turns` when it lately crossed its level, a handful at most;
    `flapping` while that was so often that it waits for calm;
    `broken` once it could not be looked at and its owner knows.
    """

    phase: Phase = field(default_factory=Unaligned)
    episodes: int = 0
    fired_at: datetime | None = None
    blind_since: datetime | None = None
    blind_told: bool = False
    untold: Untold | None = None
    turns: tuple[datetime, ...] = ()
    flapping: bool = False
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Overlay:
    """What people did about a rule, apart from what the engine knows of it.

    `acked` is the episode they have seen: no reminders of that one until it clears; 0 for none.
    Before `snoozed_until` nothing is told of the rule; what is true by then is told once.
    """

    acked: int = 0
    snoozed_until: datetime | None = None

    def is_snoozed(self, now: datetime) -> bool:
        return self.snoozed_until is not None and now < self.snoozed_until


UNTOUCHED = Overlay()
"""Nobody did anything about it."""
