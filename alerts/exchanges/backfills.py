"""BACKFILLS: one line per venue that publishes its past.

Of venues that publish the same, the first stands for all together: indices in USD before those in
a stablecoin.
"""

from alerts.exchanges import (
    binance_past,
    bybit_past,
    deribit_past,
    gate_past,
    hyperliquid_past,
    okx_past,
)
from alerts.exchanges.past import Backfill

BACKFILLS: tuple[Backfill, ...] = (
    *deribit_past.BACKFILLS,
    *okx_past.BACKFILLS,
    deribit_past.LINEAR,
    *binance_past.BACKFILLS,
    *bybit_past.BACKFILLS,
    *gate_past.BACKFILLS,
    *hyperliquid_past.BACKFILLS,
)
