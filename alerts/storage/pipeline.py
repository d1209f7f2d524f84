"""Commands asked for at the same moment travel together: one write, one connection, one wait.

Fifty couriers that each look up a rule cost the process a tenth of fifty round trips.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import hiredis
from redis import exceptions as redis_errors
from redis.asyncio import Redis

Command = Sequence[str | int | bytes]
_Asked = tuple[Sequence[Command], Sequence[bytes], "asyncio.Future[Any]"]
_MULTI, _EXEC = ("MULTI",), ("EXEC",)

AT_MOST = 500
LANES = 2
"""While so many are under way the rest gathers: the busier the process, the fewer its trips."""


class Pipeline:
    """Sends commands that do not block; each caller gets its own answer or its own error.

    A caller that goes away meanwhile leaves its command on the way: it may be carried out.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._asked: list[_Asked] = []
        self._under_way: set[asyncio.Task[None]] = set()

    async def send(self, command: Command) -> Any:
        """The answer to a command; the library's error when there is none."""
        return await self._ask((command,))

    async def transact(self, commands: Sequence[Command]) -> list[Any]:
        """The answers to commands as of one moment; the first error when there is one."""
        answers = await self._ask((_MULTI, *commands, _EXEC))
        for answer in answers:
            if isinstance(answer, redis_errors.ResponseError):
                raise answer
        shape = self._client.response_callbacks
        names = [str(command[0]) for command in commands]
        return [
            shape[name](answer) if name in shape else answer
            for name, answer in zip(names, answers, strict=True)
        ]

    async def _ask(self, commands: Sequence[Command]) -> Any:
        """The last answer to commands that travel in one piece."""
        loop = asyncio.get_running_loop()
        packed = [_packed(command) for command in commands]  # what cannot be packed travels not
        if not self._asked:
            loop.call_soon(self._go)
        answer: asyncio.Future[Any] = loop.create_future()
        self._asked.append((commands, packed, answer))
        return await answer

    async def close(self) -> None:
        """Wait for what is under way; nothing may be sent after this."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def _go(self) -> None:
        while self._asked and len(self._under_way) < LANES:
            asked, self._asked = self._asked[:AT_MOST], self._asked[AT_MOST:]
            task = asyncio.create_task(self._together(asked))
            self._under_way.add(task)
            task.add_done_callback(self._back)

    def _back(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._go()

    async def _together(self, asked: Sequence[_Asked]) -> None:
        try:
            await self._exchange(asked)
        except Exception as error:  # noqa: BLE001 -- it is raised where the answer is awaited
            away = _away(error)
            for *_, answer in asked:
                if not answer.done():
                    answer.set_exception(away)
        finally:
            for *_, answer in asked:
                answer.cancel()  # only where this very task is cancelled, at the end of the program

    async def _exchange(self, asked: Sequence[_Asked]) -> None:
        pool = self._client.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        whole = False
        try:
            await connection.send_packed_command(
                [word for _, packed, _ in asked for word in packed]
            )
            for commands, _, answer in asked:
                # Within a transaction the answers are but "queued", and come in its last.
                names = [str(commands[0][0])] if len(commands) == 1 else ["_"] * len(commands)
                found = [await self._answer(connection, name) for name in names]
                refused = (one for one in found if isinstance(one, redis_errors.ResponseError))
                _settle(answer, next(refused, found[-1]))
            whole = True
        finally:
            if not whole:  # answers may still arrive on it, and be taken for those of others
                await connection.disconnect(nowait=True)
            await pool.release(connection)

    async def _answer(self, connection: Any, name: str) -> Any:
        try:
            return await self._client.parse_response(connection, name)
        except redis_errors.ResponseError as refusal:
            return refusal


def _away(error: Exception) -> Exception:
    """The error as one of the library's.

    A connection that is closed under a command, such as when its server was demoted, fails in the
    library's own code; a caller must not take that for a bug of its own, nor for a cancellation.
    """
    if isinstance(error, redis_errors.RedisError | OSError):
        return error
    return redis_errors.ConnectionError(f"cut off: {type(error).__name__}: {error}")


def _packed(command: Command) -> bytes:
    """In C, as the library does it where it is not asynchronous: a tenth of the time."""
    packed: bytes = hiredis.pack_command(tuple(command))  # type: ignore[arg-type]
    return packed


def _settle(answer: "asyncio.Future[Any]", found: Any) -> None:
    if answer.done():
        return
    if isinstance(found, redis_errors.ResponseError):
        answer.set_exception(found)
    else:
        answer.set_result(found)
