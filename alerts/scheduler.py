"""The polling loop: one APScheduler job per poll, led by whoever holds the lease."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.beats import Beats
from alerts.collect import Memory, Source, collect
from alerts.domain.errors import AlertsError, StoreError, StoreFullError
from alerts.domain.ids import Asset
from alerts.domain.market import Liquidations
from alerts.domain.reading import Reading, Series
from alerts.engine.view import Spell
from alerts.ports import Clock, Lease, Store
from alerts.tick import Report, Watch, follow, open_watch, tick

log = logging.getLogger(__name__)

STALE_FLOOR = timedelta(seconds=90)
JITTER = 0.1
PRICES = "price"
LEAST_BOUND = timedelta(seconds=5)
RENEW_SECONDS = 1.0
FOLLOW_SECONDS = 0.06
"""How often a leader at rest takes over what people changed."""
CUT_EVERY = timedelta(seconds=5)
"""A server needs a moment until it has let go of what was deleted."""

# A beat without a fetch: it extends the lease, applies edits and looks at rules that are due,
# so a hold time ends on time even when its series is polled rarely.
SWEEPING = "sweep"
SWEEP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often each poll runs, in real time, and how much faster the market's clock goes."""

    polls: Mapping[str, timedelta]
    speed: float = 1.0

    def stale_after(self, poll: str) -> timedelta:
        """A reading older than three polls, and never under 90 s, decides nothing.

        In market time, as readings are dated by it.
        """
        return max(STALE_FLOOR, 3 * self.polls[poll] * self.speed)


