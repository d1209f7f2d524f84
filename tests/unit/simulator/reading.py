"""A simulated venue as the real client code reads it."""

from datetime import UTC, datetime

from alerts.domain.errors import FetchError
from alerts.exchanges.spec import Body
from alerts.metrics.measure import measure
from alerts.simulator import SCENARIOS

FEB = SCENARIOS["feb-2026"]
NOTE = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)


def snapshot(exchange, wire, kind, asset, at=NOTE):
    """One snapshot of a venue; FetchError where the venue would give one."""
    (feed,) = (feed for feed in exchange.feeds if feed.kind is kind)
    bodies = [_asked(exchange, wire, request, at) for request in feed.requests(asset)]
    if feed.follow is not None:
        bodies += [_asked(exchange, wire, one, at) for one in feed.follow(bodies, asset)]
    return feed.parse(bodies, asset)


def values(exchange, wire, kind, asset, at=NOTE):
    """What the metrics read in that snapshot, by `metric.window`."""
    found = (
        (str(sample.series).partition(":")[0], sample)
        for sample in measure(snapshot(exchange, wire, kind, asset, at))
    )
    return {name: sample.value for name, sample in found if hasattr(sample, "value")}


def _asked(exchange, wire, request, at):
    answer = wire.answer(FEB, at, request)
    refused = exchange.classify(answer.status, answer.content)
    if refused is not None:
        raise refused
    if answer.status != 200:
        raise FetchError(exchange.venue, f"HTTP {answer.status}")
    return Body(answer.content, at)
