"""Every request of the library within Discord's global limit, looked at just before it goes out.

The library learns the limits of each route from its answers, but runs into the global one; and a
message to somebody it has not written to before is two requests.
https://discord.com/developers/docs/topics/rate-limits
"""

from types import SimpleNamespace

import aiohttp
from yarl import URL

from bot.window import Window

REQUESTS_PER_SECOND = 50
_NOT_COUNTED = ("/interactions/", "/webhooks/")


def pace(trace: aiohttp.TraceConfig, window: Window) -> None:
    """Let requests wait for their place in the window; answers to interactions have no limit."""

    async def start(
        _session: object, context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        context.went = await window.enter() if _is_counted(params.url) else None

    async def end(
        _session: object, context: SimpleNamespace, _params: aiohttp.TraceRequestEndParams
    ) -> None:
        if context.went is not None:
            window.leave(context.went, answered=True)

    async def failed(
        _session: object, context: SimpleNamespace, _params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        if getattr(context, "went", None) is not None:
            window.leave(context.went, answered=False)

    trace.on_request_start.append(start)
    trace.on_request_end.append(end)
    trace.on_request_exception.append(failed)


def _is_counted(url: URL) -> bool:
    return not any(part in url.path for part in _NOT_COUNTED)
