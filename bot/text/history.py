"""What fired: one line an episode, newest first."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from alerts.domain.episode import Episode
from alerts.domain.ids import RuleId
from alerts.domain.rule import Direction, State
from alerts.engine.move import episode_of
from alerts.metrics import metric_of
from bot.card import Button
from bot.text import figures
from bot.text.rules import gist

ROW = 4


def episode_line(episode: Episode, states: Mapping[RuleId, State], now: datetime) -> str:
    """`#7.3 BTC skew above 15% · 06 Feb 20:05, for 2 h 5 min · peak 21.4%`."""
    parts = [f"#{episode.name} {gist(episode.rule.draft)}", _spell(episode, states, now)]
    peak = peak_of(episode)
    return " · ".join([*parts, peak] if peak else parts)


def peak_of(episode: Episode) -> str:
    """`peak 21.4%`, as far as was told; for what lies below a level, `low 2.4%`."""
    leg = episode.rule.legs[0]
    metric, extreme = metric_of(leg.series), episode.extreme
    if metric is None or extreme is None:
        return ""
    word = "peak" if leg.direction is Direction.ABOVE else "low"
    return f"{word} {figures.exact(metric, extreme, leg.level)}"


def proofs(episodes: Iterable[Episode]) -> tuple[tuple[Button, ...], ...]:
    """A button for the proof of each."""
    buttons = [Button(f"Proof #{one.name}", f"cmd:proof:{one.name}") for one in episodes]
    return tuple(tuple(buttons[start : start + ROW]) for start in range(0, len(buttons), ROW))


def is_on(episode: Episode, states: Mapping[RuleId, State]) -> bool:
    """Whether it goes on: its rule is still there, and in this very episode."""
    state = states.get(episode.rule.id)
    firing = episode_of(state.phase) if state else None
    over = episode.resolved_at is not None
    return not over and firing is not None and firing.episode == episode.fired.episode


def _spell(episode: Episode, states: Mapping[RuleId, State], now: datetime) -> str:
    since = figures.moment(episode.fired_at, now)
    if episode.resolved_at is not None:
        return f"{since}, on for {figures.span(episode.length(now))}"
    if is_on(episode, states):
        return f"{since}, still on"
    return f"{since}, its end was not seen"
