"""The simulated market's forced closes as Deribit tells them: as trades of the perpetual."""

from collections.abc import Sequence

import msgspec

from alerts.domain.ids import Venue
from alerts.domain.market import PositionSide
from alerts.simulator.liquidations import ForcedClose, events
from alerts.simulator.scenario import Scenario
from alerts.simulator.wire import Span

_VENUE = Venue("deribit")
_EVERY_FIFTH = 5  # in one trade of five the maker is the one who was liquidated


def push(scenario: Scenario, span: Span, said: Sequence[str]) -> list[bytes]:
    """The trades of the channels that were asked for, a message each."""
    asked = " ".join(said)
    found = []
    for asset in scenario.assets:
        channel = f"trades.future.{asset}.100ms"
        if f'"{channel}"' in asked:
            found += [
                _message(channel, f"{asset}-PERPETUAL", event)
                for event in events(scenario, _VENUE, asset, span.since, span.until)
            ]
    return found


def _message(channel: str, name: str, event: ForcedClose) -> bytes:
    sold = event.side is PositionSide.LONG
    by_maker = event.number % _EVERY_FIFTH == 0
    trade = {
        "trade_seq": event.number,
        "trade_id": f"{name[:3]}-{event.number}",
        "timestamp": int(event.at.timestamp() * 1000),
        "tick_direction": 2,
        "price": round(event.price, 2),
        "mark_price": round(event.price, 2),
        "index_price": round(event.price, 2),
        "instrument_name": name,
        "direction": "sell" if sold is not by_maker else "buy",
        "amount": round(event.usd, 2),
        "liquidation": "M" if by_maker else "T",
    }
    params = {"channel": channel, "data": [trade]}
    return msgspec.json.encode({"jsonrpc": "2.0", "method": "subscription", "params": params})
