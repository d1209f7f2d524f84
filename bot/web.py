"""One small web server: is it alive, is it ready, how much has it done."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from alerts.domain.errors import StoreError, UsageError
from alerts.queue import Backlog
from bot.app import Bot
from bot.health import Part

BOT = web.AppKey("bot", Bot)
ANSWER_SECONDS = 5.0


@contextlib.asynccontextmanager
async def served(bot: Bot, host: str, port: int) -> AsyncIterator[int]:
    """Serve /healthz, /readyz, /metrics and the paths that platforms deliver to.

    Yields the port; 0 switches the server off.
    """
    if port == 0:
        yield 0
        return
    app = web.Application()
    app[BOT] = bot
    app.add_routes(
        [web.get("/healthz", _healthz), web.get("/readyz", _readyz), web.get("/metrics", _metrics)]
    )
    app.add_routes(web.post(path, hook.take) for path, hook in bot.hooks().items())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield port
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        remedy = "choose another HTTP_PORT or HTTP_HOST, or HTTP_PORT=0 for none"
        raise UsageError(f"cannot listen on {host}:{port} ({error.strerror}): {remedy}") from error


async def _healthz(request: web.Request) -> web.Response:
    """200 while every part of this process works; 503 with the part that does not."""
    parts = await request.app[BOT].parts()
    ill = any(part.well is False for part in parts)
    return web.json_response(_told(parts), status=503 if ill else 200)


async def _readyz(request: web.Request) -> web.Response:
    """200 once the store answers and, in a process that leads, a tick has been done."""
    bot = request.app[BOT]
    parts = await bot.parts()
    waiting = bot.poller.fence is not None and bot.poller.ticked_at is None
    ready = parts[0].well and not waiting
    return web.json_response(_told(parts), status=200 if ready else 503)


def _told(parts: Sequence[Part]) -> dict[str, dict[str, object]]:
    """Each part by name: its line, whether it is well, and its figures."""
    return {
        part.name: {"text": part.text}
        | ({} if part.well is None else {"well": part.well})
        | dict(part.figures)
        for part in parts
    }


async def _metrics(request: web.Request) -> web.Response:
    registry = CollectorRegistry()
    registry.register(_Figures(request.app[BOT], await _backlogs(request.app[BOT])))
    return web.Response(body=generate_latest(registry), content_type="text/plain")


async def _backlogs(bot: Bot) -> dict[str, Backlog]:
    """What is not settled per platform; none where the store does not answer in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return {one.name: await bot.store.outbox.waits(one.name) for one in bot.platforms}
    except (StoreError, TimeoutError):
        return {}


@dataclass(slots=True, eq=False)
class _Figures(Collector):
    bot: Bot
    backlogs: dict[str, Backlog]

    def collect(self) -> list[Metric]:
        poller = self.bot.poller
        index = len(poller.watch.index) if poller.watch else 0
        return [
            _gauge(
                "derivwatch_leading",
                "1 while this process leads",
                {"": float(poller.fence is not None)},
            ),
            _gauge("derivwatch_rules", "Rules in the wake index", {"": float(index)}),
            _gauge(
                "derivwatch_ticks",
                "Ticks done, by poll",
                {name: float(count) for name, count in poller.ticks.items()},
                "poll",
            ),
            _gauge(
                "derivwatch_polls_skipped",
                "Polls left out because the one before took too long, by poll",
                {name: float(count) for name, count in poller.skipped.items()},
                "poll",
            ),
            _gauge(
                "derivwatch_sent",
                "Messages accepted, by platform",
                {one.platform.name: float(one.delivered) for one in self.bot.couriers},
                "platform",
            ),
            _gauge(
                "derivwatch_backlog",
                "Entries not settled, by platform",
                {name: float(one.count) for name, one in self.backlogs.items()},
                "platform",
            ),
            _gauge(
                "derivwatch_backlog_oldest_seconds",
                "Age of the oldest entry that is not settled, by platform",
                {name: one.oldest.total_seconds() for name, one in self.backlogs.items()},
                "platform",
            ),
            _gauge(
                "derivwatch_backlog_unattended_seconds",
                "How long entries have waited while no sender looked, by platform",
                {name: one.unattended.total_seconds() for name, one in self.backlogs.items()},
                "platform",
            ),
        ]


def _gauge(name: str, text: str, values: dict[str, float], label: str = "") -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label] if label else None)
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family
