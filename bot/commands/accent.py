"""How a chat writes and reads, at the front desk's door; inside, everything is written one way."""

import re
from collections.abc import Mapping
from dataclasses import replace

from alerts.domain.errors import UsageError
from bot.commands.spec import Ask, Desk, Reply
from bot.text.numbers import comma_card, commas, points

COMMA = "/settings comma"
OTHER_SIGN = "/settings call-put"
SETTINGS = {COMMA: "Change number format", OTHER_SIGN: "Always use the other sign"}
"""What is on the buttons that offer a setting."""

_COMMA = re.compile(r"[0-9],[0-9]{1,2}(?![0-9])")
_OF_RULES = frozenset({"alert", "set", "replay"})


def heard(ask: Ask, name: str, desk: Desk) -> Ask:
    """What somebody typed, as everybody's commands read it; `name` is the command, if any."""
    first = ask.text.partition(" ")[0]
    name = first[1:].partition("@")[0].lower() if first.startswith("/") else name.lower()
    if name and name not in _OF_RULES:
        return ask
    ask = replace(ask, typed=True)
    if not desk.chosen.decimal_comma:
        return ask
    return replace(ask, text=points(ask.text), values=_rule(ask.values))


def shown(reply: Reply, desk: Desk) -> Reply:
    """An answer as this chat reads it."""
    if not desk.chosen.decimal_comma:
        return reply
    card = comma_card(reply.card) if reply.card else None
    return replace(reply, card=card, toast=commas(reply.toast))


def offering(error: UsageError, ask: Ask, desk: Desk) -> UsageError:
    """The same question, with the setting that would have answered it."""
    if desk.chosen.decimal_comma or not error.fixes or not _COMMA.search(ask.text):
        return error
    return error.saying(str(error), fixes=(COMMA,))


def _rule(values: Mapping[str, str]) -> Mapping[str, str]:
    """Typed parameters: a platform checks that numbers are numbers, so those are left alone."""
    return {name: points(text) if name == "rule" else text for name, text in values.items()}
