"""Open interest in futures and perpetuals: one side of every contract, in coins and in USD.

Options are another thing and are counted apart. Each contract is valued at its own mark.
"""

from alerts.domain.ids import MetricKey
from alerts.domain.market import FuturesCurve
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.metrics.futures import Contracts, contracts
from alerts.metrics.gates import graded, is_patchy, sound_share
from alerts.metrics.spec import Defaults, Joins, Jump, Metric, Unit

METHOD = "one-sided/1"
HALVED = "one-sided/1 halved"


def _measure_coin(view: Contracts, series: Series) -> Sample | None:
    return _measured(view, series, sum(one.coin for one in view.held))


def _measure_usd(view: Contracts, series: Series) -> Sample | None:
    return _measured(view, series, sum(one.usd for one in view.held))


def _measured(view: Contracts, series: Series, total: float) -> Sample | None:
    """The sum over one venue; None where its answer carries no open interest at all."""
    source = view.source
    if view.flaw is not None:
        return Gap(series, view.flaw.reason, view.flaw.detail, source.at)
    if not view.held:
        return None
    if len(view.held) < len(view.traded) and total <= 0:
        return Gap(series, Reason.NO_DATA, "no contract's open interest is known", source.at)
    read, rejected = len(source.futures), source.rejected
    known = len(view.held) / len(view.traded)
    return Reading(
        series,
        total,
        source.at,
        (source.venue,),
        sound_share(read, rejected) * known,
        HALVED if any(one.halved for one in view.held) else METHOD,
        graded(is_patchy(read, rejected), known < 1),
        weight=sum(one.usd for one in view.held),
    )


_DEFAULTS = Defaults(
    hold_minutes=30,
    clear_gap=0.02,
    relative=True,
    quiet_minutes=720.0,
    direction="below",
    stale_minutes=15.0,
)

OI_COIN = Metric(
    key=MetricKey("oi_coin"),
    title="Open interest (futures and perpetuals, in coins)",
    words=("oi", "open interest"),
    unit=Unit.COINS,
    sign="coins held in open contracts, one side of each; price does not move it",
    formula="sum of the contracts' one-sided open interest, in coins",
    windows=(),
    default_window="",
    needs=FuturesCurve,
    view=contracts,
    measure=_measure_coin,
    defaults=_DEFAULTS,
    high="Many contracts open",
    low="Few contracts open",
    plausible=(1e-9, 1e15),
    joins=Joins.SUM,
    jump=Jump(0.3, relative=True),
)

OI_USD = Metric(
    key=MetricKey("oi_usd"),
    title="Open interest (futures and perpetuals, in USD)",
    words=("usd oi", "usd open interest", "oi in usd"),
    unit=Unit.USD,
    sign="USD value of open contracts, one side of each; it falls when price falls",
    formula="sum of each contract's one-sided open interest in coins x its own mark",
    windows=(),
    default_window="",
    needs=FuturesCurve,
    view=contracts,
    measure=_measure_usd,
    defaults=_DEFAULTS,
    high="Much money in open contracts",
    low="Little money in open contracts",
    plausible=(1e-9, 1e15),
    decimals=0,
    joins=Joins.SUM,
    jump=Jump(0.3, relative=True),
)
