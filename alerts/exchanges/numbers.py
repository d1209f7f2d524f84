"""Numbers as venues write them: as JSON numbers or as texts, whichever a venue prefers that year.

Each reader gives a finite number within its bounds or raises ValueError, so that a parser rejects
the row. A Struct's field for any of them is declared as `Numeric`, which refuses booleans.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

Numeric = float | str | None
"""A number, a text that holds one, or nothing."""

_T = TypeVar("_T")

_PLAIN = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_HIGHEST_PRICE = 1e9
_LARGEST_AMOUNT = 1e15
_HIGHEST_RATE = 1.0
_LONGEST_MILLIS = 1e14  # a venue's "never" lies in 2100


def number(value: Numeric, least: float, most: float) -> float:
    """A number from `least` to `most`, both included."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) is None:
            raise ValueError(f"{value[:40]!r} is no number")
        value = float(value)
    if value is None or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    if not least <= value <= most:
        raise ValueError(f"{value:g} is outside {least:g} to {most:g}")
    return float(value)


def price(value: Numeric) -> float:
    """A price in USD: above zero."""
    found = number(value, 0.0, _HIGHEST_PRICE)
    if not found:
        raise ValueError("a price of zero")
    return found


def amount(value: Numeric) -> float:
    """A quantity of coins, contracts or USD: zero or more."""
    return number(value, 0.0, _LARGEST_AMOUNT)


def size(value: Numeric) -> float:
    """The size of a contract or of an event: above zero."""
    found = amount(value)
    if not found:
        raise ValueError("a size of zero")
    return found


def rate(value: Numeric) -> float:
    """A funding rate as a fraction of the notional: a venue's caps lie far within one."""
    return number(value, -_HIGHEST_RATE, _HIGHEST_RATE)


def moment(value: Numeric) -> datetime:
    """The instant that milliseconds since 1970 stand for."""
    return _EPOCH + timedelta(milliseconds=number(value, 1.0, _LONGEST_MILLIS))


def given(read: Callable[[Numeric], _T], value: Numeric) -> _T | None:
    """What a field says, None where it is left out, null or empty."""
    return None if value is None or value == "" else read(value)
