"""What a venue publishes about its past: pieces of it as snapshots, declared as data like feeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.ids import Asset, MetricKey, Venue
from alerts.domain.market import Snapshot
from alerts.exchanges.spec import Body, Request

Ask = Callable[[Asset, datetime, datetime], tuple[Request, ...]]
AskMore = Callable[[Sequence[Body], Asset, datetime, datetime], tuple[Request, ...]]
ParsePast = Callable[[Sequence[Body], Asset], Sequence[Snapshot]]


@dataclass(frozen=True, slots=True)
class Backfill:
    """One kind of past: `metrics` are what it is asked for, whatever else its snapshots would feed.

    `requests` asks for the time from a start to an end at most `piece` apart, which one round of
    answers can hold; `follow` names what else to ask once these answers are known (the contracts
    they list), and may raise FetchError where it cannot be asked. `parse` reads all answers like a
    feed's, each snapshot dated when it was true. `reach` is how far back the venue has it.
    A metric is declared only where the venue's past says the same as its present does: an open
    interest of fewer contracts would read as a jump. Where it says nearly the same, `method` names
    the other way of computing, so that the two are not counted as one history.
    `closed`: of no other assets than these, whatever else the venue is found to list.
    """

    venue: Venue
    metrics: tuple[MetricKey, ...]
    piece: timedelta
    reach: timedelta
    requests: Ask
    parse: ParsePast
    covers: Callable[[Asset], bool]
    follow: AskMore | None = None
    method: str = ""
    closed: bool = False

    @property
    def name(self) -> str:
        """What it is called where its progress is remembered."""
        return f"{self.venue}:{'+'.join(self.metrics)}"
