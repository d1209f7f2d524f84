"""`/start`: what this is, how the market stands, and three ways to begin."""

from dataclasses import replace

from bot.card import Button, Card
from bot.commands.now import snapshot
from bot.commands.spec import Ask, Command, Desk

NAMES = {"BTC": "Bitcoin", "ETH": "Ether"}


async def run(ask: Ask, desk: Desk) -> Card:  # noqa: ARG001 -- every command is given who asks
    watched = " and ".join(NAMES.get(asset, asset) for asset in desk.assets)
    card = snapshot(desk, desk.assets, title="Welcome to derivwatch")
    first = desk.assets[0]
    return replace(
        card,
        lines=(
            f"I watch {watched} derivatives and message you only when your levels are crossed.",
            "Type an alert in one line, or tap to begin:",
            *card.lines,
        ),
        buttons=(
            (
                Button("Skew above 15%", f"cmd:alert:{first} skew above 15%"),
                Button("Basis below 3%", f"cmd:alert:{first} basis below 3%"),
                Button("I'll set my own", "cmd:alert"),
            ),
            (Button("What do these mean?", "cmd:explain"), Button("Help", "cmd:help")),
        ),
    )


COMMAND = Command("start", "Welcome, and how the market stands", run)
