"""Numbers and durations as people write them, both ways."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from alerts.metrics.spec import Unit

_LARGEST = Decimal(10) ** 15
_SCALES = {"": 0, "k": 3, "m": 6, "mn": 6, "mm": 6, "b": 9, "bn": 9}
_MARKS = {"percent": "%", "pct": "%", "dollars": "usd", "points": "pts", "vol": "pts", "$": "usd"}
_MARKS |= dict.fromkeys(("coin", "btc", "eth"), "coins")
_TAILS = {Unit.PERCENT: "%", Unit.PERCENT_YEAR: "%", Unit.POINTS: " pts", Unit.COINS: " coins"}

_AMOUNT = re.compile(
    r"(?P<sign>[+-]?)(?P<dollar>\$?)(?P<digits>[0-9.][0-9.,]*)"
    r"(?P<scale>k|mn|mm|m|bn|b)?(?P<mark>%|usd|pts)?",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:\.[0-9]{3})+),[0-9]+")
_DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")

_SPAN = re.compile(
    r"(?P<count>[0-9]+(?:\.[0-9]+)?)[\s-]*"
    r"(?P<unit>s|sec|second|m|min|minute|h|hr|hour|d|day|w|week|y|yr|year)(?:(?<=[a-z]{2})s)?",
    re.IGNORECASE,
)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 365 * 86400}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number as written: `mark` is `%`, `usd`, `pts`, `coins` or empty.

    `options` are the clear ways to write it when it can be read in a way worth asking about.
    """

    value: float
    mark: str = ""
    options: tuple[str, ...] = ()


def read_amount(raw: str, unit_word: str, unit: Unit) -> Amount | None:
    """The number written, or None when it is not one."""
    match = _AMOUNT.fullmatch(raw)
    if match is None:
        return None
    digits, options = _digits(match["digits"], unit)
    value = Decimal(digits or 0).scaleb(_SCALES[(match["scale"] or "").lower()])
    if not digits or value >= _LARGEST:
        return None
    mark = (match["mark"] or unit_word or match["dollar"]).lower()
    tail = (match["scale"] or "") + (match["mark"] or "")
    return Amount(
        rounded(float(value) * (-1 if match["sign"] == "-" else 1)),
        _MARKS.get(mark, mark),
        tuple(f"{match['sign']}{option}{tail}" for option in options),
    )


def _digits(text: str, unit: Unit) -> tuple[str, tuple[str, ...]]:
    """The digits with a decimal point, and the ways to read them if a person must choose."""
    if _DOTTED.fullmatch(text) and (unit is Unit.USD or text.count(".") > 1):
        joined = text.replace(".", "")
        return joined, (joined, text.split(".", maxsplit=1)[0])
    if _THOUSANDS.fullmatch(text):
        return text.replace(",", ""), ()
    if _DECIMAL_COMMA.fullmatch(text):
        point = text.replace(".", "").replace(",", ".")
        return point, (point,)
    return (text, ()) if _PLAIN.fullmatch(text) else ("", ())


def rounded(value: float) -> float:
    """A value without the noise of binary arithmetic, and without a negative zero."""
    return float(f"{value:.12g}") + 0.0


def write_number(value: float, grouping: str = "") -> str:
    """A number that reads back exactly, never with an exponent."""
    text = format(Decimal(repr(value)), f"{grouping}f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_plain(value: float, grouping: str = "") -> str:
    """A number that cannot be taken for thousands either: `1.0010`, not `1.001`."""
    text = write_number(value, grouping)
    return f"{text}0" if _DOTTED.fullmatch(text.lstrip("-")) else text


def write_level(value: float, unit: Unit) -> str:
    """A level with its unit: `15%`, `$60,150`, `500000 coins`, `4.5`."""
    if unit is Unit.USD:
        return f"{'-' if value < 0 else ''}${write_plain(abs(value), ',')}"
    return write_number(value) + _TAILS.get(unit, "")


def read_span(text: str) -> timedelta | None:
    """The duration written: `10m`, `90s`, `10 min`, `2 days`; None when it is not one."""
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    seconds = Decimal(match["count"]) * _SECONDS[match["unit"][0].lower()]
    return timedelta(seconds=int(seconds)) if seconds < _LARGEST // 10**6 else None


def write_span(span: timedelta) -> str:
    """A duration in its largest whole unit: `90s`, `10m`, `1h`, `2d`."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0 and (seconds or unit == "m"):
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
