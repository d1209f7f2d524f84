"""Which time of a venue's streams counts as heard, and of which assets; times are arguments."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.domain.ids import Asset


@dataclass(slots=True)
class Attendance:
    """When all of a venue's streams stood open, told piece by piece. Pure: times are arguments.

    `open` has each open stream with its last sign of life.
    """

    streams: int
    open: dict[int, datetime] = field(default_factory=dict)
    since: datetime | None = None

    def opened(self, stream: int, at: datetime) -> None:
        self.open[stream] = at
        if len(self.open) == self.streams:
            self.since = at

    def lives(self, stream: int, at: datetime) -> None:
        """A message came, or the answer to a ping."""
        if stream in self.open:
            self.open[stream] = max(self.open[stream], at)

    def closed(self, stream: int) -> tuple[datetime, datetime] | None:
        """The last piece before the hole that begins here."""
        heard = self.heard()
        self.open.pop(stream, None)
        self.since = None
        return heard

    def heard(self) -> tuple[datetime, datetime] | None:
        """The piece since the last one told, as far as all showed life; none while one is away."""
        if self.since is None:
            return None
        until = min(self.open.values())
        if until <= self.since:
            return None
        piece = self.since, until
        self.since = until
        return piece


@dataclass(slots=True)
class Audience:
    """Which of the wanted assets are listened for, and since when each. Pure but for `covers`."""

    wanted: Sequence[Asset]
    covers: Callable[[Asset], bool]
    since: dict[Asset, datetime | None] = field(default_factory=dict)
    refused: dict[int, set[Asset]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.since = dict.fromkeys(filter(self.covers, self.wanted))

    @property
    def own(self) -> tuple[Asset, ...]:
        return tuple(self.since)

    def renewed(self, at: datetime) -> list[Asset]:
        """Those that joined since the last look; the ones no longer covered are let go."""
        joined = [one for one in self.wanted if self.covers(one) and one not in self.since]
        self.since = {one: since for one, since in self.since.items() if self.covers(one)}
        self.joined(joined, at)
        return joined

    def joined(self, assets: Sequence[Asset], at: datetime) -> None:
        """From this moment on they are heard."""
        self.since |= dict.fromkeys(assets, at)

    def heard(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[list[Asset], datetime, datetime]]:
        """A piece of time by the assets that were listened for in it, and not refused."""
        refused = set[Asset]().union(*self.refused.values())
        begins = {
            one: max(start, since or start)
            for one, since in self.since.items()
            if one not in refused
        }
        for begin in sorted(set(begins.values())):
            if begin < end:
                yield [one for one, own in begins.items() if own == begin], begin, end
