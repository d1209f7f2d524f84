"""Series that come of others: metrics of the past, changes, percentiles, z-scores and spreads.

Metrics of the past (`rv.30d:BTC`) are computed for every asset with a price, about once a minute,
and at every price where a rule watches them. What stands behind a bar (`oi_usd:BTC|chg.7d`) is
computed only for who asks: a rule that watches it, or a person.

What was read of the history is kept in memory as far as it will be needed again, so a tick reads
little of it. Losing that memory costs nothing but reading it again.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from math import fsum

from alerts.domain.reading import AGGREGATE, Close, Gap, Quality, Reading, Reason, Sample, Series
from alerts.history.context import ENOUGH_DAYS, percentile_rank, z_score
from alerts.history.spread import spread
from alerts.history.windows import LONGEST, Trail, change
from alerts.metrics import BY_KEY, METRICS
from alerts.metrics.aggregate import MOST_MISSED
from alerts.metrics.gates import graded
from alerts.metrics.measure import believable
from alerts.metrics.past import Records
from alerts.metrics.relative import PROXIES
from alerts.metrics.spec import Joins, Past
from alerts.ports import History

Latest = Mapping[Series, Reading]

DAY = timedelta(days=1)
SPARE_DAYS = 10
"""A span of 90 days is its last 90 closes, even if some days in between are missing."""

EVERY = timedelta(seconds=55)
STILL_COUNTS = timedelta(minutes=30)
"""How old another series may be, beside a fresh one, and still be read as of now."""

_NEVER = datetime.min.replace(tzinfo=UTC)
_PIECE = timedelta(days=45)
_SPANS = {
    "1h": (timedelta(hours=1), timedelta(minutes=10)),
    "4h": (timedelta(hours=4), timedelta(minutes=20)),
    "24h": (timedelta(hours=24), timedelta(hours=1)),
    "7d": (timedelta(days=7), timedelta(hours=6)),
    "30d": (timedelta(days=30), timedelta(hours=12)),
}
"""How long ago a change looks, and how much older than that its reading may be.

A week ago may be from before the bot's own time, of which there are four readings a day.
"""


@dataclass(slots=True)
class _Ago:
    """A stretch of a series' past that is walked along as time goes on."""

    readings: Sequence[Reading] = ()
    start: datetime = _NEVER
    end: datetime = _NEVER

    def at(self, when: datetime) -> Reading | None:
        place = bisect_right(self.readings, when, key=lambda reading: reading.at)
        return self.readings[place - 1] if place else None


