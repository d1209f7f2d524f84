"""An own Bot API on loopback: the wire in front of `methods`, and the people who use the bot.

async with FakeTelegram() as fake:
    await fake.say(42, "/start")
    card = await fake.next_message(42)
    query = await fake.press(card, "Save")
"""

import asyncio
import time
from collections import defaultdict
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.fakes.telegram.faults import Fault, Flood
from tests.fakes.telegram.methods import METHODS, POSTS, member
from tests.fakes.telegram.refusal import Refusal
from tests.fakes.telegram.wire import Call, Seen, parameters_of
from tests.fakes.telegram.world import (
    GROUP_ANONYMOUS_BOT,
    Json,
    Room,
    World,
    entities_in,
)

TOKEN = "1234567890:AAcanary_token-of-the-fake_0123456789"


class FakeTelegram:
    """The server, with the driver methods of the people; state is kept over stop and start."""

    def __init__(self, token: str = TOKEN, username: str = "derivwatch_test_bot") -> None:
        self.token = token
        self.port = 0
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.flood = Flood()
        self.world = World(int(token.split(":", maxsplit=1)[0]), username)
        self.arrivals: dict[int, list[Seen]] = defaultdict(list)
        self.edits: dict[int, list[Seen]] = defaultdict(list)
        self._read: dict[tuple[str, int], int] = defaultdict(int)
        self.deliveries: list[tuple[int, int]] = []
        self._runner: web.AppRunner | None = None
        self._courier: asyncio.Task[None] | None = None
        self._last_query = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen: on a free port at first, on the same one after a stop."""
        app = web.Application(client_max_size=60 * 1024**2)
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/d/{name}", self._file)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._courier = asyncio.create_task(self._deliver())

    async def stop(self) -> None:
        if self._courier is not None:
            self._courier.cancel()
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    # What people do.

    async def say(
        self,
        user: int,
        text: str,
        *,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
        **extra: Any,
    ) -> Json:
        """A person writes, in private or in a group; `extra` are more fields of the message."""
        content: Json = {"text": text, **extra}
        if entities := entities_in(text):
            content["entities"] = entities
        return await self.show(user, content, chat=chat, thread=thread, reply_to=reply_to)

    async def show(
        self,
        user: int,
        content: Json,
        *,
        chat: int | None = None,
        thread: int | None = None,
        reply_to: int | None = None,
    ) -> Json:
        """A person posts anything: `{"sticker": ...}`, `{"photo": [...]}`."""
        room = self.world.private(user) if chat is None else self.world.room(chat)
        place = {"message_thread_id": thread, "is_topic_message": True} if thread else {}
        if reply_to is not None:
            place["reply_to_message"] = room.messages[reply_to]
        message = self.world.message(room, self.world.person(user), **place, **content)
        await self.world.update("message", message)
        return message

    async def send_file(self, user: int, content: bytes, size: int | None = None) -> None:
        """A person sends a file to the bot; `size` is what is said of it."""
        name = f"file-{len(self.world.files)}"
        self.world.files[name] = content
        told = {"file_id": name, "file_unique_id": "f1", "file_name": "alerts.json"}
        await self.show(user, {"document": {**told, "file_size": size or len(content)}})

    async def say_as_group(self, text: str, *, chat: int) -> Json:
        """An anonymous administrator writes."""
        room = self.world.room(chat)
        return await self.say(GROUP_ANONYMOUS_BOT, text, chat=chat, sender_chat=room.wire())

    async def press(self, message: Seen, label: str, *, user: int | None = None) -> str:
        """Tap the button of this label as it was shown in `message`; the query's id."""
        return await self.forge(message, message.buttons[label], user=user)

    async def forge(self, message: Seen, carried: str, *, user: int | None = None) -> str:
        """Say that a button with this data was tapped, as a client can of any message it sees."""
        user = message.chat if user is None else user
        self._last_query += 1
        query = f"query-{self._last_query}"
        self.world.answers[query] = None
        room = self.world.room(message.chat)
        inaccessible = {"chat": room.wire(), "message_id": message.id, "date": 0}
        content = {
            "id": query,
            "from": self.world.person(user),
            "message": room.messages.get(message.id, inaccessible),
            "chat_instance": str(message.chat),
            "data": carried,
        }
        await self.world.update("callback_query", content)
        return query

    def group(
        self, chat: int, title: str = "Desk chat", *, admins: tuple[int, ...] = (), **more: Any
    ) -> Room:
        """Make a group with the bot in it; `topics={7}` makes it a forum."""
        kind = "supergroup" if str(chat).startswith("-100") else "group"
        room = Room(chat, kind, title, forum=bool(more.get("topics")), **more)
        room.statuses = {**dict.fromkeys(admins, "administrator"), self.world.bot["id"]: "member"}
        self.world.rooms[chat] = room
        return room

    async def block(self, user: int) -> None:
        await self._membership(self.world.private(user), user, "bot was blocked by the user")

    async def unblock(self, user: int) -> None:
        await self._membership(self.world.private(user), user, "")

    async def kick(self, chat: int, *, by: int) -> None:
        room = self.world.room(chat)
        await self._membership(room, by, f"bot was kicked from the {room.type} chat")

    async def migrate(self, old: int, new: int, *, by: int) -> Room:
        """A group becomes a supergroup: the old id refuses and names the new one."""
        before = self.world.room(old)
        room = self.group(new, before.name)
        room.statuses = dict(before.statuses)
        before.moved_to = new
        person = self.world.person(by)
        left = self.world.message(before, person, migrate_to_chat_id=new)
        await self.world.update("message", left)
        came = self.world.message(room, person, migrate_from_chat_id=old)
        await self.world.update("message", came)
        return room

    # What people see.

    async def next_message(self, chat: int, timeout: float = 5.0) -> Seen:  # noqa: ASYNC109
        """The next message of the bot in this chat that was not yet returned."""
        return await self._next("message", self.arrivals[chat], chat, timeout)

    async def next_edit(self, chat: int, timeout: float = 5.0) -> Seen:  # noqa: ASYNC109
        """The next edit of a message in this chat that was not yet returned."""
        return await self._next("edit", self.edits[chat], chat, timeout)

    async def toast(self, query: str, timeout: float = 5.0) -> str:  # noqa: ASYNC109
        """What the person who tapped saw pop up; empty for nothing."""
        answer = await self.world.until(lambda: self.world.answers[query], timeout)
        if answer is None:
            raise AssertionError(f"{query} was not answered in {timeout} s")
        return answer.get("text", "")

    async def until_called(self, method: str, times: int = 1) -> list[Call]:
        """Wait until the bot has called a method so often."""
        found = await self.world.until(lambda: self._called(method, times), 5.0)
        if found is None:
            raise AssertionError(f"{method} was not called {times} times")
        return found

    async def until_polling(self, after: int = 0) -> None:
        """Wait until a poll later than number `after` has begun: what was there is then taken."""
        if await self.world.until(lambda: self.world.poll > after or None, 5.0) is None:
            raise AssertionError(f"the bot did not poll more than {after} times")

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def _called(self, method: str, times: int) -> list[Call] | None:
        calls = self.called(method)
        return calls if len(calls) >= times else None

    async def _next(self, what: str, seen: list[Seen], chat: int, seconds: float) -> Seen:
        index = self._read[what, chat]
        found = await self.world.until(lambda: seen[index : index + 1] or None, seconds)
        if found is None:
            raise AssertionError(f"no further {what} in chat {chat} within {seconds} s")
        self._read[what, chat] += 1
        return found[0]

    async def _membership(self, room: Room, by: int, away: str) -> None:
        room.away = away
        before, after = ("member", "kicked") if away else ("kicked", "member")
        bot = self.world.bot["id"]
        change = {
            "chat": room.wire(),
            "from": self.world.person(by),
            "date": int(time.time()),
            "old_chat_member": member(self.world, room, bot, before),
            "new_chat_member": member(self.world, room, bot, after),
        }
        await self.world.update("my_chat_member", change)

    # The wire.

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        sent, files = await parameters_of(request)
        fault = self._fault(method, sent)
        if fault is None or fault.deliver or (fault.status == 200 and fault.body is None):
            status, answer = await self._work(request.match_info["token"], method, sent)
        else:
            status, answer = fault.status, fault.answer()
        self.calls.append(Call(method, sent, files, answer, time.monotonic()))
        await self.world.touch()
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.close and request.transport is not None:
                request.transport.abort()
            if fault.body is not None:
                return web.Response(status=fault.status, text=fault.body, content_type="text/html")
            if fault.status != 200:
                status, answer = fault.status, fault.answer()
        return web.json_response(answer, status=status)

    async def _file(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return web.Response(status=401)
        return web.Response(body=self.world.files[request.match_info["name"]])

    async def _work(self, token: str, method: str, sent: Json) -> tuple[int, Json]:
        try:
            result = await self._perform(token, method, sent)
        except Refusal as refusal:
            return refusal.status, refusal.answer()
        self._keep(method, result, sent)
        return 200, {"ok": True, "result": result}

    async def _perform(self, token: str, method: str, sent: Json) -> Any:
        if token != self.token:
            raise Refusal(401, "Unauthorized") if ":" in token else Refusal(404, "Not Found")
        if method not in METHODS:
            raise Refusal(404, "Not Found")
        if method in POSTS:
            self.flood.admit(self.world.room(sent.get("chat_id", "")).id)
        return await METHODS[method](self.world, sent)

    def _keep(self, method: str, result: Any, sent: Json) -> None:
        if method in POSTS:
            self.arrivals[result["chat"]["id"]].append(Seen(result, sent))
        elif method.startswith("editMessage"):
            self.edits[result["chat"]["id"]].append(Seen(result, sent))

    async def _deliver(self) -> None:
        """Bring updates to the webhook, one after the other, each until it is answered with 2xx."""
        world = self.world
        async with aiohttp.ClientSession() as session:
            while True:
                await world.until(lambda: (world.webhook and world.updates) or None, 3600)
                update = world.updates[0]
                headers = {"X-Telegram-Bot-Api-Secret-Token": world.webhook_secret}
                try:
                    url = world.webhook
                    async with session.post(url, json=update, headers=headers) as answer:
                        status = answer.status
                except aiohttp.ClientError:
                    status = 0
                self.deliveries.append((update["update_id"], status))
                if 200 <= status < 300:
                    world.updates = [one for one in world.updates if one is not update]
                    world.webhook_error = {}
                else:
                    why = f"Wrong response from the webhook: {status}"
                    world.webhook_error = {
                        "last_error_date": int(time.time()),
                        "last_error_message": why,
                    }
                    await asyncio.sleep(0.05)
                await world.touch()

    def _fault(self, method: str, sent: Json) -> Fault | None:
        for fault in self.faults:
            if fault.matches(method, str(sent.get("chat_id", ""))):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None
