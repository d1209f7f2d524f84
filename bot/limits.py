"""Turns to send: the courier asks for one before each message, whatever other processes do.

The budget itself is the store's (alerts/ports.py); here waiting chats ask for their turns together,
in the order they came, so that a thousand messages a second cost few questions.
"""

import asyncio
import contextlib
import hashlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from alerts.domain.errors import StoreAwayError, StoreError
from alerts.domain.ids import Chat
from alerts.domain.ids import Platform as PlatformName
from alerts.domain.turn import Full, NotYet, Rates, Slot, Turn
from alerts.ports import Budget
from bot.window import Window

ASKED_TOGETHER = 400
"""At most; about as many as a budget grants turns to at once, for the others would ask in vain."""

LONGEST_SLEEP_SECONDS = 5.0
"""Nobody sleeps through a longer pause in one go: it may be lifted meanwhile."""

SHARE = 0.99
"""Of the allowed rate: what a stall has held up is made good within the rest."""

TELEGRAM_CHAT_GAP = timedelta(seconds=1.05)
TELEGRAM_GROUP_PER_MINUTE = 20
DISCORD_PER_SECOND = 50.0
CONSOLE_PER_SECOND = 1000.0

ANSWER_PATIENCE_SECONDS = 30.0
"""A person's answer that has no turn by then goes out all the same: the platform decides."""

GAPS_WAITED_SECONDS, GAPS_WITHIN_SECONDS = 4.0, 20.0
GAPS_AT_MOST = 10_000

_MOMENT = timedelta(milliseconds=1)
_ONE_AFTER_ANOTHER = 1e-6


def rates_of(platform: PlatformName, *, telegram_per_second: int) -> Rates:
    """What a platform lets one token send.

    Telegram: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this.
    Discord allows 50 requests a second, which its adapter watches since a message may be two; its
    buckets per route are left to its library.
    """
    match platform:
        case "telegram":
            rate = SHARE * telegram_per_second
            return Rates(
                rate,
                TELEGRAM_CHAT_GAP,
                TELEGRAM_GROUP_PER_MINUTE,
                in_any_second=telegram_per_second,
            )
        case "discord":
            return Rates(SHARE * DISCORD_PER_SECOND)
        case _:
            return Rates(CONSOLE_PER_SECOND)


def budget_name(platform: PlatformName, token: str) -> str:
    """One budget per token; the name does not give the token away."""
    return f"{platform}:{hashlib.blake2b(token.encode(), digest_size=8).hexdigest()}"


@dataclass(slots=True, eq=False)
class _Asking:
    """Who waits for a turn; the answer comes with when it means, in the loop's time."""

    chat: Chat
    answer: "asyncio.Future[tuple[Turn, float]]"


@dataclass(slots=True)
class Gaps:
    """How long answers to a chat have waited for its gap lately.

    Platforms tolerate short bursts in a chat. Who asks without end would otherwise be answered one
    by one for minutes, while what others say stands in line behind.
    """

    _waited: dict[str, tuple[float, float]] = field(default_factory=dict)

    def grant(self, chat: Chat, seconds: float) -> bool:
        """Whether an answer may wait that long; it is remembered."""
        now = asyncio.get_running_loop().time()
        since, waited = self._waited.get(chat.id, (now, 0.0))
        if now - since > GAPS_WITHIN_SECONDS:
            since, waited = now, 0.0
        if waited + seconds > GAPS_WAITED_SECONDS:
            return False
        if len(self._waited) >= GAPS_AT_MOST:
            self._waited.clear()
        self._waited[chat.id] = since, waited + seconds
        return True


