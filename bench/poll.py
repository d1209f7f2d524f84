"""One poll of every venue for BTC and ETH, network aside: from bodies to readings.

The bodies come from the simulated market, widened to the size of the real ones: hundreds of other
coins' rows stand in every answer about all assets. Lists that are kept for an hour are not read
again, as in life.
"""

import json
import statistics
import time
from datetime import UTC, datetime

from alerts.domain.ids import Asset
from alerts.exchanges import EXCHANGES
from alerts.exchanges.spec import Body
from alerts.metrics.measure import aggregate, measure
from alerts.simulator import SCENARIOS
from alerts.simulator.wires import WIRES

FEB = SCENARIOS["feb-2026"]
AT = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
ASSETS = (Asset("BTC"), Asset("ETH"))
OTHERS = 500
ROUNDS = 15
NAMES = ("symbol", "instId", "instrument_name", "name")
FAMILIES = ("baseAsset", "uly", "instFamily", "pair")


def run():
    answers = {}
    feeds = [
        (exchange, feed, asset)
        for exchange in EXCHANGES
        for feed in exchange.feeds
        for asset in ASSETS
        if exchange.gives(feed, asset)
    ]
    for one in feeds:
        asked(*one, answers)
    taken = [cpu_ms(feeds, answers) for _ in range(ROUNDS)]
    size = sum(len(body.content) for body in answers.values()) / 1e6
    return [
        {
            "name": f"poll: all {len(EXCHANGES)} venues, BTC and ETH ({size:.1f} MB of bodies)",
            "value": round(statistics.median(taken), 1),
            "unit": "ms CPU",
            "target": "<= 60",
        }
    ]


def asked(exchange, feed, asset, answers):
    """The bodies of a snapshot, each question answered once."""

    def answer(request):
        key = exchange.venue, request.key
        if key not in answers:
            content = WIRES[exchange.venue].answer(FEB, AT, request).content
            answers[key] = Body(widened(content, request), AT)
        return answers[key]

    bodies = [answer(request) for request in feed.requests(asset)]
    if feed.follow is not None:
        bodies += [answer(request) for request in feed.follow(bodies, asset)]
    return bodies


def widened(content, request):
    """A list of more than one asset's rows, with those of many other coins."""
    said = json.loads(content)
    rows = longest_list(said)
    name = next((key for key in NAMES if rows and isinstance(rows[0], dict) and key in rows[0]), "")
    about_one = {"symbol", "contract", "currency", "index_name"} & set(request.params)
    if not name or about_one or len({row[name][:3] for row in rows}) < len(ASSETS):
        return content
    for number in range(OTHERS):
        other = f"COIN{number}"
        row = rows[number % len(ASSETS)]
        named = {key: row[key].replace("BTC", other) for key in (name, *FAMILIES) if key in row}
        rows.append(row | named)
    return json.dumps(said).encode()


def longest_list(said):
    lists = [said] if isinstance(said, list) else []
    if isinstance(said, dict):
        lists = [found for value in said.values() if (found := longest_list(value))]
    return max(lists, key=len, default=[])


def cpu_ms(feeds, answers):
    """CPU milliseconds of one poll: new bodies, except those that are kept."""
    kept = {
        (exchange.venue, request.key)
        for exchange, feed, asset in feeds
        for request in feed.requests(asset)
        if request.keep
    }
    fresh = {
        key: body if key in kept else Body(bytes(bytearray(body.content)), AT)
        for key, body in answers.items()
    }
    start = time.process_time()
    samples = []
    for exchange, feed, asset in feeds:
        bodies = asked(exchange, feed, asset, fresh)
        for body in bodies:
            exchange.classify(200, body.content)
        samples += measure(feed.parse(bodies, asset))
    aggregate(samples)
    return (time.process_time() - start) * 1000
