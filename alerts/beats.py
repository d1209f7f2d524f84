"""What is done again and again: APScheduler's jobs, kept going whatever the wall's clock does."""

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

LOOK_SECONDS = 1.0
JUMP_SECONDS = 2.0


@dataclass(slots=True)
class Beats:
    """Jobs at their intervals: one at a time, those missed made up for by a single run.

    APScheduler plans by the wall's clock, so a clock set back by an hour would stop it for an
    hour. Both clocks are compared every second, and after a jump all jobs are planned from now.
    `on_skipped` is told of a job whose time came while it still ran.
    """

    on_skipped: Callable[[str, int], None]
    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    _scheduler: AsyncIOScheduler = field(default_factory=lambda: AsyncIOScheduler(timezone="UTC"))
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _closing: bool = False

    def add(
        self, name: str, every: timedelta, beat: Callable[[], Awaitable[object]], jitter: float = 0
    ) -> None:
        """Do it every so often, give or take a share of `every`, first one interval from now."""
        seconds = every.total_seconds()
        self._scheduler.add_job(
            functools.partial(self._one, beat),
            "interval",
            id=name,
            seconds=seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            jitter=jitter * seconds or None,
        )

    async def run(self) -> None:
        """Run the jobs until cancelled; then those under way are cancelled and awaited too."""
        self._scheduler.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.start()
        try:
            await self._mind_the_clock()
        finally:
            self._closing = True
            self._scheduler.shutdown(wait=False)
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _mind_the_clock(self) -> None:
        ahead = self.wall() - self.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now_ahead = self.wall() - self.monotonic()
            if abs(now_ahead - ahead) > JUMP_SECONDS:
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))
            ahead = now_ahead

    async def _one(self, beat: Callable[[], Awaitable[object]]) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine always runs in one
        self._running.add(task)
        try:
            await beat()
        except asyncio.CancelledError:
            if not self._closing:
                raise
            # The scheduler cancels its jobs on shutdown and would log each as failed.
        finally:
            self._running.discard(task)

    def _skipped(self, event: JobSubmissionEvent) -> None:
        self.on_skipped(str(event.job_id), 1)
