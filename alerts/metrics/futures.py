"""What the contracts of one venue add up to: the view open interest and funding share."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from alerts.domain.market import FutureQuote, FuturesCurve
from alerts.metrics.gates import Flaw, stale


@dataclass(frozen=True, slots=True)
class Held:
    """Open interest of one contract, one-sided: in coin, in USD, and whether it was halved."""

    coin: float
    usd: float
    halved: bool = False


@dataclass(frozen=True, slots=True)
class Contracts:
    """A curve's tradable contracts with what is held in them, or why they cannot be read.

    `held` leaves out contracts whose open interest the answer does not give.
    """

    source: FuturesCurve
    traded: tuple[FutureQuote, ...]
    held: tuple[Held, ...]
    flaw: Flaw | None


def contracts(curve: FuturesCurve) -> Contracts:
    """The contracts of a curve. A row listed twice counts once: the first one."""
    traded = tuple(
        {future.name: future for future in reversed(curve.futures) if not future.synthetic}.values()
    )
    open_interest = (held(future) for future in traded)
    return Contracts(
        curve, traded, tuple(one for one in open_interest if one is not None), stale(curve.lag)
    )


def held(future: FutureQuote) -> Held | None:
    """A contract's open interest; the unit that is not published follows from its own mark.

    In decimal: a billion USD times a price with cents is more than floats hold to the last digit.
    """
    coin, usd = future.open_interest_coin, future.open_interest_usd
    if coin is None and usd is None:
        return None
    if coin is None:
        coin = float(_exact(usd or 0.0) / _exact(future.mark))
    if usd is None:
        usd = float(_exact(coin) * _exact(future.mark))
    return Held(coin, usd, future.halved)


def _exact(number: float) -> Decimal:
    return Decimal(repr(number))


def held_usd(future: FutureQuote) -> float:
    """What a contract weighs: its open interest in USD, nothing where it is not known."""
    found = held(future)
    return found.usd if found else 0.0


def weighted_mean(parts: Sequence[tuple[float, float]]) -> float:
    """The mean of (value, weight) pairs; the plain one where nothing has a weight."""
    total = sum(weight for _, weight in parts)
    if total <= 0:
        return sum(value for value, _ in parts) / len(parts)
    return sum(value * weight for value, weight in parts) / total
