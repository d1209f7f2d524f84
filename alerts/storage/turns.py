"""What every budget agrees on: how far ahead it grants turns, and what a flood is."""

from datetime import timedelta

from alerts.domain.ids import Chat

TURNS_AHEAD = timedelta(seconds=0.4)
"""How far ahead turns to send are granted: what a killed process wastes, and a batch's worth."""

ANSWERS_AHEAD = timedelta(seconds=1)
"""Answers to people get turns further ahead, and so before all that is queued."""

ANSWERS_SHARE = 0.8
"""Of the rate, at most: however many people talk, alerts go on."""

GROUP_MINUTE = timedelta(seconds=60.5)
"""A platform's minute, with some room for messages that travel at different speeds."""

SEVERAL_FLOODED = 3
FLOODED_WITHIN = timedelta(seconds=10)
FLOODED_PAUSE = timedelta(minutes=1)
"""So many chats told to wait within this time pause everybody, at most for this long."""


def is_group(chat: Chat) -> bool:
    """Whether a limit for groups holds: Telegram's groups and channels have negative ids."""
    return chat.id.startswith("-")
