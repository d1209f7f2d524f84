"""`/undo`, and the button under every change: 60 seconds to take it back, whatever it was.

What a command did is kept behind a token with what it must still find. Where anybody has changed
one of these things since, all of them stay as they are.
"""

import contextlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from alerts import codec
from alerts.domain.errors import ConflictError, StoreError, UsageError
from alerts.domain.ids import Chat
from alerts.domain.preferences import Preferences
from alerts.domain.rule import State
from alerts.ports import Held, Notes, Reversal
from bot.card import Button, Card
from bot.commands.journal import Journal
from bot.commands.sign import as_read, drafted, fresh_in_sign
from bot.commands.spec import Ask, Command, Desk, Reply
from bot.text.rules import gist, line

KEEP = timedelta(seconds=60)
ROW = 3
LISTED_AT_MOST = 8

TOO_LATE = "There is nothing to take back: a change can be undone for 60 seconds, once."
MOVED_ON = "That was changed again since, so I left everything as it is."
NO_PLACE = "Your alerts have filled up since, so there is no place for it to return."

SEE_LIST = Button("Your alerts", "cmd:alerts")
SETTINGS = Button("All settings", "cmd:settings")


@dataclass(frozen=True, slots=True)
class Done:
    """What one command did in a chat."""

    rules: tuple[Reversal, ...]
    chosen: tuple[Preferences, Preferences] | None = None


async def remember(notes: Notes, chat: Chat, journal: Journal) -> str:
    """The token behind which a command's changes can be taken back; empty where there are none."""
    if not journal:
        return ""
    token = secrets.token_urlsafe(9)
    text = _encode(chat, Done(tuple(journal.rules.values()), journal.chosen))
    with contextlib.suppress(StoreError):
        await notes.put(_key(chat, token), text, KEEP)
        await notes.put(_last(chat), token, KEEP)
        return token
    return ""


def offered(reply: Reply, token: str) -> Reply:
    """The answer with its Undo, beside the other buttons where there is room."""
    if not token or reply.card is None:
        return reply
    undo, rows = Button("Undo", f"undo:{token}"), reply.card.buttons
    place = next((at for at, row in enumerate(rows) if len(row) < ROW), len(rows))
    row = (*rows[place : place + 1], ())[0]
    rows = (*rows[:place], (*row, undo), *rows[place + 1 :])
    return replace(reply, card=replace(reply.card, buttons=rows))


async def run(ask: Ask, desk: Desk) -> Card:
    token = await desk.notes.read(_last(ask.chat))
    reply = await tap(ask, desk, token or "")
    return reply.card or Card(reply.toast, buttons=((SEE_LIST,),))


async def tap(ask: Ask, desk: Desk, token: str) -> Reply:
    """Take back what a token stands for, in this chat, once."""
    text = await desk.notes.read(_key(ask.chat, token))
    if text is None or _decode(text, ask.chat) is None:
        return Reply(toast=TOO_LATE)
    done = _decode(await desk.notes.pop(_key(ask.chat, token)), ask.chat)
    if done is None:
        return Reply(toast=TOO_LATE)
    try:
        await _take_back(ask, desk, done)
    except ConflictError:
        return Reply(toast=MOVED_ON)
    except UsageError:
        return Reply(toast=NO_PLACE)
    except StoreError:
        with contextlib.suppress(StoreError):
            await desk.notes.put(_key(ask.chat, token), text, KEEP)
        raise
    return Reply(await _card(ask, desk, done))


async def _take_back(ask: Ask, desk: Desk, done: Done) -> None:
    """ConflictError, and nothing done, where one of the things is not as it was left."""
    if done.chosen:
        [chosen] = await desk.chats.read([ask.chat])
        if chosen != done.chosen[1]:
            raise ConflictError("the settings changed since")
    if done.rules:
        rules = await _counted_on(desk, done.rules)
        now = desk.clock.now()
        await desk.rules.revert(ask.chat, rules, now=now, limit=desk.max_rules)
    if done.chosen:
        await desk.chats.write(ask.chat, done.chosen[0])
        await desk.outbox.recall(ask.chat)  # what waits is looked at anew


