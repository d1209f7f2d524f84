"""`/privacy`: what is kept about a chat, and what is not, plainly."""

from bot.card import Button, Card, Field
from bot.commands.spec import Ask, Command, Desk

WAYS = (
    (Button("Show all of it", "cmd:mydata"), Button("Export alerts", "cmd:export")),
    (Button("Erase everything", "cmd:deleteme"),),
)


async def run(ask: Ask, desk: Desk) -> Card:  # noqa: ARG001 -- the same for everybody
    return Card(
        title="What I keep about this chat",
        fields=(
            Field(
                "Kept",
                "this chat's id; your alerts, how they stand and when they came; what you chose, "
                "such as a time zone; news not delivered yet; for up to an hour, what waits "
                "behind a button. With each alert stands the id of who made it.",
            ),
            Field(
                "Not kept",
                "names, other messages, who else is here. The operator's log names chat ids, "
                "but no texts and no alerts.",
            ),
            Field("Used for", "your alerts and nothing else. Nobody else is given any of it."),
            Field(
                "How long",
                "alerts until you delete them, what came of them for at most 400 days. "
                "/deleteme erases all of it at once.",
            ),
        ),
        buttons=WAYS,
    )


COMMAND = Command("privacy", "What I keep about you, and what not", run, example="/privacy")
