"""How a send ended."""

from dataclasses import dataclass
from datetime import timedelta

from alerts.domain.ids import Chat


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted by the platform under this message id."""

    message: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: try the same chat again after this long.

    `unknown`: the request may have been carried out, so a repeat may be a duplicate.
    """

    after: timedelta
    why: str
    unknown: bool = False


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
