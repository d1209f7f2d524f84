"""`derivwatch compute`: what the metrics read in a recording, as of a time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import click

from alerts.derive import roots
from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset
from alerts.domain.market import Snapshot
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.exchanges import EXCHANGES
from alerts.metrics import BY_KEY, METRICS
from alerts.metrics.spec import DERIVATIONS, is_derivation
from alerts.offers import kinds_of
from alerts.playback import samples, usual_age
from alerts.recording import Recording, iso
from bot.cli.lifetime import DURATION
from bot.cli.lines import sample_line
from bot.cli.recorded import RECORDING, TIME, Moment, Refused, derived, opened

Answer = dict[str, object]


@click.command(
    epilog="Example:  derivwatch compute skew25_norm.60d:BTC basis.60d:BTC"
    " --recording feb.jsonl.gz --at 2026-02-06T21:30Z"
)
@click.argument("series", nargs=-1, required=True)
@RECORDING
@click.option("--at", "moment", type=TIME, help="As of this time (default: the recording's end).")
@click.option(
    "--max-age",
    type=DURATION,
    help="How long a reading counts (default: three times the median spacing of its series).",
)
def command(
    series: Sequence[str], path: Path, moment: Moment | None, max_age: timedelta | None
) -> None:
    """Readings from a recording, one JSON object a line; SERIES like skew25_norm.60d:BTC.

    A series without a usable reading says why: {"series", "unavailable", "detail"}.
    """
    wanted = [_known(text) for text in series]
    with opened(path) as recording:
        for answer in answers(recording, wanted, moment, max_age):
            click.echo(json.dumps(answer, separators=(",", ":")))


def _known(text: str) -> Series:
    """The series a word names, if a metric here can give it."""
    try:
        series = Series.parse(text)
    except UsageError as error:
        raise Refused(str(error)) from error
    metric = next((one for one in METRICS if one.key == series.metric), None)
    if metric is None:
        known = ", ".join(one.key for one in METRICS)
        raise Refused(f"{series.metric!r} is not a metric here: {known}")
    if series.window not in (metric.windows or ("",)):
        raise Refused(f"{text!r} does not exist: write {_meant(series)}")
    if series.other is not None:
        return _known(str(series.base)).less(_known(str(series.other)))
    if series.derived and not is_derivation(series.derived):
        raise Refused(f"|{series.derived} is nothing I compute: {' '.join(DERIVATIONS)}")
    venues = [exchange.venue for exchange in EXCHANGES]
    if series.venue and series.venue not in venues:
        raise Refused(f"{series.venue!r} is not a venue here: {', '.join(venues)}")
    return series


def _meant(series: Series) -> str:
    metric = BY_KEY[series.metric]
    if not metric.windows:
        return f"{metric.key}:{series.asset}"
    return f"{metric.key}.{metric.default_window}:{series.asset} ({', '.join(metric.windows)})"


@dataclass(slots=True)
class _Track:
    """One series over a recording: when it had readings, and what it was up to a time.

    `gap` is why there was nothing since the last reading.
    """

    times: list[datetime] = field(default_factory=list)
    reading: Reading | None = None
    gap: Gap | None = None

    def see(self, sample: Sample, *, counts: bool) -> None:
        if isinstance(sample, Reading):
            self.times.append(sample.at)
        if counts and isinstance(sample, Reading):
            self.reading, self.gap = sample, None
        elif counts and isinstance(sample, Gap):
            self.gap = sample


def answers(
    recording: Recording,
    wanted: Sequence[Series],
    moment: Moment | None,
    max_age: timedelta | None,
) -> list[Answer]:
    """What each series was as of a moment (None: the recording's end)."""
    kinds = {(kind, one.asset) for one in roots(wanted) for kind in kinds_of(one)}

    def asked(kind: type[Snapshot], asset: Asset) -> bool:
        return (kind, asset) in kinds

    tracks = {series: _Track() for series in wanted}
    played = samples(recording.lines(), wanted=asked, assets=_assets(wanted))
    for _, found in derived(played, wanted):
        for sample in found:
            if sample.series in tracks:
                counts = moment is None or sample.at <= moment.end
                tracks[sample.series].see(sample, counts=counts)
    at = moment.start if moment else recording.end
    return [_answer(series, tracks[series], at, max_age) for series in wanted]


def _assets(wanted: Sequence[Series]) -> list[Asset]:
    return list(dict.fromkeys(one.asset for one in roots(wanted)))


def _answer(
    series: Series, track: _Track, at: datetime | None, max_age: timedelta | None
) -> Answer:
    """The last reading while it counts; past that the reason there was no later one."""
    reading, gap = track.reading, track.gap
    usual = timedelta(minutes=BY_KEY[series.metric].defaults.stale_minutes)
    counts_for = max_age or usual_age(track.times) or usual
    if reading is not None and (at or reading.at) - reading.at <= counts_for:
        return sample_line(reading)
    if gap is not None:
        return _unavailable(series, gap.reason, gap.detail)
    if reading is None:
        return _unavailable(series, Reason.NO_DATA, "the recording has nothing of it up to then")
    detail = f"the last reading, at {iso(reading.at)}, counts for {_rounded(counts_for)} only"
    return _unavailable(series, Reason.STALE, detail)


def _unavailable(series: Series, reason: Reason, detail: str) -> Answer:
    return {"series": str(series), "unavailable": reason.value, "detail": detail}


def _rounded(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
