"""How the simulated market's figures are spread over its venues: invented, and adding up to one."""

from collections.abc import Mapping

from alerts.domain.ids import Venue

OPEN_INTEREST: Mapping[Venue, float] = {
    Venue("deribit"): 0.04,
    Venue("binance_usdm"): 0.36,
    Venue("binance_coinm"): 0.08,
    Venue("okx"): 0.12,
    Venue("bybit"): 0.20,
    Venue("hyperliquid"): 0.09,
    Venue("gate"): 0.11,
}
"""Each venue's part of the futures open interest of a MarketPoint, in coin and one-sided."""

FORCED_CLOSES: Mapping[Venue, float] = {
    Venue("deribit"): 0.04,
    Venue("binance_usdm"): 0.41,
    Venue("binance_coinm"): 0.08,
    Venue("okx"): 0.14,
    Venue("bybit"): 0.22,
    Venue("gate"): 0.11,
}
"""Each venue's part of what is closed by force. Hyperliquid publishes none of its own."""
