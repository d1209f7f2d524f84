"""What the market reads now, as far as it is fresh enough to say so."""

from collections.abc import Sequence
from dataclasses import replace

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, Venue
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Draft
from alerts.history.spread import TOGETHER, spread
from alerts.metrics import BY_KEY, METRICS
from alerts.metrics.mirror import MIRRORED
from alerts.metrics.regime import EDGES, REGIME_KEY, inputs, regime_along
from alerts.metrics.spec import Metric, Unit
from alerts.rules.vocabulary import Vocabulary
from bot.commands.spec import Desk
from bot.text import figures
from bot.text.rules import oneline

OFFERED_AT_MOST = 4
OFFERED_FIRST = ("skew", "iv", "basis", "funding", "oi", "price")
PRICE_STEPS = (("below", 0.95), ("below", 0.9), ("above", 1.05), ("above", 1.1))


def fresh(desk: Desk) -> dict[Series, Reading]:
    """The readings that may still be called current."""
    now = desk.clock.now()
    return {
        series: reading
        for series, reading in desk.readings.all().items()
        if now - reading.at <= desk.stale_after(series)
    }


def seen(desk: Desk, draft: Draft) -> dict[Series, Reading]:
    """The same, with the spreads and the regime that a rule watches, as far as they follow."""
    readings = fresh(desk)
    for series in (leg.series for leg in draft.legs if leg.series not in readings):
        if series.metric == REGIME_KEY and not series.derived:
            read = [readings[one] for one in inputs(series.asset) if one in readings]
            readings |= {one.series: one for one in regime_along(series.asset, read, TOGETHER)}
        pair = [readings[base] for base in series.bases if base in readings]
        if series.other is not None and len(pair) == len(series.bases):
            made = spread(series, *pair, points=BY_KEY[series.metric].is_percent)
            readings |= {series: made} if isinstance(made, Reading) else {}
    return readings


def series_of(metric: Metric, asset: Asset, window: str = "") -> Series:
    """A metric of an asset at a window it has; its default where none is named."""
    if window and window not in metric.windows:
        offered = ", ".join(metric.windows) or "no windows"
        raise UsageError(f"{metric.title} has {offered}, not {window}.")
    return Series(metric.key, asset, window or metric.default_window)


def check_rule(desk: Desk, draft: Draft) -> None:
    """UsageError for a rule on what an asset has not; the same rule on others as a way out."""
    for base in (base for leg in draft.legs for base in leg.series.bases):
        metric, asset = BY_KEY[base.metric], base.asset
        others = [] if desk.offers is None else _having(desk, metric)
        fixes = [oneline(_of_asset(draft, asset, other)) for other in others]
        check_offer(desk, metric, asset, fixes)
        _check_venue(desk, base, draft)


def _check_venue(desk: Desk, base: Series, draft: Draft) -> None:
    """UsageError where the venue named has no such thing, or is none: it would never be read."""
    metric = BY_KEY[base.metric]
    if not base.venue or desk.offers is None:
        return
    having = desk.offers.venues_of(metric, base.asset)
    if base.venue in having:
        return
    word = figures.word(metric.key)
    said = f"I have it from {', '.join(having)}, or from all together." if having else ""
    ways = [_from(draft, base.venue, Venue("")), *(_from(draft, base.venue, v) for v in having)]
    raise UsageError(
        f"{base.venue} gives me no {base.asset} {word}. {said}".rstrip(),
        fixes=tuple(oneline(one) for one in ways[:OFFERED_AT_MOST]),
    )


def _from(draft: Draft, venue: Venue, other: Venue) -> Draft:
    """The same rule with another venue in place of one; none for all together."""

    def moved(series: Series) -> Series:
        base = replace(series.base, venue=other) if series.venue == venue else series.base
        if series.other is None:
            return replace(base, derived=series.derived)
        return base.less(moved(series.other))

    legs = tuple(replace(leg, series=moved(leg.series)) for leg in draft.legs)
    return replace(draft, legs=legs)


def _of_asset(draft: Draft, asset: Asset, other: Asset) -> Draft:
    def moved(series: Series) -> Series:
        base = replace(series.base, asset=other) if series.asset == asset else series.base
        if series.other is None:
            return replace(base, derived=series.derived)
        return base.less(moved(series.other))

    legs = tuple(replace(leg, series=moved(leg.series)) for leg in draft.legs)
    return replace(draft, legs=legs)


def _having(desk: Desk, metric: Metric) -> list[Asset]:
    return [one for one in desk.assets if desk.offers is None or desk.offers.has(metric, one)]


def check_offer(desk: Desk, metric: Metric, asset: Asset, ways: Sequence[str] = ()) -> None:
    """UsageError, with what can be had instead, where no venue has this of the asset."""
    if metric.key == REGIME_KEY and not inputs(asset):
        raise UsageError(
            f"I have no bands for {asset}, so no regime. I have it for {', '.join(EDGES)}.",
            fixes=tuple(ways) or tuple(f"{one} regime" for one in EDGES if one in desk.assets),
        )
    if desk.offers is None or desk.offers.has(metric, asset):
        return
    word = metric.words[0]
    having = _having(desk, metric)
    instead = _offered([one.words[0] for one in desk.offers.of(asset)])
    lacking = desk.offers.lacks(metric, asset)
    parts = [f"No venue here has {lacking} for {asset}, so no {word}."]
    if having:
        parts.append(f"I have {word} for {', '.join(having)}.")
    if instead:
        parts.append(f"{asset} has {', '.join(instead)}.")
    ways = ways or [f"{one} {word}" for one in having]
    raise UsageError(" ".join(parts), fixes=(*ways, *(f"{asset} {one}" for one in instead)))


def _offered(words: Sequence[str]) -> list[str]:
    """A few of what there is: what is asked about most, before what is much the same."""
    usual = [word for word in OFFERED_FIRST if word in words]
    return list(dict.fromkeys([*usual, *words]))[:OFFERED_AT_MOST]


def vocabulary(desk: Desk) -> Vocabulary:
    """What a rule text may name here."""
    return Vocabulary(METRICS, desk.assets)


def typed(desk: Desk) -> Vocabulary:
    """The same, for what the asking chat writes itself."""
    if not desk.chosen.flipped_sign:
        return vocabulary(desk)
    return Vocabulary((*METRICS, *MIRRORED.values()), desk.assets, other_sign=True)


def presets(metric: Metric, asset: Asset, value: float | None) -> list[tuple[str, float]]:
    """Levels worth offering, each with its side: the metric's own, or round ones near the value."""
    if metric.defaults.levels:
        return [(_side(metric, asset, level), level) for level in metric.defaults.levels]
    if metric.unit not in {Unit.USD, Unit.COINS} or not value:
        return []
    return [(when, _round(value * factor)) for when, factor in PRICE_STEPS]


def _side(metric: Metric, asset: Asset, level: float) -> str:
    """A level past an edge of the usual band is watched from inside the band.

    One at or under zero, of what can be on either side of it, is watched from above.
    """
    band = metric.band(asset)
    if band and band.high is not None and level >= band.high:
        return "above"
    if band and band.low is not None and level <= band.low:
        return "below"
    if level <= 0 and metric.plausible[0] < 0:
        return "below"
    return metric.defaults.direction


def _round(price: float) -> float:
    """Two digits that matter: a level as a person would choose it."""
    return float(f"{price:.2g}")
