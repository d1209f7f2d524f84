"""A circuit breaker: a venue that fails again and again is left alone for a while. Pure.

Closed: ask. Open: do not ask before `until`. Probing: one request is out to see whether the venue
is back; the others wait for its outcome. Times are seconds of any steady clock.
"""

from dataclasses import dataclass

FAILURES = 6
FIRST_SECONDS, LONGEST_SECONDS = 15.0, 300.0
PROBE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Closed:
    """All is well, or not yet ill enough: so many failures in a row."""

    failures: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """Not asked before `until`; the pause lasts `spell` seconds."""

    until: float
    spell: float
    why: str


@dataclass(frozen=True, slots=True)
class Probing:
    """One request went out at `since`; one that never comes back counts as lost after a while."""

    since: float
    spell: float
    why: str


Breaker = Closed | Open | Probing


def asked(state: Breaker, now: float) -> Breaker | None:
    """The state after a request that may go out; None when it may not."""
    match state:
        case Closed():
            return state
        case Open(until, spell, why):
            return Probing(now, spell, why) if now >= until else None
        case Probing(since, spell, why):
            return Probing(now, spell, why) if now >= since + PROBE_SECONDS else None


def failed(state: Breaker, now: float, why: str) -> Breaker:
    """The state after a request that got no usable answer for a passing reason."""
    match state:
        case Closed(failures) if failures + 1 < FAILURES:
            return Closed(failures + 1)
        case Closed():
            return Open(now + FIRST_SECONDS, FIRST_SECONDS, why)
        case Probing(_, spell, _):
            longer = min(spell * 2, LONGEST_SECONDS)
            return Open(now + longer, longer, why)
        case Open():  # an answer to a request from before
            return state


def left(state: Breaker, now: float) -> float:
    """Seconds until a request may go out again."""
    match state:
        case Closed():
            return 0.0
        case Open(until, _, _):
            return max(until - now, 0.0)
        case Probing(since, _, _):
            return max(since + PROBE_SECONDS - now, 0.0)
