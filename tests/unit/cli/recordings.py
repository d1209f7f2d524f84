"""Recordings of the simulated market, as small as a test needs them."""

import contextlib

from alerts.exchanges.deribit import EXCHANGE as DERIBIT
from alerts.exchanges.http import full_url
from alerts.recording import Line, Recorder
from alerts.simulator import SCENARIOS
from alerts.simulator.deribit_wire import answer

FEB = SCENARIOS["feb-2026"]


def write(file, moments, assets=("BTC",), status=None):
    """A recording of the simulated market; `status` picks another status for a moment."""
    with contextlib.closing(Recorder(file)) as recorder:
        for at in moments:
            for asset in assets:
                for feed in DERIBIT.feeds:
                    recorder.write(_line(feed, asset, at, (status or {}).get(at, 200)))
    return file


def _line(feed, asset, at, status):
    (request,) = feed.requests(asset)
    content = answer(FEB, at, request.path, request.params).content
    url = full_url(DERIBIT.url, request)
    return Line(at, DERIBIT.venue, url, content if status == 200 else b"busy", status=status)
