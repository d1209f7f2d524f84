"""METRICS: one line per metric."""

from collections.abc import Mapping
from types import MappingProxyType

from alerts.domain.ids import MetricKey
from alerts.metrics.basis import BASIS
from alerts.metrics.price import PRICE
from alerts.metrics.skew import BUTTERFLY, RISK_REVERSAL, SKEW_NORM, SKEW_RAW
from alerts.metrics.spec import Metric
from alerts.metrics.volatility import ATM_IV

METRICS: tuple[Metric, ...] = (
    SKEW_NORM,
    SKEW_RAW,
    RISK_REVERSAL,
    BUTTERFLY,
    ATM_IV,
    BASIS,
    PRICE,
)

BY_KEY: Mapping[MetricKey, Metric] = MappingProxyType({metric.key: metric for metric in METRICS})
