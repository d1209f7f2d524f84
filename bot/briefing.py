"""From bare events to what a card needs to be read: the rule, yesterday, and the other metrics."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.domain.event import Event, Kind
from alerts.domain.ids import MetricKey
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Direction, Rule
from alerts.metrics import BY_KEY
from alerts.metrics.regime import QUORUM, REGIME_KEY, inputs
from alerts.ports import Held, History
from bot.commands.spec import Readings
from bot.rarity import Asked, Rarities
from bot.text import Told
from bot.text.rarity import Rarity
from bot.text.regime import regime_line
from bot.text.split import Ends, Split

log = logging.getLogger(__name__)

DAY = timedelta(hours=24)
DAY_TOLERANCE = timedelta(hours=1)
NEAR = timedelta(hours=1)
LAST_SEEN = timedelta(days=7)
_NEWS = frozenset({Kind.FIRED, Kind.REMINDED})

OI_USD, OI_COIN, PRICE = MetricKey("oi_usd"), MetricKey("oi_coin"), MetricKey("price")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

_BESIDE = {
    MetricKey("skew25_norm"): (MetricKey("price"), MetricKey("basis")),
    MetricKey("basis"): (MetricKey("price"), MetricKey("skew25_norm")),
    MetricKey("price"): (MetricKey("skew25_norm"), MetricKey("basis")),
}
_BESIDE_OTHERS = (MetricKey("price"), MetricKey("skew25_norm"))


async def brief(events: Sequence[Event], known: Iterable[Held], past: "Past") -> list[Told]:
    """What each event needs to be told; `rule` is None where it should not be told any more.

    `known` are the rules as they are now; every other look-up is as of the event, so a late card
    tells the past.
    """
    held = {one.rule.id: one.rule for one in known}
    return [await _told(event, _current(event, held.get(event.rule)), past) for event in events]


def _current(event: Event, rule: Rule | None) -> Rule | None:
    """The rule while the event still speaks of it."""
    if rule and rule.revision == event.revision and not rule.paused:
        return rule
    why = "deleted" if rule is None else "paused" if rule.paused else "edited"
    log.info("event not told event=%s why=%s", event.id, why)
    return None


async def _told(event: Event, rule: Rule | None, past: "Past") -> Told:
    if rule is None:
        return Told(event, None, None, None)
    around = await past.around(event)
    news = event.kind in _NEWS
    return Told(
        event,
        rule,
        reading=around.reading,
        day_ago=around.day_ago,
        beside=around.beside,
        rarity=await _rarity(event, rule, past) if news else None,
        split=around.split,
        regime=around.regime,
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What a card tells beside its rule's own level: the same for all that fired with it."""

    reading: Reading | None
    day_ago: Reading | None
    beside: tuple[Reading, ...]
    split: Split | None
    regime: str


async def _around(event: Event, past: "Past") -> Around:
    series = event.series
    dark, news = event.kind is Kind.DARK, event.kind in _NEWS
    return Around(
        reading=await past.at(series, event.at, LAST_SEEN if dark else NEAR),
        day_ago=await past.before(series, event.at - DAY) if news else None,
        beside=() if event.kind in {Kind.DARK, Kind.BACK} else await _beside(event, past),
        split=await _split(event, past) if news else None,
        regime=_regime(event, past) if news else "",
    )


def _regime(event: Event, past: "Past") -> str:
    """How the market stood, from memory: for news that is late there is none."""
    asset = event.series.asset
    near = {
        series: reading
        for series in (*inputs(asset), Series(REGIME_KEY, asset))
        if (reading := past.readings.get(series)) and abs(event.at - reading.at) <= NEAR
    }
    if event.series in near and event.value is not None:  # one card, one number
        near[event.series] = replace(near[event.series], value=event.value)
    known = [series for series in near if series.metric != REGIME_KEY]
    return regime_line(asset, near) if len(known) >= QUORUM else ""


async def _split(event: Event, past: "Past") -> Split | None:
    """What a change of open interest in USD is made of; None for anything else."""
    kind, _, window = event.series.derived.partition(".")
    if event.series.metric != OI_USD or kind != "chg" or not window:
        return None
    length = timedelta(**{_UNITS[window[-1]]: int(window[:-1])})
    tolerance = max(DAY_TOLERANCE, length / 8)
    ends = []
    for key in (OI_USD, OI_COIN, PRICE):
        series = replace(event.series, metric=key, derived="")
        after = await past.at(series, event.at, NEAR)
        before = await past.at(series, event.at - length, tolerance)
        if after is None or before is None or min(after.value, before.value) <= 0:
            return None
        ends.append(Ends(before.value, after.value))
    return Split(event.series.asset, *ends)


async def _rarity(event: Event, rule: Rule, past: "Past") -> Rarity | None:
    """How rare the value is among the days before the episode: its own days prove nothing."""
    if event.value is None:
        return None
    legs = [leg for leg in rule.legs if leg.series == event.series and leg.level == event.level]
    above = event.value >= event.level
    high = legs[0].direction is Direction.ABOVE if legs else above
    asked = Asked(event.value, event.level, high, before=min(event.since, event.at).date())
    return await past.rarities.of(event.series, asked, event.at)


async def _beside(event: Event, past: "Past") -> tuple[Reading, ...]:
    asset, found = event.series.asset, []
    for key in _BESIDE.get(event.series.metric, _BESIDE_OTHERS):
        if key in BY_KEY and key != event.series.metric:
            series = Series(key, asset, BY_KEY[key].default_window)
            found.append(await past.at(series, event.at, NEAR))
    if event.kind is Kind.RESOLVED:
        found.append(await past.before(Series(MetricKey("price"), asset), event.since))
    return tuple(reading for reading in found if reading)


@dataclass(slots=True)
class Past:
    """Readings as of a moment, each looked up once: to be made anew for later news."""

    history: History
    readings: Readings
    rarities: Rarities = field(init=False)
    _surroundings: dict[tuple[object, ...], Around] = field(default_factory=dict)
    _known: dict[tuple[Series, datetime, timedelta], Reading | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rarities = Rarities(self.history)

    async def around(self, event: Event) -> Around:
        """What surrounds an event; its `since` counts where the end tells of the beginning."""
        since = event.since if event.kind is Kind.RESOLVED else None
        key = (event.series, event.kind, event.at, event.value, since)
        if key not in self._surroundings:
            self._surroundings[key] = await _around(event, self)
        return self._surroundings[key]

    async def at(self, series: Series, when: datetime, tolerance: timedelta) -> Reading | None:
        """The last reading by then. Memory helps out: history is written after the news."""
        stored = await self._stored(series, when, tolerance)
        latest = self.readings.get(series)
        if latest is None or not when - tolerance <= latest.at <= when:
            return stored
        return latest if stored is None or latest.at > stored.at else stored

    async def before(self, series: Series, when: datetime) -> Reading | None:
        return await self._stored(series, when, DAY_TOLERANCE)

    async def _stored(self, series: Series, when: datetime, tolerance: timedelta) -> Reading | None:
        key = (series, when, tolerance)
        if key not in self._known:
            self._known[key] = await self.history.at(series, when, tolerance)
        return self._known[key]
