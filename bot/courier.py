"""Take, write, send, settle: news leaves the queue only when a platform has accepted it."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from alerts.domain.errors import StoreError
from alerts.domain.event import Event
from alerts.domain.ids import Chat
from alerts.ports import Clock, Entry, Hands, Note, Store
from alerts.together import Together
from bot.card import Card
from bot.commands.spec import Readings
from bot.elsewhere import tell_owners
from bot.limits import Limits
from bot.outcome import Gone, Later, Moved, Outcome, Rejected, Sent, Whom
from bot.plan import Plan, plan, plan_held
from bot.platforms.spec import Platform
from bot.preparing import Prepared, Preparing, gone_note, rang_note
from bot.supervision import to_its_end

log = logging.getLogger(__name__)

HELD_AT_MOST = 200
BATCH = 50
WAIT = timedelta(seconds=1)
HOLD = timedelta(seconds=3.5)
KEEP_EVERY_SECONDS = 1.0
BRING_BACK_EVERY_SECONDS = 1.0
SEND_BOUND_SECONDS = 60.0
STORE_RETRY_SECONDS = 0.5
PATIENCE = timedelta(seconds=1.5)
"""A chat whose turn comes within this time is waited for; a longer wait is the queue's."""

AFTER_BUG = timedelta(seconds=5)
TRIES_AFTER_BUG = 5
LONGEST_BACKOFF = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(hours=24)
RECHECK_GONE = timedelta(days=1)
"""A chat that was out of reach is tried again then: not every platform says that it is back."""

STOP_SECONDS = 8.0
END_SECONDS, TOLD_TO_END = 0.5, 4
"""What is to end has so long each time it is told; a library may swallow a cancellation."""

OUT_OF_REACH = "out of reach: "

_T = TypeVar("_T")


