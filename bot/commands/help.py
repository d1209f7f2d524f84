"""`/help`: every command with an example, by what one wants to do."""

from collections.abc import Sequence

from bot.card import Button, Card, Field
from bot.commands.spec import Ask, Command, Desk

GROUPS = (
    ("Look", ("now", "explain")),
    ("Alerts", ("alert", "alerts", "pause", "resume", "delete")),
    ("How I speak", ("settings", "quiet", "tz", "budget")),
    ("The bot", ("status", "start")),
    ("Your data", ("privacy", "mydata", "deleteme", "export", "import")),
)


def command(others: Sequence[Command]) -> Command:
    """The help on some other commands."""

    async def run(ask: Ask, desk: Desk) -> Card:  # noqa: ARG001 -- shaped like every command
        return _card(others)

    return Command("help", "What I understand", run, example="/help", menu=True)


def _card(commands: Sequence[Command]) -> Card:
    known = {one.name: one for one in commands}
    grouped = {name for _, names in GROUPS for name in names}
    rest = tuple(name for name in known if name not in grouped)
    return Card(
        title="What I understand",
        lines=(
            "Plain words work: skew · eth basis · skew above 15%",
            "More exactly: eth basis below 3 for 10m clear 4 once",
        ),
        fields=tuple(
            Field(group, "\n".join(_line(known[name]) for name in names if name in known))
            for group, names in (*GROUPS, ("More", rest))
            if any(name in known for name in names)
        ),
        buttons=((Button("How is the market?", "cmd:now"), Button("Set an alert", "cmd:alert")),),
    )


def _line(one: Command) -> str:
    return f"{one.example or '/' + one.name} – {one.summary}"
