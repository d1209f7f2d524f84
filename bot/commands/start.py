"""`/start`: what this is, how the market stands, and three ways to begin."""

from collections.abc import Sequence
from dataclasses import replace

from bot.card import Button, Card
from bot.commands.now import snapshot
from bot.commands.presets import starts
from bot.commands.spec import Ask, Command, Desk

WELCOMED = frozenset({"", "g", "true", "start"})
"""Payloads that platforms and our own links add without meaning anything by it."""

NAMES = {"BTC": "Bitcoin", "ETH": "Ether", "SOL": "Solana"}


async def run(ask: Ask, desk: Desk) -> Card:
    """The welcome; a link's payload that leads nowhere is said to do so."""
    if ask.text.lower() not in WELCOMED:
        return Card(
            title="This link no longer works",
            lines=("What it led to is gone, or not known here. Start with one of these:",),
            buttons=_beginnings(desk),
        )
    watched = _listed([NAMES.get(asset, asset) for asset in desk.assets])
    card = snapshot(desk, desk.assets, title="Welcome to derivwatch")
    return replace(
        card,
        lines=(
            f"I watch {watched} derivatives and message you only when your levels are crossed.",
            "Type an alert in one line, or tap to begin:",
            *card.lines,
        ),
        buttons=_beginnings(desk),
    )


def _listed(names: Sequence[str]) -> str:
    """`Bitcoin`, `Bitcoin and Ether`, `Bitcoin, Ether and Solana`."""
    *all_but_last, last = names
    return f"{', '.join(all_but_last)} and {last}" if all_but_last else last


def _beginnings(desk: Desk) -> tuple[tuple[Button, ...], ...]:
    first = desk.assets[0]
    return (
        (*starts(desk), Button("I'll set my own", "cmd:alert")),
        (
            Button("Skew above 15%", f"cmd:alert:{first} skew above 15%"),
            Button("Basis below 3%", f"cmd:alert:{first} basis below 3%"),
        ),
        (Button("What do these mean?", "cmd:explain"), Button("Help", "cmd:help")),
        (Button(f"Time zone: {desk.chosen.zone} – change", "cmd:tz"),),
    )


COMMAND = Command("start", "Welcome, and how the market stands", run)
