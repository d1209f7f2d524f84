"""The library's bot as this adapter uses it: quiet about its token, quick with messages."""

from collections.abc import Sequence

from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.platforms.telegram.request import AiohttpRequest


class Client(ExtBot[None]):
    """The library's bot, whose repr would print the token."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Bot(token hidden)"

    @property
    def requests(self) -> Sequence[AiohttpRequest]:
        return [request for request in self._request if isinstance(request, AiohttpRequest)]

    async def post_message(self, **sent: object) -> str:
        """Send a message with these parameters of sendMessage, None for none; its id.

        The library's own method makes objects of the keyboard and of the whole answer: half of
        the CPU of an alert, and nobody looks at them.
        """
        answer = await self._post("sendMessage", sent)
        if not isinstance(answer, dict) or "message_id" not in answer:
            raise TelegramError("Invalid server response")
        return str(answer["message_id"])
