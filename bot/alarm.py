"""What the operator should hear of: each trouble once to ADMIN_CHATS, and once when it is over."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.domain.ids import Chat
from alerts.domain.ids import Platform as PlatformName
from bot.card import Card, Tone
from bot.courier import Courier
from bot.health import Part
from bot.outcome import Gone, Rejected, Sent
from bot.platforms.spec import Anywhere, Places, Platform

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 2.0
WORTH_TELLING_SECONDS = 15.0
"""Shorter troubles, such as a reconnect or a restart of the store, mend themselves."""

LETTERS_EVERY_SECONDS = 600.0
SEND_SECONDS = 30.0
UNSENT_AT_MOST = 50


@dataclass(slots=True)
class Troubles:
    """Which parts are ill, since when, and which of that was told. Times are in seconds."""

    _since: dict[str, float] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _letters: int = 0
    _letters_at: float = -LETTERS_EVERY_SECONDS

    def look(self, parts: Sequence[Part], now: float) -> list[Card]:
        """What is to be told now of parts that became ill or well."""
        ill = {part.name: part.text for part in parts if part.well is False}
        cards = [self._over(name, now) for name in sorted(self._told - set(ill))]
        self._since = {name: self._since.get(name, now) for name in ill}
        self._told &= set(ill)
        for name, text in ill.items():
            if name not in self._told and now - self._since[name] >= WORTH_TELLING_SECONDS:
                self._told.add(name)
                cards.append(_trouble(f"{name}: {text}"))
        return cards

    def letters(self, buried: int, why: str, now: float) -> list[Card]:
        """What is to be told of dead letters: their number since last time, ever so often."""
        fresh = buried - self._letters
        if not fresh or now - self._letters_at < LETTERS_EVERY_SECONDS:
            return []
        self._letters, self._letters_at = buried, now
        what = "1 alert" if fresh == 1 else f"{fresh} alerts"
        lines = (f"The latest: {why}", "derivwatch dead list shows them; resend sends them again.")
        return [_trouble(f"{what} could not be delivered", *lines)]

    def _over(self, name: str, now: float) -> Card:
        minutes = max(1, round((now - self._since[name]) / 60))
        title = f"Over: {name} is well again after {minutes} min"
        return Card(title, tone=Tone.CALM, strong="Over", silent=True)


@dataclass(slots=True)
class Alarm:
    """Looks at the parts of this process and tells; what cannot be told now is tried again."""

    platforms: Mapping[PlatformName, Platform]
    chats: Sequence[Chat]
    parts: Callable[[], Awaitable[Sequence[Part]]]
    couriers: Sequence[Courier] = ()
    places: Mapping[PlatformName, Places] = field(default_factory=dict)
    _troubles: Troubles = field(default_factory=Troubles)
    _unsent: deque[tuple[Chat, Card]] = field(default_factory=lambda: deque(maxlen=UNSENT_AT_MOST))

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            await self.look(await self.parts(), asyncio.get_running_loop().time())

    async def look(self, parts: Sequence[Part], now: float) -> None:
        """One look, and every message that is still to be sent."""
        buried = sum(courier.buried for courier in self.couriers)
        why = next((one.last_buried for one in self.couriers if one.last_buried), "")
        cards = self._troubles.look(parts, now) + self._troubles.letters(buried, why, now)
        for card in cards:
            level = logging.INFO if card.silent else logging.ERROR
            log.log(level, "told the operator what=%s", card.title)
            self._unsent.extend((chat, card) for chat in self.chats if self._reaches(chat))
        for _ in range(len(self._unsent)):
            chat, card = self._unsent.popleft()
            if not await self._send(chat, card):
                self._unsent.append((chat, card))

    def _reaches(self, chat: Chat) -> bool:
        return chat.platform in self.platforms

    async def _send(self, chat: Chat, card: Card) -> bool:
        """Whether there is no need to try again."""
        try:
            places = self.places.get(chat.platform, Anywhere())
            async with asyncio.timeout(SEND_SECONDS), places.place(chat):
                outcome = await self.platforms[chat.platform].send(chat, card, card.title)
        except TimeoutError:
            return False
        if isinstance(outcome, Gone | Rejected):
            log.error("the operator cannot be told chat=%s why=%s", chat, outcome.why)
        return isinstance(outcome, Sent | Gone | Rejected)


def _trouble(what: str, *lines: str) -> Card:
    return Card(f"Trouble – {what}", tone=Tone.WARNING, strong="Trouble", lines=lines)
