"""Five days of forced closes in memory, summed over windows, and readable again after a restart.

Events fall into buckets of five minutes, by their own time and each only once; totals that a venue
publishes itself stand for the hour they are of. A finished bucket is given out as a reading
(`liq_long_usd.5m:BTC@bybit`), which the history keeps; `restore` takes such readings back.

A bucket counts while all of it lies inside the window, so a sum may lack up to five minutes and
never has too much: it stays a lower bound. How much of a window a feed was heard is its coverage:
under 95 % a doubt, under 50 % no number.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import fsum

from alerts.domain.ids import Asset, Venue
from alerts.domain.market import Liquidation, Liquidations, LiquidationTotals, PositionSide
from alerts.domain.reading import AGGREGATE, Gap, Reading, Reason, Sample, Series
from alerts.metrics.gates import graded
from alerts.metrics.liquidations import LIQ_LONG_USD, LIQ_SHORT_USD, WINDOWS, usd

METHOD = "at-least/1"
BUCKET, HOUR = timedelta(minutes=5), timedelta(hours=1)
KEPT = max(WINDOWS.values()) + BUCKET
EVERY = timedelta(seconds=15)
SOUND, LEAST = 0.95, 0.50

_BY_LENGTH = sorted(WINDOWS, key=WINDOWS.__getitem__)
_LENGTHS = [WINDOWS[name] for name in _BY_LENGTH]
_SIDES = {PositionSide.LONG: LIQ_LONG_USD.key, PositionSide.SHORT: LIQ_SHORT_USD.key}
_SPANS = {"5m": BUCKET, "60m": HOUR}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_REMEMBERED = 20_000
_REPEATED = timedelta(hours=1)  # a venue that tells an event again does so soon
_STEPS = 20  # coverage is kept in twentieths


@dataclass(slots=True)
class _Bucket:
    """What was closed in one stretch that ends at `end`, and for how long the feed was heard."""

    end: datetime
    span: timedelta
    long_usd: float = 0.0
    short_usd: float = 0.0
    heard: timedelta = timedelta(0)
    told: bool = False

    def of(self, side: PositionSide) -> float:
        return self.long_usd if side is PositionSide.LONG else self.short_usd

    def window(self, now: datetime) -> int | None:
        """The shortest window that it lies inside, by its place among them.

        Of events all of it must, the running one too; of totals its end.
        """
        if self.span > BUCKET:
            age, edge = now - self.end, timedelta.resolution
        else:
            age, edge = now - (self.end - self.span), timedelta(0)
        if age < timedelta(0) or age > _LENGTHS[-1] - edge:
            return None
        return bisect_left(_LENGTHS, age + edge)


@dataclass(frozen=True, slots=True)
class _Sum:
    """USD closed in a window, by side, and the share of the window that was heard."""

    long_usd: float
    short_usd: float
    share: float

    def of(self, side: PositionSide) -> float:
        return self.long_usd if side is PositionSide.LONG else self.short_usd


@dataclass(slots=True)
class _Flow:
    """One asset at one venue."""

    buckets: dict[datetime, _Bucket] = field(default_factory=dict)
    seen: OrderedDict[str, datetime] = field(default_factory=OrderedDict)
    newest: datetime = _EPOCH

    def bucket(self, at: datetime, span: timedelta = BUCKET) -> _Bucket:
        """The bucket of an instant: it begins before it and ends at or after it."""
        end = at + (_EPOCH - at) % span
        return self.buckets.setdefault(end, _Bucket(end, span))

    def told(self, sums: LiquidationTotals) -> None:
        """What the venue says of a stretch stands for it, and may be corrected later."""
        bucket = self.buckets.setdefault(sums.until, _Bucket(sums.until, sums.span))
        bucket.long_usd, bucket.short_usd = sums.long_usd, sums.short_usd
        bucket.heard = sums.span

    def is_new(self, event: Liquidation) -> bool:
        if event.id in self.seen:
            return False
        self.seen[event.id] = event.at
        while len(self.seen) > _REMEMBERED or self._oldest() < event.at - _REPEATED:
            self.seen.popitem(last=False)
        return True

    def _oldest(self) -> datetime:
        return next(iter(self.seen.values()))

    def forget(self, before: datetime) -> None:
        for end in [end for end in self.buckets if end < before]:
            del self.buckets[end]

    def sums(self, now: datetime) -> dict[str, _Sum]:
        """What was closed in each window, and the share of it that was heard: in one pass."""
        inside: list[list[_Bucket]] = [[] for _ in _LENGTHS]
        for bucket in self.buckets.values():
            place = bucket.window(now)
            if place is not None:
                inside[place].append(bucket)
        found, within = {}, list[_Bucket]()
        for name, more in zip(_BY_LENGTH, inside, strict=True):
            within += more
            found[name] = _summed(within, WINDOWS[name])
        return found


def _summed(inside: Sequence[_Bucket], window: timedelta) -> _Sum:
    heard = sum((one.heard for one in inside), timedelta(0))
    edge = BUCKET if all(one.span == BUCKET for one in inside) else timedelta(0)
    share = heard / max(window - edge, BUCKET)
    return _Sum(
        fsum(one.long_usd for one in inside),
        fsum(one.short_usd for one in inside),
        min(share, 1.0),
    )


class Ledger:
    """Forced closes by venue and asset; times must be market times."""

    def __init__(self) -> None:
        self._flows: dict[tuple[Asset, Venue], _Flow] = {}
        self._summed_at = _EPOCH
        self.taken = 0

    def take(self, snapshot: Liquidations | LiquidationTotals) -> None:
        """Count what a venue reported; what was counted before, or lies too far back, is not."""
        self.taken += 1
        flow = self._flow(snapshot.asset, snapshot.venue)
        flow.newest = max(flow.newest, snapshot.at)
        if isinstance(snapshot, LiquidationTotals):
            for sums in (*snapshot.before, snapshot):
                flow.told(sums)
            return
        for event in snapshot.events:
            if snapshot.at - KEPT < event.at and flow.is_new(event):
                bucket = flow.bucket(event.at)
                bucket.long_usd += usd(event, PositionSide.LONG)
                bucket.short_usd += usd(event, PositionSide.SHORT)

    def expect(self, venue: Venue, asset: Asset) -> None:
        """The venue tells of this asset, so no sum over all venues is whole without it."""
        self._flow(asset, venue)

    def heard(self, venue: Venue, asset: Asset, start: datetime, end: datetime) -> None:
        """The venue's feed was open, and would have told of a close, from `start` to `end`."""
        flow = self._flow(asset, venue)
        at = max(start, end - KEPT)
        while at < end:
            bucket = flow.bucket(at + timedelta(microseconds=1))
            until = min(bucket.end, end)
            bucket.heard = min(bucket.heard + (until - at), bucket.span)
            at = until
        flow.newest = max(flow.newest, end)

    def restore(self, readings: Iterable[Reading]) -> None:
        """Take finished buckets back from the history; what is counted already stays."""
        for reading in readings:
            series, span = reading.series, _SPANS.get(reading.series.window)
            side = next((one for one, key in _SIDES.items() if key == series.metric), None)
            if span is None or side is None:
                continue
            flow = self._flow(series.asset, series.venue)
            bucket = flow.buckets.setdefault(reading.at, _Bucket(reading.at, span, told=True))
            bucket.heard = max(bucket.heard, reading.coverage * span)
            if side is PositionSide.LONG:
                bucket.long_usd = max(bucket.long_usd, reading.value)
            else:
                bucket.short_usd = max(bucket.short_usd, reading.value)

    def samples(self, now: datetime, every: timedelta = EVERY) -> list[Sample]:
        """Every window of every flow and of all together, a few times a minute; else nothing."""
        if now - self._summed_at < every:
            return []
        self._summed_at = now
        made: list[Sample] = []
        for (asset, venue), flow in self._flows.items():
            flow.forget(now - KEPT - HOUR)
            made += _finished(flow, asset, venue, now)
        for asset in sorted({asset for asset, _ in self._flows}):
            own = {venue: f.sums(now) for (of, venue), f in self._flows.items() if of == asset}
            for side, key in _SIDES.items():
                for window in WINDOWS:
                    by_venue = {venue: sums[window] for venue, sums in own.items()}
                    made += _window(Series(key, asset, window), by_venue, side, now)
        return made

    def _flow(self, asset: Asset, venue: Venue) -> _Flow:
        return self._flows.setdefault((asset, venue), _Flow())


