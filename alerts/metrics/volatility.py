"""At-the-money implied volatility at a constant maturity."""

from alerts.domain.ids import MetricKey
from alerts.domain.market import OptionChain
from alerts.domain.reading import Sample, Series
from alerts.metrics.smile import Smile
from alerts.metrics.spec import Defaults, Metric, Unit
from alerts.metrics.surface import DEFAULT_TENOR, TENORS, Surface, read, surface


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
)
