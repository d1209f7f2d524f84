"""Candles as most venues list them: `[began, open, high, low, close, ...]`, one a row.

Of a candle only the close is used, as what was true just before its end: so the last one of a day
is that day's close. One that has not ended yet says what has not happened.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from alerts.domain.ids import Venue
from alerts.exchanges.numbers import Numeric, moment, price
from alerts.exchanges.rows import Rows, check_share, sifted

HOUR = timedelta(hours=1)
JUST_BEFORE = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Candle(msgspec.Struct, array_like=True, gc=False):
    """One candle; whatever a venue puts behind the close is not read."""

    began: Numeric
    open: Numeric
    high: Numeric
    low: Numeric
    close: Numeric


def closes(venue: Venue, rows: Rows[Candle], step: timedelta = HOUR) -> dict[datetime, float]:
    """The close of each candle by the time it was true; FetchError when most are unreadable."""
    found, refused = sifted(rows.rows, lambda row: _close(row, step))
    check_share(venue, len(found), refused + len(rows.rejected))
    return dict(found)


def _close(row: Candle, step: timedelta) -> tuple[datetime, float]:
    return moment(row.began) + step - JUST_BEFORE, price(row.close)


def millis(at: datetime) -> str:
    """A time as venues want it asked for: milliseconds since 1970."""
    return str((at - _EPOCH) // timedelta(milliseconds=1))
