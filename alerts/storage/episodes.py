"""Episodes in Redis; `scripts/commit.lua` writes them."""

import logging
from collections.abc import Sequence

from alerts import codec
from alerts.domain.episode import Episode
from alerts.domain.errors import CodecError
from alerts.domain.ids import Chat
from alerts.storage.connection import Connection

log = logging.getLogger(__name__)


class RedisEpisodes:
    """Implements Episodes."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._keys = connection.keys

    async def of_chat(self, chat: Chat) -> Sequence[Episode]:
        order, texts = await self._db.ask_all(
            ["ZREVRANGE", self._keys.fired(chat), 0, -1], ["HGETALL", self._keys.episodes(chat)]
        )
        pairs = (
            texts if isinstance(texts, dict) else dict(zip(texts[::2], texts[1::2], strict=True))
        )
        read = (_read(name, pairs.get(name), pairs.get(name + b"+")) for name in order)
        return [episode for episode in read if episode]

    async def forget(self, chat: Chat) -> None:
        await self._db.tell("DEL", self._keys.fired(chat), self._keys.episodes(chat))


def _read(name: bytes, text: bytes | None, latest: bytes | None) -> Episode | None:
    if text is None:
        return None
    try:
        return codec.decode_episode(text, latest)
    except CodecError as error:
        log.warning("episode %s cannot be read: %s", name.decode(errors="replace"), error)
        return None
