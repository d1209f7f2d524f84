"""A whole option chain read at constant maturities: the view all skews and the ATM IV share.

Between the two usable expiries around a tenor the total variance (vol² x T) of each of the three
vols is linear in T; skews are formed after that.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from alerts.domain.market import OptionChain, OptionQuote
from alerts.domain.reading import Gap, Quality, Reading, Reason, Sample, Series
from alerts.metrics.gates import LONGEST_SPAN, Flaw, graded, is_patchy, sound_share, stale
from alerts.metrics.smile import HIGHEST_VOL, YEAR, Smile, read_smile

METHOD = "smile-linear-x/1"
TENORS = ("7d", "30d", "60d", "90d", "180d")
DEFAULT_TENOR = "60d"

# Two days also keep out the settlement half hour (07:30-08:00 UTC of an expiry's own day),
# in which Deribit lets the deltas decay to zero.
NEAREST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Vols:
    """The three vols at one tenor; `coverage` is the share of the options around it in use."""

    smile: Smile
    coverage: float
    quality: Quality
    doubt: Reason | None = None


@dataclass(frozen=True, slots=True)
class Surface:
    """A chain at every tenor, each with its vols or with why there are none."""

    chain: OptionChain
    tenors: dict[str, Vols | Flaw]


@dataclass(frozen=True, slots=True)
class Slice:
    """One expiry that passed every gate; `usable` of its `listed` options carry a vol."""

    left: timedelta
    smile: Smile
    rebuilt: bool
    usable: int
    listed: int


@dataclass(frozen=True, slots=True)
class Torn:
    """One expiry that did not pass."""

    left: timedelta
    flaw: Flaw
    listed: int


def surface(chain: OptionChain) -> Surface:
    """All tenors of a chain."""
    slices = _slices(chain.quotes, chain.at)
    flaw = _flaw(chain, slices)
    if flaw is not None:
        return Surface(chain, dict.fromkeys(TENORS, flaw))
    return Surface(chain, {tenor: _at_tenor(chain, slices, tenor) for tenor in TENORS})


def _flaw(chain: OptionChain, slices: Sequence[Slice | Torn]) -> Flaw | None:
    """What makes a whole chain unreadable."""
    if not chain.quotes:
        return Flaw(Reason.NO_DATA, "the option chain is empty")
    near_only = Flaw(Reason.NEAR_EXPIRY_ONLY, "every expiry is less than two days away")
    return stale(chain.lag) or (None if slices else near_only)


def read(view: Surface, series: Series, formula: Callable[[Smile], float]) -> Sample:
    """One series of a surface: a formula of the three vols at the series' tenor."""
    chain, vols = view.chain, view.tenors[series.window]
    if isinstance(vols, Flaw):
        return Gap(series, vols.reason, vols.detail, chain.at)
    return Reading(
        series,
        formula(vols.smile),
        chain.at,
        (chain.venue,),
        vols.coverage,
        METHOD,
        vols.quality,
        doubt=vols.doubt,
    )


def _slices(quotes: Sequence[OptionQuote], at: datetime) -> list[Slice | Torn]:
    """The expiries at least two days out, nearest first."""
    by_expiry: dict[datetime, list[OptionQuote]] = defaultdict(list)
    for quote in quotes:
        by_expiry[quote.expiry].append(quote)
    far_enough = sorted(expiry for expiry in by_expiry if expiry - at >= NEAREST)
    return [_slice(by_expiry[expiry], expiry - at) for expiry in far_enough]


def _slice(quotes: Sequence[OptionQuote], left: timedelta) -> Slice | Torn:
    smile, rebuilt = read_smile(quotes, left / YEAR)
    if isinstance(smile, Flaw):
        return Torn(left, smile, len(quotes))
    vols = [quote.mark_iv for quote in quotes if quote.mark_iv is not None]
    usable = sum([0 < vol < HIGHEST_VOL for vol in vols])
    return Slice(left, smile, rebuilt, usable, len(quotes))


def _at_tenor(chain: OptionChain, slices: Sequence[Slice | Torn], tenor: str) -> Vols | Flaw:
    """The vols at a tenor, or why one of its sides has no usable expiry."""
    target = timedelta(days=int(tenor.removesuffix("d")))
    nearer = [cut for cut in reversed(slices) if cut.left <= target]
    farther = [cut for cut in slices if cut.left >= target]
    near = _first_sound(nearer, tenor)
    far = _first_sound(farther, tenor)
    if isinstance(near, Flaw):
        return near
    if near.left == target:
        far = near
    if isinstance(far, Flaw):
        return far
    torn = [cut for cut in slices if isinstance(cut, Torn) and near.left < cut.left < far.left]
    return Vols(
        _interpolated(near, far, target),
        _coverage(chain, (near, far) if far is not near else (near,), torn),
        graded(near.rebuilt, far.rebuilt, doubt := _is_partial(chain, torn)),
        Reason.PARTIAL_CHAIN if doubt else None,
    )


def _first_sound(side: Sequence[Slice | Torn], tenor: str) -> Slice | Flaw:
    """The usable expiry nearest to the tenor on one side of it, else why there is none."""
    for cut in side:
        if isinstance(cut, Slice):
            return cut
    unbracketed = Flaw(Reason.TENOR_NOT_BRACKETED, f"no expiries on both sides of {tenor}")
    return next((cut.flaw for cut in side if isinstance(cut, Torn)), unbracketed)


def _coverage(chain: OptionChain, used: Sequence[Slice], torn: Sequence[Torn]) -> float:
    """The share of the options listed from the nearer to the farther expiry that were used."""
    listed = sum(cut.listed for cut in used) + sum(cut.listed for cut in torn)
    read = sum(cut.usable for cut in used) / listed
    return read * sound_share(len(chain.quotes), chain.rejected)


def _is_partial(chain: OptionChain, torn: Sequence[Torn]) -> bool:
    """Whether expiries or rows are missing, or what is there is not of one moment."""
    patchy = is_patchy(len(chain.quotes), chain.rejected)
    return bool(torn) or patchy or chain.span > LONGEST_SPAN


def _interpolated(near: Slice, far: Slice, target: timedelta) -> Smile:
    if far is near:
        return near.smile
    share = (target - near.left) / (far.left - near.left)

    def by_variance(near_vol: float, far_vol: float) -> float:
        start, end = near_vol**2 * (near.left / YEAR), far_vol**2 * (far.left / YEAR)
        return sqrt((start + share * (end - start)) / (target / YEAR))

    return Smile(
        by_variance(near.smile.put25, far.smile.put25),
        by_variance(near.smile.atm, far.smile.atm),
        by_variance(near.smile.call25, far.smile.call25),
    )
