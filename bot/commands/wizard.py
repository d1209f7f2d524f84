"""A rule in three taps: metric, level, review. The steps so far ride in the buttons."""

from collections.abc import Iterator, Sequence

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, MetricKey
from alerts.domain.reading import Reading, Series
from alerts.metrics import BY_KEY
from alerts.metrics.spec import Metric
from alerts.rules.grammar import parse
from bot.card import Button, Card
from bot.commands.drafts import Kept, keep
from bot.commands.market import fresh, presets, seen, series_of, vocabulary
from bot.commands.past import past
from bot.commands.spec import Ask, Desk
from bot.text import figures
from bot.text.board import headline_series
from bot.text.cards import review
from bot.text.outlook import outlook_line
from bot.text.rules import oneline

CANCEL = Button("Cancel", "cancel:-")
BACK = Button("Back", "pick:-")


def metrics(desk: Desk) -> Card:
    """Step one: what to watch."""
    readings = fresh(desk)
    return Card(
        title="What shall I watch?",
        lines=("Step 1 of 3. Or type a whole alert in one line: skew above 15%",),
        buttons=(
            *(
                tuple(_metric(series, readings.get(series)) for series in headline_series(asset))
                for asset in desk.assets
            ),
            (CANCEL,),
        ),
    )


async def pick(ask: Ask, desk: Desk, steps: str) -> Card:
    """The next step after what has been picked; UsageError for picks that cannot be."""
    match steps.split(":"):
        case [asset, key]:
            return levels(desk, *_known(desk, asset, key))
        case [asset, key, when, level]:
            metric = _known(desk, asset, key)[1]
            return await _review(ask, desk, f"{asset} {metric.key} {when} {level}")
        case _:
            return metrics(desk)


def levels(desk: Desk, asset: Asset, metric: Metric) -> Card:
    """Step two: at which level, with the value now and what is usual."""
    series = series_of(metric, asset)
    reading = fresh(desk).get(series)
    now = figures.value(metric, reading.value) if reading else "unknown"
    usual = figures.usual(metric, asset)
    offers = presets(metric, asset, reading.value if reading else None)
    example = " ".join((asset.lower(), figures.word(metric.key).lower(), *_own_level(offers)))
    return Card(
        title=f"{figures.name(series)}: alert when?",
        lines=(
            f"Step 2 of 3. Now {now}." + (f" {usual}." if usual else ""),
            f"Or type it with your own level: {example}",
        ),
        buttons=(
            tuple(
                Button(
                    f"{when} {figures.level(metric, level, above=when == 'above')}",
                    f"pick:{asset}:{metric.key}:{when}:{level:.12g}",
                )
                for when, level in offers
            ),
            tuple(_rare(asset, metric)),
            (BACK, CANCEL),
        ),
    )


def _rare(asset: Asset, metric: Metric) -> Iterator[Button]:
    """Levels that need no number: out of the usual band, or a record of the year."""
    start, band = f"cmd:set:{asset} {metric.key}", metric.band(asset)
    if band and band.low is not None and band.high is not None:
        low, high = band.low, band.high
        yield Button(f"leaves {low:g} to {high:g}", f"{start} outside {low:g} and {high:g}")
    yield Button("lowest in 1y", f"{start} record low 1y")
    yield Button("highest in 1y", f"{start} record high 1y")


async def _review(ask: Ask, desk: Desk, text: str) -> Card:
    draft = parse(text, vocabulary(desk), sure=True)
    token = await keep(desk.notes, ask.chat, Kept(oneline(draft)))
    found = await past(desk, draft)
    line = outlook_line(found.seen if found else None, desk.clock.now())
    return review(draft, seen(desk, draft), f"save:{token}", f"cancel:{token}", line)


def _own_level(offers: Sequence[tuple[str, float]]) -> tuple[str, str]:
    """A level nobody offered, to show that any can be typed."""
    when, level = offers[0] if offers else ("below", 60_000.0)
    step = (abs(level) / 10 or 1) * (1 if when == "above" else -1)
    return when, f"{level + step:.12g}"


def _metric(series: Series, reading: Reading | None) -> Button:
    metric = figures.meant(series)
    label = figures.name(series)
    if reading:
        label = figures.heading(series, figures.value(metric, reading.value))
    return Button(label, f"pick:{series.asset}:{series.metric}")


def _known(desk: Desk, asset: str, key: str) -> tuple[Asset, Metric]:
    metric = BY_KEY.get(MetricKey(key))
    if metric is None or asset not in desk.assets:
        raise UsageError("That button no longer fits: /alert starts again.", fixes=("/alert",))
    return Asset(asset), metric
