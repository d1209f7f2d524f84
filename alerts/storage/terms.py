"""What every store agrees on: limits, retention, and the words of a refusal."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.domain.errors import ConflictError, FeedLostError, StoreError, UsageError
from alerts.domain.event import Event
from alerts.domain.ids import Chat, RuleId
from alerts.domain.rule import Rule
from alerts.ports import Entry, New

SCHEMA = 1
"""What this program writes; another number means another program's store."""

FEED_LENGTH = 100_000
"""Changes kept for readers of the feed; one that lags behind further must start over."""

HISTORY_SPACING = timedelta(seconds=55)
"""A reading closer to the last kept one of its series is not kept: about one a minute is."""

HISTORY_KEPT = timedelta(days=8)
"""How far back a series is kept that finely: a week's change, and a day to spare."""

HISTORY_SLOT = timedelta(hours=6)
"""Before that, the last reading of each quarter of a day (UTC) is kept, so every daily close."""

HISTORY_KEPT_COARSE = timedelta(days=730)
"""How far back a series reaches at all."""

HISTORY_STRETCH = timedelta(days=45)
"""What one block of quarters holds; its milliseconds fit into four bytes."""

EPISODES = 200
"""Kept of a chat: the latest."""

EPISODES_KEPT = timedelta(days=400)
"""A year of episodes, and some time to look back at it."""

NUMBER_KEPT = EPISODES_KEPT
"""A number is given again when nobody has made or deleted an alert in its chat for so long."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

AT_ONCE = _EPOCH
"""Due before everything else."""


def newborn(new: New, now: datetime) -> Rule:
    """The rule to be saved, under an id nobody can guess and with its number still to be given."""
    return Rule(RuleId(secrets.token_hex(8)), 0, new.chat, new.owner, new.draft, now)


def micros(at: datetime) -> int:
    """Whole microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def millis(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_millis(ms: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=ms)


def chat_is_full(limit: int) -> UsageError:
    return UsageError(f"this chat has {limit} rules, which is the limit: delete one first")


def outdated(rule: Rule) -> ConflictError:
    return ConflictError(f"rule {rule.number} changed or went since it was read: look at it again")


def moved_on() -> ConflictError:
    return ConflictError("what was changed has changed again since: nothing was taken back")


def superseded(fence: int) -> StoreError:
    return StoreError(f"a newer leader has taken over from fence {fence}: nothing was written")


def feed_lost(position: str) -> FeedLostError:
    return FeedLostError(f"the change feed does not reach back to {position!r}: read all rules")


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def entry(
    entry_id: str,
    chat: Chat,
    events: tuple[Event, ...],
    attempts: int,
    back_at: datetime | None = None,
) -> Entry:
    """An entry of the outbox: as old as its newest event, or the moment it came back."""
    queued_at = back_at or max(event.at for event in events)
    return Entry(entry_id, chat, events, queued_at, attempts, held=back_at is not None)


def addressed(entry: Entry, chat: Chat) -> Entry:
    """The entry, on its way to where its chat is now."""
    if entry.chat == chat and all(event.chat == chat for event in entry.events):
        return entry
    events = tuple(replace(event, chat=chat) for event in entry.events)
    return replace(entry, chat=chat, events=events)