def _window(
    series: Series, by_venue: Mapping[Venue, _Sum], side: PositionSide, now: datetime
) -> list[Sample]:
    """One window of one side: every venue, then all together."""
    of_venues = [
        _sample(replace(series, venue=venue), found.of(side), found.share, now)
        for venue, found in by_venue.items()
    ]
    return [*of_venues, _together(series, of_venues, now)]


def _sample(series: Series, value: float, share: float, now: datetime) -> Sample:
    if share < LEAST:
        detail = f"the feed was heard {share:.0%} of the last {series.window}"
        return Gap(series, Reason.NO_DATA, detail, now)
    return Reading(series, value, now, (series.venue,), share, METHOD, graded(share < SOUND))


def _together(series: Series, samples: Sequence[Sample], now: datetime) -> Sample:
    """The sum over the venues that were heard long enough."""
    readings = [sample for sample in samples if isinstance(sample, Reading)]
    share = fsum(reading.coverage for reading in readings) / len(samples)
    if share < LEAST:
        detail = f"{len(readings)} of {len(samples)} venues were heard in the last {series.window}"
        return Gap(series, Reason.VENUE_BELOW_QUORUM, detail, now)
    sources = tuple(sorted(reading.series.venue for reading in readings))
    total = fsum(reading.value for reading in readings)
    return Reading(series, total, now, sources, share, METHOD, graded(share < SOUND))


def _finished(flow: _Flow, asset: Asset, venue: Venue, now: datetime) -> list[Reading]:
    """Buckets that are over, for the history, each once and in the order of time.

    A late event waits a minute for its bucket.
    """
    patience = timedelta(minutes=1)
    done = [
        bucket for end, bucket in flow.buckets.items() if not bucket.told and end + patience <= now
    ]
    done.sort(key=lambda bucket: bucket.end)
    for bucket in done:
        bucket.told = True
    return [
        Reading(
            Series(key, asset, _name(bucket.span), venue),
            bucket.of(side),
            bucket.end,
            (venue,),
            round(bucket.heard / bucket.span * _STEPS) / _STEPS,
            METHOD,
        )
        for bucket in done
        for side, key in _SIDES.items()
        if bucket.heard or bucket.of(side)
    ]


def _name(span: timedelta) -> str:
    return f"{span // timedelta(minutes=1)}m"


def is_bucket(series: Series) -> bool:
    """Whether a series is one of finished buckets."""
    return (
        series.metric in _SIDES.values() and series.window in _SPANS and series.venue != AGGREGATE
    )


def buckets_of(asset: Asset, venue: Venue) -> list[Series]:
    """The series of finished buckets that one asset has at one venue."""
    return [Series(key, asset, window, venue) for key in _SIDES.values() for window in _SPANS]
