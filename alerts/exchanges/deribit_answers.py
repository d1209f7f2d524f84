"""What Deribit wraps around every answer: JSON-RPC, its refusals, and its clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

from alerts.domain.errors import FetchError
from alerts.exchanges.deribit_errors import DERIBIT, by_code, by_status
from alerts.exchanges.rows import decoded
from alerts.exchanges.spec import Body

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCK_TOLERANCE = timedelta(seconds=5)

_Micros = Annotated[int, msgspec.Meta(gt=0, le=10**17)]


class _RpcError(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct):
    result: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    error: _RpcError | None = None
    sent_at: _Micros | None = msgspec.field(name="usOut", default=None)


_ANSWER = msgspec.json.Decoder(_Answer, strict=False)


@dataclass(frozen=True, slots=True)
class Told:
    """The result of an answer, still unread, and when the venue sent it, in microseconds."""

    result: msgspec.Raw
    sent_at: int | None


def told(body: Body) -> Told:
    """What an answer holds; FetchError where it is a refusal or no answer."""
    answer = decoded(DERIBIT, _ANSWER, body.content)
    if answer.error is not None:
        raise by_code(answer.error.code, answer.error.message)
    if not bytes(answer.result):
        raise FetchError(DERIBIT, "the answer has neither a result nor an error")
    return Told(answer.result, answer.sent_at)


def observed(body: Body, us: int | None, ms: int | None) -> tuple[datetime, timedelta]:
    """When the answer was true, and how old its marks already were when it was asked for.

    The venue's clock counts; without it, the time of receipt.
    """
    stamps = [_EPOCH + timedelta(microseconds=us)] if us else []
    stamps += [_EPOCH + timedelta(milliseconds=ms)] if ms else []
    if not stamps:
        return body.at, timedelta(0)
    ahead = max(stamps) - body.at
    if ahead > _CLOCK_TOLERANCE:
        seconds = ahead.total_seconds()
        why = f"its clock is {seconds:.0f} s ahead of ours: is this machine's clock right?"
        raise FetchError(DERIBIT, why)
    lag = (body.asked_at or body.at) - min(stamps)
    return min(stamps[0], body.at), max(lag, timedelta(0))


def classify(status: int, content: bytes) -> FetchError | None:
    """The error an answer stands for: Deribit's own code where it gives one, else the status."""
    is_error = status != 200
    if not is_error and b'"error"' not in content:
        return None
    refused = _stated(content)
    if refused is not None and (refused.retry or status not in (403, 418, 451)):
        return refused
    return by_status(status) if is_error else None


def _stated(content: bytes) -> FetchError | None:
    try:
        answer = _ANSWER.decode(content)
    except (ValueError, RecursionError):
        return None
    return None if answer.error is None else by_code(answer.error.code, answer.error.message)
