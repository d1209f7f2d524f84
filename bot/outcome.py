"""How a send ended."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from alerts.domain.ids import Chat


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted by the platform under this message id."""

    message: str


class Whom(Enum):
    """Who has to wait."""

    MESSAGE = auto()
    CHAT = auto()  # the platform told this chat to: every process must know
    EVERYBODY = auto()  # nothing can be sent to anybody: a refused token, a ban


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: try the same chat again after this long.

    `unknown`: the request may have been carried out, so a repeat may be a duplicate.
    """

    after: timedelta
    why: str
    unknown: bool = False
    whom: Whom = Whom.MESSAGE


@dataclass(frozen=True, slots=True)
class Moved:
    """The chat has a new address."""

    to: Chat


@dataclass(frozen=True, slots=True)
class Gone:
    """The chat cannot be reached until it comes back by itself (blocked, kicked, deleted)."""

    why: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The platform refuses this very message: our bug."""

    why: str


Outcome = Sent | Later | Moved | Gone | Rejected
