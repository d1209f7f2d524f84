"""The composition root: the only module that names every concrete class."""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from typing import Any

from alerts.collect import Source
from alerts.domain.errors import StoreError
from alerts.domain.reading import Series
from alerts.domain.turn import Rates
from alerts.exchanges import EXCHANGES
from alerts.exchanges.http import open_session
from alerts.metrics import BY_KEY, METRICS
from alerts.metrics.relative import PROXIES
from alerts.offers import Offers, poll_of
from alerts.ports import Budget, Clock, Store
from alerts.scheduler import Cadence, Poller
from bot.alarm import Alarm
from bot.commands.front import Front
from bot.commands.spec import Desk, FrontDesk, Readings
from bot.courier import Courier
from bot.health import (
    DEAD,
    QUEUE,
    Part,
    chat_part,
    clock_parts,
    history_parts,
    pause_parts,
    polling_part,
    queue_parts,
    store_part,
    venue_parts,
)
from bot.heartbeat import Heartbeat
from bot.hook import Hook, Hooked
from bot.limits import Limits, budget_name, rates_of
from bot.opening import START_PATIENCE as START_PATIENCE
from bot.opening import opened as opened
from bot.platforms.spec import Counting, Platform
from bot.settings import Settings
from bot.supervision import supervised
from bot.venues import learn_assets, set_source

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=3)
"""Extended every second; with that second, a leader killed is replaced within four."""

FOLLOW_SECONDS = 2.0
FIRST_READINGS_SECONDS = 5.0
LISTINGS_SECONDS = 5.0
SOON, DAILY = timedelta(minutes=5), timedelta(days=1)


Job = Coroutine[Any, Any, None]


class Role(StrEnum):
    """What one process does: everything, or one part of a deployment on a shared Redis."""

    ALL = "all"
    POLLER = "poller"
    SENDER = "sender"
    CHAT = "chat"

    def does(self, part: "Role") -> bool:
        return self in {Role.ALL, part}


