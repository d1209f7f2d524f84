"""What one token may send, kept by one process: for tests and dry runs."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from alerts.domain.ids import Chat
from alerts.domain.turn import Full, NotYet, Rates, Slot, Turn
from alerts.storage import turns


@dataclass(slots=True)
class MemoryBudget:
    """Implements Budget, in seconds of `monotonic`."""

    monotonic: Callable[[], float]
    rates: Rates
    _free: float = 0.0
    _pause: float = 0.0
    _answered: float = 0.0
    _chats: dict[str, float] = field(default_factory=dict)
    _minutes: dict[str, deque[float]] = field(default_factory=dict)
    _floods: dict[str, float] = field(default_factory=dict)

    async def claim(self, chats: Sequence[Chat], *, answer: bool = False) -> Sequence[Turn]:
        now = self.monotonic()
        return [self._turn(chat, now, answer=answer) for chat in chats]

    async def spend(self, chat: Chat) -> None:
        now = self.monotonic()
        self._take(chat, max(self._free, now))

    async def penalize(self, chat: Chat, after: timedelta) -> None:
        now = self.monotonic()
        wait, within = after.total_seconds(), turns.FLOODED_WITHIN.total_seconds()
        self._chats[chat.id] = max(self._chats.get(chat.id, 0.0), now + wait)
        recent = {one: at for one, at in self._floods.items() if at > now - within}
        self._floods = {**recent, chat.id: now}
        if len(self._floods) >= turns.SEVERAL_FLOODED:
            await self.pause(min(after, turns.FLOODED_PAUSE))

    async def pause(self, after: timedelta) -> None:
        self._pause = max(self._pause, self.monotonic() + after.total_seconds())

    def forget(self, chat: Chat) -> None:
        """Know nothing of this chat any more."""
        for known in (self._chats, self._minutes, self._floods):
            known.pop(chat.id, None)

    def _turn(self, chat: Chat, now: float, *, answer: bool) -> Turn:
        turn, own = max(self._free, now), self._own(chat)
        ahead = (turns.ANSWERS_AHEAD if answer else turns.TURNS_AHEAD).total_seconds()
        room = max(turn, self._answered) if answer else turn
        if self._pause > now:
            return Full(timedelta(seconds=self._pause - now))
        if own > turn:
            return NotYet(timedelta(seconds=own - now))
        if room > now + ahead:
            return Full(timedelta(seconds=room - now - ahead / 2))
        self._take(chat, turn)
        if answer:
            between = 1.0 / (turns.ANSWERS_SHARE * self.rates.per_second)
            self._answered = max(self._answered, now) + between
        return Slot(timedelta(seconds=turn - now))

    def _own(self, chat: Chat) -> float:
        own, minute = self._chats.get(chat.id, 0.0), self._minutes.get(chat.id)
        if minute is None or len(minute) < self.rates.group_per_minute:
            return own
        return max(own, minute[0] + turns.GROUP_MINUTE.total_seconds())

    def _take(self, chat: Chat, turn: float) -> None:
        self._free = turn + 1.0 / self.rates.per_second
        self._chats[chat.id] = turn + self.rates.chat_gap.total_seconds()
        if self.rates.group_per_minute and turns.is_group(chat):
            fresh: deque[float] = deque(maxlen=self.rates.group_per_minute)
            self._minutes.setdefault(chat.id, fresh).append(turn)
