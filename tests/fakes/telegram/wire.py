"""What goes over the wire, as the tests look at it."""

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.telegram.world import Json

_NESTED = (
    "reply_markup",
    "allowed_updates",
    "commands",
    "scope",
    "entities",
    "link_preview_options",
    "reply_parameters",
)


@dataclass(frozen=True)
class Call:
    """One request of the bot, as it arrived."""

    method: str
    sent: Json
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    answer: Any = None
    at: float = 0.0


@dataclass(frozen=True)
class Seen:
    """One message of the bot as a person sees it."""

    raw: Json
    sent: Json

    @property
    def chat(self) -> int:
        return self.raw["chat"]["id"]

    @property
    def id(self) -> int:
        return self.raw["message_id"]

    @property
    def text(self) -> str:
        return self.raw.get("text", self.raw.get("caption", ""))

    @property
    def thread(self) -> int | None:
        return self.raw.get("message_thread_id")

    @property
    def silent(self) -> bool:
        return self.sent.get("disable_notification") == "true"

    @property
    def buttons(self) -> dict[str, str]:
        rows = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return {button["text"]: button["callback_data"] for row in rows for button in row}

    def marked(self, kind: str) -> list[str]:
        """The pieces of text that carry this entity."""
        text = self.text.encode("utf-16-le")
        return [
            text[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
            for one in self.raw.get("entities", [])
            if one["type"] == kind
        ]


async def parameters_of(request: web.Request) -> tuple[Json, dict[str, tuple[str, bytes]]]:
    """The parameters, from wherever the Bot API takes them, nested ones decoded; and the files."""
    posted: Any = await (request.json() if _is_json(request) else request.post())
    pairs = [*request.query.items(), *posted.items()]
    files = {
        name: (value.filename, value.file.read())
        for name, value in pairs
        if isinstance(value, web.FileField)
    }
    sent = {name: value for name, value in pairs if name not in files}
    return {name: _decoded(name, value) for name, value in sent.items()}, files


def _is_json(request: web.Request) -> bool:
    return request.content_type == "application/json"


def _decoded(name: str, value: Any) -> Any:
    if name in _NESTED:
        return json.loads(value) if isinstance(value, str) else value
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
