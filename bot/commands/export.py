"""`/export`: a chat's alerts as a file that `/import` reads."""

import json

from alerts.rules.describe import describe
from bot.card import Card, Document
from bot.commands.mydata import WHERE
from bot.commands.smalltalk import WAYS_ON
from bot.commands.spec import Ask, Command, Desk

VERSION = 1


async def run(ask: Ask, desk: Desk) -> Card:
    held = await desk.rules.of_chat(ask.chat)
    if not held:
        return Card("There are no alerts here to export", buttons=WAYS_ON)
    alerts = [
        {"number": one.rule.number, "rule": describe(one.rule.draft), "paused": one.rule.paused}
        for one in held
    ]
    count = f"{len(alerts)} alert{'s' * (len(alerts) != 1)}"
    return Card(
        title=f"Your {count}, as a file",
        lines=(
            "To set them again, here or elsewhere: /import and the text of the file.",
            "On Telegram it is enough to send me the file.",
        ),
        document=Document(
            "derivwatch-alerts.json",
            json.dumps({"derivwatch": VERSION, "alerts": alerts}, ensure_ascii=False, indent=1)
            + "\n",
        ),
        buttons=WAYS_ON,
    )


COMMAND = Command("export", "Your alerts, as a file", run, params=(WHERE,), example="/export")
