"""Implied volatility: at the money, its slope over maturities, and the venue's own index."""

from alerts.domain.ids import MetricKey
from alerts.domain.market import OptionChain, VolIndex
from alerts.domain.reading import Gap, Quality, Reading, Sample, Series
from alerts.metrics.gates import Flaw, graded, stale
from alerts.metrics.smile import Smile
from alerts.metrics.spec import Defaults, Jump, Metric, Unit
from alerts.metrics.surface import DEFAULT_TENOR, METHOD, TENORS, Surface, read, surface

INDEX_METHOD = "as-published/1"
NEAR_TENOR, FAR_TENOR = "7d", "60d"


def at_the_money(smile: Smile) -> float:
    """The vol of the delta-neutral straddle, in percent."""
    return smile.atm * 100


def _measure(view: Surface, series: Series) -> Sample:
    return read(view, series, at_the_money)


ATM_IV = Metric(
    key=MetricKey("atm_iv"),
    title="ATM implied volatility",
    words=("iv", "vol"),
    unit=Unit.PERCENT,
    sign="a year's expected move; it has no direction",
    formula="IV where the call delta on the forward is 50%, x 100",
    windows=TENORS,
    default_window=DEFAULT_TENOR,
    needs=OptionChain,
    view=surface,
    measure=_measure,
    defaults=Defaults(hold_minutes=10, clear_gap=3.0, levels=(50.0, 70.0, 90.0)),
    high="Options dear: large moves are expected",
    low="Options cheap: small moves are expected",
    plausible=(0.0, 500.0),
    jump=Jump(25.0),
    freezes=True,
)


def term_slope(near: Smile, far: Smile) -> float:
    """At-the-money vol far out minus near, in vol points: negative when inverted."""
    return (far.atm - near.atm) * 100


def _measure_slope(view: Surface, series: Series) -> Sample:
    near, far = view.tenors[NEAR_TENOR], view.tenors[FAR_TENOR]
    if isinstance(near, Flaw):
        return Gap(series, near.reason, near.detail, view.chain.at)
    if isinstance(far, Flaw):
        return Gap(series, far.reason, far.detail, view.chain.at)
    doubtful = Quality.DEGRADED in {near.quality, far.quality}
    return Reading(
        series,
        term_slope(near.smile, far.smile),
        view.chain.at,
        (view.chain.venue,),
        min(near.coverage, far.coverage),
        METHOD,
        graded(doubtful),
    )


TERM_SLOPE = Metric(
    key=MetricKey("term_slope"),
    title="Term slope of implied volatility (60d - 7d)",
    words=("term slope", "slope"),
    unit=Unit.VOL_POINTS,
    sign="negative: near options dearer than far ones, a sign of stress",
    formula="ATM IV at 60d - ATM IV at 7d",
    windows=(),
    default_window="",
    needs=OptionChain,
    view=surface,
    measure=_measure_slope,
    defaults=Defaults(hold_minutes=10, clear_gap=2.0, levels=(0.0, -5.0, -10.0), direction="below"),
    high="Far options dearer than near ones",
    low="Near options dearer than far ones: stress is priced for now",
    plausible=(-300.0, 300.0),
    jump=Jump(30.0),
)


def _view_index(snapshot: VolIndex) -> VolIndex:
    return snapshot


def _measure_index(view: VolIndex, series: Series) -> Sample:
    flaw = stale(view.lag)
    if flaw is not None:
        return Gap(series, flaw.reason, flaw.detail, view.at)
    return Reading(series, view.value, view.at, (view.venue,), method=INDEX_METHOD)


DVOL = Metric(
    key=MetricKey("dvol"),
    title="DVOL (30-day volatility index)",
    words=("dvol", "vol index"),
    unit=Unit.PERCENT,
    sign="a year's expected move; it has no direction",
    formula="the venue's 30-day volatility index, as published",
    windows=(),
    default_window="",
    needs=VolIndex,
    view=_view_index,
    measure=_measure_index,
    defaults=Defaults(
        hold_minutes=10,
        clear_gap=3.0,
        levels=(50.0, 70.0, 90.0),
        quiet_minutes=360.0,
        stale_minutes=10.0,
    ),
    high="Options dear: large moves are expected",
    low="Options cheap: small moves are expected",
    plausible=(0.0, 500.0),
    jump=Jump(25.0),
)
