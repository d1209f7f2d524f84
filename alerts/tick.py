"""One tick, top to bottom: samples in, state changes and queued news out, in one atomic step."""

import asyncio
import contextlib
import gc
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.derive import Derivation
from alerts.domain.errors import FeedLostError
from alerts.domain.event import Event, Kind
from alerts.domain.ids import Chat, RuleId
from alerts.domain.reading import Gap, Reading, Sample, Series
from alerts.domain.rule import Verdict, Watched
from alerts.engine.freshness import turned
from alerts.engine.move import broken
from alerts.engine.peaks import Peaks
from alerts.engine.step import step
from alerts.engine.view import AHEAD, Spell, View
from alerts.engine.wake import WakeIndex
from alerts.ports import Held, History, RuleBook, Step
from alerts.rules.judge import look

log = logging.getLogger(__name__)

MOST_STEPS = 100
"""Written in one go: the first are told while the others are looked at."""

FIRST_STEPS = 25
"""Of the first part: each is twice the one before, so that telling begins at once."""

SLOW_PARTS = 2
"""After each of these as long a pause as it took, so that the first are told at once."""

TURNS_LEFT = 10
"""Of the event loop after each part: much time where couriers are busy, none where they wait."""

BROKEN_AGAIN = timedelta(hours=1)
"""A rule that could not be looked at is tried again after so long."""

_BUGS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)

Owns = Callable[[Watched], bool]


def every_rule(_: Watched) -> bool:
    """Owns all there is, as the only watch does."""
    return True


@dataclass(slots=True)
class Watch:
    """What the leader keeps in memory: the wake index and what was last committed.

    Losing it costs nothing: `open_watch` builds it again from the store.
    `tried` is what was polled since then, `since` the time of the first tick.
    `stale_after` says when a reading may no longer decide a rule,
    `grace` how long a series may be dark before its owners hear of it.
    `owns`: which rules are this watch's, where several share them by what they watch; each then
    needs the samples of all that its own rules watch.
    """

    book: RuleBook
    history: History
    stale_after: Spell
    grace: Spell
    owns: Owns = every_rule
    index: WakeIndex = field(default_factory=WakeIndex)
    peaks: Peaks = field(default_factory=Peaks)
    latest: dict[Series, Reading] = field(default_factory=dict)
    why: dict[Series, Gap] = field(default_factory=dict)
    dark: frozenset[Series] = frozenset()
    tried: set[Series] = field(default_factory=set)
    since: datetime | None = None
    most_steps: int = MOST_STEPS
    position: str = ""
    derivation: Derivation = field(init=False)

    def __post_init__(self) -> None:
        self.derivation = Derivation(self.history)


@dataclass(frozen=True, slots=True)
class Report:
    """What one tick did, for its log line."""

    readings: int
    woken: int
    steps: int
    events: int


async def open_watch(
    book: RuleBook, history: History, stale_after: Spell, grace: Spell, owns: Owns = every_rule
) -> Watch:
    """A watch as the store has it now. The feed's position is read first, so nothing is missed."""
    watch = Watch(book, history, stale_after, grace, owns)
    watch.position = await book.position()
    with _no_collection():
        async for part in book.levels():
            if owns is every_rule:
                watch.index.take(part)
                continue
            for rule in filter(owns, part.each()):
                watch.index.watch(rule)
    watch.latest = dict(await book.latest())
    return watch


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing in here makes cycles, and looking for them takes a quarter of a start."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


async def tick(watch: Watch, samples: Sequence[Sample], now: datetime, fence: int) -> Report:
    """Take samples over, step the rules they concern, commit.

    StoreError abandons the tick: nothing was written, and the next one starts from the same
    "before", so a crossing in between is seen then.
    """
    await follow(watch)
    samples = [*samples, *await _derived(watch, samples, now)]
    watch.since = watch.since or now
    watch.tried.update(sample.series for sample in samples)
    readings = _news(watch.latest, samples, now)
    gaps = {sample.series: sample for sample in samples if isinstance(sample, Gap)}
    after = {**watch.latest, **{reading.series: reading for reading in readings}}
    view = View(after, {**watch.why, **gaps}, watch.stale_after, now)
    went, back = turned(view.times, watch.dark, now, watch.stale_after)
    went = frozenset(series for series in went if _is_settled(watch, series, now))
    late = _late(watch, readings)
    for reading in readings:
        watch.peaks.add(reading, now)
    woken = _woken(watch, readings) | _all_on(watch.index, (*went, *back, *late))
    due = set(await watch.book.due(now))

    held = [
        one
        for one in await watch.book.load(sorted(woken | due))
        if watch.owns(Watched.of(one.rule))
    ]
    steps, events = await _stepped(
        watch, held, readings, fence, lambda one: _step(watch, one, view, late, due)
    )

    watch.latest, watch.why = after, view.why_dark(readings)
    watch.dark = (watch.dark | frozenset(went)) - frozenset(back)
    await watch.history.extend(readings)
    return Report(len(readings), len(woken | due), steps, events)


async def _stepped(
    watch: Watch,
    held: Sequence[Held],
    readings: Sequence[Reading],
    fence: int,
    one_step: Callable[[Held], Step | None],
) -> tuple[int, int]:
    """Step rules and write that, and with the last of them the readings; how many, and the news.

    Many go in parts, so that the first are told while the rest is worked out, and no single
    command blocks the store; those of a chat go in one, so that it is told once. A crash in
    between is mended by the next tick, which still has the old readings as its "before": rules
    that were written have moved on, the others are woken again.

    In between, who tells goes first: that takes several times longer than to find out.
    """
    taken = events = 0
    parts = _parts(held, watch.most_steps)
    for number, part in enumerate(parts, start=1):
        began = time.monotonic()
        steps = [step for one in part if (step := one_step(one))]
        is_last = number == len(parts)
        if steps or is_last:
            written = set(await watch.book.commit(readings if is_last else [], steps, fence))
            events += sum(1 for step in steps if step.event and step.rule in written)
        taken += len(steps)
        if not is_last:
            await _give_way(time.monotonic() - began if number <= SLOW_PARTS else 0.0)
    return taken, events


