"""Who leads: a key that expires, and a number that only grows."""

from datetime import timedelta

from alerts.storage import terms
from alerts.storage.connection import Connection


class RedisLease:
    """Implements Lease.

    Whoever takes the lease gets a higher number than every holder it has seen, itself or while
    standing by, also on a server that came back from a failover with less than it once confirmed.
    A restart of the server, which may have cost it the last second, ends the term.
    """

    def __init__(self, connection: Connection, holder: str, ttl: timedelta) -> None:
        self._db = connection
        self._keys = connection.keys
        self._holder = holder
        self._ttl_ms = ttl // timedelta(milliseconds=1)
        self._seen = 0

    async def acquire(self) -> int | None:
        leads, fence = await self._db.run(
            "acquire",
            [self._keys.leader, self._keys.fence, self._keys.schema],
            [self._holder, self._ttl_ms, self._seen, terms.SCHEMA],
        )
        self._seen = max(self._seen, fence)
        return fence if leads else None

    async def release(self) -> None:
        await self._db.run("release", [self._keys.leader], [self._holder])
