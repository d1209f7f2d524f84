"""Episodes: the texts of a rule, of its news and of readings, one a line.

The store's scripts put them together from what a commit has at hand anyway. The rule comes first,
so its head stays where the scripts read and rewrite it.
"""

from collections.abc import Iterable
from dataclasses import replace

from alerts.codec import plain
from alerts.codec.readings import decode_event, decode_reading, encode_reading
from alerts.codec.rules import decode_rule
from alerts.domain.episode import Episode
from alerts.domain.event import Event
from alerts.domain.reading import Reading
from alerts.domain.rule import Rule


def encode_evidence(readings: Iterable[Reading]) -> str:
    """The readings that decided."""
    return "\n".join(map(encode_reading, readings))


@plain.decoder
def decode_episode(text: str | bytes, latest: str | bytes | None) -> Episode:
    """An episode from its two texts: how it began, and its latest news."""
    lines = (text if isinstance(text, str) else text.decode()).split("\n")
    rule = decode_rule(lines[0])
    return Episode(
        rule,
        _of(rule, decode_event(lines[1])),
        tuple(decode_reading(line) for line in lines[2:] if line),
        None if latest is None else _of(rule, decode_event(latest)),
    )


def _of(rule: Rule, event: Event) -> Event:
    """An event under its rule's address, which may have changed since."""
    return replace(event, chat=rule.chat, number=rule.number)
