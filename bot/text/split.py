"""What a move in USD is made of: the price, and the coins behind it.

Open interest in USD falls when price falls though nobody closes anything, so a change of it is
always told with the coins, and with which of the two it was.
"""

from dataclasses import dataclass
from math import log

from bot.text import figures

MOSTLY = 0.75
"""The share of a move from which on it is nearly all of one kind."""

FLAT = 0.03
"""A change of coins below it is none worth a number."""


@dataclass(frozen=True, slots=True)
class Ends:
    """A quantity before and after."""

    before: float
    after: float

    @property
    def ratio(self) -> float:
        return self.after / self.before


@dataclass(frozen=True, slots=True)
class Split:
    """Open interest in USD and in coins of one asset, and its price, over one window."""

    asset: str
    usd: Ends
    coins: Ends
    price: Ends


def apart(split: Split) -> tuple[str, str]:
    """`$44.3B → $35.8B, but 527,850 BTC, flat in coins` and what that says."""
    coins = split.coins.ratio - 1
    moved = "flat" if abs(coins) < FLAT else f"{figures.percent(coins * 100)}"
    joint = "but" if _share(split.price, split.usd) > MOSTLY else "and"
    usd = f"{figures.dollars(split.usd.before)} → {figures.dollars(split.usd.after)}"
    first = f"{usd}, {joint} {split.coins.after:,.0f} {split.asset}, {moved} in coins."
    return first, f"Price moved {figures.percent((split.price.ratio - 1) * 100)}: {_kind(split)}."


def _kind(split: Split) -> str:
    share = _share(split.price, split.usd)
    positions = "closed" if split.coins.ratio < 1 else "new"
    if share > MOSTLY:
        return f"nearly all of this move is price, not {positions} positions"
    if share < 1 - MOSTLY:
        return f"nearly all of this move is {positions} positions, not price"
    return f"the move is part price, part {positions} positions"


def _share(part: Ends, whole: Ends) -> float:
    """How much of a move, in logarithms, another one makes up."""
    total = log(whole.ratio)
    return log(part.ratio) / total if total else 0.0