@dataclass(slots=True)
class Limits:
    """Gives chats their turns within one budget, and looks at the wire before each message."""

    budget: Budget
    window: Window = field(default_factory=Window)
    together: int = ASKED_TOGETHER
    _waiting: deque[_Asking] = field(default_factory=deque)
    _asker: asyncio.Task[None] | None = None
    _answers_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _gaps: Gaps = field(default_factory=Gaps)
    _full_until: float = 0.0
    _last: float = 0.0

    @classmethod
    def of(cls, budget: Budget, rates: Rates) -> "Limits":
        half_a_second = 8 + round(min(rates.per_second, ASKED_TOGETHER) / 2)
        window = Window(rates.in_any_second, rates.chat_gap)
        return cls(budget, window, min(half_a_second, ASKED_TOGETHER))

    async def turn(self, chat: Chat) -> timedelta:
        """Wait for this chat's turn: zero when it has come, else how long to leave the chat alone.

        StoreError when the budget cannot be asked; then nothing may be sent.
        """
        loop = asyncio.get_running_loop()
        asking = _Asking(chat, loop.create_future())
        self._waiting.append(asking)
        if self._asker is None:
            self._asker = asyncio.create_task(self._ask_for_all())
        turn, until = await asking.answer
        left = until - loop.time()
        if isinstance(turn, NotYet):
            return max(timedelta(seconds=left), _MOMENT)
        if left > 0:
            await asyncio.sleep(left)
        return timedelta(0)

    @contextlib.asynccontextmanager
    async def place(self, chat: Chat) -> AsyncIterator[None]:
        """Room for an answer, which comes before what is queued."""
        own = chat if await self._turn_to_answer(chat) else None
        went = await self.window.enter(own)
        try:
            yield
        finally:
            self.window.leave(went, own, answered=False)

    async def turn_to_go_on(self, chat: Chat) -> None:
        """Wait until one more message may follow in a chat."""
        await self._turn_to_answer(chat)

    async def _turn_to_answer(self, chat: Chat) -> bool:
        """Wait for an answer's turn; whether the chat has had its gap.

        Where the budget is out of reach there is no need to wait.
        """
        with contextlib.suppress(StoreError, TimeoutError):
            async with asyncio.timeout(ANSWER_PATIENCE_SECONDS):
                while isinstance(turn := await self._answers_turn(chat), NotYet):
                    if not self._gaps.grant(chat, turn.after.total_seconds()):
                        await self.budget.spend(chat)
                        return False
                    await asyncio.sleep(turn.after.total_seconds())
                await asyncio.sleep(turn.after.total_seconds())
        return True

    async def count(self, chat: Chat) -> None:
        """Count what goes out without a turn."""
        with contextlib.suppress(StoreError):
            await self.budget.spend(chat)

    async def _answers_turn(self, chat: Chat) -> Slot | NotYet:
        """Answers ask one after the other, so none of them is overtaken for ever."""
        async with self._answers_lock:
            while True:
                (turn,) = await self.budget.claim([chat], answer=True)
                if not isinstance(turn, Full):
                    return turn
                await asyncio.sleep(turn.after.total_seconds())

    async def _ask_for_all(self) -> None:
        """Ask for everybody who waits, until nobody does."""
        try:
            while self._waiting:
                await self._ask()
                self._waiting = deque(one for one in self._waiting if not one.answer.done())
        finally:
            self._asker = None
            for asking in self._waiting:  # nobody, unless this very task was ended
                _answer(asking, StoreAwayError("nobody asks for turns any more"))

    async def _ask(self) -> None:
        """Answer the first of those who wait, save whom the budget has no room for now."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(min(self._full_until - loop.time(), LONGEST_SLEEP_SECONDS))
        present = (asking for asking in self._waiting if not asking.answer.done())
        batch = list(islice(present, self.together))
        if not batch:
            return
        try:
            turns = await self.budget.claim([asking.chat for asking in batch])
            answers = list(zip(batch, turns, strict=True))
        except Exception as error:  # noqa: BLE001 -- it is raised where the turn is awaited
            for asking in batch:
                _answer(asking, error)
            return
        now = loop.time()
        for asking, turn in answers:
            until = now + turn.after.total_seconds()
            if isinstance(turn, Full):
                self._full_until = until
                continue
            if isinstance(turn, Slot):  # an answer held up on its way turns no order round
                self._last = until = max(until, self._last + _ONE_AFTER_ANOTHER)
            _answer(asking, (turn, until))


def _answer(asking: _Asking, answer: tuple[Turn, float] | Exception) -> None:
    if asking.answer.done():
        return
    if isinstance(answer, Exception):
        asking.answer.set_exception(answer)
    else:
        asking.answer.set_result(answer)
