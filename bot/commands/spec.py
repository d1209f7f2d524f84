"""What a command is, who asks, and what a command may use."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from alerts.clock import LocalClock
from alerts.domain.ids import Asset, Chat
from alerts.domain.preferences import Preferences
from alerts.domain.reading import Reading, Series
from alerts.offers import Offers
from alerts.ports import Chats, Clock, Episodes, History, Notes, Outbox, Records, RuleBook
from bot.card import Card


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing a person said or tapped.

    `user` is the platform's id of the person, `text` the words after the command,
    `values` the typed parameters where the platform has them (Discord), by parameter name.
    `may_edit`: whether this person may change this chat's rules.
    `typed`: these are the person's own words, and not ours from behind a button.
    `one_by_one`: each answer is waited for before the next question is put, so there is no flood.
    """

    chat: Chat
    user: str
    text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    may_edit: bool = True
    typed: bool = False
    one_by_one: bool = False


class Kind(StrEnum):
    """The type of a parameter: what Discord checks for us, what `words` checks elsewhere."""

    TEXT = "text"
    RULE_TEXT = "rule_text"
    METRIC = "metric"
    ASSET = "asset"
    NUMBER = "number"
    RULE_NUMBER = "rule_number"
    EPISODE = "episode"
    ABOUT = "about"
    CHOICE = "choice"
    ZONE = "zone"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Choice:
    """One completion: what is shown (at most 100 characters) and what is sent."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter; `choices` for a closed set."""

    name: str
    kind: Kind
    summary: str
    required: bool = False
    choices: tuple[str, ...] = ()


class Readings:
    """The latest reading per series, kept fresh by whoever polls or follows the store."""

    def __init__(self) -> None:
        self._latest: dict[Series, Reading] = {}

    def update(self, readings: Mapping[Series, Reading]) -> None:
        """Take newer readings over."""
        self._latest.update(readings)

    def get(self, series: Series) -> Reading | None:
        return self._latest.get(series)

    def all(self) -> Mapping[Series, Reading]:
        return self._latest


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command may use. `readings` is memory; the rest reaches the store.

    `offers` knows what the venues have; without it every asset is taken to have every metric.
    `chosen` is what the asking chat prefers, and `clock` tells the time in its zone.
    """

    rules: RuleBook
    history: History
    notes: Notes
    chats: Chats
    episodes: Episodes
    outbox: Outbox
    records: Records
    clock: Clock
    readings: Readings
    assets: tuple[Asset, ...]
    max_rules: int = 30
    version: str = ""
    simulated: bool = False
    status: Callable[[], Awaitable[Mapping[str, str]]] | None = None
    stale_after: Callable[[Series], timedelta] = lambda _: timedelta(seconds=90)
    offers: Offers | None = None
    chosen: Preferences = field(default_factory=Preferences)

    def for_chat(self, chosen: Preferences) -> "Desk":
        """The same desk, for a chat with these preferences."""
        return replace(self, chosen=chosen, clock=LocalClock(self.clock, chosen.place))


SILENCE = Card("")
"""The answer to a flood after its notice: a card without a title, for which nothing is sent."""

Run = Callable[[Ask, Desk], Awaitable[Card]]
Suggest = Callable[[str, str, Ask, Desk], Awaitable[Sequence[Choice]]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command, on every platform. `run` raises UsageError for words it cannot use.

    `example` is shown in help; `longest` is how many characters it takes; `changes` marks commands
    that need the right to edit in a group; of those, one that `shows` changes nothing without words
    after it; `final` marks one whose changes are not offered to be taken back.
    """

    name: str
    summary: str
    run: Run
    params: tuple[Param, ...] = ()
    example: str = ""
    longest: int = 500
    changes: bool = False
    shows: bool = False
    menu: bool = False
    aliases: tuple[str, ...] = ()
    final: bool = False

    def needs_rights(self, words: str) -> bool:
        """Whether it changes something with these words after it."""
        return self.changes and not (self.shows and not words)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a tap: the card that replaces the tapped one (None: leave it), and a toast.

    `new`: the card is better sent as a message of its own, so that the tapped one (an alert, the
    welcome) stays; a platform that cannot may replace it all the same.
    """

    card: Card | None = None
    toast: str = ""
    new: bool = False


class FrontDesk(Protocol):
    """Where every platform brings what people say. Never raises: trouble comes back as a card."""

    @property
    def commands(self) -> Sequence[Command]: ...

    async def command(self, name: str, ask: Ask) -> Card:
        """Run one command by name with `ask.text` or `ask.values` as its parameters."""
        ...

    async def words(self, ask: Ask) -> Card:
        """Answer a free line: `/alerts`, `skew above 15%`, `skew`, or anything at all."""
        ...

    async def tap(self, ask: Ask, act: str) -> Reply:
        """Act on a button (`act` is whatever the platform sent back: do not trust it)."""
        ...

    async def suggest(self, command: str, param: str, typed: str, ask: Ask) -> Sequence[Choice]:
        """At most 25 completions, from memory, fast."""
        ...

    async def moved(self, old: Chat, new: Chat) -> None:
        """The platform gave a chat a new address."""
        ...

    async def reached(self, chat: Chat) -> None:
        """A chat that was out of reach can be written to again."""
        ...

    async def once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work unless it was done under this name, lately, by any process."""
        ...