@dataclass(slots=True)
class Courier:
    """Delivers one platform's queue.

    The queue hands out one entry per chat at a time, so chats are independent and each is told
    in order. An entry stays in the queue until settled, so a crash here loses nothing; told to
    stop, a courier finishes what it is sending and gives the rest back.
    """

    platform: Platform
    store: Store
    readings: Readings
    clock: Clock
    limits: Limits
    consumer: str
    simulated: bool = False
    group_wait: timedelta = timedelta(0)
    delivered: int = 0
    buried: int = 0
    last_buried: str = ""
    hands: Hands = field(init=False)
    _held: dict[str, Entry] = field(default_factory=dict)
    _workers: set[asyncio.Task[None]] = field(default_factory=set)
    _sending: set[asyncio.Task[None] | None] = field(default_factory=set)
    _stopping: bool = False
    _prepared: Together[Entry, Prepared] = field(init=False)

    def __post_init__(self) -> None:
        self.hands = Hands(self.platform.name, self.consumer, HOLD)
        preparing = Preparing(self.store, self.readings, self.clock, self.group_wait)
        self._prepared = Together(preparing, BATCH)

    async def run(self) -> None:
        """Deliver until cancelled; what is being sent then is still finished."""
        self._stopping = False
        keeping = asyncio.create_task(self._keep())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._bring_back())
                while True:
                    for entry in await self._next():
                        if entry.id not in self._held:
                            self._begin(entry)
        finally:
            self._stopping = True
            await to_its_end(self._finish())
            keeping.cancel()

    def _begin(self, entry: Entry) -> None:
        self._held[entry.id] = entry
        worker = asyncio.create_task(self._work(entry))
        self._workers.add(worker)
        worker.add_done_callback(self._ended)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        error = None if worker.cancelled() else worker.exception()
        if error or (worker.cancelled() and not self._stopping):
            # Nobody keeps its entry any more, so it is taken again.
            log.error("a delivery broke off platform=%s", self.platform.name, exc_info=error)

    async def _finish(self) -> None:
        """Half a send is a message that may repeat, so it has some time; the rest ends at once."""
        to_end, seconds = self._workers - self._sending, STOP_SECONDS
        for _ in range(TOLD_TO_END):
            for worker in to_end:
                worker.cancel()
            if self._workers:
                await asyncio.wait(self._workers, timeout=seconds)
            to_end, seconds = set(self._workers), END_SECONDS
        self._held.clear()

    async def _next(self) -> Sequence[Entry]:
        """Entries to work on; the second fence: whatever the store does, the courier lives on."""
        room = HELD_AT_MOST - len(self._held)
        if room <= 0:
            await asyncio.sleep(0.05)
            return ()
        try:
            return await self.store.outbox.take(self.hands, count=min(BATCH, room), wait=WAIT)
        except StoreError as error:
            log.warning("queue out of reach platform=%s why=%s", self.platform.name, error)
            await asyncio.sleep(2 * STORE_RETRY_SECONDS)
            return ()

    async def _work(self, entry: Entry) -> None:
        """Deliver an entry, then the next of its chat, until none waits."""
        following: Entry | None = entry
        while following is not None:
            entry = following
            self._held[entry.id] = entry
            try:
                following = await self._deliver(entry)
            except asyncio.CancelledError:
                await self._give_back(entry)
                raise
            finally:
                self._let_go(entry)
            if following is not None and following.id in self._held:
                return  # this process was still for so long that the queue gave it out again
            is_full = len(self._held) >= HELD_AT_MOST // 2
            if following is not None and (is_full or self._stopping):
                # Chats with long lines would fill both hands, and others wait until they are told.
                await self._give_back(following)
                following = None

    async def _deliver(self, entry: Entry) -> Entry | None:
        """One try; what is next in the same chat, None when its turn comes later."""
        while True:
            try:
                return await self._try(entry)
            except StoreError as error:
                log.warning("delivery waits for the store chat=%s why=%s", entry.chat, error)
                await asyncio.sleep(STORE_RETRY_SECONDS)
            except Exception as error:
                log.exception("delivery failed entry=%s tries=%d", entry.id, entry.attempts)
                return await self._after_bug(entry, type(error).__name__)

    async def _after_bug(self, entry: Entry, name: str) -> Entry | None:
        if entry.attempts >= TRIES_AFTER_BUG:
            return await self._surely(lambda: self._bury(entry, f"a bug here: {name}"))
        await self._surely(lambda: self._put_back(entry, AFTER_BUG))
        return None

    async def _try(self, entry: Entry) -> Entry | None:
        prepared = await self._prepared(entry)
        if prepared.gone:
            return await self._bury(entry, f"{OUT_OF_REACH}{prepared.gone}")
        planned = await self._plan(entry, prepared)
        if planned.write is None:
            log.info("not sent now chat=%s events=%s waits_until=%s", entry.chat, _ids(entry),
                     planned.aside.due if planned.aside else None)  # fmt: skip
            return await self.store.outbox.settle(self.hands, entry, aside=planned.aside)
        while wait := await self.limits.turn(entry.chat):
            if wait > PATIENCE:
                await self._put_back(entry, wait, tried=False)
                return None
            await asyncio.sleep(wait.total_seconds())
        card = planned.write(self.clock.now())
        went = await self.limits.window.enter(entry.chat)
        worker = asyncio.current_task()
        self._sending.add(worker)
        try:
            return await self._send(entry, card, planned, went)
        finally:
            self._sending.discard(worker)

    async def _plan(self, entry: Entry, prepared: Prepared) -> Plan:
        """What of an entry is told now."""
        now, chat, store = self.clock.now(), prepared.chat, self.store
        if not prepared.is_news:
            return await plan_held(entry, chat, store, now, simulated=self.simulated)
        return await plan(prepared.told, chat, store.notes, now, simulated=self.simulated)

    async def _send(self, entry: Entry, card: Card, planned: Plan, went: float) -> Entry | None:
        outcome: Outcome | None = None
        try:
            async with asyncio.timeout(SEND_BOUND_SECONDS):
                outcome = await self.platform.send(entry.chat, card, _key(entry.events))
        except TimeoutError:
            outcome = Later(WAIT, "the platform did not answer", unknown=True)
        finally:
            self.limits.window.leave(went, entry.chat, answered=isinstance(outcome, Sent))
        if isinstance(outcome, Sent):
            self.delivered += 1
        note = self._rang(entry.chat) if isinstance(outcome, Sent) and not card.silent else None
        return await self._surely(lambda: self._settle(entry, outcome, planned, note))

    def _rang(self, chat: Chat) -> Note | None:
        """To remember: what rings next in this chat waits a while, to be told in one card."""
        if not self.group_wait:
            return None
        return Note(rang_note(chat), self.clock.now().isoformat(), self.group_wait)

    async def _surely(self, act: Callable[[], Awaitable[_T]]) -> _T:
        """Tell the store, however long it is away: sending again instead would be a repeat."""
        while True:
            try:
                return await act()
            except StoreError as error:
                log.warning("the store must still hear of it platform=%s why=%s",
                            self.platform.name, error)  # fmt: skip
                await asyncio.sleep(STORE_RETRY_SECONDS)

    async def _settle(
        self, entry: Entry, outcome: Outcome, planned: Plan, note: Note | None
    ) -> Entry | None:
        """Act on an outcome; what is next in the same chat, None when its turn comes later."""
        chat, outbox = entry.chat, self.store.outbox
        match outcome:
            case Sent():
                log.info("sent chat=%s events=%s tries=%d", chat, _ids(entry), entry.attempts)
                return await outbox.settle(
                    self.hands, entry, aside=planned.aside, rang=planned.rang, note=note
                )
            case Later(why=why) if self.clock.now() - entry.queued_at >= GIVE_UP_AFTER:
                return await self._bury(entry, f"not delivered for 24 hours: {why}")
            case Later():
                await self._wait(entry, outcome)
                return None
            case Rejected(why=why):
                return await self._bury(entry, f"refused: {why}")
            case Moved(to=to):
                log.info("chat moved from=%s to=%s", chat, to)
                await outbox.readdress(chat, to)
                await self._put_back(entry, timedelta(0))
                return None
            case Gone(why=why):
                await self.store.notes.put(gone_note(chat), why, RECHECK_GONE)
                following = await self._bury(entry, f"{OUT_OF_REACH}{why}")
                await tell_owners(self.store, self.platform, self.limits, entry, why)
                return following

    async def _wait(self, entry: Entry, later: Later) -> None:
        """Give the entry back for later, and let every process of this token know who waits."""
        after = later.after
        match later.whom:
            case Whom.CHAT:
                await self.limits.budget.penalize(entry.chat, after)
            case Whom.EVERYBODY:
                await self.limits.budget.pause(after)
            case Whom.MESSAGE:
                after = backoff(after, entry.attempts)
        log.warning(
            "send later chat=%s after=%s tries=%d may_repeat=%s why=%s",
            entry.chat, after, entry.attempts, later.unknown, later.why,
        )  # fmt: skip
        await self._put_back(entry, after)

    async def _bury(self, entry: Entry, why: str) -> Entry | None:
        """Give up, never silently: with its reason among the dead letters, and in the log."""
        following = await self.store.outbox.bury(self.hands, entry, why)
        log.error("not delivered chat=%s events=%s why=%s", entry.chat, _ids(entry), why)
        if not why.startswith(OUT_OF_REACH):  # who blocks the bot is no trouble of its operator
            self.buried += 1
            self.last_buried = why
        return following

    async def _give_back(self, entry: Entry) -> None:
        """It need not wait for our silence: another courier takes it, or this one in its turn."""
        try:
            await self._put_back(entry, timedelta(0), tried=False)
        except StoreError as error:
            log.warning("not given back entry=%s why=%s", entry.id, error)

    async def _put_back(self, entry: Entry, after: timedelta, *, tried: bool = True) -> None:
        """Its chat's turn comes after so long; to keep it meanwhile would put that off."""
        self._let_go(entry)
        try:
            await self.store.outbox.defer(self.hands, entry, after, tried=tried)
        except StoreError:
            self._held[entry.id] = entry
            raise

    def _let_go(self, entry: Entry) -> None:
        """It may have been taken again by then, as another piece of work."""
        if self._held.get(entry.id) is entry:
            del self._held[entry.id]

    async def _keep(self) -> None:
        """Keep what we hold ours, so that no other courier sends it too."""
        while True:
            await asyncio.sleep(KEEP_EVERY_SECONDS)
            try:
                await self.store.outbox.keep(self.hands, list(self._held.values()))
            except StoreError as error:
                log.warning("could not keep entries platform=%s why=%s", self.platform.name, error)
            except Exception:  # what is being sent must stay ours, whatever else goes wrong
                log.exception("could not keep entries platform=%s", self.platform.name)

    async def _bring_back(self) -> None:
        """Queue what was laid aside and is due now, by the clock of the chats."""
        while True:
            try:
                while await self.store.outbox.bring_back(self.platform.name, self.clock.now()):
                    pass
            except StoreError as error:
                log.warning("what waits stays platform=%s why=%s", self.platform.name, error)
            await asyncio.sleep(BRING_BACK_EVERY_SECONDS)


def backoff(after: timedelta, tries: int) -> timedelta:
    """The wait after a failure that the platform set no time for: ever longer."""
    doubled: timedelta = after * 2 ** min(max(tries - 1, 0), 10)
    return min(doubled, max(after, LONGEST_BACKOFF))


def _ids(entry: Entry) -> str:
    return ",".join(event.id for event in entry.events)


def _key(events: Sequence[Event]) -> str:
    """The same for every attempt to deliver the same news, in 16 characters."""
    text = " ".join(event.id for event in events)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
