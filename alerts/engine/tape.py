"""Samples made ready to be replayed: in order, with what a rule does not watch left out."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import isnan, nan
from operator import sub

from alerts.domain.reading import Reading, Sample, Series
from alerts.domain.rule import Draft

_FALLBACK_AGE = timedelta(minutes=15)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Tape:
    """Samples of what a rule watches, in order of time, ready to be played at other levels too.

    `slots` says for each sample which of `series` it is of; `moments` and `values` are its time
    and its value, which is NaN for a gap. `times` are those of the readings, and `own` those of
    each series; `ages` is how long a reading of each series counts. `edges` are the places of the
    samples before which a reading has grown old. Where a series has `twins`, two samples of one
    moment, nothing is skimmed.
    """

    series: tuple[Series, ...]
    samples: Sequence[Sample]
    slots: Sequence[int]
    moments: Sequence[datetime]
    values: Sequence[float]
    times: Sequence[datetime]
    own: Sequence[Sequence[datetime]]
    ages: Mapping[Series, timedelta]
    edges: Sequence[int]
    twins: bool = False

    def aged(self, ages: Mapping[Series, timedelta]) -> "Tape":
        """The same samples, with other ages."""
        longest = [max(_gaps(times), default=_NONE) for times in self.own]
        spans = [ages.get(one, _NONE) for one in self.series]
        return replace(self, ages=ages, edges=_edges(self.moments, self.own, longest, spans))


def wind(
    draft: Draft,
    samples: Iterable[Sample],
    *,
    max_age: timedelta | None = None,
    end: datetime | None = None,
) -> Tape:
    """What a rule watches among samples, up to `end`."""
    series = tuple(dict.fromkeys(leg.series for leg in draft.legs))
    kept, slots, moments = _relevant(series, samples, end)
    values = [one.value if one.__class__ is Reading else nan for one in kept]
    read = moments
    if any(map(isnan, values)):
        read = [at for at, value in zip(moments, values, strict=True) if not isnan(value)]
    own = [read] if len(series) == 1 else _apart(len(series), moments, slots, values)
    gaps = [sorted(_gaps(one)) for one in own]
    spans = [max_age or _usual_age(its) for its in gaps]
    longest = [its[-1] if its else _NONE for its in gaps]
    return Tape(
        *(series, kept, slots, moments, values, read, own),
        ages={one: span for one, span, at in zip(series, spans, own, strict=True) if at},
        edges=_edges(moments, own, longest, spans),
        twins=any(its and not its[0] for its in gaps),
    )


def _relevant(
    series: Sequence[Series], samples: Iterable[Sample], end: datetime | None
) -> tuple[list[Sample], list[int], list[datetime]]:
    """The samples of some series, sorted, for each the place of its series, and its time.

    Hashing a series for every sample of a year would take longer than the replay, so the place
    is remembered by the very object.
    """
    places = {one: place for place, one in enumerate(series)}
    known: dict[int, int] = {}
    kept: list[Sample] = []
    slots: list[int] = []
    held = samples if isinstance(samples, list | tuple) else list(samples)
    for sample in held:
        slot = known.get(id(sample.series))
        if slot is None:
            slot = known[id(sample.series)] = places.get(sample.series, -1)
        if slot >= 0 and (end is None or sample.at <= end):
            kept.append(sample)
            slots.append(slot)
    moments = [sample.at for sample in kept]
    in_order = sorted(moments)
    if moments == in_order:
        return kept, slots, moments
    order = sorted(range(len(kept)), key=moments.__getitem__)
    return [kept[place] for place in order], [slots[place] for place in order], in_order


def _apart(
    count: int, moments: Iterable[datetime], slots: Iterable[int], values: Iterable[float]
) -> list[list[datetime]]:
    """The times of the readings of each of so many series."""
    own: list[list[datetime]] = [[] for _ in range(count)]
    for at, slot, value in zip(moments, slots, values, strict=True):
        if not isnan(value):
            own[slot].append(at)
    return own


def _gaps(times: Sequence[datetime]) -> list[timedelta]:
    """How far each time is from the next."""
    return list(map(sub, times[1:], times))


def _edges(
    moments: Sequence[datetime],
    own: Iterable[Sequence[datetime]],
    longest: Iterable[timedelta],
    spans: Iterable[timedelta],
) -> list[int]:
    """The places of the first samples after a reading grew old and before its next one."""
    ends: list[datetime] = []
    for times, gap, span in zip(own, longest, spans, strict=True):
        if gap > span:
            ends += [at + span for at, after in pairwise(times) if after - at > span]
        ends += [at + span for at in times[-1:]]
    return sorted({bisect_right(moments, at) for at in ends})


def _usual_age(gaps: Sequence[timedelta]) -> timedelta:
    """Three times the median of sorted spacings."""
    if not gaps:
        return _FALLBACK_AGE
    return 3 * (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
