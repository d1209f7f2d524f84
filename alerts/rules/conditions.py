"""One condition to legs: everything a condition can say comes down to levels on series."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from alerts.domain.errors import UsageError
from alerts.domain.reading import Series
from alerts.domain.rule import Direction, Join, Leg, Severity
from alerts.metrics.spec import Metric, Unit
from alerts.rules.amounts import read_amount, rounded
from alerts.rules.doubts import Claim
from alerts.rules.levels import read_clear, read_level, read_number
from alerts.rules.phrase import Clause, Phrase
from alerts.rules.subject import Asked, Found, is_change, is_stretch, resolve
from alerts.rules.usual import RECORD, band_legs, usual_clear
from alerts.rules.vocabulary import Vocabulary

_UP = re.compile(r"above|over|>|≥|\bup\b|rises|gains", re.IGNORECASE)
_CHANGES_OFFERED = ("24h", "7d", "30d")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a condition comes down to.

    More than one set of legs is more than one rule: a flip each way, or two severities of one
    thing. `join` is how the legs of a set belong together, where there are several.
    """

    sets: tuple[tuple[Leg, ...], ...]
    join: Join | None = None
    severities: tuple[Severity, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """The words of one condition, with what they are about."""

    phrase: Phrase
    found: Found
    vocabulary: Vocabulary
    sure: bool

    def series(self, kind: str = "") -> Series:
        within = self.phrase.clause("within")
        return resolve(
            Asked(self.phrase.text, self.found, kind, within.value if within else None),
            self.vocabulary,
        )

    def metric(self) -> Metric | None:
        """The metric named, where it is named by a word."""
        return self.found.metrics[0][0] if self.found.metrics else None

    def claim(self, series: Series, direction: Direction) -> Claim:
        metric = self.vocabulary.of(series)
        if metric is None:
            raise UsageError(f"I have no metric {series.metric}.")
        plain = not series.derived and not self.vocabulary.other_sign
        piece = self.found.metrics[0][1] if self.found.metrics else None
        generic = piece and metric.words and piece.text.lower() == metric.words[0].lower()
        return Claim(
            self.phrase,
            self.vocabulary.word_of(metric),
            replace(metric, coin=series.asset) if metric.unit is Unit.COINS else metric,
            direction,
            plain=plain,
            twin=self.vocabulary.twin(metric) if plain and generic else None,
            said=piece,
        )


def read_condition(condition: Condition) -> Meaning:
    """What a condition means; UsageError where that is not clear."""
    op = condition.phrase.op.text.lower().strip()
    if condition.phrase.kind == "moved":
        return _moved(condition, -1 if op.startswith("-") else 1)
    for form, read in _FORMS:
        if form.fullmatch(op):
            return read(condition, op)
    raise which_way(condition.phrase)


def direction_of(op: str) -> Direction:
    """The side of a level that an operator means."""
    return Direction.ABOVE if _UP.search(op) else Direction.BELOW


def which_way(phrase: Phrase) -> UsageError:
    """The question for an operator that names no side."""
    return UsageError(
        f"Crosses {phrase.level.text} upwards or downwards?",
        fixes=tuple(phrase.swap((phrase.op, f"crosses {way}")) for way in ("above", "below")),
    )


def _level(condition: Condition, op: str) -> Meaning:
    phrase, direction = condition.phrase, direction_of(op)
    _check_within(condition)
    series = _in_its_unit(condition, condition.series())
    claim, clear = condition.claim(series, direction), phrase.clause("clear")
    first = read_level(claim, sure=condition.sure)
    also = [one for one in phrase.clauses if one.kind == "also" and one.value]
    levels = (first, *(_number(condition, claim, one) for one in also))
    leg = partial(_leg, claim, series, clear)
    if not also:
        return Meaning(((leg(first),),))
    above = direction is Direction.ABOVE
    mild, grave = sorted(levels[:2], reverse=not above)
    if mild == grave or len(levels) > 2 or phrase.clause("critical") is None:
        raise _two_levels(claim, also, mild, grave)
    return Meaning(((leg(mild),), (leg(grave),)), severities=(Severity.WARN, Severity.CRITICAL))


def _leg(claim: Claim, series: Series, clear: Clause | None, level: float) -> Leg:
    return Leg(series, claim.direction, level, read_clear(claim, level, clear))


def _number(condition: Condition, claim: Claim, clause: Clause) -> float:
    piece = clause.value
    if piece is None:
        raise UsageError("Another level was announced and is missing.")
    return read_number(claim, piece, clause.unit, sure=condition.sure)


def _check_within(condition: Condition) -> None:
    """UsageError for a level of now that is said to be one of a stretch of time."""
    phrase, metric = condition.phrase, condition.metric()
    within = phrase.clause("within")
    if metric is None or within is None or within.value is None or condition.found.kinds:
        return
    if is_stretch(metric):
        return
    word, span = condition.vocabulary.word_of(metric), within.value
    sign = "+" if direction_of(phrase.op.text) is Direction.ABOVE else "-"
    opening = phrase.swap(
        (phrase.op, ""), (phrase.level, f"{sign}{phrase.level.text.lstrip('+-')}")
    )
    raise UsageError(
        f"{word} is one value at a time, so 'in {span.text}' could mean its change.",
        fixes=(opening, _without(phrase, within)),
    )


def _without(phrase: Phrase, within: Clause) -> str:
    """The text without its "in 7d"."""
    span = within.value
    if span is None:
        return phrase.text
    head = phrase.text[: span.start].rstrip().rpartition(" ")[0]
    return " ".join((head + " " + phrase.text[span.end :]).split())


def _in_its_unit(condition: Condition, series: Series) -> Series:
    """The twin in USD, where coins are meant by default and dollars were written."""
    metric, phrase = condition.vocabulary.of(series), condition.phrase
    if metric is None or metric.unit is not Unit.COINS:
        return series
    amount = read_amount(phrase.level.text, phrase.unit.text if phrase.unit else "", metric.unit)
    twin = condition.vocabulary.twin(metric)
    dollars = amount is not None and amount.mark == "usd" and twin
    return replace(series, metric=twin.key) if dollars and twin else series


def _two_levels(claim: Claim, also: list[Clause], mild: float, grave: float) -> UsageError:
    phrase, gone = claim.phrase, []
    for clause in also:
        if clause.value is not None:
            start = phrase.text[: clause.value.start].rstrip().rpartition(" ")[0]
            end = (clause.unit or clause.value).end
            gone.append((replace(clause.value, start=len(start), end=end), ""))
    unit = [(phrase.unit, "")] if phrase.unit else []
    both = f"{claim.show(mild)} warn or {claim.show(grave)} critical"
    return UsageError(
        f"One level per alert. Two severities: warn {claim.show(mild)}, "
        f"critical {claim.show(grave)}?",
        fixes=(
            phrase.swap((phrase.level, both), *unit, *gone),
            phrase.swap((phrase.level, claim.show(mild)), *unit, *gone),
        ),
        labels=("Yes", f"Just {claim.show(mild)}"),
    )


def _other_ends(claim: Claim) -> Iterator[str]:
    """A range that has one end, with levels that are usual for its metric as the other."""
    phrase, metric = claim.phrase, claim.metric
    amount = read_amount(phrase.level.text, "", metric.unit)
    if metric.names or amount is None:
        return
    last = phrase.unit or phrase.level
    for level in metric.defaults.levels:
        if level != amount.value:
            yield phrase.swap((last, f"{last.text} and {claim.show(level)}"))


def _band(condition: Condition, op: str) -> Meaning:
    outside = "between" not in op
    phrase, series = condition.phrase, condition.series()
    also = phrase.clause("also")
    if also is None or also.value is None:
        word = "Outside" if outside else "Between"
        raise UsageError(
            f"{word} {phrase.level.text} and what? Write two numbers, like: skew between 10 and 15",
            fixes=tuple(_other_ends(condition.claim(series, Direction.ABOVE))),
        )
    if phrase.clause("clear"):
        raise UsageError(
            "A range has two clear levels: say it as two conditions, each with its own clear."
        )
    claim = replace(condition.claim(series, Direction.ABOVE), plain=False)
    if claim.metric.names:
        raise UsageError(
            f"{claim.word} has grades and no range: name one of them.",
            fixes=tuple(f"{claim.word} becomes {name}" for name in claim.metric.names[:0:-1]),
        )
    one = read_level(claim, sure=condition.sure)
    low, high = sorted((one, _number(condition, claim, also)))
    if low == high:
        raise UsageError(f"From {claim.show(low)} to {claim.show(high)} there is no range.")
    legs = band_legs(claim.metric, series, (low, high), outside=outside)
    return Meaning((legs,), Join.ANY if outside else Join.ALL)


def _share(condition: Condition, op: str) -> Meaning:
    """`top 5%`: where it stands among its own daily closes."""
    top = op.endswith("top")
    series = condition.series("pctl")
    claim = condition.claim(series, Direction.ABOVE if top else Direction.BELOW)
    share = read_level(replace(claim, plain=False), sure=condition.sure)
    if not 0 < share < 100:
        raise UsageError(
            f"The {'top' if top else 'bottom'} {claim.show(share)} is no part of a year: "
            "write a share such as 5%.",
            fixes=(condition.phrase.swap((condition.phrase.level, "5%")),),
        )
    level = rounded(100 - share) if top else share
    return Meaning(((_leg(claim, series, condition.phrase.clause("clear"), level),),))


def _record(condition: Condition, op: str) -> Meaning:
    """Beyond every daily close of the span."""
    phrase, high = condition.phrase, "high" in op
    series = condition.series("record")
    claim = condition.claim(series, Direction.ABOVE if high else Direction.BELOW)
    level = rounded(100 - RECORD) if high else RECORD
    return Meaning(((_leg(claim, series, phrase.clause("clear"), level),),))


def _flips(condition: Condition, op: str) -> Meaning:  # noqa: ARG001 - a form like the others
    """A flip each way is a rule of its own, so that each is told when it comes."""
    series = condition.series()
    claims = [condition.claim(series, side) for side in Direction]
    low, high = claims[0].metric.plausible
    if not low < 0 < high:
        raise UsageError(f"{claims[0].word} has no sign to flip: it stays on one side of zero.")
    return Meaning(
        tuple(
            (Leg(series, one.direction, 0.0, usual_clear(one.metric, one.direction, 0.0)),)
            for one in claims
        )
    )


def _moved(condition: Condition, sign: int) -> Meaning:
    """A change over a window; or, of a metric that is itself one, its level over that window."""
    metric, phrase = condition.metric(), condition.phrase
    stretch = metric is not None and is_change(metric) and not condition.found.kinds
    if not stretch and phrase.clause("within") is None and not condition.found.series:
        raise _over_what(condition)
    series = condition.series("" if stretch else "chg")
    direction = Direction.ABOVE if sign > 0 else Direction.BELOW
    claim = replace(condition.claim(series, direction), plain=False, moves=True)
    _check_points(claim, stretch=stretch)
    size = abs(read_level(claim, sure=condition.sure))
    level = rounded(size * sign)
    return Meaning(((_leg(claim, series, phrase.clause("clear"), level),),))


def _check_points(claim: Claim, *, stretch: bool) -> None:
    """What is in percent changes by points: a percentage of it would be read as either."""
    phrase = claim.phrase
    unit = phrase.unit.text if phrase.unit else ""
    amount = read_amount(phrase.level.text, unit, claim.metric.unit)
    if stretch or amount is None or amount.mark != "%" or claim.metric.unit is not Unit.POINTS:
        return
    raise UsageError(
        f"{claim.word} is in percent, so I count its changes in points.",
        fixes=(claim.fixed(amount.value),),
    )


def _over_what(condition: Condition) -> UsageError:
    phrase, metric = condition.phrase, condition.metric()
    asked = [phrase.added(f"in {span}") for span in _CHANGES_OFFERED]
    twin = condition.vocabulary.twin(metric) if metric else None
    counted = ""
    if metric and metric.unit is Unit.COINS and twin:
        _, piece = condition.found.metrics[0]
        counted = " I count contracts in coins; USD falls when price falls."
        in_usd = phrase.swap((piece, str(twin.key)))
        asked.append(replace(phrase, text=in_usd).text + " in 7d")
    side = "below" if phrase.op.text.startswith("-") else "above"
    if metric and metric.is_percent and phrase.kind == "moved":
        asked.append(phrase.swap((phrase.op, f"{side} {phrase.op.text}")))
    return UsageError(f"Over what time?{counted}", fixes=tuple(asked))


def _change(condition: Condition, op: str) -> Meaning:
    return _moved(condition, 1 if _UP.search(op) else -1)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[Condition, str], Meaning]], ...] = (
    (re.compile(r".*\b(?:between|outside(?:\s+of)?)|leaves"), _band),
    (re.compile(r".*\b(?:top|bottom)"), _share),
    (re.compile(r".*\b(?:record\s+(?:high|low)|highest|lowest)"), _record),
    (re.compile(r"(?:flip|change).*"), _flips),
    (
        re.compile(
            r"(?:(?:is|goes|moves)\s+)?(?:up|down|rises|falls|drops|gains|loses)"
            r"(?:\s+(?:by|more\s+than|at\s+least))?"
        ),
        _change,
    ),
    (re.compile(r".*(?:above|over|below|under|[<>≥≤]=?|\b(?:up|down)(?:\s+through)?)"), _level),
)
