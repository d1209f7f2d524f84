"""What a venue publishes about its past: pieces of it as snapshots, declared as data like feeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, MetricKey, Venue
from alerts.domain.market import Snapshot
from alerts.exchanges.spec import Body, Request

Ask = Callable[[Asset, datetime, datetime], tuple[Request, ...]]
ParsePast = Callable[[Sequence[Body], Asset], Sequence[Snapshot]]


@dataclass(frozen=True, slots=True)
class Backfill:
    """One kind of past: `metrics` are what it is asked for, whatever else its snapshots would feed.

    `requests` asks for the time from a start to an end at most `piece` apart, which one round of
    answers can hold; `parse` reads them like a feed's, each snapshot dated when it was true.
    `reach` is how far back the venue has it. A metric is declared only where the venue's past says
    the same as its present does: an open interest of fewer contracts would read as a jump.
    """

    venue: Venue
    metrics: tuple[MetricKey, ...]
    piece: timedelta
    reach: timedelta
    requests: Ask
    parse: ParsePast
    covers: Callable[[Asset], bool]

    @property
    def name(self) -> str:
        """What it is called where its progress is remembered."""
        return f"{self.venue}:{'+'.join(self.metrics)}"
