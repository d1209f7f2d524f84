"""Questions worth asking before a level is taken at its word."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from alerts.domain.errors import UsageError
from alerts.domain.rule import Direction
from alerts.metrics.spec import Metric, Unit
from alerts.rules.amounts import Amount, rounded, write_level, write_number
from alerts.rules.phrase import Phrase, Piece

SURE = "sure"

_EIGHT_HOURS_A_YEAR = 3 * 365
_SPECK = 1e-6
_SMALL = 10.0  # a metric that stays below it, such as funding per 8 hours, is told in fractions


@dataclass(frozen=True, slots=True)
class Claim:
    """What a level is a level of: the metric and what people call it, and the words around.

    `plain`: of the metric itself on one side, so that its sign may have been mistaken; `moves`:
    a change, told with its sign. `twin` is the same thing in another unit, where the word that
    was said, `said`, could have meant either.
    """

    phrase: Phrase
    word: str
    metric: Metric
    direction: Direction
    plain: bool = True
    moves: bool = False
    twin: Metric | None = None
    said: Piece | None = None

    def show(self, value: float) -> str:
        sign = "+" if self.moves and value >= 0 else ""
        return sign + write_level(value, self.metric.unit)

    def fixed(self, value: float, direction: Direction | None = None) -> str:
        """The whole rule text with another level, and another direction if given."""
        phrase = self.phrase
        changes = [(phrase.level, self.show(value))]
        if phrase.unit is not None:
            changes.append((phrase.unit, ""))
        if direction is not None:
            changes.append((phrase.op, f" {direction} "))
        return phrase.swap(*changes)

    def kept(self, value: float) -> str:
        """The rule text as it is, saying that it is meant."""
        return f"{self.fixed(value)} {SURE}"


def doubt(
    metric: Metric,
    direction: Direction,
    amount: Amount,
    *,
    twin: Metric | None = None,
    plain: bool = True,
) -> "Doubt | None":
    """Why a level is more likely a slip than meant, if it is."""
    value, usual = amount.value, metric.defaults
    if metric.names and not metric.name_of(value, above=True):
        return Doubt.GRADE
    low, high = metric.plausible
    if twin and (either := _either(metric, twin, amount)):
        return either
    percent = metric.unit in {Unit.PERCENT, Unit.PERCENT_YEAR}
    if percent and not amount.mark and 0 < abs(value) < 1 and high > _SMALL:
        return Doubt.FRACTION
    if not low <= value <= high:
        return Doubt.FAR
    signed = plain and usual.direction == Direction.ABOVE and low < 0
    turned = direction is Direction.BELOW and value < 0 and value not in usual.levels
    return Doubt.SIGN if signed and turned else None


def _either(metric: Metric, twin: Metric, amount: Amount) -> "Doubt | None":
    """A doubt whether the metric or its twin is meant."""
    if metric.unit is Unit.COINS:
        return None if amount.mark else Doubt.COINS
    low, high = twin.plausible
    small = metric.unit is Unit.PERCENT_YEAR and low <= amount.value <= high
    return Doubt.PERIOD if small and amount.value else None


class Doubt(Enum):
    FRACTION = auto()
    FAR = auto()
    SIGN = auto()
    COINS = auto()
    PERIOD = auto()
    GRADE = auto()


def ask(claim: Claim, amount: Amount) -> None:
    """UsageError with a question, when there is a doubt."""
    found = doubt(claim.metric, claim.direction, amount, twin=claim.twin, plain=claim.plain)
    match found:
        case Doubt.FRACTION:
            raise _fraction(claim, amount.value)
        case Doubt.FAR:
            raise _far(claim, amount.value)
        case Doubt.GRADE:
            raise _grade(claim)
        case Doubt.SIGN:
            raise _sign(claim, amount.value)
        case Doubt.COINS | Doubt.PERIOD if claim.twin and claim.said:
            raise _which(claim, claim.twin, claim.said, amount.value)


def _which(claim: Claim, twin: Metric, said: Piece, value: float) -> UsageError:
    coin = claim.metric.coin or "coins"
    own, other = (_grouped(value, one.unit, coin) for one in (claim.metric, twin))
    if claim.metric.unit is Unit.COINS:
        message, about = f"{coin} or USD: {own} or {other}?", "coins"
        labels: tuple[str, ...] = (other, own)
    else:
        yearly = write_number(rounded(value * _EIGHT_HOURS_A_YEAR))
        message, about = f"Per 8 h or per year? {other} per 8 h is {yearly}% a year.", "period"
        labels = (f"{other} per 8 h", f"{own} a year")
    number = [(claim.phrase.unit, "")] if claim.phrase.unit else []
    return UsageError(
        message,
        fixes=tuple(
            claim.phrase.swap(
                (said, str(one.key)), (claim.phrase.level, write_level(value, one.unit)), *number
            )
            for one in (twin, claim.metric)
        ),
        labels=labels,
        about=about,
    )


def _grade(claim: Claim) -> UsageError:
    names = claim.metric.names
    names = names[:-1] if claim.direction is Direction.ABOVE else names[1:]
    gone = [(claim.phrase.unit, "")] if claim.phrase.unit else []
    return UsageError(
        f"A {claim.word} is {listed(claim.metric.names)}: say it by its name.",
        fixes=tuple(claim.phrase.swap((claim.phrase.level, name), *gone) for name in names),
    )


def listed(names: Sequence[str]) -> str:
    """Several names in a sentence: `calm, cautious, stress or panic`."""
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _grouped(value: float, unit: Unit, coin: str) -> str:
    """A level as it is said aloud: `500,000 BTC`."""
    return f"{write_number(value, ',')} {coin}" if unit is Unit.COINS else write_level(value, unit)


def _fraction(claim: Claim, value: float) -> UsageError:
    whole = rounded(value * 100)
    return UsageError(
        f"Did you mean {claim.show(whole)} or {claim.show(value)}?",
        fixes=(claim.fixed(whole), claim.fixed(value)),
        labels=(claim.show(whole), claim.show(value)),
    )


def _far(claim: Claim, value: float) -> UsageError:
    _, high = claim.metric.plausible
    above = claim.direction is Direction.ABOVE
    result = "never fire" if above is (value > high) else "always be true"
    nearest = min(claim.metric.defaults.levels, key=lambda level: abs(level - value), default=None)
    return UsageError(
        f"{claim.show(value)} is far outside anything {claim.word} can be "
        f"({_bound(claim, value)}). It would {result}.",
        fixes=(*(() if nearest is None else (claim.fixed(nearest),)), claim.kept(value)),
        labels=(*(() if nearest is None else (claim.show(nearest),)), f"Keep {claim.show(value)}"),
    )


def _bound(claim: Claim, value: float) -> str:
    """The bound that a level is beyond, as a person would say it."""
    low, high = claim.metric.plausible
    if value > high:
        return f"at most {claim.show(high)}"
    return "more than nothing" if 0 < low < _SPECK else f"at least {claim.show(low)}"


def _sign(claim: Claim, value: float) -> UsageError:
    return UsageError(
        f"My sign for {claim.word} is {claim.metric.sign}. "
        f"If your source has the other sign, you want above {claim.show(-value)}.",
        fixes=(claim.fixed(-value, Direction.ABOVE), claim.kept(value)),
        labels=(f"above {claim.show(-value)}", f"below {claim.show(value)}"),
        about="sign",
    )
