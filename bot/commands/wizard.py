"""A rule in four taps: metric, level, hold, review. What is picked rides in the buttons.

What a person writes meanwhile, such as `actually 6`, changes the level or the hold and leaves
them where they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from alerts.domain.errors import UsageError
from alerts.domain.ids import Asset, MetricKey
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Draft
from alerts.engine.outlook import at_level
from alerts.metrics import BY_KEY, metric_of
from alerts.metrics.regime import REGIME_KEY, inputs
from alerts.metrics.spec import Metric
from alerts.rules.amounts import read_amount, read_span
from alerts.rules.grammar import parse
from alerts.rules.usual import usual_timing
from bot.card import Button, Card
from bot.commands.dialogue import CLOSE, Correction, Open, leave, stand
from bot.commands.drafts import Kept, keep, peek
from bot.commands.market import check_rule, fresh, presets, seen, series_of, vocabulary
from bot.commands.past import past
from bot.commands.spec import Ask, Desk
from bot.text import figures
from bot.text.board import headline_series
from bot.text.cards import review
from bot.text.outlook import outlook_line
from bot.text.rules import capital, gist, measure, oneline

CANCEL = Button("Cancel", "cancel:-")
BACK = Button("Back", "pick:-")
HOLDS = (("now", "0m"), ("10 min", "10m"), ("1 h", "1h"), ("daily close", CLOSE))
ROW = 3

_ALSO = (
    *(MetricKey("funding_annual"), MetricKey("oi_coin"), MetricKey("liq_long_usd")),
    *(MetricKey("vs_gold"), REGIME_KEY),
)
_COMBINED = "price -20% in 7d and skew above 15"


def metrics(desk: Desk, asset: Asset | None = None) -> Card:
    """Step one: what to watch."""
    here, readings = asset or desk.assets[0], fresh(desk)
    also = [
        Series(key, here, BY_KEY[key].default_window)
        for key in _ALSO
        if key != REGIME_KEY or inputs(here)
    ]
    offered = [_metric(one, readings.get(one)) for one in (*headline_series(here), *also)]
    others = [Button(f"{one} instead", f"pick:{one}") for one in desk.assets if one != here]
    return Card(
        title="1/4 Which metric?",
        lines=("Or type a whole alert in one line: skew above 15%",),
        buttons=(
            *(tuple(offered[at : at + ROW]) for at in range(0, len(offered), ROW)),
            (*others[:ROW], Button("Combine…", "pick:+")),
            (CANCEL,),
        ),
    )


async def begin(ask: Ask, desk: Desk) -> Card:
    """The wizard from its start."""
    await leave(ask, desk)
    return metrics(desk)


async def pick(ask: Ask, desk: Desk, steps: str) -> Card:
    """The next step after what has been picked; UsageError for picks that cannot be."""
    match steps.split(":"):
        case ["+"]:
            return _combined()
        case [asset] if asset in desk.assets:
            return metrics(desk, Asset(asset))
        case [asset, key]:
            where = _known(desk, asset, key)
            await stand(ask, desk, Open(asset, key))
            return levels(desk, *where)
        case [asset, key, "?"]:
            where = _known(desk, asset, key)
            await stand(ask, desk, Open(asset, key))
            return _ask_level(desk, *where)
        case [asset, key, when, level]:
            metric = _known(desk, asset, key)[1]
            said = level.replace("_", " and ")
            return await _held(ask, desk, f"{asset} {metric.key} {when} {said}")
        case _:
            return await begin(ask, desk)


async def hold(ask: Ask, desk: Desk, argument: str) -> Card | None:
    """The review after a hold was picked: `TOKEN:1h`; without one the holds again; None: gone."""
    token, _, span = argument.partition(":")
    kept = await peek(desk.notes, ask.chat, token)
    if kept is None:
        return None
    if span != CLOSE and read_span(span) is None:
        return await _held(ask, desk, kept.text)
    return await _review(ask, desk, _with_hold(_parsed(desk, kept.text), span))


async def corrected(ask: Ask, desk: Desk, where: Open, said: Correction) -> Card:
    """What a person wrote at an open step: another level, or another hold.

    UsageError where it is no level of the metric, or one worth a question.
    """
    asset, metric = _known(desk, where.asset, where.metric)
    if not where.line:
        return await _first_level(ask, desk, asset, metric, said)
    draft = _parsed(desk, where.line)
    if said.hold:
        if said.hold != CLOSE and read_span(said.hold) is None:
            raise UsageError(f"for {said.hold}: write a time such as 10m or 4h.")
        hold = "the daily close" if said.hold == CLOSE else said.hold
        return await _review(ask, desk, _with_hold(draft, said.hold), f"Hold set to {hold}")
    return await _review(ask, desk, _with_level(desk, draft, said), f"Level set to {said.level}")


async def _first_level(
    ask: Ask, desk: Desk, asset: Asset, metric: Metric, said: Correction
) -> Card:
    if not said.level:
        raise UsageError("First a level: write a number, like 15.")
    reading = fresh(desk).get(series_of(metric, asset))
    amount = read_amount(said.level, "", metric.unit)
    higher = reading is None or amount is None or amount.value >= reading.value
    side = said.side or ("above" if higher else "below")
    return await _held(ask, desk, f"{asset} {metric.key} {side} {said.level}", sure=False)


def _with_level(desk: Desk, draft: Draft, said: Correction) -> Draft:
    """The rule at another level, its clear level as far away; on the other side by usual clear."""
    leg = draft.legs[0]
    side = said.side or str(leg.direction)
    if len(draft.legs) > 1 or leg.series.derived:
        raise UsageError(
            f"I read another level, {said.level}, but this alert has none to change. "
            "Write the whole alert in one line.",
            fixes=(oneline(draft),),
        )
    text = f"{leg.series.asset} {leg.series.metric} {side} {said.level}"
    [other] = parse(text, vocabulary(desk)).legs
    if other.direction is leg.direction and other.series == leg.series:
        return at_level(draft, other.level)
    return replace(draft, legs=(other,))


def _with_hold(draft: Draft, said: str) -> Draft:
    """The rule with another hold: a span such as `1h`, or the daily close."""
    metric = metric_of(draft.legs[0].series)
    if metric is None:
        return draft
    hold = timedelta(0) if said == CLOSE else read_span(said)
    timing = usual_timing(metric, hold=hold, repeat=draft.timing.repeat)
    return replace(draft, timing=replace(timing, at_close=said == CLOSE))


def levels(desk: Desk, asset: Asset, metric: Metric) -> Card:
    """Step two: at which level, with the value now and what is usual."""
    series = series_of(metric, asset)
    reading = fresh(desk).get(series)
    offers = presets(metric, asset, reading.value if reading else None)
    return Card(
        title=f"2/4 {figures.name(series)}: alert when?",
        lines=(f"{capital(measure(series))}. {_now(metric, asset, reading)}",),
        buttons=(
            tuple(
                Button(
                    f"{when} {figures.level(metric, level, above=when == 'above')}",
                    f"pick:{asset}:{metric.key}:{when}:{level:.12g}",
                )
                for when, level in offers
            ),
            (*_back(asset, metric, reading), *_rare(asset, metric), *_typed(asset, metric)),
            (BACK, CANCEL),
        ),
    )


def _now(metric: Metric, asset: Asset, reading: Reading | None) -> str:
    now = figures.value(metric, reading.value) if reading else "unknown"
    usual = figures.usual(metric, asset)
    return f"Now {now}" + (f", {usual[:1].lower()}{usual[1:]}." if usual else ".")


def _ask_level(desk: Desk, asset: Asset, metric: Metric) -> Card:
    """The level in a person's own words."""
    series = series_of(metric, asset)
    reading = fresh(desk).get(series)
    when, level = _own_level(presets(metric, asset, reading.value if reading else None))
    return Card(
        title=f"2/4 {figures.name(series)}: at which level?",
        lines=(_now(metric, asset, reading), f"Write one number, like: {when} {level}"),
        buttons=((Button("Back", f"pick:{asset}:{metric.key}"), CANCEL),),
    )


