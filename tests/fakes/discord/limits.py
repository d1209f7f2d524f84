"""What Discord refuses in a body: 400 with code 50035 and a tree of errors."""

import re
from typing import Any

Json = dict[str, Any]

_NAME = re.compile(r"[-_a-z0-9]{1,32}")


def message_errors(body: Json, *, new: bool = False) -> Json:
    """The errors of a message body, by path; empty when it would be accepted."""
    errors: Json = {}
    content, embeds = body.get("content") or "", body.get("embeds") or []
    components = body.get("components") or []
    _longer(errors, "content", content, 2000)
    if len(str(body.get("nonce") or "")) > 25:
        errors["nonce"] = _error("BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length.")
    if len(embeds) > 10:
        errors["embeds"] = _error("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    for at, one in enumerate(embeds):
        _embed(errors, f"embeds.{at}", one)
    if sum(_size(one) for one in embeds) > 6000:
        errors["embeds"] = _error("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds 6000.")
    _components(errors, components)
    if new and not (content or embeds or components or body.get("attachments")):
        errors["content"] = _error("BASE_TYPE_REQUIRED", "Cannot send an empty message.")
    return _nested(errors)


def command_errors(commands: list[Json]) -> Json:
    """The errors of a bulk overwrite, by path."""
    errors: Json = {}
    if len(commands) > 100:
        errors["_"] = _error("BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    for at, one in enumerate(commands):
        _command(errors, str(at), one)
    return _nested(errors)


def choice_errors(choices: list[Json]) -> Json:
    """The errors of an autocomplete answer."""
    errors: Json = {}
    if len(choices) > 25:
        errors["choices"] = _error("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for at, one in enumerate(choices):
        _between(errors, f"choices.{at}.name", one["name"], 100)
        _between(errors, f"choices.{at}.value", str(one["value"]), 100)
    return _nested(errors)


def _command(errors: Json, path: str, command: Json) -> None:
    if not _NAME.fullmatch(command["name"]):
        errors[f"{path}.name"] = _error("STRING_TYPE_REGEX", "String value did not match.")
    _between(errors, f"{path}.description", command["description"], 100)
    options = command.get("options", [])
    if len(options) > 25:
        errors[f"{path}.options"] = _error("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer.")
    required = [bool(one.get("required")) for one in options]
    if required != sorted(required, reverse=True):
        errors[f"{path}.options"] = _error("OPTIONS_REQUIRED_INVALID", "Required come first.")
    for at, one in enumerate(options):
        _command(errors, f"{path}.options.{at}", {**one, "options": []})
        if one.get("autocomplete") and one.get("choices"):
            errors[f"{path}.options.{at}"] = _error("INVALID", "Choices with autocomplete.")
        if len(one.get("choices") or []) > 25:
            errors[f"{path}.options.{at}"] = _error("BASE_TYPE_MAX_LENGTH", "25 choices.")


def _embed(errors: Json, path: str, embed: Json) -> None:
    _longer(errors, f"{path}.title", embed.get("title"), 256)
    _longer(errors, f"{path}.description", embed.get("description"), 4096)
    _longer(errors, f"{path}.footer.text", embed.get("footer", {}).get("text"), 2048)
    fields = embed.get("fields", [])
    if len(fields) > 25:
        errors[f"{path}.fields"] = _error("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for at, one in enumerate(fields):
        _between(errors, f"{path}.fields.{at}.name", one["name"], 256)
        _between(errors, f"{path}.fields.{at}.value", one["value"], 1024)


def _components(errors: Json, rows: list[Json]) -> None:
    if len(rows) > 5:
        errors["components"] = _error("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5.")
    ids = [one["custom_id"] for row in rows for one in row["components"] if "custom_id" in one]
    if len(ids) != len(set(ids)):
        errors["components"] = _error("COMPONENT_CUSTOM_ID_DUPLICATED", "Custom id duplicated.")
    for at, row in enumerate(rows):
        if not 1 <= len(row["components"]) <= 5:
            errors[f"components.{at}"] = _error("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5.")
        for place, one in enumerate(row["components"]):
            path = f"components.{at}.components.{place}"
            _between(errors, f"{path}.custom_id", one.get("custom_id", ""), 100)
            _between(errors, f"{path}.label", one.get("label", ""), 80)


def _size(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text")]
    texts += [one[key] for one in embed.get("fields", []) for key in ("name", "value")]
    return sum(len(one) for one in texts if one)


def _longer(errors: Json, path: str, text: str | None, limit: int) -> None:
    if text and len(text) > limit:
        errors[path] = _error("BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def _between(errors: Json, path: str, text: str, limit: int) -> None:
    if not 1 <= len(text.strip()) <= limit:
        errors[path] = _error("BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {limit} in length.")


def _nested(errors: Json) -> Json:
    """The tree Discord answers: `{"embeds": {"0": {"title": {"_errors": [...]}}}}`."""
    tree: Json = {}
    for path, error in errors.items():
        branch = tree
        for step in path.split("."):
            branch = branch.setdefault(step, {})
        branch.update(error)
    return tree


def _error(code: str, message: str) -> Json:
    return {"_errors": [{"code": code, "message": message}]}
