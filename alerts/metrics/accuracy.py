"""How near each metric comes to what others computed from the same inputs.

Each bound is what `tests/recorded/test_accuracy.py` and the golden cases hold the code to; it is
told in docs/metrics.md. It says nothing of how right a venue's own numbers are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from alerts.domain.ids import MetricKey

EXACT = 1e-6


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The largest difference allowed, in the metric's unit.

    `against` says what it is measured against; `why` what the difference comes from, if anything.
    """

    most: float
    against: str
    why: str = ""


def _golden(number: str) -> Accuracy:
    return Accuracy(EXACT, f"golden cases {number}")


_CHAINS = "56 recorded chains of January and February 2026 (BTC and ETH), computed independently"
_DOUBTFUL = "readings marked as degraded left out"
_SKEW = Accuracy(0.005, _CHAINS, _DOUBTFUL)
_BASIS = Accuracy(
    0.6,
    _CHAINS,
    "the recordings' index drifts for 80 s, and the other side may use forwards nobody can trade",
)
_SUMS = "sums over the rows of recorded chains"
_CLOSES = "recorded daily closes of BTC, gold and the S&P 500, in decimal arithmetic"

ACCURACY: Mapping[MetricKey, tuple[Accuracy, ...]] = MappingProxyType(
    {
        MetricKey("skew25_norm"): (_golden("g03 and g04"), _SKEW),
        MetricKey("skew25_raw"): (_golden("g03 and g04"), _SKEW),
        MetricKey("rr25"): (_golden("g03 and g04"), _SKEW),
        MetricKey("butterfly25"): (_golden("g03 and g04"),),
        MetricKey("atm_iv"): (_golden("g03 and g04"), Accuracy(0.0001, _CHAINS, _DOUBTFUL)),
        MetricKey("basis"): (_golden("g05"), _BASIS),
        MetricKey("funding_annual"): (_golden("g08"),),
        MetricKey("funding_8h"): (_golden("g08"),),
        MetricKey("oi_coin"): (_golden("g06"),),
        MetricKey("oi_usd"): (_golden("g06"),),
        MetricKey("liq_long_usd"): (_golden("g07"),),
        MetricKey("liq_short_usd"): (_golden("g07"),),
        MetricKey("dvol"): (Accuracy(0.0, "recorded candles: as published, nothing is computed"),),
        MetricKey("regime"): (Accuracy(0.0, "grades by hand: it counts edges that are passed"),),
        MetricKey("term_slope"): (_golden("g10"),),
        MetricKey("pcr_oi"): (_golden("g10"), Accuracy(EXACT, _SUMS)),
        MetricKey("pcr_volume"): (_golden("g10"), Accuracy(EXACT, _SUMS)),
        MetricKey("rv"): (_golden("g10"), Accuracy(EXACT, _CLOSES)),
        MetricKey("vrp"): (_golden("g10"),),
        MetricKey("price"): (Accuracy(0.01, _CHAINS),),
        MetricKey("drawdown"): (_golden("g09"), Accuracy(EXACT, _CLOSES)),
        MetricKey("rebound"): (_golden("g09"), Accuracy(EXACT, _CLOSES)),
        MetricKey("vs_gold"): (Accuracy(EXACT, _CLOSES),),
        MetricKey("vs_tech"): (Accuracy(EXACT, _CLOSES),),
    }
)
