"""What an HTTP status stands for where a venue's answer says no more."""

from alerts.domain.errors import FetchError
from alerts.domain.ids import Venue

BLOCK_SECONDS = 6 * 3600.0
BAN_SECONDS = 600.0
MAINTENANCE_SECONDS = 30.0


def by_status(venue: Venue, status: int) -> FetchError:
    """The error of an answer that names none."""
    if status == 451:
        return blocked(venue, "HTTP 451")
    if status in (403, 418):
        return banned(venue, f"HTTP {status}")
    return FetchError(venue, f"HTTP {status}", retry=status == 429 or status >= 500)


def blocked(venue: Venue, sign: str) -> FetchError:
    """The venue does not serve the country this machine stands in."""
    why = f"refuses requests from this place ({sign}): leave it out of VENUES"
    return FetchError(venue, why, after_seconds=BLOCK_SECONDS)


def banned(venue: Venue, sign: str) -> FetchError:
    """The venue has shut this address out for a while."""
    why = f"has shut this address out for now ({sign})"
    return FetchError(venue, why, after_seconds=BAN_SECONDS)


def maintenance(venue: Venue, sign: str) -> FetchError:
    """The venue is being worked on."""
    why = f"is under maintenance ({sign})"
    return FetchError(venue, why, retry=True, after_seconds=MAINTENANCE_SECONDS)
