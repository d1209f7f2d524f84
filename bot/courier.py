"""Take, write, send, settle: news leaves the queue only when a platform has accepted it."""

import asyncio
import hashlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.domain.errors import StoreError
from alerts.domain.event import Event
from alerts.domain.ids import Chat
from alerts.ports import Clock, Entry, Store
from bot.briefing import brief
from bot.commands.spec import Readings
from bot.limits import Limits
from bot.outcome import Gone, Later, Moved, Outcome, Rejected, Sent, Whom
from bot.platforms.spec import Platform
from bot.text import alert

log = logging.getLogger(__name__)

BATCH = 50
HELD_AT_MOST = 500
WAIT = timedelta(seconds=1)
IDLE = timedelta(seconds=6)
KEEP_EVERY_SECONDS = 2.0
SEND_BOUND_SECONDS = 60.0
STORE_RETRY_SECONDS = 1.0
TRIES_AFTER_BUG = 5
GIVE_UP_AFTER = timedelta(hours=24)
REMEMBER_GONE = timedelta(days=365)


@dataclass(slots=True)
class Courier:
    """Delivers one platform's queue.

    Chats are independent: each has its own lane, in order; one that must wait holds up no other.
    An entry stays in the store's queue until settled, so a crash here loses nothing.
    """

    platform: Platform
    store: Store
    readings: Readings
    clock: Clock
    limits: Limits
    consumer: str
    simulated: bool = False
    delivered: int = 0
    _lanes: dict[Chat, deque[Entry]] = field(default_factory=dict)
    _held: dict[str, Entry] = field(default_factory=dict)

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep())
            while True:
                for entry in await self._next():
                    self._put(group, entry)

    async def _next(self) -> Sequence[Entry]:
        """Entries to work on; the second fence: whatever the store does, the courier lives on."""
        if len(self._held) >= HELD_AT_MOST:
            await asyncio.sleep(WAIT.total_seconds())
            return ()
        outbox, name = self.store.outbox, self.platform.name
        try:
            orphans = await outbox.reclaim(name, self.consumer, idle=IDLE, count=BATCH)
            if orphans:
                return orphans
            return await outbox.take(name, self.consumer, count=BATCH, wait=WAIT)
        except StoreError as error:
            log.warning("queue out of reach platform=%s why=%s", name, error)
            await asyncio.sleep(STORE_RETRY_SECONDS)
            return ()

    def _put(self, group: asyncio.TaskGroup, entry: Entry) -> None:
        if entry.id in self._held:
            return
        self._held[entry.id] = entry
        lane = self._lanes.get(entry.chat)
        if lane is None:
            self._lanes[entry.chat] = deque([entry])
            group.create_task(self._drive(entry.chat))
        else:
            lane.append(entry)

    async def _drive(self, chat: Chat) -> None:
        """Deliver one chat's lane in order, then close it."""
        lane = self._lanes[chat]
        try:
            while lane:
                await self._deliver(lane[0])
                self._held.pop(lane.popleft().id, None)
        finally:
            del self._lanes[chat]
            for entry in lane:
                self._held.pop(entry.id, None)

    async def _deliver(self, entry: Entry) -> None:
        """Try until the entry is settled or handed back to the queue by an error."""
        chat = entry.chat
        while True:
            try:
                outcome = await self._try(entry, chat)
                wait = await self._settle(entry, chat, outcome)
            except StoreError as error:
                log.warning("delivery waits for the store chat=%s why=%s", chat, error)
                wait = timedelta(seconds=STORE_RETRY_SECONDS)
            except Exception:
                log.exception("delivery failed entry=%s tries=%d", entry.id, entry.attempts)
                await self._give_back(entry)
                return
            if wait is None:
                return
            if isinstance(outcome, Moved):
                chat = outcome.to
            await asyncio.sleep(wait.total_seconds())

    async def _give_back(self, entry: Entry) -> None:
        """After a bug: the queue hands the entry out again later; the last try gives it up."""
        if entry.attempts >= TRIES_AFTER_BUG:
            log.error("given up entry=%s", entry.id)
            await self.store.outbox.settle(self.platform.name, entry.id)

    async def _try(self, entry: Entry, chat: Chat) -> Outcome:
        if why := await self.store.notes.read(f"gone:{chat}"):
            return Gone(why)
        now = self.clock.now()
        told = await brief(entry.events, self.store.rules, self.store.history, self.readings, now)
        live = [one for one in told if one.rule is not None]
        if not live:
            return Rejected("every rule of it was deleted, paused or edited since")
        card = alert(live, now, simulated=self.simulated)
        if wait := await self.limits.turn(chat):
            return Later(wait, "its turn has not come")
        try:
            async with asyncio.timeout(SEND_BOUND_SECONDS):
                return await self.platform.send(chat, card, _key(entry.events))
        except TimeoutError:
            return Later(WAIT, "the platform did not answer", unknown=True)

    async def _settle(self, entry: Entry, chat: Chat, outcome: Outcome) -> timedelta | None:
        """Act on an outcome; the wait before the next try, or None when the entry is done."""
        name, outbox = self.platform.name, self.store.outbox
        events = ",".join(event.id for event in entry.events)
        match outcome:
            case Sent():
                self.delivered += 1
                log.info("sent chat=%s events=%s tries=%d", chat, events, entry.attempts)
            case Later(after=after, why=why) if self.clock.now() - entry.queued_at < GIVE_UP_AFTER:
                log.warning("send later chat=%s after=%s why=%s", chat, after, why)
                await self._hold(outcome, chat)
                return after
            case Later(why=why) | Rejected(why=why):
                log.error("not sent chat=%s events=%s why=%s", chat, events, why)
            case Moved(to=to):
                log.info("chat moved from=%s to=%s", chat, to)
                await outbox.readdress(chat, to)
                return timedelta(0)
            case Gone(why=why):
                log.warning("chat out of reach chat=%s events=%s why=%s", chat, events, why)
                await self.store.notes.put(f"gone:{chat}", why, REMEMBER_GONE)
        await outbox.settle(name, entry.id)
        return None

    async def _hold(self, outcome: Later, chat: Chat) -> None:
        """Let every process of this token know who has to wait."""
        match outcome.whom:
            case Whom.CHAT:
                await self.limits.budget.penalize(chat, outcome.after)
            case Whom.EVERYBODY:
                await self.limits.budget.pause(outcome.after)
            case Whom.MESSAGE:
                pass

    async def _keep(self) -> None:
        """Keep what we hold ours, so that no other courier sends it too."""
        while True:
            await asyncio.sleep(KEEP_EVERY_SECONDS)
            if not self._held:
                continue
            try:
                await self.store.outbox.keep(self.platform.name, self.consumer, list(self._held))
            except StoreError as error:
                log.warning("could not keep entries platform=%s why=%s", self.platform.name, error)


def _key(events: Sequence[Event]) -> str:
    """The same for every attempt to deliver the same news, in 16 characters."""
    text = " ".join(event.id for event in events)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
