"""`/mydata`: all that is kept about a chat, as a file."""

import json

from bot.card import Button, Card, Document
from bot.commands.smalltalk import WAYS_ON
from bot.commands.spec import Ask, Command, Desk, Kind, Param

WHERE = Param("where", Kind.CHOICE, "Yours, or this channel's", choices=("dm", "here"))


async def run(ask: Ask, desk: Desk) -> Card:
    held = await desk.records.of_chat(ask.chat)
    if not held:
        return Card("I keep nothing about this chat", buttons=WAYS_ON)
    return Card(
        title="All that I keep about this chat",
        lines=("It is in the file, as it lies in my store. /privacy says what is what.",),
        document=Document(
            "derivwatch-data.json",
            json.dumps(held, ensure_ascii=False, indent=1, default=str) + "\n",
        ),
        buttons=((Button("Erase everything", "cmd:deleteme"),),),
    )


COMMAND = Command(
    "mydata",
    "All that I keep about you, as a file",
    run,
    params=(WHERE,),
    example="/mydata",
    changes=True,
)
