"""What Binance's failures stand for: a body `{"code":-1121,"msg":"..."}` beside the HTTP status.

The status goes first where it shuts us out: 418 is a ban after too many 429s, 403 the firewall's,
451 a country that is not served. https://developers.binance.com/docs/derivatives, error codes.
"""

from collections.abc import Callable

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Venue
from alerts.exchanges.refusals import banned, by_status, maintenance

_PASSING = frozenset({-1000, -1001, -1003, -1006, -1007, -1008})
_SHUTTING_DOWN = -1016
_SHUT_OUT = (403, 418, 451)
_BANNED = "banned"


class _Stated(msgspec.Struct):
    code: int
    msg: str = ""


_STATED = msgspec.json.Decoder(_Stated)


def classifier(venue: Venue) -> Callable[[int, bytes], FetchError | None]:
    """The error an answer of one of the two markets stands for; None for a usable one."""

    def classify(status: int, content: bytes) -> FetchError | None:
        stated = _stated(content) if status not in _SHUT_OUT else None
        error = None if stated is None else by_code(venue, stated.code, stated.msg)
        if status == 200:
            return error
        well_known = error is not None and (error.retry or error.after_seconds or status == 400)
        return error if well_known else by_status(venue, status)

    return classify


def by_code(venue: Venue, code: int, message: str) -> FetchError:
    """The error of a stated code."""
    why = f"error {code} {message[:100]}".rstrip()
    if code == _SHUTTING_DOWN:
        return maintenance(venue, why)
    if _BANNED in message:
        return banned(venue, why)
    return FetchError(venue, why, retry=code in _PASSING)


def _stated(content: bytes) -> _Stated | None:
    if b'"code"' not in content[:64]:  # spares a second reading of every large answer
        return None
    try:
        stated = _STATED.decode(content)
    except (ValueError, RecursionError):
        return None
    return stated if stated.code < 0 else None
