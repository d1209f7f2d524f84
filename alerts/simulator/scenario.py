"""A simulated market as a pure function of time: keyframes, smooth curves between, a little life.

Everything here is invented; nothing is ever presented as a real market.
"""

import itertools
import math
import zlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime

from alerts.domain.ids import Asset

_RIPPLE_SECONDS = 2400.0
_REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class MarketPoint:
    """One asset's market at one moment, at the 60-day tenor where a tenor matters.

    `price` in USD; `skew60` in percent of at-the-money volatility (put minus call);
    `atm_iv60` in percent a year; `basis60` in percent a year, simple;
    `open_interest` in coin, all futures of all venues; `funding_8h` in percent.
    """

    price: float
    skew60: float
    atm_iv60: float
    basis60: float
    open_interest: float
    funding_8h: float


# How far the ripple strays between keyframes, as a share of each quantity, in MarketPoint's order.
_RIPPLES = MarketPoint(
    price=0.0015, skew60=0.003, atm_iv60=0.004, basis60=0.008, open_interest=0.001, funding_8h=0.02
)


@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth line through keyframes that never overshoots them, flat outside.

    `ripple` adds small repeatable movement that vanishes at every keyframe.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    slopes: tuple[float, ...]
    ripple: float = 0.0
    seed: str = ""

    @classmethod
    def through(
        cls, times: Sequence[float], values: Sequence[float], *, ripple: float = 0.0, seed: str = ""
    ) -> "Curve":
        return cls(tuple(times), tuple(values), _slopes(times, values), ripple, seed)

    @classmethod
    def dated(cls, frames: Sequence[tuple[str, float]], *, ripple: float, seed: str) -> "Curve":
        """The line through frames dated in ISO form (UTC), in time order."""
        times = [datetime.fromisoformat(f"{when}+00:00").timestamp() for when, _ in frames]
        return cls.through(times, [value for _, value in frames], ripple=ripple, seed=seed)

    def at(self, time: float) -> float:
        after = bisect_right(self.times, time)
        if after == 0:
            return self.values[0]
        if after == len(self.times):
            return self.values[-1]
        return self._between(after - 1, time)

    def _between(self, i: int, time: float) -> float:
        width = self.times[i + 1] - self.times[i]
        t = (time - self.times[i]) / width
        start, end = self.values[i], self.values[i + 1]
        rise, fall = self.slopes[i] * width, self.slopes[i + 1] * width
        smooth = t * t * (3 - 2 * t)
        tangents = t * (1 - t) * (rise * (1 - t) - fall * t)
        value = start + (end - start) * smooth + tangents
        envelope = 16 * (t * (1 - t)) ** 2
        return value * (1 + self.ripple * envelope * noise(self.seed, time / _RIPPLE_SECONDS))


def _slopes(times: Sequence[float], values: Sequence[float]) -> tuple[float, ...]:
    """Slopes at the keyframes: zero at peaks, troughs and ends, harmonic means elsewhere.

    With these a cubic between two keyframes stays between their values.
    """
    secants = [
        (values[i + 1] - values[i]) / (times[i + 1] - times[i]) for i in range(len(times) - 1)
    ]
    inner = [
        2 / (1 / left + 1 / right) if left * right > 0 else 0.0
        for left, right in itertools.pairwise(secants)
    ]
    return (0.0, *inner, 0.0)


def noise(seed: str, position: float) -> float:
    """A smooth, repeatable number in -1..1 that changes over a distance of about one."""
    cell = math.floor(position)
    t = position - cell
    smooth = t * t * (3 - 2 * t)
    return _grain(seed, cell) * (1 - smooth) + _grain(seed, cell + 1) * smooth


def _grain(seed: str, cell: int) -> float:
    return zlib.crc32(f"{seed}/{cell}".encode()) / 2**31 - 1.0


@dataclass(frozen=True, slots=True)
class Path:
    """One asset's way through a scenario: a curve for each quantity of a MarketPoint."""

    curves: tuple[Curve, ...]
    _lately: dict[float, MarketPoint] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def through(cls, frames: Sequence[tuple[str, MarketPoint]], seed: str) -> "Path":
        """The path through frames dated in ISO form (UTC), in time order."""
        times = [datetime.fromisoformat(f"{when}+00:00").timestamp() for when, _ in frames]
        columns = zip(*(astuple(point) for _, point in frames), strict=True)
        names = (field.name for field in fields(MarketPoint))
        return cls(
            tuple(
                Curve.through(times, column, ripple=ripple, seed=f"{seed}/{name}")
                for name, column, ripple in zip(names, columns, astuple(_RIPPLES), strict=True)
            )
        )

    @property
    def price(self) -> Curve:
        return self.curves[0]  # as in MarketPoint

    def at(self, time: float) -> MarketPoint:
        """The market at a moment; several venues ask for the same one in a row."""
        point = self._lately.get(time)
        if point is None:
            if len(self._lately) >= _REMEMBERED:
                self._lately.clear()
            point = self._lately[time] = MarketPoint(*(curve.at(time) for curve in self.curves))
        return point


@dataclass(frozen=True, slots=True)
class Scenario:
    """A market that plays from `start` to `end`, and is defined at any time.

    Before its first keyframe and after its last it stands still;
    `since` is the first keyframe: history can be preloaded from there.
    `elsewhere` has the prices, in USD, of what is no coin: gold, tech stocks.
    `watched` are the assets a demo follows, `remembered` those whose history is preloaded.
    """

    name: str
    title: str
    since: datetime
    start: datetime
    end: datetime
    default_speed: float
    paths: Mapping[Asset, Path]
    elsewhere: Mapping[Asset, Curve] = field(default_factory=dict)
    watched: tuple[Asset, ...] = (Asset("BTC"), Asset("ETH"), Asset("SOL"))
    remembered: tuple[Asset, ...] = (Asset("BTC"), Asset("ETH"))

    @property
    def assets(self) -> tuple[Asset, ...]:
        return tuple(self.paths)

    def market(self, at: datetime, asset: Asset) -> MarketPoint:
        return self.paths[asset].at(at.timestamp())

    def price(self, at: datetime, asset: Asset) -> float:
        """The price in USD of a coin, or of what is traded elsewhere."""
        curve = self.elsewhere[asset] if asset in self.elsewhere else self.paths[asset].price
        return curve.at(at.timestamp())
