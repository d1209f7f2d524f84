"""Numbers, times and names as a person reads them. Minus is always U+2212."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from alerts.domain.calendar import place_of
from alerts.domain.ids import Asset, MetricKey, Venue
from alerts.domain.reading import LESS, Reason, Series
from alerts.metrics import BY_KEY, metric_of
from alerts.metrics.spec import Band, Metric, Unit

MINUS = "\N{MINUS SIGN}"

_SUFFIX = {
    Unit.PERCENT: "%",
    Unit.PERCENT_YEAR: "%",
    Unit.VOL_POINTS: " vol pts",
    Unit.POINTS: " pts",
    Unit.USD: "",
    Unit.COINS: "",
    Unit.RATIO: "",
    Unit.DEVIATIONS: "σ",
    Unit.GRADE: "",
}
_COUNTED = frozenset({Unit.USD, Unit.COINS})
_CAPITALS = frozenset({"oi", "iv", "dvol", "pcr", "rr", "rv", "usd", "vrp"})
_TYPED = re.compile(r"(\b(?:like|example|write):)", re.IGNORECASE)
_HYPHEN = re.compile(r"(?<![\w.)\]%-])-(?=\$?[0-9])")
_LARGE = 1e7
_SCALES = ((1e3, "K"), (1e6, "M"), (1e9, "B"), (1e12, "T"))
_REASONS = {
    Reason.NO_DATA: "the venue gives no usable answer",
    Reason.STALE: "no new reading arrives",
    Reason.PARTIAL_CHAIN: "option quotes incomplete",
    Reason.WING_MISSING: "too few far strikes quoted",
    Reason.TENOR_NOT_BRACKETED: "no expiries around the tenor",
    Reason.NON_MONOTONE_SMILE: "option quotes contradict each other",
    Reason.FORWARD_DISPERSED: "forwards of one expiry disagree",
    Reason.NEAR_EXPIRY_ONLY: "only contracts close to expiry",
    Reason.VENUE_BELOW_QUORUM: "too few venues answer",
    Reason.IMPLAUSIBLE: "the number is implausible",
    Reason.FROZEN: "the same value while time stamps move",
    Reason.FUTURE_STAMP: "the venue's clock is ahead",
    Reason.OUT_OF_ORDER: "answers come out of order",
    Reason.SETTLEMENT: "expiries settle and roll at 08:00 UTC",
}


def value(metric: Metric, number: float) -> str:
    """A value with its unit, short: `20.0%`, `$71.5K`."""
    if metric.names:
        return metric.names[min(max(round(number), 0), len(metric.names) - 1)].upper()
    if metric.unit is Unit.USD:
        return f"at least {dollars(number)}" if metric.at_least else dollars(number)
    if metric.unit is Unit.COINS:
        return f"{amount(number)} {metric.coin}".rstrip()
    return _signed(f"{number:.{metric.decimals}f}") + _SUFFIX[metric.unit]


def exact(metric: Metric, number: float, level_: float) -> str:
    """A value precise enough to be seen on its side of a level: never `15.0%` above 15%.

    Where two decimals cannot tell them apart, words do: `just over 15%`.
    """
    if metric.names or (
        metric.unit in _COUNTED and abs(number) >= _LARGE and amount(number) != amount(level_)
    ):
        return value(metric, number)
    digits = _digits(metric, number, level_)
    if number != level_ and round(number, digits) == round(level_, digits):
        return f"just {'over' if number > level_ else 'under'} {level(metric, level_)}"
    return _precise(metric, number, digits)


def since(metric: Metric, before: float, after: float, level_: float) -> tuple[str, str]:
    """What a value was, and the change from there to its `exact` one, in figures that add up."""
    if metric.names:
        return value(metric, before), ""
    if not metric.is_percent:
        return exact(metric, before, before), change(metric, before, after)
    digits = _digits(metric, after, level_)
    moved = round(after, digits) - round(before, digits)
    return _precise(metric, before, digits), _plus(f"{moved:.{digits}f}") + " pts"


def _digits(metric: Metric, number: float, level_: float) -> int:
    """The fewest decimals that keep a number apart from a level, within reason."""
    counted = metric.unit in _COUNTED
    digits = metric.decimals if not counted else 0 if abs(number) >= 1000 else 2
    most = 6 if counted and abs(number) < 1 else max(2, digits)
    while digits < most and number != level_ and round(number, digits) == round(level_, digits):
        digits += 1
    return digits


def _precise(metric: Metric, number: float, digits: int) -> str:
    counted = metric.unit in _COUNTED
    if counted and abs(number) >= _LARGE:
        return value(metric, number)
    return _with_unit(metric, f"{number:,.{digits}f}" if counted else f"{number:.{digits}f}")


def level(metric: Metric, number: float, *, above: bool = True) -> str:
    """A level as a person would write it: `15%`, `$60,000`, `−2.5%`; a grade's on its side."""
    if named := metric.name_of(number, above=above):
        return named
    if metric.unit in _COUNTED and abs(number) >= _LARGE and _is_round(number):
        return value(replace(metric, at_least=False), number).replace(".0", "", 1)
    text = f"{number:,.6f}".rstrip("0").rstrip(".")
    return _with_unit(metric, text if metric.unit in _COUNTED else text.replace(",", ""))


