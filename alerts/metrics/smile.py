"""The volatility smile of one expiry, read at the 25-delta put, at the money and the 25-delta call.

Black-76 on the expiry's own forward: undiscounted, and not premium-adjusted, as Deribit publishes.
Nothing is extrapolated; an expiry that fails a quality gate is a `Flaw` that says which one.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from math import erfc, log, sqrt
from statistics import median

from alerts.domain.market import OptionQuote, OptionSide
from alerts.domain.reading import Reason
from alerts.metrics.gates import Flaw

YEAR = timedelta(days=365)
PUT_25, ATM, CALL_25 = 0.75, 0.50, 0.25
HIGHEST_VOL = 5.0  # above it, or at zero, a vol means "no quote"

_SQRT_2 = sqrt(2.0)
_AXIS = (0.01, 0.99)
_LEAST_STRIKES = 8
_LEAST_PER_SIDE = 2
_WIDEST_STEP = 0.15
_WIDEST_FORWARDS = 0.005
_PARITY_STRIKES = 3


@dataclass(frozen=True, slots=True)
class Smile:
    """The three vols of one expiry, as fractions a year."""

    put25: float
    atm: float
    call25: float


@dataclass(frozen=True, slots=True)
class Forward:
    """The forward of one expiry in USD; `rebuilt` from put-call parity where none was published."""

    price: float
    rebuilt: bool = False


def forward_delta(forward: float, strike: float, vol: float, years: float) -> float:
    """N(d1), the delta of the call on the forward; a put's is this minus one."""
    deviation = vol * sqrt(years)
    return 0.5 * erfc(-(log(forward / strike) / deviation + deviation / 2) / _SQRT_2)


def smile(forward: float, years: float, vols: Mapping[float, float]) -> Smile | Flaw:
    """The smile through `vols` (strike -> vol), linear in delta, or the gate it fails."""
    strikes = sorted(vols)
    axis, kept = [], []
    for strike in strikes:
        delta = forward_delta(forward, strike, vols[strike], years)
        if _AXIS[0] < delta < _AXIS[1]:
            axis.append(-delta)
            kept.append(vols[strike])
    flaw = _flaw(axis, len(strikes))
    if flaw is not None:
        return flaw
    return Smile(_at(PUT_25, axis, kept), _at(ATM, axis, kept), _at(CALL_25, axis, kept))


def _flaw(axis: Sequence[float], strikes: int) -> Flaw | None:
    """The first gate an axis (negated deltas, by strike) fails."""
    if strikes == 0:
        return Flaw(Reason.PARTIAL_CHAIN, "no strike has a usable volatility")
    if any(left >= right for left, right in pairwise(axis)):
        return Flaw(Reason.NON_MONOTONE_SMILE, "delta does not fall from strike to strike")
    if _lacks_wing(axis):
        return Flaw(Reason.WING_MISSING, "the strikes end before a 25-delta option")
    if strikes < _LEAST_STRIKES:
        return Flaw(Reason.PARTIAL_CHAIN, f"{strikes} strikes, {_LEAST_STRIKES} are needed")
    step = max(_step(target, axis) for target in (PUT_25, ATM, CALL_25))
    if step > _WIDEST_STEP:
        return Flaw(Reason.PARTIAL_CHAIN, f"strikes around a target are {step:.2f} delta apart")
    return None


def _lacks_wing(axis: Sequence[float]) -> bool:
    if not axis or axis[0] > -PUT_25 or axis[-1] < -CALL_25:
        return True
    puts = sum(1 for x in axis if x < -ATM)
    calls = sum(1 for x in axis if x > -ATM)
    return min(puts, calls) < _LEAST_PER_SIDE


def _step(target: float, axis: Sequence[float]) -> float:
    """The delta between the two strikes around a target; none when one lies on it."""
    right = bisect_left(axis, -target)
    return 0.0 if axis[right] == -target else axis[right] - axis[right - 1]


def _at(target: float, axis: Sequence[float], vols: Sequence[float]) -> float:
    right = bisect_left(axis, -target)
    if axis[right] == -target:
        return vols[right]
    share = (-target - axis[right - 1]) / (axis[right] - axis[right - 1])
    return vols[right - 1] + share * (vols[right] - vols[right - 1])


def read_smile(quotes: Sequence[OptionQuote], years: float) -> tuple[Smile | Flaw, bool]:
    """The smile of one expiry's quotes, and whether its forward had to be rebuilt."""
    forward = forward_of(quotes)
    if isinstance(forward, Flaw):
        return forward, False
    return smile(forward.price, years, _vols(quotes, forward.price)), forward.rebuilt


def _vols(quotes: Sequence[OptionQuote], forward: float) -> dict[float, float]:
    """One vol per strike: the out-of-the-money side's where the two sides differ."""
    vols: dict[float, float] = {}
    for quote in quotes:
        vol, strike = quote.mark_iv, quote.strike
        if vol is None or not 0 < vol < HIGHEST_VOL:
            continue
        if strike not in vols or (quote.side is OptionSide.PUT) == (strike < forward):
            vols[strike] = vol
    return vols


def forward_of(quotes: Sequence[OptionQuote]) -> Forward | Flaw:
    """The median published forward of one expiry, else the one put-call parity implies."""
    published = sorted([quote.forward for quote in quotes if quote.forward is not None])
    if not published:
        return _parity_forward(quotes)
    middle = median(published)
    spread = (published[-1] - published[0]) / middle
    if spread > _WIDEST_FORWARDS:
        return Flaw(Reason.FORWARD_DISPERSED, f"forwards of one expiry differ by {spread:.2%}")
    return Forward(middle)


def _parity_forward(quotes: Sequence[OptionQuote]) -> Forward | Flaw:
    """The forward that the pairs of call and put nearest the money imply.

    F = K / (1 - (call - put)) of prices in coin, F = K + (call - put) of prices in USD.
    """
    in_coin = _pairs(quotes, lambda quote: quote.mark_price)
    in_usd = _pairs(quotes, lambda quote: quote.mark_usd)
    implied = [k / (1 - gap) for gap, k in in_coin if abs(gap) < 1]
    implied += [k + gap for gap, k in in_usd if k + gap > 0]
    if not implied:
        return Flaw(Reason.PARTIAL_CHAIN, "no forward, and no pair of prices to rebuild it from")
    return Forward(median(implied), rebuilt=True)


def _pairs(
    quotes: Sequence[OptionQuote], price: Callable[[OptionQuote], float | None]
) -> list[tuple[float, float]]:
    """What calls cost above puts, with the strike, of the strikes where that is least."""
    calls = _prices(quotes, OptionSide.CALL, price)
    puts = _prices(quotes, OptionSide.PUT, price)
    gaps = sorted((abs(calls[k] - puts[k]), k) for k in calls.keys() & puts.keys())
    return [(calls[k] - puts[k], k) for _, k in gaps[:_PARITY_STRIKES]]


def _prices(
    quotes: Sequence[OptionQuote],
    side: OptionSide,
    price: Callable[[OptionQuote], float | None],
) -> dict[float, float]:
    found = ((quote.strike, price(quote)) for quote in quotes if quote.side is side)
    return {strike: value for strike, value in found if value is not None}
