"""A volatility smile with a given 25-delta skew at 60 days, as option quotes need it.

At each expiry volatility is a parabola in delta through the 25-delta put, at the money and the
25-delta call. Across expiries each of the three has total variance linear in time, pinned at
7 and 60 days: so interpolating variance between any two expiries gives back the 60-day values.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass

from alerts.simulator.scenario import MarketPoint

_YEAR_DAYS = 365.0
_PINS = (7 / _YEAR_DAYS, 60 / _YEAR_DAYS)
_SHORTEST = 5 / _YEAR_DAYS
_CALM_SKEW = 8.0
_WING_SLOPE = 0.15


def cumulative(x: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


# d1 and the call-equivalent delta it stands for, from deep puts to deep calls
_GRID = tuple((step / 10, cumulative(step / 10)) for step in range(35, -36, -1))


@dataclass(frozen=True, slots=True)
class Smile:
    """One expiry's volatilities, as fractions a year."""

    put25: float
    atm: float
    call25: float

    def at(self, delta: float) -> float:
        """Volatility at a call-equivalent forward delta (0.75 is the 25-delta put)."""
        away = delta - 0.5
        bend = (self.put25 + self.call25) / 2 - self.atm
        return self.atm + 2 * (self.put25 - self.call25) * away + 16 * bend * away * away


def smile_at(point: MarketPoint, years: float) -> Smile:
    """The smile of a market at one maturity; inside 5 days it stays as at 5 days."""
    near, far = _pinned(point)
    years = max(years, _SHORTEST)
    return Smile(
        _along(near.put25, far.put25, years),
        _along(near.atm, far.atm, years),
        _along(near.call25, far.call25, years),
    )


def _pinned(point: MarketPoint) -> tuple[Smile, Smile]:
    """The smiles at 7 and at 60 days: in a panic the near one is higher and steeper."""
    atm, skew = point.atm_iv60 / 100, point.skew60 / 100
    panic = min(max(point.skew60 - _CALM_SKEW, -4.0), 20.0)
    near_atm = atm * (1 + 0.012 * panic)
    return _smile(near_atm, skew * 1.3, bend=0.035), _smile(atm, skew, bend=0.025)


def _smile(atm: float, skew: float, bend: float) -> Smile:
    return Smile(atm * (1 + bend + skew / 2), atm, atm * (1 + bend - skew / 2))


def _along(near: float, far: float, years: float) -> float:
    short, long = _PINS
    share = (years - short) / (long - short)
    variance = near * near * short * (1 - share) + far * far * long * share
    return math.sqrt(variance / years)


@dataclass(frozen=True, slots=True)
class Wing:
    """Volatility by log-moneyness ln(K/F): a smile laid out over strikes."""

    moneyness: tuple[float, ...]
    vols: tuple[float, ...]

    def at(self, moneyness: float) -> float:
        above = bisect_right(self.moneyness, moneyness)
        if above == 0:
            return self.vols[0] + _WING_SLOPE * (self.moneyness[0] - moneyness)
        if above == len(self.moneyness):
            return self.vols[-1] + _WING_SLOPE * (moneyness - self.moneyness[-1])
        left, right = self.moneyness[above - 1], self.moneyness[above]
        share = (moneyness - left) / (right - left)
        return self.vols[above - 1] * (1 - share) + self.vols[above] * share


def laid_out(smile: Smile, years: float) -> Wing:
    """The smile over strikes: each delta on a fine grid has one volatility, so one strike."""
    root = math.sqrt(years)
    vols = [smile.at(delta) for _, delta in _GRID]
    moneyness = [
        vol * vol * years / 2 - d1 * vol * root for (d1, _), vol in zip(_GRID, vols, strict=True)
    ]
    return Wing(tuple(moneyness), tuple(vols))


def call_in_coin(moneyness: float, vol: float, years: float) -> float:
    """Black-76 price of a call as a share of the forward, with no discounting."""
    spread = vol * math.sqrt(years)
    d1 = -moneyness / spread + spread / 2
    return cumulative(d1) - math.exp(moneyness) * cumulative(d1 - spread)