@dataclass(slots=True)
class Poller:
    """Polls the venues and ticks the engine while it leads; stands by otherwise.

    `proxies` are what assets are compared with: of them only the price is polled.

    `begun` is set after the first round of polls, whether or not it led to readings.
    """

    store: Store
    lease: Lease
    sources: Sequence[Source]
    assets: Sequence[Asset]
    cadence: Cadence
    clock: Clock
    stale_after: Spell
    grace: Spell
    proxies: Sequence[Asset] = ()
    on_readings: Callable[[Mapping[Series, Reading]], None] = lambda _: None
    watch: Watch | None = None
    fence: int | None = None
    memory: Memory = field(default_factory=Memory)
    cut_at: datetime | None = None
    ticked_at: datetime | None = None
    ticks: dict[str, int] = field(default_factory=dict)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    skipped: dict[str, int] = field(default_factory=dict)
    _under_way: set[str] = field(default_factory=set)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> None:
        """Poll until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._beats().run())
                group.create_task(self._hold(group))
                group.create_task(self._follow())
                await self._first_round()
        finally:
            await self._let_go()

    def _beats(self) -> Beats:
        beats = Beats(self._skip)
        for poll, every in self.cadence.polls.items():
            beats.add(poll, every, functools.partial(self.beat, poll), JITTER)
        beats.add(SWEEPING, SWEEP, functools.partial(self.beat, SWEEPING))
        return beats

    def _skip(self, poll: str, count: int) -> None:
        self.skipped[poll] = self.skipped.get(poll, 0) + count
        log.warning("polls skipped, the one before took too long poll=%s count=%d", poll, count)

    async def _hold(self, group: asyncio.TaskGroup) -> None:
        """Extend the lease whatever a tick takes, and poll at once when a later term begins."""
        term = None
        while True:
            fence = None
            with contextlib.suppress(StoreError):
                fence = await self.lease.acquire()
            if fence not in {None, term} and self.begun.is_set():
                for poll in self.cadence.polls:
                    group.create_task(self.beat(poll))
            term = fence or term
            await asyncio.sleep(RENEW_SECONDS)

    async def _follow(self) -> None:
        """Keep the index up to date between ticks, so a rule just saved is live at once."""
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            async with self._turn:
                if self.watch is not None:
                    with contextlib.suppress(StoreError):  # the next tick says it
                        await follow(self.watch)

    async def _let_go(self) -> None:
        """Hand the lease back; where the store is away it runs out by itself."""
        try:
            await self.lease.release()
        except StoreError as error:
            log.warning("lease not handed back why=%s", error)

    async def listen(self, source: Source) -> None:
        """Count what a venue pushes, until cancelled; a standby listens too, and counts anew."""
        venue = source.exchange.venue

        def on_closes(closes: Liquidations) -> None:
            self.memory.ledger.take(closes)

        def on_heard(assets: Sequence[Asset], start: datetime, end: datetime) -> None:
            for asset in assets:
                self.memory.ledger.heard(venue, asset, start, end)

        if source.listen is not None:
            await source.listen(self.assets, on_closes, on_heard)

    async def _first_round(self) -> None:
        """One beat of every poll at once: nobody waits a minute for the first number."""
        for poll in self.cadence.polls:
            await self.beat(poll)
        self.begun.set()

    async def beat(self, poll: str) -> Report | None:
        """One poll and its tick, or None while the same poll still runs.

        The first of the two fences where any error is only logged.
        """
        if poll in self._under_way:
            self._skip(poll, 1)
            return None
        self._under_way.add(poll)
        try:
            return await self._beat(poll)
        except StoreFullError as error:
            log.error("tick not complete poll=%s why=%s", poll, error)  # noqa: TRY400 -- it says all
            await self._make_room()
        except AlertsError as error:
            log.warning("tick abandoned poll=%s why=%s", poll, error)
        except Exception:
            log.exception("tick failed poll=%s", poll)
        finally:
            self._under_way.discard(poll)
        return None

    async def _make_room(self) -> None:
        """Give up history, the oldest first, so that rules and news keep their place."""
        async with self._turn:
            now = self.clock.now()
            if self.fence is None or (self.cut_at and now - self.cut_at < CUT_EVERY):
                return
            self.cut_at = now
            try:
                gone = await self.store.history.trim()
            except StoreError as error:
                log.warning("no room made why=%s", error)
            else:
                log.error("the store is full, so history was cut blocks=%d", gone)

    async def _remember(self, watch: Watch) -> Memory:
        """What a new term knows of the polls before it."""
        memory = Memory(self.clock, known=watch.latest)
        now = self.clock.now()
        await memory.restore(self.store.history, now, self.sources, self.assets)
        return memory

    async def _beat(self, poll: str) -> Report | None:
        if not await self._lead():
            return None
        assets = (*self.assets, *self.proxies) if poll == PRICES else self.assets
        now, bound = self.clock.now(), self._bound(poll)
        samples = await collect(self.sources, poll, assets, now, self.memory, bound=bound)
        async with self._turn:
            if self.watch is None or self.fence is None:
                return None
            now = self.clock.now()
            report = await tick(self.watch, samples, now, self.fence)
            self.on_readings(self.watch.latest)
            self.memory.known = self.watch.latest
            self.ticked_at = now
            self.ticks[poll] = self.ticks.get(poll, 0) + 1
        level = logging.DEBUG if poll == SWEEPING and not report.steps else logging.INFO
        log.log(
            level,
            "tick poll=%s readings=%d woken=%d steps=%d events=%d",
            poll,
            report.readings,
            report.woken,
            report.steps,
            report.events,
        )
        return report

    def _bound(self, poll: str) -> timedelta:
        """How long a poll may take: a little less than its cadence, so polls never pile up."""
        return max(self.cadence.polls.get(poll, SWEEP) * 0.95, LEAST_BOUND)

    async def _lead(self) -> bool:
        """Whether we lead. A new term starts from what the store says, not from old memory."""
        async with self._turn:
            fence = await self.lease.acquire()
            if fence is None:
                self.watch = self.fence = None
            elif fence != self.fence or self.watch is None:
                self.watch = await open_watch(
                    self.store.rules, self.store.history, self.stale_after, self.grace
                )
                self.memory = await self._remember(self.watch)
                self.fence = fence
                log.info("leading fence=%d rules=%d", fence, len(self.watch.index))
            return fence is not None
