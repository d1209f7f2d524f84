"""METRICS: one line per metric."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from alerts.domain.ids import MetricKey
from alerts.domain.reading import LESS, Series
from alerts.metrics.basis import BASIS
from alerts.metrics.extremes import DRAWDOWN, REBOUND
from alerts.metrics.flow import PCR_OI, PCR_VOLUME
from alerts.metrics.funding import FUNDING_8H, FUNDING_ANNUAL
from alerts.metrics.liquidations import LIQ_LONG_USD, LIQ_SHORT_USD
from alerts.metrics.mirror import MIRRORED
from alerts.metrics.open_interest import OI_COIN, OI_USD
from alerts.metrics.price import PRICE
from alerts.metrics.realised import RV, VRP
from alerts.metrics.regime import REGIME
from alerts.metrics.relative import VS_GOLD, VS_TECH
from alerts.metrics.skew import BUTTERFLY, RISK_REVERSAL, SKEW_NORM, SKEW_RAW
from alerts.metrics.spec import Metric, Unit, derived
from alerts.metrics.volatility import ATM_IV, DVOL, TERM_SLOPE

METRICS: tuple[Metric, ...] = (
    SKEW_NORM,
    SKEW_RAW,
    RISK_REVERSAL,
    BUTTERFLY,
    ATM_IV,
    BASIS,
    FUNDING_ANNUAL,
    FUNDING_8H,
    OI_COIN,
    OI_USD,
    LIQ_LONG_USD,
    LIQ_SHORT_USD,
    DVOL,
    TERM_SLOPE,
    PCR_OI,
    PCR_VOLUME,
    RV,
    VRP,
    PRICE,
    DRAWDOWN,
    REBOUND,
    VS_GOLD,
    VS_TECH,
    REGIME,
)

BY_KEY: Mapping[MetricKey, Metric] = MappingProxyType(
    {metric.key: metric for metric in (*METRICS, *MIRRORED.values())}
)
"""Every metric that can be shown; those of `mirror` are no more than that."""


@lru_cache(maxsize=1024)
def metric_of(series: Series) -> Metric | None:
    """What a series is of: its metric, or what its derivation makes of that."""
    metric = BY_KEY.get(series.metric)
    if metric is None:
        return None
    if series.other is not None:
        return _spread(metric, series.other)
    if series.derived:
        return derived(metric, series.derived)
    return replace(metric, coin=series.asset) if metric.unit is Unit.COINS else metric


def _spread(metric: Metric, other: Series) -> Metric:
    """A spread's metric, with the other one by its name."""
    over = BY_KEY.get(other.metric)
    named = f"{other.asset} {other.window} {over.title if over else other.metric}"
    made = derived(metric, f"{LESS}{other}")
    title = f"{metric.title} over {' '.join(named.split())}"
    return replace(made, title=title, sign="positive: the first is above the other")
