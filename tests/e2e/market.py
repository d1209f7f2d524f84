"""A recording made of the simulated market's bodies, and a way to move on in it."""

from datetime import UTC, datetime

from alerts.domain.ids import Asset
from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.exchanges.http import full_url
from alerts.recording import Line, Recorder
from alerts.simulator import SCENARIOS
from alerts.simulator.deribit_wire import answer

SCENARIO = SCENARIOS["feb-2026"]
BTC = Asset("BTC")

CALM = datetime(2026, 2, 5, 12, tzinfo=UTC)  # skew 12.4, basis 3.7, price 70,800
SOLD_OFF = datetime(2026, 2, 5, 21, 30, tzinfo=UTC)  # skew 18.6, basis 2.5, price 63,800
LOW = datetime(2026, 2, 6, 0, 30, tzinfo=UTC)  # price 60,150
RELIEVED = datetime(2026, 2, 7, 18, tzinfo=UTC)  # skew 12.6, basis 4.4, price 70,400


def record(path):
    """Write what Deribit's endpoints say at the four moments."""
    recorder = Recorder(path)
    for at in (CALM, SOLD_OFF, LOW, RELIEVED):
        for line in _lines(at):
            recorder.write(line)
    recorder.close()


def _lines(at):
    for feed in DERIBIT.feeds:
        for request in feed.requests(BTC):
            ready = answer(SCENARIO, at, request.path, request.params)
            yield Line(at, DERIBIT.venue, full_url(DERIBIT.url, request), ready.content)
