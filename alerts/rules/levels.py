"""The level and the clear level of a rule, read in the unit of its metric."""

from dataclasses import replace

from alerts.domain.errors import UsageError
from alerts.domain.rule import Direction
from alerts.metrics.spec import Unit
from alerts.rules.amounts import Amount, read_amount, read_span
from alerts.rules.doubts import Claim, ask
from alerts.rules.phrase import Clause, Piece
from alerts.rules.usual import usual_clear


def read_level(claim: Claim, *, sure: bool) -> float:
    """The level to cross; UsageError when it is no number, or one worth a question."""
    return read_number(claim, claim.phrase.level, claim.phrase.unit, sure=sure)


def read_number(claim: Claim, piece: Piece, unit: Piece | None, *, sure: bool) -> float:
    """A number at any place, asked about as a level is."""
    amount = _amount(claim, piece, unit)
    if not sure:
        here = replace(claim, phrase=replace(claim.phrase, level=piece, unit=unit))
        ask(here, amount)
    return amount.value


def read_clear(claim: Claim, level: float, clause: Clause | None) -> float:
    """The level past which it is over: as said, or the usual gap away."""
    usual = usual_clear(claim.metric, claim.direction, level)
    if clause is None or clause.value is None:
        return usual
    clear = _amount(claim, clause.value, clause.unit).value
    above = claim.direction is Direction.ABOVE
    if clear != level and above is (clear > level):
        side = "below" if above else "above"
        raise UsageError(
            f"An alert {claim.direction} {claim.show(level)} clears at or {side} that level, "
            f"so clear {claim.show(clear)} cannot work.",
            fixes=(claim.phrase.swap((clause.value, claim.show(usual)), *_gone(clause.unit)),),
        )
    return clear


def _gone(unit: Piece | None) -> tuple[tuple[Piece, str], ...]:
    return () if unit is None else ((unit, ""),)


def _amount(claim: Claim, piece: Piece, unit: Piece | None) -> Amount:
    amount = read_amount(piece.text, unit.text if unit else "", claim.metric.unit)
    if amount is None:
        raise no_number(claim, piece)
    if amount.options:
        raise _which_number(claim, piece, amount)
    _check_unit(claim, piece, unit, amount)
    return amount


def _which_number(claim: Claim, piece: Piece, amount: Amount) -> UsageError:
    """The question for a number with commas or points that can be read in several ways."""
    shown = [
        claim.show(read.value)
        for option in amount.options
        if (read := read_amount(option, "", claim.metric.unit))
    ]
    several = len(amount.options) > 1
    return UsageError(
        f"{' or '.join(shown)}?" if several else f"I read {piece.text} as {shown[0]}.",
        fixes=tuple(claim.phrase.swap((piece, option)) for option in amount.options),
        labels=tuple(shown) if several else ("OK",),
        about="comma",
    )


def no_number(claim: Claim, piece: Piece) -> UsageError:
    """The answer to what stands where a number should."""
    example = f"{claim.word} {claim.direction} {claim.show(_example(claim))}"
    if (window := _window(claim, piece)) and claim.metric.windows:
        return UsageError(
            f"{piece.text} alone is not a level. Shall I hold it against {claim.word} {window}?",
            fixes=(claim.phrase.swap((piece, f"{claim.word} {window}")),),
        )
    shown = piece.text if len(piece.text) <= 40 else f"{piece.text[:40]}…"
    return UsageError(
        f"{shown} is not a level: I need one number, for example: {example}",
        fixes=(example,),
        labels=(example,),
    )


def _window(claim: Claim, piece: Piece) -> str:
    """The window that a piece names of the claim's own metric, "" for none."""
    span = read_span(piece.text)
    return next((one for one in claim.metric.windows if span and read_span(one) == span), "")


def _example(claim: Claim) -> float:
    fallback = 60_000.0 if claim.metric.unit is Unit.USD else 15.0
    return next(iter(claim.metric.defaults.levels), fallback)


def _check_unit(claim: Claim, piece: Piece, unit: Piece | None, amount: Amount) -> None:
    own = claim.metric.unit
    if amount.mark not in _STRANGE.get(own, {"usd", "coins"}):
        return
    if own in {Unit.USD, Unit.COINS} and amount.mark == "%":
        signed = f"{'-' if claim.direction is Direction.BELOW else '+'}{abs(amount.value):g}%"
        raise UsageError(
            f"{claim.word} is in {own}, so {piece.text} cannot be its level. "
            f"A change says over what time: {claim.word} {signed} in 24h.",
            fixes=(_as_change(claim, piece, unit, f" {signed} in 24h"),),
        )
    raise UsageError(
        f"{claim.word} is in {own}, so {piece.text} cannot be its level.",
        fixes=(claim.phrase.swap((piece, claim.show(amount.value)), *_gone(unit)),),
    )


def _as_change(claim: Claim, piece: Piece, unit: Piece | None, change: str) -> str:
    phrase = claim.phrase
    operator = () if phrase.op is piece else ((phrase.op, ""),)
    return phrase.swap(*operator, (piece, change), *_gone(unit))


_STRANGE = {
    Unit.USD: {"%", "pts", "coins"},
    Unit.COINS: {"%", "pts", "usd"},
    Unit.POINTS: {"usd", "coins"},
}
