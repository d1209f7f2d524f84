"""What puts cost beside calls: 25-delta skew in two forms, risk reversal and butterfly."""

from datetime import date

from alerts.domain.ids import Asset, MetricKey
from alerts.domain.market import OptionChain
from alerts.domain.reading import Sample, Series
from alerts.metrics.smile import Smile
from alerts.metrics.spec import Band, Defaults, Jump, Metric, Unit
from alerts.metrics.surface import DEFAULT_TENOR, TENORS, Surface, read, surface

_PRESS_2026 = Band(-6.0, 6.0, "neutral band in press charts", date(2026, 2, 6))
_PRESS_2021 = Band(-8.0, 8.0, "neutral band in press charts", date(2021, 1, 1))


def normalised(smile: Smile) -> float:
    """Put minus call, in percent of the ATM vol."""
    return (smile.put25 - smile.call25) / smile.atm * 100


def raw(smile: Smile) -> float:
    """Put minus call, in vol points."""
    return (smile.put25 - smile.call25) * 100


def risk_reversal(smile: Smile) -> float:
    """Call minus put, in vol points."""
    return (smile.call25 - smile.put25) * 100


def butterfly(smile: Smile) -> float:
    """The wings' mean above the ATM vol, in vol points."""
    return ((smile.put25 + smile.call25) / 2 - smile.atm) * 100


def _measure_normalised(view: Surface, series: Series) -> Sample:
    return read(view, series, normalised)


def _measure_raw(view: Surface, series: Series) -> Sample:
    return read(view, series, raw)


def _measure_risk_reversal(view: Surface, series: Series) -> Sample:
    return read(view, series, risk_reversal)


def _measure_butterfly(view: Surface, series: Series) -> Sample:
    return read(view, series, butterfly)


SKEW_NORM = Metric(
    key=MetricKey("skew25_norm"),
    title="25Δ skew (put-call, % of ATM IV)",
    words=("skew",),
    unit=Unit.PERCENT,
    sign="positive: puts dearer than calls, so protection is in demand",
    formula="(IV of the 25Δ put - IV of the 25Δ call) / ATM IV x 100",
    windows=TENORS,
    default_window=DEFAULT_TENOR,
    needs=OptionChain,
    view=surface,
    measure=_measure_normalised,
    defaults=Defaults(hold_minutes=10, clear_gap=2.0, levels=(10.0, 15.0, 20.0)),
    bands=tuple(
        (Asset(asset), band) for asset in ("BTC", "ETH") for band in (_PRESS_2026, _PRESS_2021)
    ),
    high="Puts far dearer than calls",
    low="Calls dearer than puts",
    plausible=(-100.0, 100.0),
    jump=Jump(25.0),
    freezes=True,
)

SKEW_RAW = Metric(
    key=MetricKey("skew25_raw"),
    title="25Δ skew (put-call, vol points)",
    words=("raw skew",),
    unit=Unit.VOL_POINTS,
    sign="positive: puts dearer than calls, so protection is in demand",
    formula="(IV of the 25Δ put - IV of the 25Δ call) x 100",
    windows=TENORS,
    default_window=DEFAULT_TENOR,
    needs=OptionChain,
    view=surface,
    measure=_measure_raw,
    defaults=Defaults(hold_minutes=10, clear_gap=2.0, levels=(5.0, 10.0, 15.0)),
    high="Puts far dearer than calls",
    low="Calls dearer than puts",
    plausible=(-100.0, 100.0),
    jump=Jump(25.0),
    freezes=True,
)

RISK_REVERSAL = Metric(
    key=MetricKey("rr25"),
    title="25Δ risk reversal (call-put, vol points)",
    words=("risk reversal", "rr"),
    unit=Unit.VOL_POINTS,
    sign="positive: calls dearer than puts (the opposite sign of skew)",
    formula="(IV of the 25Δ call - IV of the 25Δ put) x 100",
    windows=TENORS,
    default_window=DEFAULT_TENOR,
    needs=OptionChain,
    view=surface,
    measure=_measure_risk_reversal,
    defaults=Defaults(
        hold_minutes=10, clear_gap=2.0, levels=(-5.0, -10.0, -15.0), direction="below"
    ),
    high="Calls dearer than puts",
    low="Puts far dearer than calls",
    plausible=(-100.0, 100.0),
    jump=Jump(25.0),
    freezes=True,
)

BUTTERFLY = Metric(
    key=MetricKey("butterfly25"),
    title="25Δ butterfly (vol points)",
    words=("butterfly", "fly"),
    unit=Unit.VOL_POINTS,
    sign="positive: both wings dearer than at-the-money options",
    formula="((IV of the 25Δ put + IV of the 25Δ call) / 2 - ATM IV) x 100",
    windows=TENORS,
    default_window=DEFAULT_TENOR,
    needs=OptionChain,
    view=surface,
    measure=_measure_butterfly,
    defaults=Defaults(hold_minutes=10, clear_gap=1.0, levels=(2.0, 4.0)),
    high="Both wings dear: large moves either way are paid for",
    low="Wings cheap against at-the-money options",
    plausible=(-100.0, 100.0),
    jump=Jump(25.0),
    freezes=True,
)
