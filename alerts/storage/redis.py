"""The ports in Redis or Valkey (6.2 or newer)."""

from datetime import timedelta

from alerts.domain.errors import StoreError
from alerts.domain.turn import Rates
from alerts.storage import terms
from alerts.storage.budget import RedisBudget
from alerts.storage.chats import RedisChats
from alerts.storage.connection import COMMAND_SECONDS, Connection, connect
from alerts.storage.episodes import RedisEpisodes
from alerts.storage.history_store import RedisHistory
from alerts.storage.keys import PREFIX, Keys
from alerts.storage.lease import RedisLease
from alerts.storage.notes import RedisNotes
from alerts.storage.outbox import RedisOutbox
from alerts.storage.posture import posture
from alerts.storage.records import RedisRecords
from alerts.storage.rulebook import RedisRuleBook

PROBE_MS = 60_000


class RedisStore:
    """Implements Store over one server; `open` it, and `close` it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self.rules = RedisRuleBook(connection)
        self.episodes = RedisEpisodes(connection)
        self.history = RedisHistory(connection)
        self.outbox = RedisOutbox(connection)
        self.notes = RedisNotes(connection)
        self.records = RedisRecords(connection)
        self.chats = RedisChats(connection)

    @classmethod
    async def open(
        cls, url: str, *, prefix: str = PREFIX, command_seconds: float = COMMAND_SECONDS
    ) -> "RedisStore":
        """The store at `url`; StoreError when it is away or was written by newer code."""
        connection = connect(url, Keys(prefix), command_seconds=command_seconds)
        try:
            await _check_schema(connection)
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    def lease(self, holder: str, ttl: timedelta) -> RedisLease:
        return RedisLease(self._db, holder, ttl)

    def budget(self, name: str, rates: Rates) -> RedisBudget:
        return RedisBudget(self._db, name, rates)

    async def ping(self) -> None:
        await self._db.tell("SET", self._db.keys.probe, "", "PX", PROBE_MS)

    async def posture(self) -> list[str]:
        """What is risky about this server's settings, one line each."""
        return await posture(self._db.client)

    async def close(self) -> None:
        await self._db.close()


async def _check_schema(connection: Connection) -> None:
    key = connection.keys.schema
    await connection.tell("SET", key, terms.SCHEMA, "NX")
    found = (await connection.ask("GET", key)).decode(errors="replace")
    if found != str(terms.SCHEMA):
        raise StoreError(
            f"{key} is {found[:20]!r}, this program writes {terms.SCHEMA}: start the version that"
            " made the store, or use another one"
        )
