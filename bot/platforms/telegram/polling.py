"""Long polling that tells Telegram of an update only when it was handled.

The library's own poller asks for the next updates, and so confirms the last ones, while these are
still being handled: a kill in between would lose what people said.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from telegram import Bot, Update
from telegram.error import InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.platforms.telegram.outcome import wait_of

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
LOOK_AGAIN_SECONDS = 0.5
"""While something is in hand, news is asked for this often, as Telegram then answers at once."""

STUCK_SECONDS = 90.0
"""Longer than every bound on the way of an answer: what is not done by then never will be."""

Handle = Callable[[Update], Awaitable[None]]


class Polling:
    """Asks, hands on, confirms. Updates before `offset` are confirmed with the next question."""

    def __init__(  # noqa: PLR0913 -- the last three are named
        self,
        bot: Bot,
        handle: Handle,
        allowed: Sequence[str],
        *,
        poll_seconds: float,
        look_again_seconds: float = LOOK_AGAIN_SECONDS,
        pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        self._bot = bot
        self._handle = handle
        self._allowed = list(allowed)
        self._poll_seconds = poll_seconds
        self._look_again_seconds = look_again_seconds
        self._pause_seconds = pause_seconds
        self._offset = 0
        self._in_hand: dict[int, asyncio.Task[None]] = {}
        self._done: set[int] = set()

    async def run(self) -> None:
        """Poll until cancelled; InvalidToken when Telegram refuses us for good."""
        pause = self._pause_seconds
        begun = False
        while True:
            try:
                if not begun:
                    await self._bot.delete_webhook()  # else every poll is a conflict
                    begun = True
                self._take(await self._ask())
                pause = self._pause_seconds
            except InvalidToken:
                raise
            except TimedOut:
                await asyncio.sleep(self._look_again_seconds)
            except TelegramError as error:
                log.warning("polling failed why=%s", error.message)
                asked = wait_of(error).total_seconds() if isinstance(error, RetryAfter) else 0.0
                await asyncio.sleep(max(asked, pause))
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            await self._hands_free(self._look_again_seconds)

    async def end(self) -> None:
        """Let what is in hand be answered, and confirm it."""
        if self._in_hand:
            await asyncio.wait(self._in_hand.values())
        self._confirm()
        if self._offset:
            await self._bot.get_updates(offset=self._offset, limit=1, timeout=0)

    async def _ask(self) -> Sequence[Update]:
        """What is not confirmed yet; waits for news only when nothing is in hand."""
        self._confirm()
        return await self._bot.get_updates(
            offset=self._offset or None,
            timeout=0 if self._in_hand else int(self._poll_seconds),
            allowed_updates=self._allowed,
        )

    def _take(self, updates: Sequence[Update]) -> None:
        for update in updates:
            number = update.update_id
            if number < self._offset or number in self._in_hand or number in self._done:
                continue
            self._in_hand[number] = asyncio.create_task(self._to_its_end(update))

    async def _to_its_end(self, update: Update) -> None:
        number = update.update_id
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                await self._handle(update)
        except TimeoutError:
            log.error("update %d was given up after %.0f s", number, STUCK_SECONDS)  # noqa: TRY400
        except Exception:
            log.exception("update failed")
        finally:
            del self._in_hand[number]
        self._done.add(number)

    def _confirm(self) -> None:
        """Everything before the first that is still in hand is done with."""
        known = [*self._in_hand, *self._done]
        if known:
            self._offset = min(self._in_hand, default=max(known) + 1)
        self._done = {number for number in self._done if number >= self._offset}

    async def _hands_free(self, seconds: float) -> None:
        if self._in_hand:
            await asyncio.wait(self._in_hand.values(), timeout=seconds)
