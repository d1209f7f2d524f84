"""What it takes to answer in a venue's place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.ids import Venue
from alerts.exchanges.spec import Request
from alerts.simulator.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: a status and a body."""

    status: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """Market time after `since` up to and including `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Wire:
    """A venue's wire format, spoken by a simulated market: pure functions of the market's time.

    `answer` gives what a request below the venue's base URL would get;
    `push` gives the websocket messages of a span, to a client that has sent `said` so far;
    `sketch` is a cheaper `answer` with fewer rows, where many moments of the past are wanted.
    """

    venue: Venue
    answer: Callable[[Scenario, datetime, Request], Answer]
    push: Callable[[Scenario, Span, Sequence[str]], Sequence[bytes]] | None = None
    sketch: Callable[[Scenario, datetime, Request], Answer] | None = None
