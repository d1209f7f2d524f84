"""Forced closes that a recording holds as websocket messages, counted as they were live.

Which time was heard stands in marks between the messages. A recording without marks, of whatever
made it, counts as heard while its lines follow each other closely, for every venue that it holds
a message of.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.domain.errors import FetchError
from alerts.domain.ids import Asset, Venue
from alerts.exchanges.spec import Body, Exchange, Stream
from alerts.liquidations import Ledger
from alerts.recording import PUSHED, Line

LONGEST_SILENCE = timedelta(minutes=10)
"""Lines farther apart than this are of two sittings."""


@dataclass(slots=True)
class Pushed:
    """What the streams of a recording told so far, for some assets."""

    exchanges: Mapping[Venue, Exchange]
    assets: Sequence[Asset]
    ledger: Ledger
    sizes: dict[tuple[Venue, Hashable], Body] = field(default_factory=dict)
    marked: set[Venue] = field(default_factory=set)
    unmarked: dict[Venue, datetime] = field(default_factory=dict)
    since: datetime | None = None
    last: datetime | None = None

    @property
    def is_any(self) -> bool:
        """Whether the recording holds websocket messages at all, as far as it was read."""
        return bool(self.marked or self.unmarked)

    def take(self, line: Line) -> None:
        """Count what a line adds: a message, a mark, the sizes of contracts, or just time."""
        self._pass(line.at)
        exchange = self.exchanges.get(line.venue)
        if exchange is None or not exchange.streams:
            return
        if line.method != PUSHED:
            self._keep_sizes(exchange, line)
        elif line.heard is not None:
            self.marked.add(exchange.venue)
            self.unmarked.pop(exchange.venue, None)
            self._heard(exchange, *line.heard)
        else:
            if exchange.venue not in self.marked:
                since = self.unmarked.get(exchange.venue, self.since or line.at)
                self._heard(exchange, since, line.at)
                self.unmarked[exchange.venue] = line.at
            self._hear(exchange, line)

    def _pass(self, at: datetime) -> None:
        """Time goes by: without marks it was heard, unless the recording stood still."""
        if self.last is None or at - self.last > LONGEST_SILENCE:
            self.since = at
            self.unmarked = dict.fromkeys(self.unmarked, at)
        self.last = at
        for venue, since in self.unmarked.items():
            self._heard(self.exchanges[venue], since, at)
            self.unmarked[venue] = at

    def _heard(self, exchange: Exchange, start: datetime, end: datetime) -> None:
        for asset in filter(exchange.covers, self.assets):
            self.ledger.heard(exchange.venue, asset, start, end)

    def _keep_sizes(self, exchange: Exchange, line: Line) -> None:
        for stream in exchange.streams:
            for request in stream.requests:
                asked = line.request
                is_same = asked.path.endswith(request.path) and asked.params == request.params
                if is_same and line.status == 200:
                    self.sizes[exchange.venue, request.key] = line.body

    def _hear(self, exchange: Exchange, line: Line) -> None:
        stream = _stream(exchange, line)
        answers = list(self._answers(exchange, stream))
        assets = [asset for asset in self.assets if exchange.covers(asset)]
        try:
            for closes in stream.hear(line.body, answers, assets):
                self.ledger.take(closes)
        except FetchError:  # a refused subscription, or half a message: live, too, it is lost
            return

    def _answers(self, exchange: Exchange, stream: Stream) -> Iterator[Body]:
        for request in stream.requests:
            body = self.sizes.get((exchange.venue, request.key))
            if body is not None:
                yield body


def _stream(exchange: Exchange, line: Line) -> Stream:
    """The stream whose address a message came from; the venue's first where none is."""
    path = line.request.path
    own = (stream for stream in exchange.streams if stream.path and path.endswith(stream.path))
    return next(own, exchange.streams[0])