@dataclass(slots=True)
class Derivation:
    """Computes series from series; `history` may raise StoreError through every method."""

    history: History
    _trails: dict[Series, Trail] = field(default_factory=dict)
    _agos: dict[tuple[Series, str], _Ago] = field(default_factory=dict)
    _closes: dict[tuple[Series, int], tuple[date, Sequence[Close]]] = field(default_factory=dict)
    _made_at: dict[Series, datetime] = field(default_factory=dict)

    async def derive(
        self, fresh: Sequence[Sample], latest: Latest, watched: Collection[Series], now: datetime
    ) -> list[Sample]:
        """What follows from fresh samples. `latest` are all last readings, the fresh ones too."""
        by_series = {sample.series: sample for sample in fresh}
        for series in by_series.keys() & self._trails.keys():
            self._extend(by_series[series])
        past: list[Sample] = []
        for series in _of_the_past(by_series, watched):
            if series in watched or self._is_due(series, now):
                past.append(await self._past(series, by_series, latest, now))
                self._made_at[series] = now
        by_series |= {sample.series: sample for sample in past}
        known = {**latest, **{s.series: s for s in past if isinstance(s, Reading)}}
        return past + [
            await self._bar(series, base, known, now)
            for series in watched
            if series.derived and (base := self._news_for(series, by_series, known, now))
        ]

    def _news_for(
        self, series: Series, fresh: Mapping[Series, Sample], known: Latest, now: datetime
    ) -> Sample | None:
        """The sample of a series' base, if there is news of it or of what it is held against.

        For a series that was never computed the last reading is occasion enough.
        """
        samples = [sample for one in series.bases if (sample := fresh.get(one))]
        for sample in samples:
            if isinstance(sample, Gap) or sample.series == series.base:
                return sample
        if not samples:
            if series in known or not self._is_due(series, now):
                return None
            self._made_at[series] = now
        last = known.get(series.base)
        return last if last and now - last.at <= STILL_COUNTS else None

    async def ask(self, series: Series, latest: Latest, now: datetime) -> Sample:
        """One series as of now, for a person: its last reading, or computed on the spot."""
        known = dict(latest)
        for one in series.bases:
            metric = BY_KEY.get(one.metric)
            if metric is not None and isinstance(metric.needs, Past):
                made = await self._past(one, {}, latest, now)
                known |= {one: made} if isinstance(made, Reading) else {}
                if isinstance(made, Gap):
                    return replace(made, series=series)
        sample: Sample | None = known.get(series.base)
        if sample is None:
            sample = Gap(series.base, Reason.NO_DATA, "there is no reading of it", now)
        return await self._bar(series, sample, known, now) if series.derived else sample

    def _is_due(self, series: Series, now: datetime) -> bool:
        made_at = self._made_at.get(series)
        return made_at is None or now - made_at >= EVERY

    async def _past(
        self, series: Series, fresh: Mapping[Series, Sample], latest: Latest, now: datetime
    ) -> Sample:
        metric = BY_KEY[series.metric]
        if not isinstance(metric.needs, Past):
            raise TypeError(f"{series} is measured, not derived")
        base = fresh.get(metric.needs.base(series))
        if isinstance(base, Gap) and not metric.needs.any_input:
            return replace(base, series=series)
        trails = {one: await self._trail(one, latest, now) for one in metric.needs.trails(series)}
        inputs = (*trails, *metric.needs.readings(series))
        current = {
            one: latest[one]
            for one in inputs
            if one in latest and now - latest[one].at <= STILL_COUNTS
        }
        sample = metric.measure(Records(now, trails, current), series)
        if sample is None:
            return Gap(series, Reason.NO_DATA, "there is no such thing here", now)
        return believable(metric, sample)

    async def _trail(self, series: Series, latest: Latest, now: datetime) -> Trail:
        """The past year of a series: read once, then grown with every reading."""
        trail = self._trails.get(series)
        if trail is None:
            trail = Trail()
            start = now - LONGEST
            while start < now:
                end = min(start + _PIECE, now)
                for reading in await self.history.window(series, start, end):
                    trail.add(reading.at, reading.value)
                start = end
            if series in latest:
                trail.add(latest[series].at, latest[series].value)
            self._trails[series] = trail
        return trail

    def _extend(self, sample: Sample) -> None:
        if isinstance(sample, Reading):
            self._trails[sample.series].add(sample.at, sample.value)

    async def _bar(self, series: Series, base: Sample, latest: Latest, now: datetime) -> Sample:
        """A change, a percentile, a z-score or a spread of a base's sample."""
        if isinstance(base, Gap):
            return replace(base, series=series)
        if series.other is not None:
            return _spread(series, base, latest.get(series.other))
        kind, _, span = series.derived.partition(".")
        if kind == "chg" and span in _SPANS:
            return await self._change(series, base, span, latest)
        if kind in {"pctl", "z"}:
            return await self._rank(series, base, int(span.removesuffix("d")), now)
        return Gap(series, Reason.NO_DATA, f"|{series.derived} is nothing I can compute", now)

    async def _rank(self, series: Series, base: Reading, days: int, now: datetime) -> Sample:
        closes = await self._daily(base.series, days, now)
        if len(closes) < min(ENOUGH_DAYS, days):
            detail = f"too little history: {len(closes)} of {min(ENOUGH_DAYS, days)} days"
            return Gap(series, Reason.NO_DATA, detail, base.at)
        history = [close.value for close in closes]
        if series.derived.startswith("pctl"):
            value: float | None = percentile_rank(history, base.value)
        else:
            value = z_score(history, base.value)
        if value is None:
            return Gap(series, Reason.NO_DATA, "the history does not vary", base.at)
        method = f"{len(closes)} daily closes since {closes[0].day:%Y-%m-%d}/1"
        return _made(series, base, value, method, base.coverage)

    async def _daily(self, series: Series, days: int, now: datetime) -> Sequence[Close]:
        """The last closes before today, at most so many; read once a day."""
        today = now.astimezone(UTC).date()
        day, closes = self._closes.get((series, days), (None, ()))
        if day != today:
            spare = SPARE_DAYS if days <= ENOUGH_DAYS else 0
            midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
            closes = (await self.history.daily(series, days + spare, midnight))[-days:]
            self._closes[series, days] = today, closes
        return closes

    async def _change(self, series: Series, base: Reading, span: str, latest: Latest) -> Sample:
        metric = BY_KEY[series.metric]
        if metric.joins is Joins.SUM and series.venue == AGGREGATE:
            return await self._like_for_like(series, base, span, latest)
        before = await self._ago(base.series, base.at, span)
        if before is None:
            return Gap(series, Reason.NO_DATA, f"there is no reading of {span} ago", base.at)
        if metric.is_percent:
            return _made(series, base, base.value - before.value, "points/1", before.coverage)
        if before.value <= 0:
            return Gap(series, Reason.NO_DATA, f"it was nothing {span} ago", base.at)
        value = change(before.value, base.value)
        return _made(series, base, value, "percent/1", before.coverage)

    async def _like_for_like(
        self, series: Series, base: Reading, span: str, latest: Latest
    ) -> Sample:
        """The change of a sum over the venues present at both ends."""
        present = [
            reading
            for venue in base.sources
            if (reading := latest.get(replace(base.series, venue=venue))) is not None
        ]
        pairs = [
            (before, after)
            for after in present
            if (before := await self._ago(after.series, base.at, span)) is not None
        ]
        then, there = fsum(one.value for one, _ in pairs), fsum(one.value for _, one in pairs)
        whole = await self._ago(base.series, base.at, span)
        share = min(there / base.value, then / whole.value if whole and whole.value > 0 else 1.0)
        if then <= 0:
            return Gap(series, Reason.NO_DATA, f"there is no reading of {span} ago", base.at)
        if share < 1 - MOST_MISSED:
            detail = f"{len(pairs)} of {len(base.sources)} venues were there {span} ago"
            return Gap(series, Reason.VENUE_BELOW_QUORUM, detail, base.at)
        sources = tuple(sorted({venue for _, one in pairs for venue in one.sources}))
        method, covered = "percent-like-for-like/1", min(share, 1.0)
        made = _made(series, base, change(then, there), method, covered)
        return replace(made, sources=sources)

    async def _ago(self, series: Series, at: datetime, span: str) -> Reading | None:
        """The last reading at or before so long ago, if it is not much older."""
        length, tolerance = _SPANS[span]
        when = at - length
        ago = self._agos.setdefault((series, span), _Ago())
        if not ago.start <= when - tolerance or when > ago.end:
            start, end = when - tolerance, when + min(length / 4, timedelta(hours=1))
            ago.readings = await self.history.window(series, start, end)
            ago.start, ago.end = start, end
        reading = ago.at(when)
        return reading if reading and when - reading.at <= tolerance else None


