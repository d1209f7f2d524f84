"""The simulated market's forced closes as Deribit tells them: as trades of the perpetual."""

from collections.abc import Sequence

import msgspec

from alerts.domain.ids import Venue
from alerts.domain.market import PositionSide
from alerts.exchanges.deribit_names import Book, book_of
from alerts.simulator.deribit_books import rounded
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
        book = book_of(asset)
        channel = f"trades.future.{book.currency}.100ms"
        if f'"{channel}"' in asked:
            found += [
                _message(channel, book, event)
                for event in events(scenario, _VENUE, asset, span.since, span.until)
            ]
    return found


def _message(channel: str, book: Book, event: ForcedClose) -> bytes:
    """One trade; its amount is in USD, of a linear contract in coin."""
    sold = event.side is PositionSide.LONG
    by_maker = event.number % _EVERY_FIFTH == 0
    trade = {
        "trade_seq": event.number,
        "trade_id": f"{book.prefix}{event.number}",
        "timestamp": int(event.at.timestamp() * 1000),
        "tick_direction": 2,
        "price": rounded(event.price),
        "mark_price": rounded(event.price),
        "index_price": rounded(event.price),
        "instrument_name": book.perpetual,
        "direction": "sell" if sold is not by_maker else "buy",
        "amount": round(event.coin if book.linear else event.usd, 2),
        "liquidation": "M" if by_maker else "T",
    }
    params = {"channel": channel, "data": [trade]}
    return msgspec.json.encode({"jsonrpc": "2.0", "method": "subscription", "params": params})
