"""Legs and samples to one verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.domain.reading import Reading, Reason, Sample, Series
from alerts.domain.rule import Direction, Draft, Join, Leg, Verdict


@dataclass(frozen=True, slots=True)
class Look:
    """What the samples say about a rule at one moment, and the leg that decided it.

    `value` is None only when undecided; then `reason` says why, and `blind_since` since when,
    as far as the samples tell. `lead` is the value of the rule's first leg, if there is one.
    `late`: a stretch without data lies between this look and the last.
    """

    verdict: Verdict
    series: Series
    level: float
    value: float | None
    reason: Reason | None = None
    blind_since: datetime | None = None
    late: bool = False
    lead: float | None = None


def look(draft: Draft, samples: Mapping[Series, Sample], *, late: bool = False) -> Look:
    """Judge every leg, join the verdicts, and name the leg that decided."""
    verdicts = [judge(leg, samples.get(leg.series)) for leg in draft.legs]
    verdict = _join(verdicts, draft.join)
    leg = draft.legs[verdicts.index(verdict)]
    sample = samples.get(leg.series)
    first = samples.get(draft.legs[0].series)
    lead = first.value if isinstance(first, Reading) else None
    if isinstance(sample, Reading):
        return Look(verdict, leg.series, leg.level, sample.value, late=late, lead=lead)
    reason = sample.reason if sample else Reason.NO_DATA
    since = sample.at if sample else None
    return Look(verdict, leg.series, leg.level, None, reason, since, late, lead)


def judge(leg: Leg, sample: Sample | None) -> Verdict:
    """What one sample says about one leg."""
    if not isinstance(sample, Reading):
        return Verdict.UNDECIDED
    sign = 1 if leg.direction is Direction.ABOVE else -1
    if sample.value * sign > leg.level * sign:
        return Verdict.MET
    return Verdict.CLEAR if sample.value * sign < leg.clear * sign else Verdict.BETWEEN


def _join(verdicts: Sequence[Verdict], join: Join) -> Verdict:
    """The verdict of the whole, which is always that of at least one leg."""
    decisive, other = (
        (Verdict.CLEAR, Verdict.MET) if join is Join.ALL else (Verdict.MET, Verdict.CLEAR)
    )
    if decisive in verdicts:
        return decisive
    if all(verdict is other for verdict in verdicts):
        return other
    return Verdict.UNDECIDED if Verdict.UNDECIDED in verdicts else Verdict.BETWEEN