def _spread(series: Series, base: Reading, other: Reading | None) -> Sample:
    if other is None:
        return Gap(series, Reason.NO_DATA, f"there is no reading of {series.other}", base.at)
    return spread(series, base, other, points=BY_KEY[series.metric].is_percent)


def _made(series: Series, base: Reading, value: float, method: str, coverage: float) -> Reading:
    """A derived reading, as old and as doubtful as what it comes from."""
    doubt = base.quality is Quality.DEGRADED or coverage < 1 - MOST_MISSED / 2
    return Reading(
        series,
        value,
        base.at,
        base.sources,
        min(base.coverage, coverage),
        method,
        graded(doubt),
        doubt=base.doubt,
    )


def _of_the_past(fresh: Mapping[Series, Sample], watched: Collection[Series]) -> list[Series]:
    """The series of metrics of the past that a fresh sample is an occasion for."""
    usual = [
        Series(metric.key, sample.asset, window)
        for sample in fresh
        if not sample.venue and not sample.derived and sample.asset not in PROXIES
        for metric in METRICS
        if isinstance(metric.needs, Past)
        for window in metric.windows or ("",)
    ]
    asked = [base for series in watched for base in series.bases]
    return [
        series
        for series in dict.fromkeys((*usual, *asked))
        if any(one in fresh for one in _occasions(series))
    ]


def _occasions(series: Series) -> tuple[Series, ...]:
    metric = BY_KEY.get(series.metric)
    if metric is None or not isinstance(metric.needs, Past):
        return ()
    return metric.needs.occasions(series)


def roots(series: Iterable[Series]) -> frozenset[Series]:
    """The series that are measured from snapshots, of which these are made."""
    found: set[Series] = set()
    seen: set[Series] = set()
    ahead = [base for one in series for base in one.bases]
    while ahead:
        base = ahead.pop()
        metric = BY_KEY.get(base.metric)
        if metric is None or not isinstance(metric.needs, Past):
            found.add(base)
        elif base not in seen:
            ahead += (*metric.needs.trails(base), *metric.needs.readings(base))
        seen.add(base)
    return frozenset(found)