async def _give_way(seconds: float) -> None:
    """Let others go on: they get so long, and then some turns of the loop, however long those."""
    await asyncio.sleep(seconds)
    for _ in range(TURNS_LEFT):
        await asyncio.sleep(0)


def _parts(held: Sequence[Held], most: int) -> list[list[Held]]:
    """Rules by chat, in parts of at most so many, or of one chat; the first ones are small."""
    room = min(FIRST_STEPS, most)
    if len(held) <= room:
        return [list(held)]
    chats: dict[Chat, list[Held]] = defaultdict(list)
    for one in held:
        chats[one.rule.chat].append(one)
    parts: list[list[Held]] = [[]]
    for chat in chats.values():
        if parts[-1] and len(parts[-1]) + len(chat) > room:
            parts.append([])
            room = min(2 * room, most)
        parts[-1] += chat
    return parts


async def follow(watch: Watch) -> None:
    """Take over what people changed since the last time."""
    try:
        watch.position, changes = await watch.book.changes(watch.position)
    except FeedLostError:
        log.warning("change feed was trimmed past us, reading all rules again")
        fresh = await open_watch(
            watch.book, watch.history, watch.stale_after, watch.grace, watch.owns
        )
        watch.index, watch.position = fresh.index, fresh.position
        return
    for change in changes:
        seen = Watched.of(change.rule) if change.rule else None
        if seen and watch.owns(seen):
            watch.index.watch(seen)
        else:
            watch.index.drop(change.id)


async def _derived(watch: Watch, samples: Sequence[Sample], now: datetime) -> list[Sample]:
    """What follows from the news and the gaps among samples, for every rule that watches it."""
    news = _news(watch.latest, samples, now)
    gaps = [sample for sample in samples if isinstance(sample, Gap)]
    latest = {**watch.latest, **{reading.series: reading for reading in news}}
    return await watch.derivation.derive([*news, *gaps], latest, watch.index.series(), now)


def _news(
    latest: Mapping[Series, Reading], samples: Iterable[Sample], now: datetime
) -> list[Reading]:
    """Readings newer than what we have, and not of the future.

    A stamp ahead of our clock that was once believed (the clock was set back) counts for nothing,
    or its series would be frozen until that time has come.
    """
    ahead = now + AHEAD
    return [
        sample
        for sample in samples
        if isinstance(sample, Reading)
        and sample.at <= ahead
        and (
            (known := latest.get(sample.series)) is None or sample.at > known.at or known.at > ahead
        )
    ]


def _is_settled(watch: Watch, series: Series, now: datetime) -> bool:
    """Whether darkness is the market's and not ours: the series was polled since we began.

    Right after a restart everything is old; nobody is to hear of that before the first poll.
    """
    began = watch.since or now
    return series in watch.tried or now - began >= watch.grace(series)


def _woken(watch: Watch, readings: Iterable[Reading]) -> set[RuleId]:
    woken: set[RuleId] = set()
    for reading in readings:
        known = watch.latest.get(reading.series)
        woken |= watch.index.wake(reading.series, known.value if known else None, reading.value)
    return woken


def _all_on(index: WakeIndex, series: Iterable[Series]) -> set[RuleId]:
    return set().union(*(index.on(one) for one in series))


def _late(watch: Watch, readings: Iterable[Reading]) -> frozenset[Series]:
    """Series whose last reading before this tick is so old that a crossing happened unseen."""
    return frozenset(
        reading.series
        for reading in readings
        if (known := watch.latest.get(reading.series))
        and reading.at - known.at > watch.stale_after(reading.series)
    )


def _step(
    watch: Watch, held: Held, view: View, late: frozenset[Series], due: set[RuleId]
) -> Step | None:
    if held.state.broken and held.rule.id not in due:
        return None
    try:
        return _looked(watch, held, view, late, due)
    except _BUGS:
        log.exception("rule is set aside rule=%s", held.rule.id)
        return _set_aside(held, view.now)


def _looked(
    watch: Watch, held: Held, view: View, late: frozenset[Series], due: set[RuleId]
) -> Step | None:
    rule, state = held.rule, watch.peaks.widen(held.rule, held.state)
    samples = view.of(rule)
    was_away = bool(late) and any(leg.series in late for leg in rule.legs)
    seen = look(rule.draft, samples, late=was_away)
    if seen.verdict is Verdict.UNDECIDED and not _is_settled(watch, seen.series, view.now):
        return None
    move = step(rule, state, seen, view.now, watch.grace(seen.series), held.overlay)
    if move.state == held.state and move.event is None and rule.id not in due:
        return None
    return Step(
        *(rule.id, rule.revision, move.state, move.event, move.due, held.overlay),
        evidence=_evidence(samples, move.event),
    )


def _evidence(samples: Mapping[Series, Sample], event: Event | None) -> tuple[Reading, ...]:
    """What a firing was decided on: the readings of its legs."""
    if event is None or event.kind is not Kind.FIRED:
        return ()
    return tuple(one for one in samples.values() if isinstance(one, Reading))


def _set_aside(held: Held, now: datetime) -> Step:
    """A rule that cannot be looked at holds up no other; its owner hears of it once."""
    event = None if held.state.broken else broken(held.rule, held.state, now)
    state = replace(held.state, broken=True)
    rule = held.rule
    return Step(rule.id, rule.revision, state, event, now + BROKEN_AGAIN, held.overlay)
