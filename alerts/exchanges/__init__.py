"""EXCHANGES: one line per exchange."""

from alerts.exchanges import (
    binance_coinm,
    binance_usdm,
    bybit,
    deribit,
    gate,
    hyperliquid,
    okx,
)
from alerts.exchanges.spec import Exchange

EXCHANGES: tuple[Exchange, ...] = (
    deribit.EXCHANGE,
    binance_usdm.EXCHANGE,
    binance_coinm.EXCHANGE,
    okx.EXCHANGE,
    bybit.EXCHANGE,
    hyperliquid.EXCHANGE,
    gate.EXCHANGE,
)