async def _counted_on(desk: Desk, reversals: Sequence[Reversal]) -> list[Reversal]:
    """With episodes numbered on from those there were since: no two bear one name."""
    held = await desk.rules.load([one.rule.id for one in reversals])
    known = {one.rule.id: one.state for one in held}
    return [replace(one, before=_on(one.before, known.get(one.rule.id))) for one in reversals]


def _on(before: Held | None, state: State | None) -> Held | None:
    if before is None or state is None:
        return before
    most = max(before.state.episodes, state.episodes)
    return replace(before, state=replace(before.state, episodes=most))


async def _card(ask: Ask, desk: Desk, done: Done) -> Card:
    numbers = [one.rule.number for one in done.rules if one.before]
    held = [one for one in await desk.rules.of_chat(ask.chat) if one.rule.number in numbers]
    readings, now = fresh_in_sign(desk), desk.clock.now()
    lines = [line(as_read(one.rule, desk), one.state, readings, now) for one in held]
    lines += [_gone(one, desk) for one in done.rules if one.before is None]
    more = len(lines) - LISTED_AT_MOST
    extra = (f"… and {more} more: /alerts",) if more > 0 else ()
    strong = _title(done)
    single = f" – {gist(drafted(done.rules[0].rule.draft, desk))}" if len(done.rules) == 1 else ""
    return Card(
        title=strong + single,
        strong=strong,
        lines=() if len(done.rules) == 1 and not held else (*lines[:LISTED_AT_MOST], *extra),
        buttons=((SEE_LIST if done.rules else SETTINGS,),),
    )


def _gone(one: Reversal, desk: Desk) -> str:
    return f"#{one.rule.number} {gist(drafted(one.rule.draft, desk))} · no longer saved"


def _title(done: Done) -> str:
    count = len(done.rules)
    if not count:
        return "Undone: your settings are as they were"
    what = f"#{done.rules[0].rule.number}" if count == 1 else f"{count} alerts"
    are = "is" if count == 1 else "are"
    if all(one.before is None for one in done.rules):
        return f"Undone: {what} {are} no longer saved"
    if all(one.after is None for one in done.rules):
        return f"Undone: {what} {are} back"
    return f"Undone: {what} {are} as before"


def _key(chat: Chat, token: str) -> str:
    return f"undo:{token}:{chat}"


def _last(chat: Chat) -> str:
    return f"undone:{chat}"


def _encode(chat: Chat, done: Done) -> str:
    return json.dumps(
        {
            "chat": str(chat),
            "rules": [[_held(one.before), _held(one.after)] for one in done.rules],
            "chosen": [codec.encode_preferences(one) for one in done.chosen or ()],
        }
    )


def _decode(text: str | None, chat: Chat) -> Done | None:
    """What was done, if it was done in this chat."""
    body = json.loads(text) if text else None
    if body is None or body["chat"] != str(chat):
        return None
    rules = tuple(Reversal(_read(before), _read(after)) for before, after in body["rules"])
    match [codec.decode_preferences(one) for one in body["chosen"]]:
        case [before, after]:
            return Done(rules, (before, after))
        case _:
            return Done(rules)


def _held(held: Held | None) -> list[str] | None:
    if held is None:
        return None
    overlay = codec.encode_overlay(held.overlay)
    return [codec.encode_rule(held.rule), codec.encode_state(held.state), overlay]


def _read(texts: list[str] | None) -> Held | None:
    if texts is None:
        return None
    rule, state, overlay = texts
    return Held(codec.decode_rule(rule), codec.decode_state(state), codec.decode_overlay(overlay))


COMMAND = Command(
    "undo",
    "Take the last change back, within 60 seconds",
    run,
    example="/undo",
    changes=True,
    final=True,
)
