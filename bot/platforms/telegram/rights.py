"""Who may change a group's rules: its administrators, asked of Telegram and remembered."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

REMEMBERED = timedelta(minutes=5)

_MOST = 10_000
_ADMINS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)

log = logging.getLogger(__name__)


class Rights:
    """Answers from memory for five minutes; without an answer nobody may."""

    def __init__(self, bot: Bot, now: Callable[[], datetime]) -> None:
        self._bot = bot
        self._now = now
        self._known: dict[tuple[int, int], tuple[bool, datetime]] = {}

    async def may_edit(self, chat_id: int, user_id: int) -> bool:
        """Whether this member administers this group."""
        known, at = self._known.get((chat_id, user_id), (False, None))
        if at is not None and self._now() - at < REMEMBERED:
            return known
        try:
            member = await self._bot.get_chat_member(chat_id, user_id)
        except TelegramError as error:
            log.warning("rights unknown chat=%s why=%s", chat_id, error.message)
            return False
        return self._remember(chat_id, user_id, may=member.status in _ADMINS)

    def forget(self, chat_id: int) -> None:
        """Ask anew about everybody in this chat."""
        self._known = {who: known for who, known in self._known.items() if who[0] != chat_id}

    def _remember(self, chat_id: int, user_id: int, *, may: bool) -> bool:
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[chat_id, user_id] = (may, self._now())
        return may
