"""What the product needs from outside: the store and the clock, as protocols.

Every method that reaches the store may raise StoreError; then nothing was changed by that call
as far as is known. `alerts/storage/memory.py` and `alerts/storage/redis.py` implement all of them
and pass one contract suite. The outbox is in `alerts/queue.py`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from alerts.domain.episode import Episode
from alerts.domain.event import Event
from alerts.domain.ids import Chat, RuleId
from alerts.domain.preferences import Preferences
from alerts.domain.reading import Close, Reading, Series
from alerts.domain.rule import UNTOUCHED, Draft, Levels, Overlay, Rule, State
from alerts.domain.turn import Rates, Turn
from alerts.queue import Dead as Dead
from alerts.queue import Entry as Entry
from alerts.queue import Hands as Hands
from alerts.queue import Note as Note
from alerts.queue import Outbox as Outbox
from alerts.records import Records as Records


class Clock(Protocol):
    """Time as the market tells it: scaled in a demo, by hand in a test. Never a lease's time."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Held:
    """A rule with its stored state, and what people did about it."""

    rule: Rule
    state: State
    overlay: Overlay = UNTOUCHED


@dataclass(frozen=True, slots=True)
class Step:
    """One rule's move in a tick: written only while the rule still has `revision`.

    `due` is when the rule wants to be looked at again though its series may not move;
    `overlay` is what was known of people's doings: where they did more since, it is due at once;
    `evidence` is what a firing was decided on: the readings of its legs.
    """

    rule: RuleId
    revision: int
    state: State
    event: Event | None = None
    due: datetime | None = None
    overlay: Overlay = UNTOUCHED
    evidence: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A rule was written (`rule` is its new self) or removed (`rule` is None)."""

    id: RuleId
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class New:
    """A rule to be saved: whose, where, what, and the state it starts in."""

    chat: Chat
    owner: str
    draft: Draft
    state: State


@dataclass(frozen=True, slots=True)
class Reversal:
    """A change to be taken back: the rule as it was, and as the change left it.

    None `before`: it was made; None `after`: it was removed.
    """

    before: Held | None
    after: Held | None

    @property
    def rule(self) -> Rule:
        known = self.before or self.after
        if known is None:
            raise ValueError("a change of nothing")
        return known.rule


class RuleBook(Protocol):
    """Rules and states, addressed by a stable number per chat."""

    async def add(self, new: New, *, now: datetime, limit: int) -> Rule:
        """Save a rule under the chat's next number; UsageError when the chat has `limit` rules."""
        ...

    async def of_chat(self, chat: Chat) -> Sequence[Held]:
        """The chat's rules, by number."""
        ...

    async def of_chats(self, chats: Sequence[Chat]) -> Sequence[Held]:
        """The rules of several chats, looked up at once, in no particular order."""
        ...

    async def get(self, chat: Chat, number: int) -> Held | None: ...

    async def replace(
        self, rule: Rule, state: State, *, now: datetime, was: State | None = None
    ) -> Rule:
        """Write an edited rule (`rule.revision` is the one that was read) and a fresh state.

        Returns the rule with its new revision; ConflictError when it changed or went meanwhile,
        or when its state is no longer the one that it `was`.
        """
        ...

    async def remove(self, chat: Chat, number: int) -> Held | None:
        """Delete a rule; its number is not given again. None when there was none."""
        ...

    async def overlay(self, rule: RuleId, overlay: Overlay, *, now: datetime) -> bool:
        """Write what people did about a rule, without a new revision, and make the rule due.

        It survives edits and goes with the rule. False when there is no such rule.
        """
        ...

    async def revert(
        self, chat: Chat, reversals: Sequence[Reversal], *, now: datetime, limit: int
    ) -> None:
        """Take changes of a chat's rules back, all or none of them.

        A removed rule returns as it was, number and revision included; an edited one gets a new
        revision. ConflictError when one of them changed since (its state is the engine's, and does
        not matter); UsageError when the chat has no place for what returns.
        """
        ...

    async def load(self, ids: Sequence[RuleId]) -> Sequence[Held]:
        """The rules that still exist among `ids`, in no particular order."""
        ...

    def everything(self) -> AsyncIterator[Rule]:
        """All rules of all chats."""
        ...

    def levels(self) -> AsyncIterator[Levels]:
        """What all rules of all chats watch, in parts: to build the wake index at the start.

        A rule that is written meanwhile may come twice.
        """
        ...

    async def position(self) -> str:
        """Where the change feed stands now; read before `everything`, so nothing is missed."""
        ...

    async def changes(self, after: str) -> tuple[str, Sequence[Change]]:
        """What changed after a position, and the new position.

        FeedLostError when the feed no longer reaches back that far.
        """
        ...

    async def due(self, now: datetime, limit: int = 10_000) -> Sequence[RuleId]:
        """Rules whose due time has come. A new or edited rule is due at once."""
        ...

    async def latest(self) -> Mapping[Series, Reading]:
        """The last committed reading of every series: the "before" of the next tick."""
        ...

    async def commit(
        self, readings: Sequence[Reading], steps: Sequence[Step], fence: int
    ) -> Sequence[RuleId]:
        """Write the tick in one atomic step.

        The readings become `latest`, and each step whose rule still has its revision is written,
        with its due time and its event in the outbox (one entry per chat). A firing begins an
        episode; reminders and the end of it are added to that.
        Returns the ids that were written. StoreError (nothing written at all) when a newer
        leader has taken `fence` over.
        """
        ...


