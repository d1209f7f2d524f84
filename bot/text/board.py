"""The market at a glance: aligned rows that fit a narrow phone (32 columns)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.reading import Reading, Series
from alerts.metrics import BY_KEY
from alerts.metrics.spec import Metric
from bot.text import figures
from bot.text.told import footer

HEADLINES = (MetricKey("skew25_norm"), MetricKey("basis"), MetricKey("atm_iv"), MetricKey("price"))


def headline_series(asset: Asset) -> list[Series]:
    """The default series of the headline metrics, in the order they are shown."""
    return [Series(key, asset, BY_KEY[key].default_window) for key in HEADLINES if key in BY_KEY]


def board(assets: Sequence[Asset], fresh: Mapping[Series, Reading]) -> str:
    """One block per asset: name, value, usual band, and a word where it is outside it."""
    return "\n\n".join(_block(asset, fresh) for asset in assets)


def missing(
    series: Iterable[Series],
    fresh: Mapping[Series, Reading],
    known: Mapping[Series, Reading],
    now: datetime,
) -> list[str]:
    """What has no number now, with the reason as far as it is known."""
    absent = [one for one in series if one not in fresh]
    old = [_too_old(known[one], now) for one in absent if one in known]
    never = ", ".join(figures.name(one) for one in absent if one not in known)
    return [*old, f"No reading yet: {never}."] if never else old


def source(readings: Sequence[Reading], now: datetime, *, simulated: bool) -> str:
    """Venues, time and ages under a board."""
    if not readings:
        return footer([figures.clock(now, now)], simulated=simulated)
    venues = tuple(sorted({venue for one in readings for venue in one.sources}))
    ages = sorted(max(now - one.at, now - now) for one in readings)
    newest, oldest = figures.age(ages[0]), figures.age(ages[-1])
    spread = newest if newest == oldest else f"{newest} to {oldest}"
    return footer(
        [figures.venues(venues), figures.clock(now, now), f"data {spread} old"],
        simulated=simulated,
    )


def place(metric: Metric, reading: Reading) -> str:
    """`high` or `low` against the usual band, else empty."""
    band = metric.band(reading.series.asset)
    if band and band.high is not None and reading.value > band.high:
        return "high"
    return "low" if band and band.low is not None and reading.value < band.low else ""


def _block(asset: Asset, fresh: Mapping[Series, Reading]) -> str:
    rows = [f"{asset:<6}{'now':>8}  usual"]
    rows += [_row(series, fresh.get(series)) for series in headline_series(asset)]
    return "\n".join(rows)


def _row(series: Series, reading: Reading | None) -> str:
    metric = figures.meant(series)
    label = figures.word(series.metric)
    label = label[0].upper() + label[1:]
    band = metric.band(series.asset)
    edges = figures.edges_of(band, "..") if band else ""
    if reading is None:
        return f"{label:<6}{'–':>8}  {edges:<8}none".rstrip()
    shown = figures.value(metric, reading.value)
    return f"{label:<6}{shown:>8}  {edges:<8}{place(metric, reading)}".rstrip()


def _too_old(last: Reading, now: datetime) -> str:
    shown = figures.value(figures.meant(last.series), last.value)
    ago = figures.age(now - last.at)
    return f"{figures.name(last.series)} is unavailable: its last value, {shown}, is {ago} old."
