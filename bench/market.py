"""The simulated market in its own process, at the time of the wall; ends with its input."""

import asyncio
import sys

from alerts.clock import WallClock
from alerts.exchanges import EXCHANGES
from alerts.simulator import SCENARIOS
from alerts.simulator.server import simulated_market


async def main():
    async with simulated_market(SCENARIOS["feb-2026"], WallClock()) as market:
        for exchange in EXCHANGES:
            name = exchange.venue.upper()
            print(f"{name}_URL={market.url(exchange.venue)}", flush=True)
            if exchange.streams:
                print(f"{name}_WS_URL={market.stream_url(exchange.venue)}", flush=True)
        print(flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