def _typed(asset: Asset, metric: Metric) -> Iterator[Button]:
    if not metric.names:
        yield Button("type a number", f"pick:{asset}:{metric.key}:?")


def _back(asset: Asset, metric: Metric, reading: Reading | None) -> Iterator[Button]:
    """Back inside the usual band, where the value is outside of it."""
    band = metric.band(asset)
    if reading is None or band is None:
        return
    for edge, when, is_out in (
        (band.low, "above", band.low is not None and reading.value < band.low),
        (band.high, "below", band.high is not None and reading.value > band.high),
    ):
        if is_out and edge is not None:
            yield Button(f"back {when} {edge:g}", f"pick:{asset}:{metric.key}:{when}:{edge:.12g}")


def _rare(asset: Asset, metric: Metric) -> Iterator[Button]:
    """Levels that need no number: out of the usual band, or a record of the year."""
    start, band = f"pick:{asset}:{metric.key}", metric.band(asset)
    if band and band.low is not None and band.high is not None:
        low, high = band.low, band.high
        yield Button(f"leaves {low:g} to {high:g}", f"{start}:outside:{low:g}_{high:g}")
    if not metric.names:
        yield Button("lowest in 1y", f"{start}:record:low")
        yield Button("highest in 1y", f"{start}:record:high")


