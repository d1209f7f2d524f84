"""What all processes of one token may send, in Redis: one script grants the turns."""

from collections.abc import Sequence
from datetime import timedelta

from alerts.domain.ids import Chat
from alerts.domain.turn import Full, NotYet, Rates, Slot, Turn
from alerts.storage import turns
from alerts.storage.connection import Connection

_MICROSECOND = timedelta(microseconds=1)
_VERDICTS = (Slot, NotYet, Full)


class RedisBudget:
    """Implements Budget."""

    def __init__(self, connection: Connection, name: str, rates: Rates) -> None:
        self._db = connection
        self._keys = connection.keys
        self._name = name
        self._rates = rates

    async def claim(self, chats: Sequence[Chat], *, answer: bool = False) -> Sequence[Turn]:
        answers = await self._claim(chats, "answer" if answer else "0")
        return [_VERDICTS[verdict](micros * _MICROSECOND) for verdict, micros in answers]

    async def spend(self, chat: Chat) -> None:
        await self._claim([chat], "1")

    async def penalize(self, chat: Chat, after: timedelta) -> None:
        await self._penalize(chat, chat.id, after)

    async def pause(self, after: timedelta) -> None:
        await self._penalize(None, "", after)

    async def _claim(self, chats: Sequence[Chat], how: str) -> Sequence[tuple[int, int]]:
        if not chats:
            return []
        rates, keys, name = self._rates, self._keys, self._name
        pairs = [(keys.budget_chat(name, one), keys.budget_minute(name, one)) for one in chats]
        answers: Sequence[tuple[int, int]] = await self._db.run(
            "claim",
            [keys.budget(name), *(key for pair in pairs for key in pair)],
            [
                round(1e6 / rates.per_second),
                turns.TURNS_AHEAD // _MICROSECOND,
                rates.chat_gap // _MICROSECOND,
                rates.group_per_minute,
                turns.GROUP_MINUTE // _MICROSECOND,
                how,
                turns.ANSWERS_AHEAD // _MICROSECOND,
                round(1e6 / rates.per_second / turns.ANSWERS_SHARE),
                *(int(turns.is_group(chat)) for chat in chats),
            ],
        )
        return answers

    async def _penalize(self, chat: Chat | None, who: str, after: timedelta) -> None:
        keys, name = self._keys, self._name
        own = keys.budget_chat(name, chat) if chat else keys.budget(name)
        await self._db.run(
            "penalize",
            [keys.budget(name), own, keys.budget_floods(name)],
            [
                who,
                after // _MICROSECOND,
                turns.SEVERAL_FLOODED,
                turns.FLOODED_WITHIN // _MICROSECOND,
                turns.FLOODED_PAUSE // _MICROSECOND,
            ],
        )
