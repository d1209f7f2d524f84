"""All that a store in memory keeps."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerts.domain.episode import Episode
from alerts.domain.event import Event
from alerts.domain.ids import Chat, Platform, RuleId
from alerts.domain.preferences import Preferences
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Rule
from alerts.ports import Held
from alerts.queue import ASIDE_AT_MOST, Aside, Dead, Entry
from alerts.storage import terms

Monotonic = Callable[[], float]
Firing = tuple[RuleId, int]


@dataclass(slots=True)
class Line:
    """A chat's entries, in order; only the first is ever in somebody's hands, `turn` is by when."""

    entries: deque[Entry] = field(default_factory=deque)
    turn: float = 0.0
    hands: str = ""


@dataclass(slots=True)
class Shelf:
    """Rules, their chats, and the queue; `monotonic` measures idleness, leases and notes."""

    monotonic: Monotonic
    held: dict[RuleId, Held] = field(default_factory=dict)
    chats: dict[Chat, dict[int, RuleId]] = field(default_factory=lambda: defaultdict(dict))
    numbers: dict[Chat, int] = field(default_factory=lambda: defaultdict(int))
    due: dict[RuleId, datetime] = field(default_factory=dict)
    feed: deque[RuleId] = field(default_factory=lambda: deque(maxlen=terms.FEED_LENGTH))
    fed: int = 0
    episodes: dict[Chat, dict[Firing, Episode]] = field(default_factory=lambda: defaultdict(dict))
    latest: dict[Series, Reading] = field(default_factory=dict)
    chosen: dict[Chat, Preferences] = field(default_factory=dict)
    moved: dict[Chat, Chat] = field(default_factory=dict)
    lines: dict[Chat, Line] = field(default_factory=dict)
    waiting: dict[Chat, tuple[Event, ...]] = field(default_factory=dict)
    waiting_due: dict[Chat, datetime] = field(default_factory=dict)
    rang: dict[Chat, tuple[str, int]] = field(default_factory=dict)
    dead: dict[Platform, dict[str, Dead]] = field(default_factory=lambda: defaultdict(dict))
    came: dict[str, datetime] = field(default_factory=dict)
    notes: dict[str, tuple[str, float]] = field(default_factory=dict)
    attended: dict[Platform, datetime] = field(default_factory=dict)
    queued: int = 0
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)
    leader: str = ""
    leads_until: float = 0.0
    fence: int = 0

    def looked(self, platform: Platform) -> datetime:
        """When a courier last took or kept anything."""
        return self.attended.get(platform, datetime.min.replace(tzinfo=UTC))

    def write(self, held: Held, due: datetime) -> Rule:
        rule = held.rule
        self.held[rule.id] = held
        self.due[rule.id] = due
        self.announce(rule.id)
        return rule

    def note(self, key: str, value: str, keep: timedelta) -> None:
        self.notes[key] = (value, self.monotonic() + keep.total_seconds())

    def announce(self, rule_id: RuleId) -> None:
        self.feed.append(rule_id)
        self.fed += 1

    def address(self, chat: Chat) -> Chat:
        """Where a chat is now, through any number of moves."""
        while chat in self.moved:
            chat = self.moved[chat]
        return chat

    def lay_aside(self, chat: Chat, aside: Aside) -> None:
        kept = (*self.waiting.get(chat, ()), *aside.events)[-ASIDE_AT_MOST:]
        self.waiting[chat] = kept
        self.waiting_due[chat] = min(aside.due, self.waiting_due.get(chat, aside.due))

    def take_aside(self, chat: Chat) -> Aside | None:
        events, due = self.waiting.pop(chat, ()), self.waiting_due.pop(chat, None)
        return Aside(events, due) if events and due else None
