"""What Bybit's failures stand for: the `retCode` inside HTTP 200, the words of an HTTP 403.

https://bybit-exchange.github.io/docs/v5/error
"""

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Venue
from alerts.exchanges.refusals import banned, blocked, by_status

BYBIT = Venue("bybit")

_PASSING = frozenset({10000, 10006, 10016})  # server timeout, too many visits, server error
_BANNED = frozenset({10009, 10018})  # this address was banned, or asked too often
_WELL = b'"retCode":0,'
_FREQUENT = b"too frequent"
_HEAD_BYTES = 4096


class _Code(msgspec.Struct, rename="camel"):
    ret_code: int
    ret_msg: str = ""


_CODE = msgspec.json.Decoder(_Code)


def by_code(code: int, message: str) -> FetchError:
    """The error of an answer with a `retCode` other than 0."""
    why = f"error {code} {message[:100]}".rstrip()
    if code in _BANNED:
        return banned(BYBIT, why)
    return FetchError(BYBIT, why, retry=code in _PASSING)


def classify(status: int, content: bytes) -> FetchError | None:
    """The error an answer stands for.

    HTTP 403 is a ban of ten minutes when it says "access too frequent", or nothing at all (it
    refused a websocket); anything else under it, such as a CloudFront page, is a country that
    Bybit does not serve.
    """
    if status == 403:
        return _forbidden(content[:_HEAD_BYTES].lower())
    stated = _stated(content)
    if status == 200 or (stated is not None and (stated.retry or status == 400)):
        return stated
    return by_status(BYBIT, status)


def _forbidden(head: bytes) -> FetchError:
    if _FREQUENT in head:
        return banned(BYBIT, "HTTP 403, access too frequent")
    if not head.strip():
        return banned(BYBIT, "HTTP 403")
    return blocked(BYBIT, "HTTP 403")


def _stated(content: bytes) -> FetchError | None:
    """The error an answer names itself."""
    if _WELL in content[:64]:  # spares a second reading of every large answer
        return None
    try:
        answer = _CODE.decode(content)
    except (ValueError, RecursionError):
        return None
    return by_code(answer.ret_code, answer.ret_msg) if answer.ret_code else None
