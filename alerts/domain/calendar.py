"""Hours, days and weeks by a chat's own clock, which skips an hour and repeats one each year.

`here` tells a moment to somebody in a zone: such a `now` is reckoned with like any other (two
hours later is two hours later), and whoever writes a time beside it finds the zone in it.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from alerts.domain.preferences import Period, Quiet

SUMMARY_AT = time(8)
"""When a new period's summary comes: its first midnight is no time to ring."""

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class Here(tzinfo):
    """A zone as it is at one moment: a fixed distance from UTC, and the `place` with its rules."""

    def __init__(self, place: tzinfo, now: datetime) -> None:
        local = now.astimezone(place)
        self.place = place
        self._offset = local.utcoffset()
        self._name = local.tzname()

    def utcoffset(self, _: datetime | None, /) -> timedelta | None:
        return self._offset

    def dst(self, _: datetime | None, /) -> timedelta:
        return timedelta(0)

    def tzname(self, _: datetime | None, /) -> str | None:
        return self._name


def here(now: datetime, place: tzinfo) -> datetime:
    """The same moment, as told in a place."""
    if place is UTC:  # which needs no rules; times of one zone are compared in a tenth of the time
        return now.astimezone(UTC)
    return now.astimezone(Here(place, now))


def place_of(now: datetime) -> tzinfo:
    """The place in which a moment is told: UTC, or what `here` was given."""
    return now.tzinfo.place if isinstance(now.tzinfo, Here) else now.tzinfo or UTC


def instant(day: date, clock: time, place: tzinfo, *, last: bool = False) -> datetime:
    """When a clock in a place shows a time on a day, in UTC.

    Of a time that comes twice the first, or the `last`; of one that is skipped, the moment after
    the skip.
    """
    local = datetime.combine(day, clock, place)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return second if last else first
    return _end_of_skip(second, first, place)


def daily_close(after: datetime) -> datetime:
    """The first end of a day after a moment, by UTC: where the daily closes of history are."""
    return datetime.combine(after.astimezone(UTC).date() + _DAY, time(0), UTC)


def quiet_until(quiet: Quiet, place: tzinfo, now: datetime) -> datetime | None:
    """When the quiet hours that now is in are over; None outside of them.

    One night is one stretch, however its clock is changed: the hour that comes twice is no second
    night, and hours that end in the missing one end with it.
    """
    today = now.astimezone(place).date()
    nights = [_night(quiet, place, day) for day in (today - _DAY, today)]
    return max((end for start, end in nights if start <= now < end), default=None)


def period_name(per: Period, place: tzinfo, now: datetime) -> str:
    """Which day or week it is in a place: `2026-02-06`, `2026-W06`."""
    today = now.astimezone(place).date()
    if per is Period.DAY:
        return today.isoformat()
    week = today.isocalendar()
    return f"{week.year}-W{week.week:02}"


def next_summary(per: Period, place: tzinfo, now: datetime) -> datetime:
    """The morning of the next period's first day."""
    today = now.astimezone(place).date()
    days = 1 if per is Period.DAY else 7 - today.weekday()
    return instant(today + days * _DAY, SUMMARY_AT, place)


def _night(quiet: Quiet, place: tzinfo, day: date) -> tuple[datetime, datetime]:
    over = day if quiet.start < quiet.end else day + _DAY
    return instant(day, quiet.start, place), instant(over, quiet.end, place, last=True)


def _end_of_skip(before: datetime, after: datetime, place: tzinfo) -> datetime:
    """The first moment of the new time between one with the old and one with the new."""
    new = after.astimezone(place).utcoffset()
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(place).utcoffset() == new:
            after = middle
        else:
            before = middle
    return after
