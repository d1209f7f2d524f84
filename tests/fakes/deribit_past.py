"""Deribit's past as it would answer: every hour a number that says which hour it is."""

import json
from datetime import UTC, datetime

from aiohttp import web

from alerts.domain.errors import FetchError
from alerts.exchanges.spec import Body

HOUR_MS = 3_600_000
NOW = datetime(2026, 2, 5, 12, 30, tzinfo=UTC)


def price_at(hour_ms):
    return 50_000.0 + hour_ms // HOUR_MS % 1000


def dvol_at(hour_ms):
    return 40.0 + hour_ms // HOUR_MS % 24


def answer(path, params):
    """The body for one request, whole hours from start to end, both included."""
    start, end = int(params["start_timestamp"]), int(params["end_timestamp"])
    hours = range(-(-start // HOUR_MS) * HOUR_MS, end + 1, HOUR_MS)
    if path.endswith("/public/get_funding_rate_history"):
        rows = [_hour(at) for at in hours]
        return json.dumps({"jsonrpc": "2.0", "result": rows}).encode()
    candles = [[at, 1.0, 99.0, 1.0, dvol_at(at)] for at in hours]
    result = {"data": candles, "continuation": None}
    return json.dumps({"jsonrpc": "2.0", "result": result}).encode()


def _hour(at):
    return {
        "timestamp": at,
        "index_price": price_at(at),
        "prev_index_price": price_at(at - HOUR_MS),
        "interest_8h": 0.0001,
        "interest_1h": 0.0000125,
    }


async def respond(request):
    return web.Response(body=answer(request.path, request.query))


class PastHttp:
    """Implements Http; `fails` says which of the requests asked so far fail."""

    def __init__(self, fails=lambda _: False):
        self.asked = []
        self.fails = fails

    async def fetch(self, request):
        self.asked.append(request)
        if self.fails(len(self.asked)):
            raise FetchError("deribit", "no answer in time", retry=True)
        return Body(answer(request.path, request.params), NOW)
