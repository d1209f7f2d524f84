"""What a chat is told of one tick, as one card.

Order in every card: what happened, number against level and against normal, how rare, context,
source and time, what comes next. The tone of a firing is ALARM for prices and for skew rising
(the market's fear), WARNING for the rest; whatever ends, pauses or returns is calm and silent.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from alerts.domain.event import Event, Kind
from alerts.domain.reading import Reading
from alerts.domain.rule import Direction, Repeat
from bot.card import Button, Card, Field, Tone
from bot.text import figures, rarity
from bot.text.asides import aside, held_line, is_aside
from bot.text.doings import SNOOZE_LABEL
from bot.text.outage import back, dark
from bot.text.rules import capital, clear, level_of, measure, oneline, unsure, value_of
from bot.text.split import apart
from bot.text.told import Told, footer, headline, opens, tag

LATE_AFTER = timedelta(minutes=2)
AGED_AFTER = timedelta(minutes=15)
NO_NEWS_AFTER = timedelta(minutes=30)
LINES_AT_MOST = 20
NUMBERS_AT_MOST = 36
"""Characters of numbers on a button, whose act has 48 with its verb."""

ALL_LABEL = "Snooze all 4h"

_LOUDNESS = (
    *(Kind.FIRED, Kind.REMINDED, Kind.RESOLVED, Kind.FLAPPING, Kind.MISSED),
    *(Kind.BACK, Kind.DARK, Kind.EXPIRED, Kind.BROKEN),
)
_FEAR_RISING = frozenset({"skew25_norm", "skew25_raw", "atm_iv"})


def alert(told: Sequence[Told], now: datetime, *, simulated: bool = False) -> Card:
    """The one card that tells a chat what one tick brought it; half an hour late, by its age."""
    if not told:
        raise ValueError("an alert card tells at least one event")
    card = _card(told, now, simulated=simulated)
    age = now - max(one.event.at for one in told)
    if simulated or age < NO_NEWS_AFTER:
        return card
    ago = f"{figures.age(age)} ago: "
    return replace(card, title=ago + card.title, strong=card.strong and ago + card.strong)


def _card(told: Sequence[Told], now: datetime, *, simulated: bool) -> Card:
    ordered = sorted(told, key=lambda one: (_LOUDNESS.index(one.event.kind), one.event.number))
    kinds = {one.event.kind for one in ordered}
    if kinds == {Kind.DARK}:
        return dark(ordered, now, simulated=simulated)
    if kinds == {Kind.BACK}:
        return back(ordered, now, simulated=simulated)
    if len(ordered) > 1:
        return _group(ordered, now, simulated=simulated)
    if is_aside(ordered[0].event):
        return aside(ordered[0], now, simulated=simulated)
    return _single(ordered[0], now, simulated=simulated)


def _single(told: Told, now: datetime, *, simulated: bool) -> Card:
    strong, rest = headline(told)
    resolved = told.event.kind is Kind.RESOLVED
    lines = _after(told, now) if resolved else _during(told, now)
    return Card(
        title=f"{strong} – {rest}" if rest else strong,
        tone=_tone(told),
        strong=strong,
        lines=tuple(
            line
            for line in (*lines, _compound(told), _delay(told, now, simulated=simulated))
            if line
        ),
        fields=() if resolved else _fields(told),
        footer=_footer(told, now, simulated=simulated),
        buttons=_buttons(told.event),
        silent=resolved,
        events=(told.event,),
    )


def _during(told: Told, now: datetime) -> list[str]:
    """Number against normal and against yesterday; how long, for a reminder."""
    event = told.event
    lines = [_meaning(told), *(apart(told.split) if told.split else ()), _day(told)]
    if event.kind is Kind.REMINDED:
        lines.insert(0, f"On for {figures.span(event.at - event.since)}{_farthest(told)}")
    if event.late:
        noticed = figures.clock(event.at, now)
        lines.append(f"This happened while I was away; noticed {noticed}.")
    return [*lines, held_line(told, now), _also(told)]


def _also(told: Told) -> str:
    """`Also above your 15% (#7).`: weaker alerts this one speaks for."""
    series = told.event.series
    weaker = [f"{level_of(series, one.legs[0].level)} (#{one.number})" for one in told.also]
    return f"Also {told.direction} your {', '.join(weaker)}." if weaker else ""


def _after(told: Told, now: datetime) -> list[str]:
    """The record of an episode that is over."""
    event, leg = told.event, told.leg
    end = event.happened or event.at
    once = told.rule is not None and told.rule.timing.repeat is Repeat.ONCE
    again = f"Armed again at {level_of(event.series, leg.level, leg.direction)}." if leg else ""
    noticed = f"Noticed {figures.clock(event.at, now)}, after I was away." if event.late else ""
    return [
        f"On for {figures.span(end - event.since)}{_farthest(told)}{_path(told)}",
        held_line(told, now),
        noticed,
        "It was to tell you once, so it is done." if once else again,
    ]


def _meaning(told: Told) -> str:
    metric, value = told.metric, told.event.value
    if metric is None or value is None:
        return ""
    band = metric.band(told.event.series.asset)
    usual = figures.usual(metric, told.event.series.asset)
    words = ""
    if band and band.high is not None and value > band.high:
        words = metric.high
    elif band and band.low is not None and value < band.low:
        words = metric.low
    sentences = [part.rstrip(".") + "." for part in (words, usual) if part]
    return " ".join(capital(sentence) for sentence in sentences)


def _day(told: Told) -> str:
    """`Was 14.2% 24 h ago · +5.8 pts`."""
    metric, value, before = told.metric, told.event.value, told.day_ago
    if metric is None or value is None or before is None:
        return ""
    was, moved = figures.since(metric, before.value, value, told.limit)
    return f"Was {was} 24 h ago" + (f" · {moved}" if moved else "")


def _farthest(told: Told) -> str:
    metric, extreme = told.metric, told.event.extreme
    if metric is None or extreme is None:
        return ""
    word = "peak" if told.direction is Direction.ABOVE else "low"
    return f" · {word} {figures.exact(metric, extreme, told.event.level)}"


def _path(told: Told) -> str:
    prices = sorted(
        (one for one in told.beside if one.series.metric == "price"), key=lambda one: one.at
    )
    if len(prices) < 2 or told.event.series.metric == "price":
        return ""
    first, last = (figures.dollars(one.value) for one in (prices[0], prices[-1]))
    return f" · {told.event.series.asset} {first} → {last} meanwhile"


def _fields(told: Told) -> tuple[Field, ...]:
    series, at = told.event.series, told.event.at
    beside = " · ".join(_beside(one, at) for one in told.beside if one.series != series)
    measured = measure(series) if series.window else ""
    regime = told.regime.removeprefix("Regime ")
    pairs = (("With it", beside), ("Regime", regime), ("Measure", measured), ("Next", _next(told)))
    return (
        *rarity.fields(series, told.rarity),
        *(Field(name, text) for name, text in pairs if text),
    )


def _beside(reading: Reading, at: datetime) -> str:
    """Another metric at that moment; with its age where that moment is not quite its own."""
    price = reading.series.metric == "price"
    name = reading.series.asset if price else figures.short(reading.series)
    aged = at - reading.at > AGED_AFTER
    ago = f" ({figures.age(at - reading.at)} ago)" if aged else ""
    return f"{name} {value_of(reading.series, reading.value)}{ago}"


def _next(told: Told) -> str:
    if told.leg is None or told.rule is None:
        return ""
    timing = told.rule.timing
    parts = [f"quiet until it clears ({clear(told.leg)})"]
    if told.event.again:
        word = "reminder" if told.event.kind is Kind.FIRED else "next reminder"
        parts.append(f"{word} in {figures.span(told.event.again - told.event.at)}")
    if timing.repeat is Repeat.ONCE:
        parts.append("told once")
    return "; ".join(parts)


def _compound(told: Told) -> str:
    if told.rule is None or len(told.rule.legs) < 2:
        return ""
    return f"Your alert: {figures.minuses(unsure(oneline(told.rule.draft)))}"


def _delay(told: Told, now: datetime, *, simulated: bool) -> str:
    waited = now - told.event.at
    if simulated or waited < LATE_AFTER:
        return ""
    return f"Sent {figures.span(waited)} late: it could not be delivered sooner."


def _footer(told: Told, now: datetime, *, simulated: bool) -> str:
    reading, event = told.reading, told.event
    parts = [figures.clock(event.at, now), tag(told)]
    if reading:
        old = max(event.at - reading.at, timedelta(0))
        source = figures.venues(reading.sources)
        parts = [source, parts[0], f"data {figures.age(old)} old", parts[1]]
    return footer(parts, simulated=simulated)


def _tone(told: Told) -> Tone:
    match told.event.kind:
        case Kind.RESOLVED:
            return Tone.CALM
        case Kind.DARK | Kind.BACK:
            return Tone.QUIET
    key = told.event.series.metric
    fear = key in _FEAR_RISING and told.direction is Direction.ABOVE
    return Tone.ALARM if fear or key == "price" else Tone.WARNING


def _buttons(event: Event) -> tuple[tuple[Button, ...], ...]:
    about = f"{event.series.asset} {event.series.metric}"
    if event.kind is Kind.RESOLVED:
        return _over(event.number, event.episode, about)
    return _on(event.number, event.revision, event.episode, about)


@lru_cache(maxsize=4096)  # most chats have few alerts, so their buttons are alike
def _on(number: int, revision: int, episode: int, about: str) -> tuple[tuple[Button, ...], ...]:
    mark = f"{number}:{revision}"
    first = (
        Button("Ack", f"ack:{number}:{episode}"),
        Button(SNOOZE_LABEL, f"snooze:{number}"),
        _proof(number, episode),
    )
    rest = (Button("Pause", f"pause:{mark}"), Button("Delete", f"delete:{mark}"), _what(about))
    return (first, rest)


@lru_cache(maxsize=4096)
def _over(number: int, episode: int, about: str) -> tuple[tuple[Button, ...], ...]:
    opened = Button(f"Open #{number}", f"show:{number}")
    return ((opened, _proof(number, episode), _what(about)),)


def _proof(number: int, episode: int) -> Button:
    return Button("Proof", f"cmd:proof:{number}.{episode}")


def _what(about: str) -> Button:
    return Button("What is this?", f"cmd:explain:{about}")


def _group(told: Sequence[Told], now: datetime, *, simulated: bool) -> Card:
    loudest = told[0]
    assets = sorted({one.event.series.asset for one in told})
    numbers = {one.event.number for one in told}
    several = (
        f"{len(numbers)} of your alerts" if len(numbers) > 1 else f"your alert #{min(numbers)}"
    )
    strong = f"{' and '.join(assets)}: {several}"
    lines = [_bullet(one) for one in told[:LINES_AT_MOST]]
    if len(told) > LINES_AT_MOST:
        lines.append(f"… and {len(told) - LINES_AT_MOST} more: /alerts")
    return Card(
        title=f"{strong} – {_short(headline(loudest)[0], assets)}",
        tone=_tone(loudest),
        strong=strong,
        lines=(*lines, *filter(None, [_delay(loudest, now, simulated=simulated)])),
        footer=footer(_group_source(told, now), simulated=simulated),
        buttons=(*opens(told), *_for_all(told)),
        silent=all(one.event.kind not in {Kind.FIRED, Kind.REMINDED} for one in told),
        events=tuple(one.event for one in told),
    )


def _for_all(told: Sequence[Told]) -> tuple[tuple[Button, ...], ...]:
    """One tap for all that are on, where their numbers fit a button."""
    on = [one.event.number for one in told if one.event.kind in {Kind.FIRED, Kind.REMINDED}]
    numbers = ".".join(str(number) for number in dict.fromkeys(on))
    if not numbers or len(numbers) > NUMBERS_AT_MOST:
        return ()
    return ((Button("Ack all", f"ackall:{numbers}"), Button(ALL_LABEL, f"snoozeall:{numbers}")),)


def _short(headline: str, assets: Sequence[str]) -> str:
    """Without the asset, where the title has named the only one."""
    return headline.removeprefix(f"{assets[0]} ") if len(assets) == 1 else headline


def _bullet(told: Told) -> str:
    strong, rest = headline(told)
    away = " (while I was away)" if told.event.late else ""
    parts = [f"• {strong} – {rest}" if rest else f"• {strong}", tag(told)]
    if told.also:
        parts.append(f"also {', '.join(f'#{one.number}' for one in told.also)}")
    return " · ".join(parts) + away


def _group_source(told: Sequence[Told], now: datetime) -> list[str]:
    sources = sorted({venue for one in told if one.reading for venue in one.reading.sources})
    return [figures.venues(tuple(sources)), figures.clock(told[0].event.at, now)]