@dataclass(slots=True)
class Bot:
    """Everything a running bot is made of, wired and not yet started."""

    settings: Settings
    store: Store
    clock: Clock
    cadence: Cadence
    sources: Sequence[Source]
    platforms: Sequence[Platform]
    role: Role = Role.ALL
    simulated: bool = False
    readings: Readings = field(default_factory=Readings)
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    poller: Poller = field(init=False)
    _listed: asyncio.Event = field(default_factory=asyncio.Event)
    couriers: list[Courier] = field(init=False)

    def __post_init__(self) -> None:
        self.poller = Poller(
            store=self.store,
            lease=self.store.lease(f"{self.name}-{secrets.token_hex(4)}", LEASE),
            sources=self.sources,
            assets=self.settings.assets,
            cadence=self.cadence,
            clock=self.clock,
            stale_after=self.stale_after,
            grace=grace,
            proxies=PROXIES,
            on_readings=self.readings.update,
        )
        self.couriers = [self._courier(platform) for platform in self.platforms]
        for courier in self.couriers:
            if isinstance(courier.platform, Counting):
                courier.platform.use(courier.limits)

    def stale_after(self, series: Series) -> timedelta:
        """When a reading of a series may no longer decide anything."""
        return max(self.cadence.stale_after(poll_of(one, EXCHANGES)) for one in series.bases)

    def desk(self) -> Desk:
        """What commands may use."""
        return Desk(
            rules=self.store.rules,
            history=self.store.history,
            notes=self.store.notes,
            chats=self.store.chats,
            episodes=self.store.episodes,
            outbox=self.store.outbox,
            records=self.store.records,
            clock=self.clock,
            readings=self.readings,
            assets=self.settings.assets,
            max_rules=self.settings.max_rules_per_chat,
            version=version("derivwatch"),
            simulated=self.simulated,
            status=self.status,
            stale_after=self.stale_after,
            offers=Offers([source.exchange for source in self.sources] or EXCHANGES, METRICS),
        )

    async def status(self) -> Mapping[str, str]:
        """How the parts are, one line each, for /status."""
        return {part.name: part.text for part in await self.parts()}

    async def parts(self) -> list[Part]:
        """How the parts of this process are."""
        now = self.clock.now()
        store = await store_part(self.store)
        polling = (
            [
                polling_part(self.poller, now),
                *history_parts(self.poller, now),
                *clock_parts(self.sources),
                *pause_parts(self.sources, now),
            ]
            if self.role.does(Role.POLLER)
            else []
        )
        venues = venue_parts(self.readings.all(), now, self.stale_after)
        queues = await queue_parts(self.store.outbox, self.platforms) if store.well else []
        return [store, *polling, *map(chat_part, self.platforms), *venues, *queues]

    def hooks(self) -> Mapping[str, Hook]:
        """Where platforms deliver to this process, by path."""
        return {
            one.webhook.path: Hook(one.webhook.secret, self.store.notes, one.deliver)
            for one in self.platforms
            if isinstance(one, Hooked) and one.webhook and self.role.does(Role.CHAT)
        }

    async def run(self) -> None:
        """Run until cancelled, or until a platform ends the run by returning (the console)."""
        async with contextlib.AsyncExitStack() as stack:
            for platform in self.platforms:
                stack.push_async_callback(platform.close)
            await self._run()

    async def _learn_assets(self) -> None:
        """Ask the venues about assets they are not known to list: now, and again every day.

        Who does not answer is asked again sooner.
        """
        silent = await learn_assets(self.sources, self.settings.assets)
        self._listed.set()
        while True:
            await asyncio.sleep((SOON if silent else DAILY).total_seconds())
            silent = await learn_assets(silent or self.sources, self.settings.assets)

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(supervised("listings", self._learn_assets))]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._listed.wait(), LISTINGS_SECONDS)
            tasks += [group.create_task(job) for job in self._jobs()]
            await self._first_readings()
            chats = [group.create_task(job) for job in self._chats(Front(self.desk()))]
            if chats:
                await asyncio.wait(chats, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.Event().wait()
            for task in (*tasks, *chats):
                task.cancel()

    async def _first_readings(self) -> None:
        """Give the first polls a moment, so that the first answers have numbers in them."""
        if self.role is Role.ALL:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_READINGS_SECONDS):
                    await self.poller.begun.wait()

    def _jobs(self) -> list[Job]:
        jobs: list[Job] = [self._follow()]
        if self.role.does(Role.POLLER):
            jobs.append(supervised("poller", self.poller.run))
            jobs += [
                supervised(f"streams {source.exchange.venue}", partial(self.poller.listen, source))
                for source in self.sources
                if source.exchange.streams
            ]
        if self.role.does(Role.SENDER):
            jobs += [
                supervised(f"courier {courier.platform.name}", courier.run)
                for courier in self.couriers
            ]
        jobs.append(supervised("alarm", self._alarm().run))
        if self.settings.heartbeat_url:
            jobs.append(supervised("heartbeat", self._heartbeat().run))
        return jobs

    def _chats(self, desk: FrontDesk) -> list[Job]:
        if not self.role.does(Role.CHAT):
            return []
        return [
            supervised(platform.name, partial(platform.run, desk)) for platform in self.platforms
        ]

    def _alarm(self) -> Alarm:
        return Alarm(
            {platform.name: platform for platform in self.platforms},
            self.settings.admin_chats,
            self._own_parts,
            self.couriers if self.role.does(Role.SENDER) else (),
            {one.platform.name: one.limits for one in self.couriers},
        )

    def _heartbeat(self) -> Heartbeat:
        urls = [self.settings.heartbeat_url, self.settings.heartbeat_fail_url]
        beat, fail = (one.get_secret_value() if one else "" for one in urls)
        return Heartbeat(beat, fail, self.parts, self._speaks)

    def _speaks(self) -> bool:
        """Of those that poll, the leader alone says that all is well: without one nobody does."""
        return self.poller.fence is not None or not self.role.does(Role.POLLER)

    async def _own_parts(self) -> list[Part]:
        """What this process is to tell of, for every process sees the store and its queues.

        Of the store's troubles those tell that send, of queues that nobody empties the leader.
        """
        mine = {"store": self.role.does(Role.SENDER)}
        mine |= dict.fromkeys((QUEUE, DEAD), self.poller.fence is not None)
        parts = await self.parts()
        return [one for one in parts if mine.get(one.name.rpartition(" ")[0] or one.name, True)]

    def _courier(self, platform: Platform) -> Courier:
        return Courier(
            platform,
            self.store,
            self.readings,
            self.clock,
            Limits.of(self._budget(platform), self._rates(platform)),
            consumer=self.name,
            simulated=self.simulated,
            group_wait=self.settings.group_wait,
        )

    def _budget(self, platform: Platform) -> Budget:
        token = getattr(self.settings, f"{platform.name}_bot_token", None)
        name = budget_name(platform.name, token.get_secret_value() if token else "")
        return self.store.budget(name, self._rates(platform))

    def _rates(self, platform: Platform) -> Rates:
        per_second = self.settings.telegram_messages_per_second
        return rates_of(platform.name, telegram_per_second=per_second)

    async def _follow(self) -> None:
        """Read what another process polls, while this one does not lead."""
        while True:
            if self.poller.fence is None:
                with contextlib.suppress(StoreError):
                    self.readings.update(await self.store.rules.latest())
            await asyncio.sleep(FOLLOW_SECONDS)


def grace(series: Series) -> timedelta:
    """How long a series may be dark before the owners of its rules hear of it."""
    metric = BY_KEY.get(series.metric)
    return timedelta(minutes=metric.defaults.stale_minutes if metric else 15)


def cadence(settings: Settings) -> Cadence:
    """How often each feed is polled, from the settings."""
    polls = sorted({feed.poll for exchange in EXCHANGES for feed in exchange.feeds})
    return Cadence({poll: settings.poll(poll) for poll in polls})


@contextlib.asynccontextmanager
async def reached(settings: Settings, clock: Clock) -> AsyncIterator[list[Source]]:
    """The venues, each with its client."""
    async with open_session() as session:
        yield [
            set_source(exchange, session, clock.now, settings)
            for exchange in EXCHANGES
            if not settings.venues or exchange.venue in settings.venues
        ]
