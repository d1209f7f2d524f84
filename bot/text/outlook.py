"""What a rule would have done, in words: coverage first, never `0 times` over gaps."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerts.engine.outlook import Outlook
from bot.text import figures

ASKED = timedelta(days=365)

_DAY = timedelta(days=1)
_PATCHY = 0.5
_RATES = (
    (7.0, 1 / 7, "a day"),
    (1.0, 1.0, "a week"),
    (0.23, 30 / 7, "a month"),
    (0.075, 91 / 7, "a quarter"),
    (0.0, 365 / 7, "a year"),
)


def outlook_line(seen: Outlook | None, now: datetime) -> str:
    """One line: how much is known, then what happened in it."""
    if seen is None or not seen.tells:
        held = figures.span(seen.known) if seen and seen.known else "none"
        return f"Replay: can't tell yet, {held} of its history is known."
    days = f"Replay of {_days(seen.known)} known of {ASKED.days}"
    if not seen.episodes:
        if seen.known < seen.span * _PATCHY:
            return f"{days}: can't tell, there are too many gaps."
        if seen.waits:
            return f"{days}: true from the start and never over, so it would not have fired."
        return f"{days}: it would not have fired."
    times = (
        f"{seen.episodes} episode{'s' * (seen.episodes != 1)}, {figures.span(seen.on)} on in all"
    )
    latest = "now" if seen.is_on else figures.clock(seen.last, now) if seen.last else ""
    return (
        f"{days}: {times}, {rate(seen)}. "
        f"Longest quiet {figures.span(seen.quietest)}. Last: {latest}."
    )


def in_short(seen: Outlook | None) -> str:
    """How often it would have fired, for a list: `about 1 a month (3 in 83 days)`."""
    if seen is None or not seen.tells:
        return "replay can't tell yet"
    if not seen.episodes and seen.known < seen.span * _PATCHY:
        return "replay can't tell: too many gaps"
    days = _days(seen.known)
    if seen.waits:
        return f"never over in {days}"
    return f"{rate(seen)} ({seen.episodes} in {days})" if seen.episodes else f"never in {days}"


def together(seen: Sequence[Outlook | None]) -> str:
    """What several rules come to, of those of which it is known; empty where of none is."""
    known = [one for one in seen if one is not None and one.tells]
    if not known:
        return ""
    per_week, some = sum(one.per_week for one in known), len(known) < len(seen)
    if not per_week:
        of = "none of those it can tell" if some else "none of them"
        return f"Replay: {of} would have fired."
    return f"Replay, all of them: {'at least ' * some}{often(per_week)}."


def rate(seen: Outlook) -> str:
    """How often it fires: `about 3 a week`, `about 1 a quarter`, `never`."""
    return often(seen.per_week) if seen.episodes else "never"


def often(per_week: float) -> str:
    """So many a week in the unit that suits: `about 1 a month`."""
    if not per_week:
        return "never"
    _, factor, word = next(one for one in _RATES if per_week >= one[0])
    return f"about {max(1, round(per_week * factor))} {word}"


def _days(known: timedelta) -> str:
    count = known / _DAY
    shown = f"{count:.0f}" if count >= 10 else f"{count:.1f}".removesuffix(".0")
    return f"{shown} day{'s' * (shown != '1')}"
