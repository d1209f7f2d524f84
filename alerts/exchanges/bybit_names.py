"""What the names of Bybit's contracts say.

`BTCUSDT` and `BTCPERP` (USDC) are linear perpetuals, `BTCUSD` is the inverse one; dated are
`BTCUSDT-27MAR26`, `BTC-27MAR26` (USDC) and, inverse, `BTCUSDH26` with the month's letter.
"""

import re
from functools import lru_cache

from alerts.domain.ids import Asset

_PERPETUAL = frozenset({"USDT", "PERP", "USD"})
_DATE = "[0-9]{1,2}[A-Z]{3}[0-9]{2}"
_DATED = re.compile(rf"(?:USDT)?-{_DATE}|USD[FGHJKMNQUVXZ][0-9]{{2}}")
_INVERSE = re.compile(r"USD(?:[FGHJKMNQUVXZ][0-9]{2})?")


@lru_cache(maxsize=8192)
def is_of(asset: Asset, symbol: str) -> bool:
    """Whether a symbol names a perpetual or future of an asset."""
    if not symbol.startswith(asset):
        return False
    contract = symbol[len(asset) :]
    return contract in _PERPETUAL or _DATED.fullmatch(contract) is not None


def is_perpetual(asset: Asset, symbol: str) -> bool:
    return symbol[len(asset) :] in _PERPETUAL


def is_inverse(asset: Asset, symbol: str) -> bool:
    """Whether a contract of an asset is margined in the coin, and sized in USD."""
    return _INVERSE.fullmatch(symbol[len(asset) :]) is not None
