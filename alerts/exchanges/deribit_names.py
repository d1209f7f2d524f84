"""What the names of Deribit's instruments say: `BTC-27MAR26-60000-P`, `SOL_USDC-27MAR26-120-C`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from alerts.domain.ids import Asset
from alerts.domain.market import OptionSide

PERPETUAL = "PERPETUAL"
COIN_MARGINED = frozenset({Asset("BTC"), Asset("ETH")})

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_EXPIRY_HOUR = 8
_SIDES = {"C": OptionSide.CALL, "P": OptionSide.PUT}
_USDC = "USDC"


@dataclass(frozen=True, slots=True)
class Book:
    """Where an asset's contracts stand: BTC's and ETH's in a book of their own, margined in coin.

    All others are `linear`: margined, priced and settled in USDC, together in one book.
    `currency` is what a book is asked for by, `prefix` begins the names of the asset's contracts.
    https://docs.deribit.com, Naming; https://support.deribit.com, Linear USDC Options
    """

    currency: str
    prefix: str
    index: str
    linear: bool

    @property
    def perpetual(self) -> str:
        return self.prefix + PERPETUAL

    def is_own(self, name: str) -> bool:
        return name.startswith(self.prefix)


@lru_cache(maxsize=256)
def book_of(asset: Asset) -> Book:
    """The book of an asset, whether or not anything of it is listed there."""
    if asset in COIN_MARGINED:
        return Book(asset, f"{asset}-", f"{asset.lower()}_usd", linear=False)
    return Book(_USDC, f"{asset}_{_USDC}-", f"{asset.lower()}_usdc", linear=True)


class OptionName(NamedTuple):
    """What an option's name says."""

    expiry: datetime
    strike: float
    side: OptionSide


@lru_cache(maxsize=8192)
def option_name(name: str) -> OptionName | None:
    """What an option's name says, None when it cannot be read."""
    parts = name.split("-")
    if len(parts) != 4:
        return None
    when, strike, side = expiry(parts[1]), _strike(parts[2]), _SIDES.get(parts[3])
    if when is None or strike is None or side is None:
        return None
    return OptionName(when, strike, side)


def _strike(text: str) -> float | None:
    """A strike, with `d` for the decimal point as in `1d25`."""
    digits = text.replace("d", "", 1)
    if not digits.isdigit() or not digits.isascii() or len(text) > 12:
        return None
    return float(text.replace("d", ".")) or None


@lru_cache(maxsize=512)
def expiry(text: str) -> datetime | None:
    """The instant a date such as `6FEB26` stands for: 08:00 UTC of that day."""
    day, month, year = text[:-5], text[-5:-2], text[-2:]
    if not (f"{day}{year}".isascii() and day.isdigit() and year.isdigit()) or len(text) > 7:
        return None
    if month not in _MONTHS:
        return None
    try:
        return datetime(
            2000 + int(year), _MONTHS.index(month) + 1, int(day), _EXPIRY_HOUR, tzinfo=UTC
        )
    except ValueError:
        return None
