"""Which series went dark, and which came back."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from alerts.domain.reading import Series


def turned(
    latest: Mapping[Series, datetime],
    dark: frozenset[Series],
    now: datetime,
    stale_after: Callable[[Series], timedelta],
) -> tuple[frozenset[Series], frozenset[Series]]:
    """Series newly dark and newly back, by the times of their last readings.

    A reading exactly `stale_after` old still counts. A series never read is not in question.
    """
    stale = frozenset(series for series, at in latest.items() if now - at > stale_after(series))
    return stale - dark, (dark & latest.keys()) - stale
