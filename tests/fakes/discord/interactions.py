"""The rules of interactions: one acknowledgement within 3 seconds, then edits and followups."""

import time
from typing import Any

from tests.fakes.discord import limits, model

Json = dict[str, Any]

PONG, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES = 1, 4, 5, 6, 7, 8


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault of the fake
    """An answer with an error code."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None):
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors


def find(world: model.World, token: str, interaction_id: str | None = None) -> model.Reply:
    """The interaction with this token; a dead token is refused as Discord does."""
    reply = next((one for one in world.replies.values() if one.token == token), None)
    if reply is None or interaction_id not in {None, reply.id}:
        raise Refused(404, 10062 if interaction_id else 10015, "Unknown interaction")
    if reply.expired and interaction_id is None:
        raise Refused(401, 50027, "Invalid Webhook Token")
    return reply


def acknowledge(
    world: model.World, reply: model.Reply, body: Json, ack_seconds: float, *, answered: bool
) -> tuple[int, Json | None]:
    """Take the first answer; a second one and a late one are refused."""
    if reply.callback is not None:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    if time.monotonic() - reply.made > ack_seconds:
        raise Refused(404, 10062, "Unknown interaction")
    content = body.get("data") or {}
    errors = limits.choice_errors(content["choices"]) if "choices" in content else {}
    if errors := errors or limits.message_errors(content):
        raise Refused(400, 50035, "Invalid Form Body", errors)
    _take(world, reply, body["type"], content)
    world.changed.notify()
    return (200, _answer(reply, body["type"])) if answered else (204, None)


def original(
    world: model.World, reply: model.Reply, method: str, name: str, body: Any
) -> tuple[int, Json | None]:
    """Read, edit or delete the first answer (`@original`) or a followup by its id."""
    if reply.callback is None:
        raise Refused(404, 10015, "Unknown Webhook")
    known = [reply.message, *reply.followups]
    message = reply.message if name == "@original" else _by_id(known, name)
    if message is None:
        raise Refused(404, 10008, "Unknown Message")
    if method == "PATCH":
        if errors := limits.message_errors(body):
            raise Refused(400, 50035, "Invalid Form Body", errors)
        message["flags"] &= ~model.LOADING
        model.revise(message, body)
        message["edited_timestamp"] = model.now()
        reply.edits += 1
    elif method == "DELETE":
        reply.message = None
    world.changed.notify()
    return (204, None) if method == "DELETE" else (200, message)


def followup(world: model.World, reply: model.Reply, body: Json) -> Json:
    """One more message after the first answer; the first one after a deferral completes it."""
    if reply.callback is None:
        raise Refused(404, 10015, "Unknown Webhook")
    if errors := limits.message_errors(body, new=True):
        raise Refused(400, 50035, "Invalid Form Body", errors)
    message = _made(world, reply, body)
    reply.followups.append(message)
    world.changed.notify()
    return message


def _take(world: model.World, reply: model.Reply, kind: int, content: Json) -> None:
    reply.callback = kind
    match kind:
        case 4:
            reply.message = _made(world, reply, content)
        case 5:
            reply.deferred = True
            reply.message = _made(world, reply, content)
            reply.message["flags"] |= model.LOADING
        case 6:
            reply.deferred = True
            reply.message = reply.source
        case 7 if reply.source is not None:
            reply.message = reply.source
            model.revise(reply.source, content)
            reply.edits += 1
        case 8:
            reply.choices = content["choices"]


def _made(world: model.World, reply: model.Reply, body: Json) -> Json:
    """A message of the bot in answer to somebody; hidden ones are in no channel."""
    author = model.user(world.bot, bot=True)
    message = model.new_message(world.new_id(), reply.channel_id, author)
    message["application_id"] = world.application_id
    message["webhook_id"] = world.application_id
    model.revise(message, body)
    if not message["flags"] & model.EPHEMERAL:
        world.messages.setdefault(reply.channel_id, {})[message["id"]] = message
    return message


def _answer(reply: model.Reply, kind: int) -> Json:
    interaction: Json = {"id": reply.id, "type": reply.kind}
    if reply.message is None:
        return {"interaction": interaction}
    interaction |= {
        "response_message_id": reply.message["id"],
        "response_message_loading": bool(reply.message["flags"] & model.LOADING),
        "response_message_ephemeral": reply.ephemeral,
        "channel_id": reply.channel_id,
    }
    shown = {"type": kind, "message": reply.message}
    return (
        {"interaction": interaction, "resource": shown}
        if kind in {4, 7}
        else {"interaction": interaction}
    )


def _by_id(messages: list[Json | None], message_id: str) -> Json | None:
    return next((one for one in messages if one and one["id"] == message_id), None)
