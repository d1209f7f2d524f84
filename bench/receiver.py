"""A Telegram that counts: accepts messages, refuses floods strictly, tells when each one came.

The smallest server that the bot can talk to, so that what is measured is the bot. It runs apart:
`python -m bench.receiver PER_SECOND` (0: no limit) prints its address.
"""

import asyncio
import contextlib
import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import msgspec
import uvloop

from tests.fakes.telegram.faults import Flood
from tests.fakes.telegram.refusal import Refusal

TOKEN = "1234567890:AAthe_token-of_the-benches_0123456789012"  # noqa: S105
ROOT = Path(__file__).resolve().parents[1]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHAT = re.compile(rb'chat_id(?:": *"?|=)(-?\d+)')


class Messages:
    """What came, of whom and when, in seconds of the machine's steady clock."""

    def __init__(self, per_second):
        self.flood = Flood(per_second or None, 1 if per_second else None)
        self.came = []

    def answer(self, path, body):
        """Status and answer to one request."""
        if path.endswith(b"/came"):
            return 200, {"came": self.came, "refused": self.flood.refused}
        chat = int(_CHAT.search(body)[1])
        try:
            self.flood.admit(chat)
        except Refusal as refusal:
            return refusal.status, refusal.answer()
        self.came.append((time.monotonic(), chat))
        sent = {"message_id": len(self.came), "date": 0, "chat": {"id": chat, "type": "private"}}
        return 200, {"ok": True, "result": sent}


class Connection(asyncio.Protocol):
    """One connection of HTTP/1.1, kept alive."""

    def __init__(self, messages):
        self._messages, self._unread = messages, b""

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end]
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._unread) < whole:
                return
            body, self._unread = self._unread[end + 4 : whole], self._unread[whole:]
            self._answer(*self._messages.answer(head.split(b" ", 2)[1], body))

    def _answer(self, status, answer):
        text = msgspec.json.encode(answer)
        kind = b"Content-Type: application/json\r\n"
        self._transport.write(
            b"HTTP/1.1 %d OK\r\n%sContent-Length: %d\r\n\r\n%s" % (status, kind, len(text), text)
        )


@contextlib.contextmanager
def receiver(per_second=0):
    """A receiver in a process of its own; its address."""
    command = [sys.executable, "-m", "bench.receiver", str(per_second)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def what_came(address):
    """When messages came and to whom, and how many were refused."""
    with urllib.request.urlopen(f"{address}/came", timeout=10) as answer:  # noqa: S310 -- loopback
        return json.load(answer)


async def main(per_second):
    messages = Messages(per_second)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(messages), "127.0.0.1", 0, backlog=1000
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
