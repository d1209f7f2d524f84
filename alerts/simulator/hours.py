"""The whole hours of a simulated past, as venues list candles and sums of them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def hours(since: datetime, until: datetime, now: datetime, most: int) -> Iterator[datetime]:
    """When the hours that began from `since` to `until` did, `most` of them, none after `now`."""
    first = since + (_EPOCH - since) % HOUR
    for number in range(most):
        begin = first + number * HOUR
        if begin > min(until, now):
            return
        yield begin


def of_millis(text: str | int) -> datetime:
    """The time that milliseconds since 1970 stand for; ValueError where they are none."""
    return _EPOCH + timedelta(milliseconds=int(text))
