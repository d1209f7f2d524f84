"""Calls of the same moment made into one: who comes while one is under way goes with the next."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from alerts.domain.errors import StoreAwayError, StoreError

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Together(Generic[_Asked, _Answer]):
    """Answers one at a time what `work` answers for many, at most `most` in one call.

    The work goes on when a caller goes away. A store that is away is an error for everybody who
    asked; after any other error each is asked about alone, so that it meets only whom it concerns.
    """

    def __init__(
        self, work: Callable[[Sequence[_Asked]], Awaitable[Sequence[_Answer]]], most: int
    ) -> None:
        self._work = work
        self._most = most
        self._waiting: deque[tuple[_Asked, asyncio.Future[_Answer]]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def __call__(self, asked: _Asked) -> _Answer:
        answer: asyncio.Future[_Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._working is None:
            self._working = asyncio.create_task(self._go())
        return await answer

    async def _go(self) -> None:
        futures: list[asyncio.Future[_Answer]] = []
        try:
            while self._waiting:
                batch = [
                    self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))
                ]
                futures = [future for _, future in batch]
                answers = await self._answers([asked for asked, _ in batch])
                for future, answer in zip(futures, answers, strict=True):
                    _settle(future, answer)
        finally:
            self._working = None
            self._broken_off(futures)

    def _broken_off(self, futures: "Sequence[asyncio.Future[_Answer]]") -> None:
        """Leave nobody without an answer, whatever ended the work."""
        task = asyncio.current_task()
        is_end = task is not None and task.cancelling() > 0  # of the program
        for future in futures:
            if is_end:
                future.cancel()
            else:
                _settle(future, StoreAwayError("what was asked of the store was cut off"))
        if self._waiting and not is_end:
            self._working = asyncio.create_task(self._go())

    async def _answers(self, asked: Sequence[_Asked]) -> Sequence[_Answer | Exception]:
        try:
            return await self._work(asked)
        except Exception as error:  # noqa: BLE001 -- it is raised where the answer is awaited
            if len(asked) == 1 or isinstance(error, StoreError):
                return [error] * len(asked)
        return [(await self._answers([one]))[0] for one in asked]


def _settle(future: "asyncio.Future[_Answer]", answer: _Answer | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
