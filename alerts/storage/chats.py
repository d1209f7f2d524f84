"""What chats have chosen, in Redis."""

import logging
from collections.abc import Sequence

from alerts import codec
from alerts.domain.errors import CodecError
from alerts.domain.ids import Chat
from alerts.domain.preferences import Preferences
from alerts.storage.connection import Connection

log = logging.getLogger(__name__)

DEFAULT = Preferences()


class RedisChats:
    """Implements Chats; a record that cannot be read counts as nothing chosen, and is named."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys

    async def read(self, chats: Sequence[Chat]) -> Sequence[Preferences]:
        if not chats:
            return []
        found = await self._db.ask("HMGET", self._keys.chats, *map(str, chats))
        return [_preferences(*row) for row in zip(chats, found, strict=True)]

    async def write(self, chat: Chat, preferences: Preferences) -> None:
        if preferences == DEFAULT:  # so the hash holds only the chats that differ
            await self._db.tell("HDEL", self._keys.chats, str(chat))
            return
        text = codec.encode_preferences(preferences)
        await self._db.tell("HSET", self._keys.chats, str(chat), text)


def _preferences(chat: Chat, text: bytes | None) -> Preferences:
    if text is None:
        return DEFAULT
    try:
        return codec.decode_preferences(text)
    except CodecError as error:
        log.error("preferences of chat=%s cannot be read: %s", chat, error)  # noqa: TRY400
        return DEFAULT