def meant(series: Series) -> Metric:
    """What a series here is of; KeyError for one of no metric."""
    metric = metric_of(series)
    if metric is None:
        raise KeyError(series.metric)
    return metric


def change(metric: Metric, before: float, after: float) -> str:
    """A change, always signed: points for what is in percent, percent for the rest."""
    if not metric.is_percent:
        return _plus(f"{(after / before - 1) * 100:.1f}") + "%" if before else ""
    return _plus(f"{after - before:.{metric.decimals}f}") + " pts"


def percent_change(percent: float) -> str:
    """A change in percent, always signed: `+2.1%`."""
    return _plus(f"{percent:.1f}") + "%"


def dollars(number: float) -> str:
    """Dollars with K, M, B or T: `$71.5K`, `$2,105`, `$1.8B`."""
    return _with_sign("$", amount(number))


def amount(number: float) -> str:
    """A number with K, M, B or T: `527.9K`, `2,105`, `1.8B`."""
    size = abs(number)
    if size < 10:
        return _signed(f"{number:.4g}" if size < 1 else f"{number:.2f}")
    if size < 9_999.5:
        return _signed(f"{number:,.2f}" if size < 100 else f"{number:,.0f}")
    scale, letter = next(
        ((scale, letter) for scale, letter in _SCALES if size < scale * 999.95), _SCALES[-1]
    )
    return _signed(f"{number / scale:.1f}") + letter


def span(length: timedelta) -> str:
    """A duration in its two largest units: `3 d 4 h`, `10 min`, `45 s`."""
    seconds = max(0, round(length.total_seconds()))
    parts = (
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    )
    first = next((place for place, (amount, _) in enumerate(parts) if amount), 3)
    shown = [part for part in parts[first : first + 2] if part[0]] or [(0, "s")]
    return " ".join(f"{amount} {unit}" for amount, unit in shown)


def age(length: timedelta) -> str:
    """How old something is, in its largest unit: `18 s`, `3 min`, `2 h`."""
    return " ".join(span(length).split()[:2])


def clock(at: datetime, now: datetime) -> str:
    """A time of day where `now` is told; with its date when that is not today's."""
    return f"{moment(at, now)} {_zone(at.astimezone(place_of(now)))}"


def second(at: datetime, now: datetime) -> str:
    """A time to the second, without its zone; with its date when that is not today's."""
    there = at.astimezone(place_of(now))
    day = "" if there.date() == now.astimezone(place_of(now)).date() else f"{there:%d %b} "
    return f"{day}{there:%H:%M:%S}"


def stretch(start: datetime, end: datetime, now: datetime) -> str:
    """From when to when: `20:41–21:32 UTC`."""
    return f"{moment(start, now)}–{clock(end, now)}"


def moment(at: datetime, now: datetime) -> str:
    """A time without its zone, for ranges: `20:41`, `07 Feb 02:10`, `21 Nov 2025 08:00`."""
    there, today = at.astimezone(place_of(now)), now.astimezone(place_of(now))
    if there.date() == today.date():
        return f"{there.hour:02}:{there.minute:02}"
    same_year = there.year == today.year
    return f"{there:%d %b %H:%M}" if same_year else f"{there:%d %b %Y %H:%M}"


def dated(at: datetime) -> str:
    """A moment with its date and year, where it is told: `13 Feb 2026 23:59 UTC`."""
    local = at.astimezone(place_of(at))
    return f"{local:%d %b %Y %H:%M} {_zone(local)}"


