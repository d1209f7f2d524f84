"""What OKX's failures stand for: the `code` of the body, with HTTP 200 as well as with others.

https://www.okx.com/docs-v5/en/#error-code-rest-api-public
"""

import msgspec

from alerts.domain.errors import FetchError
from alerts.domain.ids import Venue
from alerts.exchanges.refusals import blocked, by_status, maintenance

OKX = Venue("okx")

WELL = "0"
_RATE_LIMITED = frozenset({"50011", "50040", "50061"})
_PASSING = _RATE_LIMITED | {"50004", "50013", "50026"}  # timeout, busy, system error
_MAINTENANCE = frozenset({"50001", "50046"})
_BLOCKED = frozenset({"50051", "50121"})  # not in this country, not from this address
_SHUT_OUT = (403, 418, 451)
_HEAD_BYTES = 32


class _Stated(msgspec.Struct):
    code: str
    msg: str = ""


_STATED = msgspec.json.Decoder(_Stated)


def classify(status: int, content: bytes) -> FetchError | None:
    """The error an answer stands for: OKX's own code where it gives one, else the status."""
    stated = _stated(content)
    if status == 200:
        return stated
    if stated is not None and (stated.after_seconds or (stated.retry and status not in _SHUT_OUT)):
        return stated
    return stated if stated is not None and status == 400 else by_status(OKX, status)


def by_code(code: str, message: str) -> FetchError:
    """The error of a stated code; a sub-code (`51008_1000`) counts as its code."""
    kind = code.partition("_")[0]
    why = f"error {code[:20]} {message[:100]}".rstrip()
    if kind in _MAINTENANCE:
        return maintenance(OKX, why)
    if kind in _BLOCKED:
        return blocked(OKX, why)
    return FetchError(OKX, why, retry=kind in _PASSING)


def _stated(content: bytes) -> FetchError | None:
    if b'"code":"0"' in content[:_HEAD_BYTES]:  # spares a second reading of every large answer
        return None
    try:
        stated = _STATED.decode(content)
    except (ValueError, RecursionError):
        return None
    return None if stated.code == WELL else by_code(stated.code, stated.msg)
