"""Cards for what people do about an alert: seen, snoozed, and back again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Overlay, Rule, State
from alerts.engine.move import episode_of
from bot.card import Button, Card
from bot.text import figures
from bot.text.rules import clears, gist, known

SNOOZE_LABEL = "Snooze 4h"


def seen_card(rule: Rule, fresh: Mapping[Series, Reading], now: datetime) -> Card:
    """What takes the place of an alert somebody has seen."""
    strong = f"✓ Seen {figures.clock(now, now)}"
    values = known(rule, fresh)
    return Card(
        title=f"{strong} – {gist(rule.draft)}",
        strong=strong,
        lines=(
            f"Quiet until it clears ({clears(rule.draft)}). That I still tell you.",
            *((f"Now {values}.",) if values else ()),
        ),
        footer=f"#{rule.number} {rule.draft.name}".strip(),
        buttons=(
            (
                Button("Remind me again", f"unack:{rule.number}"),
                Button(SNOOZE_LABEL, f"snooze:{rule.number}"),
                Button(f"Open #{rule.number}", f"show:{rule.number}"),
            ),
        ),
    )


def snoozed_card(rule: Rule, until: datetime, now: datetime) -> Card:
    """What takes the place of an alert that is to be silent for a while."""
    strong = f"Snoozed until {figures.clock(until, now)}"
    return Card(
        title=f"{strong} – {gist(rule.draft)}",
        strong=strong,
        lines=("Nothing of it until then. What is true by then, I tell you once.",),
        footer=f"#{rule.number} {rule.draft.name}".strip(),
        buttons=(
            (
                Button("End snooze", f"unsnooze:{rule.number}"),
                Button(f"Open #{rule.number}", f"show:{rule.number}"),
            ),
        ),
    )


def several_card(strong: str, rules: Sequence[Rule], note: str) -> Card:
    """The same done about several alerts at once."""
    numbers = "  ".join(f"#{rule.number} {gist(rule.draft)}" for rule in rules[:1])
    lines = [f"#{rule.number} {gist(rule.draft)}" for rule in rules] if len(rules) > 1 else []
    return Card(
        title=f"{strong} – {numbers}" if len(rules) == 1 else f"{strong}: {len(rules)} alerts",
        strong=strong,
        lines=(*lines, note),
        buttons=((Button("Your alerts", "cmd:alerts"),),),
    )


def ways(rule: Rule, state: State, overlay: Overlay, now: datetime) -> tuple[Button, ...]:
    """The buttons that do or undo such a thing, as an alert stands."""
    if rule.paused:
        return ()
    firing = episode_of(state.phase)
    buttons = []
    if firing is not None and firing.episode == overlay.acked:
        buttons.append(Button("Remind me again", f"unack:{rule.number}"))
    elif firing is not None:
        buttons.append(Button("Ack", f"ack:{rule.number}:{firing.episode}"))
    if overlay.is_snoozed(now):
        buttons.append(Button("End snooze", f"unsnooze:{rule.number}"))
    else:
        buttons.append(Button(SNOOZE_LABEL, f"snooze:{rule.number}"))
    return tuple(buttons)
