"""The library's bot as this adapter uses it: quiet about its token, quick with messages."""

from collections.abc import Sequence
from typing import cast

from telegram.error import TelegramError
from telegram.ext import ExtBot
from telegram.request import RequestData

from bot.platforms.telegram.request import AiohttpRequest, Parameters


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

        The library's own method makes objects of every parameter, of the keyboard and of the
        whole answer: half of the CPU of an alert, and nobody looks at them.
        """
        given = Parameters({name: value for name, value in sent.items() if value is not None})
        answer = await self.request.post(f"{self.base_url}/sendMessage", cast("RequestData", given))
        if not isinstance(answer, dict) or "message_id" not in answer:
            raise TelegramError("Invalid server response")
        return str(answer["message_id"])
