"""A place between a client and a server of the same machine, where answers can be held up."""

import asyncio
import contextlib


class Proxy:
    """Passes bytes on to `target` (a unix socket); each attribute is a trouble to switch on."""

    def __init__(self, path, target):
        self.path, self.target = path, target
        self.delay_seconds = 0.0
        self.says = None
        self._server = None
        self._writers = set()

    @property
    def url(self):
        return f"unix://{self.path}"

    async def __aenter__(self):
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *_):
        self._server.close()
        self.cut()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 1)

    def cut(self):
        """Close every connection that is open now."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self._writers.add(writer)
        try:
            there, back = await asyncio.open_unix_connection(self.target)
            self._writers.add(back)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, back, writer))
                group.create_task(self._answer(there, writer))
        except* (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()

    async def _pass(self, reader, back, writer):
        while asked := await reader.read(1 << 16):
            if self.says is not None:
                writer.write(self.says * max(asked.count(b"*"), 1))
            else:
                back.write(asked)
        raise EOFError

    async def _answer(self, there, writer):
        while answer := await there.read(1 << 16):
            if self.delay_seconds:
                await asyncio.sleep(self.delay_seconds)
            writer.write(answer)
        raise EOFError
