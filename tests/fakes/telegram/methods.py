"""The Bot API methods the bot uses, over the fake's world."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from tests.fakes.telegram.entities import parse_html, units
from tests.fakes.telegram.refusal import bad_request
from tests.fakes.telegram.world import Json, Room, World

Method = Callable[[World, Json], Awaitable[Any]]

_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
_GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


async def get_me(world: World, _sent: Json) -> Json:
    rights = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
    return {**world.bot, **dict.fromkeys(rights, False)}


async def get_updates(world: World, sent: Json) -> list[Json]:
    if "allowed_updates" in sent:
        world.allowed = sent["allowed_updates"]
    offset, limit = int(sent.get("offset", 0)), int(sent.get("limit", 100))
    return await world.updates_for(offset, limit, float(sent.get("timeout", 0)))


async def set_webhook(world: World, sent: Json) -> bool:
    world.webhook = sent.get("url", "")
    world.webhook_secret = sent.get("secret_token", "")
    world.allowed = sent.get("allowed_updates", [])
    await world.touch()
    return True


async def delete_webhook(world: World, sent: Json) -> bool:
    world.webhook = ""
    if sent.get("drop_pending_updates") == "true":
        world.updates.clear()
    return True


async def get_webhook_info(world: World, _sent: Json) -> Json:
    pending = len(world.updates)
    return {
        "url": world.webhook,
        "has_custom_certificate": False,
        "pending_update_count": pending,
        **world.webhook_error,
    }


async def send_message(world: World, sent: Json) -> Json:
    return await _put(world, sent, _text(sent, "text", 4096))


async def send_photo(world: World, sent: Json) -> Json:
    file = {"file_id": "photo-1", "file_unique_id": "p1", "width": 90, "height": 90}
    return await _put(world, sent, {"photo": [file], **_text(sent, "caption", 1024)})


async def send_document(world: World, sent: Json) -> Json:
    file = {"file_id": "document-1", "file_unique_id": "d1"}
    return await _put(world, sent, {"document": file, **_text(sent, "caption", 1024)})


async def get_file(world: World, sent: Json) -> Json:
    name = sent.get("file_id", "")
    if name not in world.files:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    size = len(world.files[name])
    return {"file_id": name, "file_unique_id": "f1", "file_size": size, "file_path": f"d/{name}"}


async def edit_message_text(world: World, sent: Json) -> Json:
    return await _edit(world, sent, {"entities": None, **_text(sent, "text", 4096)})


async def edit_message_reply_markup(world: World, sent: Json) -> Json:
    return await _edit(world, sent, {})


async def delete_message(world: World, sent: Json) -> bool:
    room = world.room(sent.get("chat_id", ""))
    if room.messages.pop(int(sent["message_id"]), None) is None:
        raise bad_request("message to delete not found")
    return True


async def answer_callback_query(world: World, sent: Json) -> bool:
    query = sent.get("callback_query_id", "")
    if world.answers.get(query, sent) is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if units(sent.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    world.answers[query] = sent
    await world.touch()
    return True


async def set_my_commands(world: World, sent: Json) -> bool:
    for command in sent.get("commands", []):
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[sent.get("scope", {}).get("type", "default")] = sent["commands"]
    return True


async def get_my_commands(world: World, sent: Json) -> list[Json]:
    return world.commands.get(sent.get("scope", {}).get("type", "default"), [])


async def get_chat(world: World, sent: Json) -> Json:
    room = world.room(sent.get("chat_id", ""))
    room.admit()
    gifts = dict.fromkeys(_GIFTS, False)
    full = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}
    return {**room.wire(), **full}


async def get_chat_member(world: World, sent: Json) -> Json:
    room = world.room(sent.get("chat_id", ""))
    room.admit()
    user = int(sent["user_id"])
    if user not in room.statuses and user not in world.people:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return member(world, room, user)


async def get_chat_administrators(world: World, sent: Json) -> list[Json]:
    room = world.room(sent.get("chat_id", ""))
    room.admit()
    admins = [user for user, status in room.statuses.items() if status in _RULERS]
    return [member(world, room, user) for user in admins]


async def send_chat_action(world: World, sent: Json) -> bool:
    world.room(sent.get("chat_id", "")).admit()
    return True


async def leave_chat(world: World, sent: Json) -> bool:
    room = world.room(sent.get("chat_id", ""))
    room.away = "bot is not a member of the supergroup chat"
    return True


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "getFile": get_file,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "sendChatAction": send_chat_action,
    "leaveChat": leave_chat,
}
POSTS = ("sendMessage", "sendPhoto", "sendDocument")

_RULERS = ("creator", "administrator")


def member(world: World, room: Room, user: int, status: str = "") -> Json:
    """A chat member in the shape of its status."""
    person = world.bot if user == world.bot["id"] else world.person(user)
    status = status or room.statuses.get(user, "left")
    shape: Json = {"status": status, "user": person}
    if status == "creator":
        shape["is_anonymous"] = False
    if status == "administrator":
        shape |= dict.fromkeys(_ADMIN_RIGHTS, False)
    if status == "kicked":
        shape["until_date"] = 0
    return shape


async def _put(world: World, sent: Json, content: Json) -> Json:
    room = world.room(sent.get("chat_id", ""))
    room.admit()
    topic = world.topic_of(room, sent.get("message_thread_id", ""))
    message = world.message(room, world.bot, **topic, **content, **_keyboard(sent))
    await world.touch()
    return message


async def _edit(world: World, sent: Json, content: Json) -> Json:
    room = world.room(sent.get("chat_id", ""))
    room.admit()
    before = room.messages.get(int(sent.get("message_id", 0)))
    if before is None:
        raise bad_request("message to edit not found")
    if before.get("from") != world.bot:
        raise bad_request("message can't be edited")
    after = {**before, **content, "reply_markup": None, **_keyboard(sent)}
    after = {name: value for name, value in after.items() if value is not None}
    if after == before:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly"
            " the same as a current content and reply markup of the message"
        )
    room.messages[after["message_id"]] = after = {**after, "edit_date": after["date"]}
    await world.touch()
    return after


def _text(sent: Json, name: str, limit: int) -> Json:
    text, entities = sent.get(name, ""), []
    if not text and name == "caption":
        return {}
    mode = sent.get("parse_mode", "")
    if mode.upper() == "HTML":
        text, entities = parse_html(text)
    elif mode:
        raise bad_request("unsupported parse_mode")
    text = text.strip()
    if not text:
        raise bad_request("message text is empty")
    if units(text) > limit:
        raise bad_request("message is too long")
    marked = {"entities" if name == "text" else "caption_entities": entities}
    return {name: text, **(marked if entities else {})}


def _keyboard(sent: Json) -> Json:
    markup = sent.get("reply_markup")
    if not markup:
        return {}
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or sum(map(len, rows)) > 100:
        raise bad_request("object expected as reply markup")
    for button in (button for row in rows for button in row):
        if not button.get("text"):
            raise bad_request("can't parse inline keyboard button: text must be non-empty")
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
    return {"reply_markup": markup}
