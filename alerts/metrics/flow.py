"""Puts against calls: by what is open and by what was traded; and the strike that pays least."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from alerts.domain.ids import MetricKey
from alerts.domain.market import OptionChain, OptionQuote, OptionSide
from alerts.domain.reading import Gap, Reading, Reason, Sample, Series
from alerts.metrics.gates import Flaw, graded, is_patchy, sound_share, stale
from alerts.metrics.spec import Defaults, Joins, Metric, Unit

METHOD = "puts-over-calls/1"


@dataclass(frozen=True, slots=True)
class Sides:
    """Coins in puts and in calls, open and traded in 24 hours; None where nothing is given."""

    chain: OptionChain
    open: tuple[float, float] | None
    traded: tuple[float, float] | None
    flaw: Flaw | None


def sides(chain: OptionChain) -> Sides:
    """Both sums of a chain."""
    return Sides(
        chain,
        _summed(chain.quotes, lambda quote: quote.open_interest),
        _summed(chain.quotes, lambda quote: quote.volume),
        stale(chain.lag),
    )


def _summed(
    quotes: Iterable[OptionQuote], coins: Callable[[OptionQuote], float | None]
) -> tuple[float, float] | None:
    puts = calls = 0.0
    known = False
    for quote in quotes:
        amount = coins(quote)
        if amount is None:
            continue
        known = True
        if quote.side is OptionSide.PUT:
            puts += amount
        else:
            calls += amount
    return (puts, calls) if known else None


def put_call(puts: float, calls: float) -> float | None:
    """Puts over calls; None without calls."""
    return puts / calls if calls > 0 else None


def pain(quotes: Iterable[OptionQuote]) -> dict[float, float]:
    """What holders would be paid, in USD, at each listed strike of one expiry."""
    held = [
        (quote.side, quote.strike, quote.open_interest)
        for quote in quotes
        if quote.open_interest is not None
    ]
    return {
        settled: sum(
            coins * max(strike - settled if side is OptionSide.PUT else settled - strike, 0.0)
            for side, strike, coins in held
        )
        for settled in sorted({strike for _, strike, _ in held})
    }


def max_pain(quotes: Iterable[OptionQuote]) -> float | None:
    """The strike at which holders are paid least, the lower one of two; None without holdings."""
    paid = pain(quotes)
    return min(paid, key=lambda strike: (paid[strike], strike), default=None)


def _measure_open(view: Sides, series: Series) -> Sample | None:
    return _measured(view, series, view.open)


def _measure_traded(view: Sides, series: Series) -> Sample | None:
    return _measured(view, series, view.traded)


def _measured(view: Sides, series: Series, coins: tuple[float, float] | None) -> Sample | None:
    chain = view.chain
    if view.flaw is not None:
        return Gap(series, view.flaw.reason, view.flaw.detail, chain.at)
    if not chain.quotes:
        return Gap(series, Reason.NO_DATA, "the option chain is empty", chain.at)
    if coins is None:
        return None
    ratio = put_call(*coins)
    if ratio is None:
        return Gap(series, Reason.NO_DATA, "there are no calls to compare with", chain.at)
    read, rejected = len(chain.quotes), chain.rejected
    return Reading(
        series,
        ratio,
        chain.at,
        (chain.venue,),
        sound_share(read, rejected),
        METHOD,
        graded(is_patchy(read, rejected)),
        # Weighted by their calls, the venues' ratios join to all puts over all calls.
        weight=coins[1],
    )


_DEFAULTS = Defaults(hold_minutes=10, clear_gap=0.05, levels=(1.0, 0.7, 0.5))

PCR_OI = Metric(
    key=MetricKey("pcr_oi"),
    title="Put/call ratio (open interest)",
    words=("put/call", "pcr", "put call ratio"),
    unit=Unit.RATIO,
    sign="above 1: more coins in puts than in calls",
    formula="open interest of all puts / open interest of all calls, in coins",
    windows=(),
    default_window="",
    needs=OptionChain,
    view=sides,
    measure=_measure_open,
    defaults=_DEFAULTS,
    high="More puts held than usual",
    low="Fewer puts held than usual",
    plausible=(0.0, 100.0),
    decimals=2,
    joins=Joins.WEIGHTED,
)

PCR_VOLUME = Metric(
    key=MetricKey("pcr_volume"),
    title="Put/call ratio (24-hour volume)",
    words=("put/call volume", "pcr volume"),
    unit=Unit.RATIO,
    sign="above 1: more coins traded in puts than in calls",
    formula="24-hour volume of all puts / 24-hour volume of all calls, in coins",
    windows=(),
    default_window="",
    needs=OptionChain,
    view=sides,
    measure=_measure_traded,
    defaults=_DEFAULTS,
    high="More puts traded than usual",
    low="Fewer puts traded than usual",
    plausible=(0.0, 1000.0),
    decimals=2,
    joins=Joins.WEIGHTED,
)
