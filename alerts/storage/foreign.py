"""What stands under our keys and is of another type than ours: named, and put out of the way."""

import logging
import re
from collections.abc import Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any

from alerts.storage.keys import MADE_IN_SCRIPTS, Keys

log = logging.getLogger(__name__)

_CHAT = re.compile(r"[a-z]+:[^:\s{]{1,64}(:[0-9]+)?")

KEPT = timedelta(days=30)

Tell = Callable[..., Coroutine[Any, Any, Any]]


async def set_aside(words: Iterable[object], keys: Keys, tell: Tell) -> list[str]:
    """Rename those of our keys among `words` that hold a foreign type; their names.

    A key of the wrong type fails every command on it for good: a queue would stand still, or
    nobody could lead. Whoever needed it starts from an empty one; what was there can be looked at
    for a month.
    """
    found = []
    for word in _ours(words, keys):
        ours = keys.kind(word)
        there = (await tell("TYPE", word)).decode(errors="replace")
        if there not in {"none", ours}:
            aside = keys.foreign(word)
            await tell("RENAME", word, aside)
            await tell("PEXPIRE", aside, KEPT // timedelta(milliseconds=1))
            log.error("%s held a %s where a %s belongs: set aside as %s", word, there, ours, aside)
            found.append(word)
    return found


def _ours(words: Iterable[object], keys: Keys) -> Iterable[str]:
    """Keys of ours among the words, and those that scripts make of them."""
    named = dict.fromkeys(word for word in words if isinstance(word, str))
    chats = [word for word in named if _CHAT.fullmatch(word)]
    stems = [word for word in named if word.endswith(":")]
    made = [f"{word}{suffix}" for word in named for suffix in ("", *MADE_IN_SCRIPTS)]
    made += [f"{stem}{chat}" for stem in stems for chat in chats]
    return [key for key in made if keys.kind(key)]
