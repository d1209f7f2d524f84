"""EXCHANGES: one line per exchange."""

from alerts.exchanges import deribit
from alerts.exchanges.spec import Exchange

EXCHANGES: tuple[Exchange, ...] = (deribit.EXCHANGE,)
