"""Which expiries Deribit would list at a moment: dailies, Fridays, month ends, quarter ends."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

_EXPIRY_TIME = time(8, tzinfo=UTC)
_FRIDAY = 4
_DAILIES, _MONTHLIES, _QUARTERLIES = 4, 3, 4
_OPTION_WEEKLIES, _FUTURE_WEEKLIES = 4, 2
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def option_expiries(now: datetime) -> tuple[datetime, ...]:
    dailies = [_next_expiry(now) + timedelta(days=day) for day in range(_DAILIES)]
    return tuple(sorted({*dailies, *_fridays(now, _OPTION_WEEKLIES), *_month_ends(now)}))


def future_expiries(now: datetime) -> tuple[datetime, ...]:
    return tuple(sorted({*_fridays(now, _FUTURE_WEEKLIES), *_month_ends(now)}))


def quarter_ends(now: datetime) -> tuple[datetime, ...]:
    """The next last Fridays of a quarter."""
    return tuple(sorted({end for end in _month_ends(now) if end.month % 3 == 0}))


def label(expiry: datetime) -> str:
    """The date as Deribit writes it in names: no leading zero on the day (`6FEB26`)."""
    return f"{expiry.day}{_MONTHS[expiry.month - 1]}{expiry:%y}"


def _next_expiry(now: datetime) -> datetime:
    today = datetime.combine(now.astimezone(UTC).date(), _EXPIRY_TIME)
    return today if today > now else today + timedelta(days=1)


def _fridays(now: datetime, count: int) -> list[datetime]:
    following = _next_expiry(now)
    first = following + timedelta(days=(_FRIDAY - following.weekday()) % 7)
    return [first + timedelta(weeks=week) for week in range(count)]


def _month_ends(now: datetime) -> list[datetime]:
    """The next last Fridays of a month, and the next ones that also end a quarter."""
    months = [now.year * 12 + now.month - 1 + ahead for ahead in range(3 * _QUARTERLIES + 3)]
    ends = [(number % 12 + 1, _last_friday(*divmod(number, 12))) for number in months]
    coming = [(month, end) for month, end in ends if end > now]
    quarters = [end for month, end in coming if month % 3 == 0]
    return [end for _, end in coming[:_MONTHLIES]] + quarters[:_QUARTERLIES]


@cache
def _last_friday(year: int, month_index: int) -> datetime:
    first_of_next = date(year + (month_index + 1) // 12, (month_index + 1) % 12 + 1, 1)
    last = first_of_next - timedelta(days=1)
    return datetime.combine(last - timedelta(days=(last.weekday() - _FRIDAY) % 7), _EXPIRY_TIME)
