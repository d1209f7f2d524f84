"""What Deribit's failures stand for: its own error code where it gives one, else the status."""

from alerts.domain.errors import FetchError
from alerts.domain.ids import Venue

DERIBIT = Venue("deribit")

_RATE_LIMITED = 10028
_MAINTENANCE = 11051
_PASSING = frozenset({_RATE_LIMITED, 10066, 13028, 13888})  # busy, unavailable, timed out
_MAINTENANCE_SECONDS = 30.0
_BLOCK_SECONDS = 6 * 3600.0
_BAN_SECONDS = 600.0


def by_code(code: int, message: str) -> FetchError:
    """The error of a JSON-RPC answer."""
    why = f"error {code} {message[:100]}".rstrip()
    if code == _MAINTENANCE:
        return FetchError(DERIBIT, why, retry=True, after_seconds=_MAINTENANCE_SECONDS)
    return FetchError(DERIBIT, why, retry=code in _PASSING)


def by_status(status: int) -> FetchError:
    """The error of an answer that names none."""
    if status == 451:
        why = "refuses requests from this place (HTTP 451): leave it out of VENUES"
        return FetchError(DERIBIT, why, after_seconds=_BLOCK_SECONDS)
    if status in (403, 418):
        why = f"has shut this address out for now (HTTP {status})"
        return FetchError(DERIBIT, why, after_seconds=_BAN_SECONDS)
    return FetchError(DERIBIT, f"HTTP {status}", retry=status == 429 or status >= 500)
