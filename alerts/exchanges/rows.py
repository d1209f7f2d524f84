"""Rows of an answer: the readable ones, how many were not, and when they were true.

A row that cannot be read is rejected and named; a venue's parser asks how many of one asset's rows
that were. More than half of all rows rejected is a FetchError, since then the shape has changed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Venue
from alerts.exchanges.spec import Body

_T = TypeVar("_T")
_U = TypeVar("_U")

_CLOCK_TOLERANCE = timedelta(seconds=5)
_LONGEST_WHY = 200
_BODIES_KEPT = 4


@dataclass(frozen=True, slots=True)
class Rows(Generic[_T]):
    """What could be read of a list, and the names of what could not ("" for a nameless row)."""

    rows: Sequence[_T]
    rejected: tuple[str, ...] = ()

    def lost(self, is_own: Callable[[str], bool], own: int) -> float:
        """How many rows of one asset are missing, when `own` of them were read.

        Nameless rows are taken to be spread evenly over all assets, so it need not be whole.
        """
        named = sum(1 for name in self.rejected if name and is_own(name))
        nameless = sum(1 for name in self.rejected if not name)
        return named + own * nameless / max(len(self.rows), 1)


class Table(Generic[_T]):
    """Reads lists of one kind of row: all at once when they are all well, else one by one.

    `name` is the key that holds a row's instrument, `within` the one that holds the list, where
    the body is not the list itself. The last few bodies are remembered, so that one answer about
    all assets is read once and not once for each asset. `lax`: rows declare plain numbers, and
    texts that hold one are read too.
    """

    def __init__(
        self, venue: Venue, row: type[_T], *, name: str, within: str = "", lax: bool = False
    ) -> None:
        self._venue = venue
        self._name = name
        self._within = within
        answer = msgspec.defstruct("Answer", [(within or "rows", msgspec.Raw)])
        self._answer = msgspec.json.Decoder(answer)
        self._whole = msgspec.json.Decoder(list[row], strict=not lax)  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(row, strict=not lax)
        self._remembered = lru_cache(maxsize=_BODIES_KEPT)(self._decoded)

    def rows(self, content: bytes | msgspec.Raw) -> Rows[_T]:
        """The rows of a JSON list; FetchError when it is none, or more than half is unreadable."""
        return self._remembered(bytes(content))

    def _decoded(self, content: bytes) -> Rows[_T]:
        if self._within:
            answer = decoded(self._venue, self._answer, content)
            content = bytes(getattr(answer, self._within))
        try:
            return Rows(self._whole.decode(content))
        except msgspec.ValidationError:
            return self._one_by_one(content)
        except (ValueError, RecursionError) as error:
            raise unreadable(self._venue, error) from error

    def _one_by_one(self, content: bytes) -> Rows[_T]:
        raw = decoded(self._venue, _RAW_ROWS, content)
        read: list[_T] = []
        rejected: list[str] = []
        for one in raw:
            try:
                read.append(self._one.decode(one))
            except (ValueError, RecursionError):
                rejected.append(self._name_of(one))
        check_share(self._venue, len(read), len(rejected))
        return Rows(read, tuple(rejected))

    def _name_of(self, raw: msgspec.Raw) -> str:
        try:
            row: Any = msgspec.json.decode(raw)
        except (ValueError, RecursionError):
            return ""
        name = row.get(self._name) if isinstance(row, dict) else None
        return name if isinstance(name, str) else ""


_RAW_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


def decoded(venue: Venue, decoder: "msgspec.json.Decoder[_T]", content: bytes) -> _T:
    """A body as its type; FetchError when it is something else."""
    try:
        return decoder.decode(content)
    except (ValueError, RecursionError) as error:
        raise unreadable(venue, error) from error


def sifted(rows: Iterable[_T], read: Callable[[_T], _U]) -> tuple[list[_U], int]:
    """What `read` makes of the rows, and how many it refused with a ValueError."""
    found: list[_U] = []
    rejected = 0
    for row in rows:
        try:
            found.append(read(row))
        except ValueError:
            rejected += 1
    return found, rejected


def check_share(venue: Venue, read: int, rejected: float) -> None:
    """FetchError when more rows were rejected than read."""
    if rejected > read:
        raise FetchError(venue, f"{rejected:.0f} of {read + rejected:.0f} rows cannot be read")


def observed(
    venue: Venue, body: Body, stamps: Iterable[datetime | None]
) -> tuple[datetime, timedelta]:
    """When rows were true by the venue's clock, and how old they already were when asked for.

    The newest stamp counts; without any, the time of receipt. FetchError when it lies ahead of us.
    """
    known = [stamp for stamp in stamps if stamp is not None]
    if not known:
        return body.at, timedelta(0)
    newest = max(known)
    ahead = newest - body.at
    if ahead > _CLOCK_TOLERANCE:
        why = f"its clock is {ahead.total_seconds():.0f} s ahead of ours"
        raise FetchError(venue, f"{why}: is this machine's clock right?")
    lag = (body.asked_at or body.at) - newest
    return min(newest, body.at), max(lag, timedelta(0))


def unreadable(venue: Venue, error: Exception) -> FetchError:
    """The error of a body that is not what it should be."""
    return FetchError(venue, f"unreadable answer: {error}"[:_LONGEST_WHY])
