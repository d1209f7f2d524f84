"""EXCHANGES: one line per exchange."""

from alerts.exchanges import binance_coinm, binance_usdm, deribit, okx
from alerts.exchanges.spec import Exchange

EXCHANGES: tuple[Exchange, ...] = (
    deribit.EXCHANGE,
    binance_usdm.EXCHANGE,
    binance_coinm.EXCHANGE,
    okx.EXCHANGE,
)
