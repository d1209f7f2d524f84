"""Alerts told with the other sign of skew, to a chat that has chosen it."""

from collections.abc import Mapping
from dataclasses import replace

from alerts.domain.episode import Episode
from alerts.domain.event import Event
from alerts.domain.reading import Close, Reading, Series
from alerts.domain.rule import Rule
from alerts.engine.trace import Trace
from alerts.history.context import Context, Stretch, TooLittle
from alerts.metrics.mirror import Turn, shown_as, turn_of
from alerts.rules import mirror
from bot.text.held import Waited
from bot.text.rarity import Rarity
from bot.text.told import Told


def mirrored(told: Told) -> Told:
    """The same news, with everything of skew in it turned around and called `call skew`."""
    turn = turn_of(told.event.series)
    rarity = told.rarity
    return replace(
        told,
        event=_event(told.event),
        rule=_rule(told.rule) if told.rule else None,
        reading=_reading(told.reading),
        day_ago=_reading(told.day_ago),
        beside=tuple(one for each in told.beside if (one := _reading(each))),
        rarity=_rarity(rarity, turn) if rarity and turn else rarity,
        also=tuple(map(_rule, told.also)),
    )


def mirrored_waited(waited: Waited) -> Waited:
    """The same of what was held."""
    turn = turn_of(waited.series)
    return replace(
        waited,
        rule=_rule(waited.rule),
        events=tuple(map(_event, waited.events)),
        seen=tuple(map(turn, waited.seen)) if turn else waited.seen,
    )


def mirrored_episode(episode: Episode) -> Episode:
    """The same of what fired: its rule, its news and what decided it."""
    return replace(
        episode,
        rule=_rule(episode.rule),
        fired=_event(episode.fired),
        latest=_event(episode.latest) if episode.latest else None,
        evidence=tuple(map(mirrored_reading, episode.evidence)),
    )


def mirrored_reading(reading: Reading) -> Reading:
    turn = turn_of(reading.series)
    if turn is None:
        return reading
    return replace(reading, series=shown_as(reading.series), value=turn(reading.value))


def with_mirrored(readings: Mapping[Series, Reading]) -> dict[Series, Reading]:
    """Readings, with every one that has another sign told in it too."""
    turned = (mirrored_reading(one) for one in readings.values())
    return {**readings, **{one.series: one for one in turned}}


def mirrored_trace(trace: Trace) -> Trace:
    """What a rule saw, with its readings turned; its stretches have no sign."""
    return replace(
        trace,
        draft=mirror.mirrored(trace.draft),
        nearest=tuple(map(_reading, trace.nearest)),
        farthest=tuple(map(_reading, trace.farthest)),
    )


def _event(event: Event) -> Event:
    turn = turn_of(event.series)
    if turn is None:
        return event
    return replace(
        event,
        series=shown_as(event.series),
        level=turn(event.level),
        value=None if event.value is None else turn(event.value),
        extreme=None if event.extreme is None else turn(event.extreme),
    )


def _rule(rule: Rule) -> Rule:
    return replace(rule, draft=mirror.mirrored(rule.draft))


def _reading(reading: Reading | None) -> Reading | None:
    return reading and mirrored_reading(reading)


def _rarity(rarity: Rarity, turn: Turn) -> Rarity:
    level = None if rarity.level is None else turn(rarity.level)
    return replace(rarity, context=_context(rarity.context, turn), level=level)


def _context(context: Context, turn: Turn) -> Context:
    percentile, z = context.percentile, context.z
    return replace(
        context,
        high=not context.high,
        percentile=percentile if isinstance(percentile, TooLittle) else 100 - percentile,
        z=-z if isinstance(z, float) else z,
        last_time=_stretch(context.last_time, turn) if context.last_time else None,
        extreme=_close(context.extreme, turn),
    )


def _stretch(stretch: Stretch, turn: Turn) -> Stretch:
    return replace(stretch, extreme=_close(stretch.extreme, turn))


def _close(close: Close, turn: Turn) -> Close:
    return Close(close.day, turn(close.value))