class Episodes(Protocol):
    """What fired in each chat: its latest 200 episodes of about a year, written by `commit`.

    They outlive their rule, and move with their chat.
    """

    async def of_chat(self, chat: Chat) -> Sequence[Episode]:
        """The chat's episodes, newest first; one whose record cannot be read is left out."""
        ...

    async def forget(self, chat: Chat) -> None:
        """Erase them all."""
        ...


class History(Protocol):
    """What each series was: about a reading a minute for days, four a day for two years.

    A quarter of a day, once it is over and old, is its last reading. Derived series are not kept:
    they follow from their own.
    """

    async def extend(self, readings: Sequence[Reading]) -> None:
        """Remember readings; one not newer than the last of its series is ignored."""
        ...

    async def fill(self, readings: Sequence[Reading]) -> int:
        """Add what was published about the past, where nothing read at the time stands.

        Among filled readings of a quarter the latest stays. Nothing of it may lie in the future.
        Returns how many of them are kept now and were not before.
        """
        ...

    async def trim(self) -> int:
        """Make room: the oldest day of what is kept finely goes, but for the last day.

        Where a day is all there is, the oldest 45 days of what is kept coarsely go, but for the
        last ones. How many pieces went: 0 when there is nothing left to give.
        """
        ...

    async def window(self, series: Series, start: datetime, end: datetime) -> Sequence[Reading]:
        """Readings with start < at <= end, oldest first."""
        ...

    async def at(self, series: Series, when: datetime, tolerance: timedelta) -> Reading | None:
        """The last reading at or before `when`, not older than `tolerance` before it."""
        ...

    async def daily(self, series: Series, days: int, until: datetime) -> Sequence[Close]:
        """The last value of each of the `days` whole UTC days before `until`, oldest first.

        Days without a reading are missing; so are those read by another method than the newest:
        another way of computing begins another history.
        """
        ...


class Budget(Protocol):
    """What all processes of one token may send together, in real time."""

    async def claim(self, chats: Sequence[Chat], *, answer: bool = False) -> Sequence[Turn]:
        """One turn per chat, granted in this order; only a Slot is used up.

        An `answer`, for which a person waits, comes before others; it leaves them a share.
        """
        ...

    async def spend(self, chat: Chat) -> None:
        """Count what is sent without asking, such as the edit of a message."""
        ...

    async def penalize(self, chat: Chat, after: timedelta) -> None:
        """The platform told this chat to wait. Several chats told so at once: all wait a while."""
        ...

    async def pause(self, after: timedelta) -> None:
        """Nothing can be sent to anybody for so long."""
        ...


class Chats(Protocol):
    """What each chat has chosen; `Outbox.readdress` takes it along when a chat moves."""

    async def read(self, chats: Sequence[Chat]) -> Sequence[Preferences]:
        """One per chat, in this order; the defaults for a chat that has chosen nothing."""
        ...

    async def write(self, chat: Chat, preferences: Preferences) -> None:
        """Replace what the chat has chosen. Nobody else's choice is looked at: the last counts."""
        ...


class Notes(Protocol):
    """Small things worth keeping for a while: drafts behind buttons, names, seen updates.

    The name of one that belongs to a chat ends in the chat: `records` find it by that.
    """

    async def put(self, key: str, value: str, keep: timedelta) -> None: ...

    async def read(self, key: str) -> str | None: ...

    async def read_many(self, keys: Sequence[str]) -> Sequence[str | None]: ...

    async def pop(self, key: str) -> str | None:
        """Read and delete in one step, so that a double tap acts once."""
        ...


class Lease(Protocol):
    """Who leads. Real time, never the market's."""

    async def acquire(self) -> int | None:
        """Take or extend the lease: the fencing number while we lead, else None."""
        ...

    async def release(self) -> None: ...


class Store(Protocol):
    """All ports over one store."""

    @property
    def rules(self) -> RuleBook: ...

    @property
    def episodes(self) -> Episodes: ...

    @property
    def history(self) -> History: ...

    @property
    def outbox(self) -> Outbox: ...

    @property
    def notes(self) -> Notes: ...

    @property
    def records(self) -> Records: ...

    @property
    def chats(self) -> Chats: ...

    def lease(self, holder: str, ttl: timedelta) -> Lease: ...

    async def ping(self) -> None:
        """StoreError when the store does not answer in time."""
        ...

    async def close(self) -> None: ...
    def budget(self, name: str, rates: Rates) -> Budget:
        """The budget of this name: one per platform and token."""
        ...
