"""Every key of the store, spelled once."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from alerts.domain.ids import Chat, Platform
from alerts.domain.reading import Series

PREFIX = "derivwatch:"

MADE_IN_SCRIPTS = (":server", ":clock", ":attended")
"""What scripts append to a key that they are given; history's blocks apart."""

KINDS = {
    "schema": "string",
    "probe": "string",
    "rules": "hash",
    "states": "hash",
    "overlays": "hash",
    "chats": "hash",
    "number:*": "string",
    "due": "zset",
    "feed": "stream",
    "latest": "hash",
    "moved": "hash",
    "leader": "string",
    "fence": "string",
    "fence:server": "string",
    "chat:*": "hash",
    "episodes:*": "hash",
    "fired:*": "zset",
    "history": "hash",
    "history:*:labels": "list",
    "history:*": "string",
    "outbox:*": "stream",
    "lines:*": "hash",
    "turns:*:clock": "string",
    "turns:*:attended": "string",
    "turns:*": "zset",
    "aside:*": "hash",
    "asidedue:*": "zset",
    "rang:*": "hash",
    "dead:*": "stream",
    "note:*": "string",
    "budget:*:chat:*": "string",
    "budget:*:minute:*": "list",
    "budget:*:floods": "zset",
    "budget:*": "hash",
}
"""The type of every key below, by its name after the prefix; the first match counts."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys under one prefix.

    Rules and states are two large hashes by rule id, not a key each: a hash can be read in chunks
    (HSCAN) with its values, costs less memory per rule, and lets every script name its keys.
    """

    prefix: str = PREFIX

    def kind(self, key: str) -> str | None:
        """The type that a key of ours must have; None for what is not ours."""
        name = key.removeprefix(self.prefix)
        if name == key:
            return None
        return next((kind for form, kind in KINDS.items() if fnmatchcase(name, form)), None)

    def foreign(self, key: str) -> str:
        """Where something that was found under one of our keys, and is not ours, is put."""
        return f"{self.prefix}foreign:{key.removeprefix(self.prefix)}"

    @property
    def schema(self) -> str:
        return f"{self.prefix}schema"

    @property
    def probe(self) -> str:
        """Written now and then, to see whether writes are taken."""
        return f"{self.prefix}probe"

    @property
    def rules(self) -> str:
        """Hash: rule id -> rule."""
        return f"{self.prefix}rules"

    @property
    def states(self) -> str:
        """Hash: rule id -> state."""
        return f"{self.prefix}states"

    @property
    def overlays(self) -> str:
        """Hash: rule id -> what people did about it, where they did anything."""
        return f"{self.prefix}overlays"

    def number(self, chat: Chat) -> str:
        """The highest rule number given in the chat; it fades long after its last use."""
        return f"{self.prefix}number:{chat}"

    @property
    def due(self) -> str:
        """Sorted set: rule id by microseconds since 1970."""
        return f"{self.prefix}due"

    @property
    def feed(self) -> str:
        """Stream of the ids of rules written or removed, and of readers' marks."""
        return f"{self.prefix}feed"

    @property
    def latest(self) -> str:
        """Hash: series -> its last committed reading."""
        return f"{self.prefix}latest"

    @property
    def chats(self) -> str:
        """Hash: chat -> what it has chosen, for chats that have chosen anything."""
        return f"{self.prefix}chats"

    @property
    def moved(self) -> str:
        """Hash: former chat -> the chat it became."""
        return f"{self.prefix}moved"

    @property
    def leader(self) -> str:
        """The holder of the lease, while it holds."""
        return f"{self.prefix}leader"

    @property
    def fence(self) -> str:
        """The highest fencing number ever given; it only grows."""
        return f"{self.prefix}fence"

    @property
    def fence_server(self) -> str:
        """The run id of the server at the term's beginning; scripts append it to `fence`."""
        return f"{self.fence}:server"

    def chat(self, chat: Chat) -> str:
        """Hash: number -> rule id."""
        return f"{self.prefix}chat:{chat}"

    @property
    def episodes_stem(self) -> str:
        """What the keys below begin with; scripts append a chat as they do."""
        return f"{self.prefix}episodes:"

    @property
    def fired_stem(self) -> str:
        return f"{self.prefix}fired:"

    def episodes(self, chat: Chat) -> str:
        """Hash: `rule.nth` -> how an episode began; `rule.nth+` -> its latest news."""
        return f"{self.episodes_stem}{chat}"

    def fired(self, chat: Chat) -> str:
        """Sorted set: `rule.nth` by the microsecond when it fired."""
        return f"{self.fired_stem}{chat}"

    def by_rule(self) -> tuple[str, ...]:
        """Hashes and sorted sets whose fields are rule ids: what goes when a chat is forgotten."""
        return (self.rules, self.states, self.overlays, self.due)

    def by_chat(self, platform: Platform) -> tuple[str, ...]:
        """Hashes and sorted sets whose fields are chats: what goes when a chat is forgotten."""
        return (
            *(self.chats, self.lines(platform), self.turns(platform)),
            *(self.aside(platform), self.aside_due(platform), self.rang(platform)),
        )

    def is_of_chat(self, key: str, chat: Chat) -> bool:
        """Whether a key is the chat's own: it ends in the chat, or is its part of a budget."""
        if key.startswith(self.budget(f"{chat.platform}:")):
            return not chat.thread and key.endswith((f":chat:{chat.id}", f":minute:{chat.id}"))
        return key.startswith(self.prefix) and key.endswith(f":{chat}")

    @property
    def history_newest(self) -> str:
        """Hash: the key of a series -> the number of its newest fine block."""
        return f"{self.prefix}history"

    def history(self, series: Series) -> str:
        """The stem of a series' keys; scripts append to it as the three methods below do."""
        return f"{self.prefix}history:{series}"

    def history_fine(self, series: Series, number: int) -> str:
        """Points of a quarter of a day."""
        return f"{self.history(series)}:{number}"

    def history_coarse(self, series: Series, number: int) -> str:
        """Points of 45 days, one a quarter of a day."""
        return f"{self.history(series)}:c{number}"

    def history_labels(self, series: Series) -> str:
        """List of what points have in common, by the number they carry."""
        return f"{self.history(series)}:labels"

    def outbox(self, platform: Platform) -> str:
        """Stream of what chats of one platform are to be told."""
        return f"{self.prefix}outbox:{platform}"

    def lines(self, platform: Platform) -> str:
        """Hash: chat -> the ids of its entries in the outbox, in order, by spaces."""
        return f"{self.prefix}lines:{platform}"

    def turns(self, platform: Platform) -> str:
        """Sorted set: chat by the microsecond when the head of its line may be handed out."""
        return f"{self.prefix}turns:{platform}"

    def aside(self, platform: Platform) -> str:
        """Hash: chat -> the events that wait there, one a line, oldest first."""
        return f"{self.prefix}aside:{platform}"

    def aside_due(self, platform: Platform) -> str:
        """Sorted set: chat by the microsecond (of the market's clock) when what waits is due."""
        return f"{self.prefix}asidedue:{platform}"

    def rang(self, platform: Platform) -> str:
        """Hash: chat -> a period and how many alerts rang in it, by a space."""
        return f"{self.prefix}rang:{platform}"

    def turns_clock(self, platform: Platform) -> str:
        """The server's time when turns were last looked at; scripts append it to `turns`."""
        return f"{self.turns(platform)}:clock"

    def turns_attended(self, platform: Platform) -> str:
        """The server's time when a courier last took or kept anything; appended as above."""
        return f"{self.turns(platform)}:attended"

    def dead(self, platform: Platform) -> str:
        """Stream of entries that could not be delivered, with the reason."""
        return f"{self.prefix}dead:{platform}"

    def note(self, name: str) -> str:
        return f"{self.prefix}note:{name}"

    def budget(self, name: str) -> str:
        """Hash: `free`, when the next turn to send is free, and `pause`, until when nobody sends.

        Microseconds since 1970 by the server's clock, as in the keys below it.
        """
        return f"{self.prefix}budget:{name}"

    def budget_chat(self, name: str, chat: Chat) -> str:
        """When a chat may be sent to next; it fades by then. Topics share their chat's."""
        return f"{self.prefix}budget:{name}:chat:{chat.id}"

    def budget_minute(self, name: str, chat: Chat) -> str:
        """List of a group's turns of the last minute, oldest first."""
        return f"{self.prefix}budget:{name}:minute:{chat.id}"

    def budget_floods(self, name: str) -> str:
        """Sorted set: chats told to wait lately, by when they were told."""
        return f"{self.prefix}budget:{name}:floods"
