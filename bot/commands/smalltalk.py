"""Words that ask for nothing: a greeting, thanks, `cancel` with nothing open."""

from bot.card import Button, Card

WAYS_ON = ((Button("How is the market?", "cmd:now"), Button("Your alerts", "cmd:alerts")),)
"""What is offered where a card would otherwise be a dead end."""

_GREETINGS = frozenset(
    {"hello", "hi", "hey", "hello there", "good morning", "good evening", "gm", "yo"}
)
_THANKS = frozenset({"thanks", "thank you", "thx", "ty", "cheers", "great", "ok", "okay", "bye"})
_CANCELS = frozenset({"cancel", "/cancel", "nevermind", "never mind", "quit", "exit"})


def small_talk(line: str) -> Card | None:
    """A short answer to words that ask for nothing; None for all others."""
    said = " ".join(line.lower().strip(" .!?,").split())
    if said in _GREETINGS:
        return Card(
            "Hello. Name a metric and I say how it stands",
            lines=("Try: skew. Or set an alert in one line: skew above 15%",),
            buttons=WAYS_ON,
        )
    if said in _THANKS:
        return Card("You're welcome. I keep watching", buttons=WAYS_ON)
    if said in _CANCELS:
        return Card(
            "Nothing is open, so there is nothing to cancel",
            lines=("Your alerts stay as they are.",),
            buttons=WAYS_ON,
        )
    return None
