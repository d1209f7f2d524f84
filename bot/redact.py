"""Takes secrets out of text that is about to be shown."""

import json
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote, unquote

HIDDEN = "***"
SHORTEST = 4  # hiding a shorter text would make every line unreadable

_LOOKALIKES = re.compile(
    r"(?<=://)[^\s/@\"']+(?=@)"  # user:password of an address
    r"|(?<=/bot)[0-9]+:[A-Za-z0-9_-]+"  # a Bot API path
    r"|\b[0-9]{6,12}:[A-Za-z0-9_-]{30,}"  # a Telegram token anywhere
    r"|\b[A-Za-z0-9_-]{23,30}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}"  # a Discord token anywhere
)
# What any of them has in it: looked for first, as each line of the log is searched.
_SUSPECT = re.compile(
    r":(?://[^\s/@\"']+@|[A-Za-z0-9_-]{30})|/bot[0-9]+:|\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}"
)


def redactor(secrets: Sequence[str]) -> Callable[[str], str]:
    """A function that hides these texts, in every spelling and case, and what looks like a token.

    Case, because a library may begin a message it quotes with a capital and put the rest small.
    """
    spellings = {
        spelling
        for secret in secrets
        for spelling in _spellings(secret)
        if len(spelling) >= SHORTEST
    }
    longest_first = sorted(spellings, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    known = re.compile(pattern, re.IGNORECASE) if spellings else None

    def redact(text: str) -> str:
        hidden = known.sub(HIDDEN, text) if known else text
        return _LOOKALIKES.sub(HIDDEN, hidden) if _SUSPECT.search(hidden) else hidden

    return redact


def _spellings(secret: str) -> tuple[str, ...]:
    """The text itself, and as addresses, JSON and `repr` spell it."""
    return (
        secret,
        quote(secret),
        quote(secret, safe=""),
        unquote(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
    )