async def _held(ask: Ask, desk: Desk, text: str, *, sure: bool = True) -> Card:
    """Step three: how long it must hold."""
    draft = parse(text, vocabulary(desk), sure=sure)
    check_rule(desk, draft)
    leg, line = draft.legs[0], oneline(draft)
    await stand(ask, desk, Open(leg.series.asset, leg.series.metric, line))
    token = await keep(desk.notes, ask.chat, Kept(line))
    usual = figures.span(draft.timing.hold) if draft.timing.hold else "now"
    back = Button("Back", f"pick:{leg.series.asset}:{leg.series.metric}")
    return Card(
        title=f"3/4 {gist(draft)}: must hold how long?",
        lines=(f"Usual for it: {usual}. A longer hold passes over short spikes.",),
        buttons=(
            tuple(Button(label, f"hold:{token}:{span}") for label, span in HOLDS),
            (back, CANCEL),
        ),
    )


async def _review(ask: Ask, desk: Desk, draft: Draft, done: str = "") -> Card:
    """Step four: the whole rule with its past, not saved yet."""
    check_rule(desk, draft)
    leg, line = draft.legs[0], oneline(draft)
    await stand(ask, desk, Open(leg.series.asset, leg.series.metric, line))
    token = await keep(desk.notes, ask.chat, Kept(line))
    found = await past(desk, draft)
    told = outlook_line(found.seen if found else None, desk.clock.now())
    card = review(draft, seen(desk, draft), f"save:{token}", f"cancel:{token}", told)
    [[save, cancel]] = card.buttons
    still = f"{done}, still review." if done else ""
    tip = "Write another level, like: actually 6" if len(draft.legs) == 1 else ""
    return replace(
        card,
        title=f"4/4 {card.title}",
        strong=f"4/4 {card.strong}",
        lines=tuple(one for one in (still, *card.lines, tip) if one),
        buttons=((save, Button("Back", f"hold:{token}:"), cancel),),
    )


def _parsed(desk: Desk, line: str) -> Draft:
    return parse(line, vocabulary(desk), sure=True)


def _combined() -> Card:
    return Card(
        title="Combine up to five conditions in one line",
        lines=(
            f"Join them by and, or by or. Write for example: {_COMBINED}",
            "Two metrics can be held against each other too: skew 7d above skew 30d",
        ),
        buttons=((Button("Unconfirmed bounce", "cmd:presets:bounce"), BACK, CANCEL),),
    )


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
