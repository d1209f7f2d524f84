"""Making room in a server whose memory is full: the oldest history goes, rules never do."""

from collections.abc import Iterable, Mapping, Sequence

from alerts.storage import blocks
from alerts.storage.connection import Connection

DAY = blocks.DAY_MS // blocks.SLOT_MS
"""Fine blocks of a day: what goes at a time, and what stays of every series in any case."""

STRETCHES_LEFT = 2
CHUNK = 500


async def trim(db: Connection) -> int:
    """Delete the oldest day of fine blocks; where a day is all there is, the oldest coarse ones.

    How many blocks went; 0 when there is nothing left to give. Deleting needs no memory.
    """
    newest = await _newest(db)
    fine = {
        base: range(number - blocks.SLOTS_KEPT, number - DAY) for base, number in newest.items()
    }
    found = await _there(db, "", fine)
    if found:
        return await _delete(db, found, min(found.values()) + DAY)
    latest = {base: blocks.stretch_of(number * blocks.SLOT_MS) for base, number in newest.items()}
    coarse = {
        base: range(number - blocks.STRETCHES_KEPT, number - STRETCHES_LEFT + 1)
        for base, number in latest.items()
    }
    found = await _there(db, "c", coarse)
    return await _delete(db, found, min(found.values()) + 1) if found else 0


async def _newest(db: Connection) -> Mapping[str, int]:
    stored: Mapping[bytes, bytes] = await db.ask("HGETALL", db.keys.history_newest)
    return {base.decode(): int(text) for base, text in stored.items() if text.isdigit()}


async def _there(
    db: Connection, letter: str, wanted: Mapping[str, Iterable[int]]
) -> dict[str, int]:
    """The blocks that exist, with their numbers."""
    names = [(f"{base}:{letter}{one}", one) for base, numbers in wanted.items() for one in numbers]
    found: dict[str, int] = {}
    for start in range(0, len(names), CHUNK):
        part = names[start : start + CHUNK]
        answers: Sequence[int] = await db.ask_all(*[("EXISTS", name) for name, _ in part])
        found |= {name: number for (name, number), is_there in zip(part, answers, strict=True)
                  if is_there}  # fmt: skip
    return found


async def _delete(db: Connection, found: Mapping[str, int], before: int) -> int:
    names = [name for name, number in found.items() if number < before]
    for start in range(0, len(names), CHUNK):
        await db.tell("UNLINK", *names[start : start + CHUNK])
    return len(names)
