"""Values with defaults for tests: override what matters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.domain.ids import Asset, Chat, MetricKey, Platform, RuleId, Venue
from alerts.domain.market import OptionChain
from alerts.domain.reading import Gap, Reading, Reason, Series
from alerts.domain.rule import Direction, Draft, Leg, Rule, State, Timing
from alerts.metrics.regime import REGIME
from alerts.metrics.spec import Defaults, Metric, Unit
from alerts.rules.vocabulary import Vocabulary

NOON = datetime(2026, 2, 5, 12, 0, tzinfo=UTC)
SKEW = Series(MetricKey("skew25_norm"), Asset("BTC"), "60d")
BASIS = Series(MetricKey("basis"), Asset("BTC"), "60d")
PRICE = Series(MetricKey("price"), Asset("BTC"))
CHAT = Chat(Platform("telegram"), "7")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def at(count: float) -> datetime:
    """Noon and so many minutes."""
    return NOON + minutes(count)


def a_leg(
    series: Series = SKEW,
    direction: Direction = Direction.ABOVE,
    level: float = 15.0,
    clear: float | None = None,
) -> Leg:
    gap = 2.0 if direction is Direction.BELOW else -2.0
    return Leg(series, direction, level, level + gap if clear is None else clear)


def a_draft(*legs: Leg, timing: Timing | None = None, **fields: object) -> Draft:
    return replace(Draft(legs or (a_leg(),), timing or Timing()), **fields)


def a_rule(*legs: Leg, timing: Timing | None = None, **fields: object) -> Rule:
    rule = Rule(RuleId("r1"), 1, CHAT, "7", a_draft(*legs, timing=timing), NOON)
    return replace(rule, **fields)


def a_state(phase: object, **fields: object) -> State:
    return replace(State(), phase=phase, **fields)


def a_reading(
    value: float = 14.0, series: Series = SKEW, when: datetime = NOON, **fields: object
) -> Reading:
    return replace(Reading(series, value, when, (Venue("deribit"),)), **fields)


def a_gap(series: Series = SKEW, when: datetime = NOON, reason: Reason = Reason.STALE) -> Gap:
    return Gap(series, reason, "no answer", when)


def a_metric(key: str, *words: str, **fields: object) -> Metric:
    """A metric with words and defaults, and nothing to measure."""
    metric = Metric(
        key=MetricKey(key),
        title=key,
        words=words,
        unit=Unit.PERCENT,
        sign="plus for fear",
        formula="",
        windows=("7d", "30d", "60d", "90d", "180d"),
        default_window="60d",
        needs=OptionChain,
        view=lambda snapshot: snapshot,
        measure=lambda _view, series: a_gap(series),
        defaults=Defaults(hold_minutes=10, clear_gap=2),
    )
    return replace(metric, **fields)


A_SKEW = a_metric(
    "skew25_norm",
    "skew",
    "put skew",
    defaults=Defaults(hold_minutes=10, clear_gap=2, levels=(10, 15, 20, -6)),
    plausible=(-100.0, 100.0),
)
A_VOL = a_metric("atm_iv", "iv", "vol", sign="", plausible=(0.0, 500.0))
A_BASIS = a_metric(
    "basis",
    "basis",
    "premium",
    unit=Unit.PERCENT_YEAR,
    windows=("30d", "60d", "90d"),
    defaults=Defaults(hold_minutes=10, clear_gap=1, levels=(3, 0, 15), direction="below"),
    plausible=(-100.0, 300.0),
)
A_PRICE = a_metric(
    "price",
    "price",
    "spot price",
    unit=Unit.USD,
    windows=(),
    default_window="",
    defaults=Defaults(
        hold_minutes=1, clear_gap=0.01, relative=True, quiet_minutes=120, direction="below"
    ),
    plausible=(0.01, 1e9),
)


def a_vocabulary() -> Vocabulary:
    return Vocabulary((A_SKEW, A_VOL, A_BASIS, A_PRICE), (Asset("BTC"), Asset("ETH")))


A_FUNDING = a_metric(
    "funding_annual",
    "funding",
    "annual funding",
    unit=Unit.PERCENT_YEAR,
    windows=(),
    default_window="",
    defaults=Defaults(hold_minutes=10, clear_gap=2, levels=(20, 0, -10)),
    plausible=(-5000.0, 5000.0),
)
A_FUNDING_8H = replace(
    A_FUNDING,
    key=MetricKey("funding_8h"),
    words=("funding rate",),
    unit=Unit.PERCENT,
    plausible=(-5.0, 5.0),
)
A_OI = a_metric(
    "oi_coin",
    "oi",
    unit=Unit.COINS,
    windows=(),
    default_window="",
    defaults=Defaults(hold_minutes=30, clear_gap=0.02, relative=True, direction="below"),
    plausible=(0.0, 1e15),
)
AN_OI_USD = replace(A_OI, key=MetricKey("oi_usd"), words=("usd oi",), unit=Unit.USD)
LONGS = a_metric(
    "liq_long_usd",
    "liqs longs",
    "longs liquidated",
    unit=Unit.USD,
    windows=("1h", "4h", "24h", "5d"),
    default_window="24h",
    defaults=Defaults(hold_minutes=0, clear_gap=0.3, relative=True),
    plausible=(0.0, 1e12),
)
GOLD = a_metric(
    "vs_gold",
    "vs gold",
    unit=Unit.POINTS,
    windows=("7d", "30d"),
    default_window="30d",
    defaults=Defaults(hold_minutes=0, clear_gap=2, direction="below"),
)
DRAWDOWN = a_metric("drawdown", "drawdown", windows=("7d", "30d", "365d"), default_window="30d")
RV = a_metric("rv", "rv", windows=("7d", "30d"), default_window="30d")
VRP = replace(RV, key=MetricKey("vrp"), words=("vol premium",), unit=Unit.VOL_POINTS)


def a_wide_vocabulary() -> Vocabulary:
    """One metric of every unit, twins in two units, and metrics that look back over a window."""
    flows = (A_FUNDING, A_FUNDING_8H, A_OI, AN_OI_USD, LONGS, GOLD, DRAWDOWN, RV, VRP, REGIME)
    return Vocabulary((A_SKEW, A_VOL, A_BASIS, A_PRICE, *flows), (Asset("BTC"), Asset("ETH")))