def _zone(local: datetime) -> str:
    """What a zone is called: `UTC`, `WET`, and `UTC+5:30` where it has no letters of its own."""
    name = local.tzname() or ""
    if name.isalpha():
        return name
    minutes = round((local.utcoffset() or timedelta(0)).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes >= 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


@lru_cache(maxsize=1024)
def name(series: Series) -> str:
    """A series in a person's words: `BTC skew`, `ETH 30d basis`, `BTC price`."""
    return f"{series.asset} {short(series)}"


@lru_cache(maxsize=1024)
def short(series: Series) -> str:
    """A series without its asset: `skew`, `30d basis`, `IV`."""
    metric = BY_KEY.get(series.metric)
    usual = metric is None or series.window in {"", metric.default_window}
    parts = ("" if usual else series.window, word(series.metric), derivation(series.derived))
    place = f"at {venue(series.venue)}" if series.venue else ""
    return " ".join(part for part in (*parts, place) if part)


def derivation(how: str) -> str:
    """What is made of a metric, in words: `7d change`, `percentile in 365d`."""
    if how.startswith(LESS):
        return f"over {name(Series.parse(how.removeprefix(LESS)))}"
    kind, _, span = how.partition(".")
    named = {"chg": f"{span} change", "pctl": f"percentile in {span}", "z": f"z-score in {span}"}
    return named.get(kind, how)


def word(key: MetricKey) -> str:
    """What a metric is called in a sentence: `skew`, `IV`."""
    metric = BY_KEY.get(key)
    first = metric.words[0] if metric and metric.words else str(key)
    return " ".join(one.upper() if one in _CAPITALS else one for one in first.split())


def heading(series: Series, shown: str) -> str:
    """A series with its value: `BTC skew 20.0%`, and for a price just `BTC $58,900`."""
    plain = series.metric == "price" and not series.derived and not series.venue
    return f"{series.asset} {shown}" if plain else f"{name(series)} {shown}"


def usual(metric: Metric, asset: Asset) -> str:
    """The usual band and its date: `Usual −6 to +6 (Feb 2026)`; empty where there is none."""
    band = metric.band(asset)
    if band is None or (edges := edges_of(band, " to ")) == "":
        return ""
    unit = "% a year" if metric.unit is Unit.PERCENT_YEAR else ""
    return f"Usual {edges}{unit} ({band.dated:%b %Y})"


def edges_of(band: Band, between: str) -> str:
    """The two edges of a band: `−6 to +6`, `5 to 10`, `under 8`."""
    match band.low, band.high:
        case None, None:
            return ""
        case None, high:
            return f"under {_edge(high, signed=False)}"
        case low, None:
            return f"over {_edge(low, signed=False)}"
        case low, high:
            return f"{_edge(low, signed=low < 0)}{between}{_edge(high, signed=low < 0)}"


def venue(key: Venue) -> str:
    """A venue's name as it writes itself, near enough."""
    return key.upper() if len(key) <= 3 else key.capitalize()


def venues(keys: tuple[Venue, ...]) -> str:
    """Where a number comes from: `Deribit`, `Deribit and OKX`, `4 venues`."""
    if len(keys) > 2:
        return f"{len(keys)} venues"
    return " and ".join(venue(key) for key in keys)


def cause(reason: Reason) -> str:
    """Why there is no number, in plain words."""
    return _REASONS[reason]


def minuses(text: str) -> str:
    """A text with a true minus before its numbers; what is shown to be typed keeps the hyphen."""
    said, mark, typed = _TYPED.split(text, 1) if _TYPED.search(text) else (text, "", "")
    return _HYPHEN.sub(MINUS, said) + mark + typed


def _edge(number: float | None, *, signed: bool) -> str:
    text = f"{number:g}"
    return _plus(text) if signed else _signed(text)


def _with_unit(metric: Metric, text: str) -> str:
    if metric.unit is Unit.USD:
        return _with_sign("$", text)
    return f"{_signed(text)}{_SUFFIX[metric.unit]} {metric.coin}".rstrip()


def _with_sign(currency: str, text: str) -> str:
    signed = _signed(text)
    return MINUS + currency + signed[1:] if signed.startswith(MINUS) else currency + signed


def _signed(text: str) -> str:
    """Text of a number with a true minus, and no minus before a zero."""
    if text.startswith("-"):
        return text[1:] if not text.strip("-0.,") else MINUS + text[1:]
    return text


def percent(number: float) -> str:
    """A change in percent, always signed, short: `−21%`, `+2.3%`."""
    return _plus(f"{number:.0f}" if abs(number) >= 10 else f"{number:.1f}") + "%"


def _plus(text: str) -> str:
    signed = _signed(text)
    return signed if signed.startswith(MINUS) or not signed.strip("0.") else "+" + signed


def _is_round(number: float) -> bool:
    """Whether two digits say all of it."""
    return float(f"{number:.2g}") == number
