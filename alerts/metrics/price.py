"""The spot index in USD."""

from alerts.domain.ids import MetricKey
from alerts.domain.market import IndexPrice
from alerts.domain.reading import Gap, Reading, Sample, Series
from alerts.metrics.gates import stale
from alerts.metrics.spec import Defaults, Jump, Metric, Unit

METHOD = "index/1"


def _view(snapshot: IndexPrice) -> IndexPrice:
    return snapshot


def _measure(view: IndexPrice, series: Series) -> Sample:
    flaw = stale(view.lag)
    if flaw is not None:
        return Gap(series, flaw.reason, flaw.detail, view.at)
    return Reading(series, view.price, view.at, (view.venue,), method=METHOD)


PRICE = Metric(
    key=MetricKey("price"),
    title="Price (spot index)",
    words=("price",),
    unit=Unit.USD,
    sign="USD for one coin",
    formula="the venue's spot index",
    windows=(),
    default_window="",
    needs=IndexPrice,
    view=_view,
    measure=_measure,
    defaults=Defaults(
        hold_minutes=1,
        clear_gap=0.01,
        relative=True,
        quiet_minutes=120.0,
        direction="below",
        stale_minutes=2.0,
    ),
    high="Price is high",
    low="Price is low",
    plausible=(1e-9, 1e9),
    decimals=0,
    jump=Jump(0.2, relative=True),
    freezes=True,
)
