"""Samples made ready to be replayed: in order, with what a rule does not watch left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import le, sub

from alerts.domain.reading import Reading, Sample, Series
from alerts.domain.rule import Draft

_FALLBACK_AGE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Tape:
    """Samples of what a rule watches, in order of time, ready to be played at other levels too.

    `slots` says for each sample which of `series` it is of; `times` are those of the readings;
    `ages` is how long a reading of each series counts. Where a series has `twins`, two samples
    of one moment, nothing is skimmed.
    """

    series: tuple[Series, ...]
    samples: Sequence[Sample]
    slots: Sequence[int]
    times: Sequence[datetime]
    ages: Mapping[Series, timedelta]
    twins: bool = False


def wind(
    draft: Draft,
    samples: Iterable[Sample],
    *,
    max_age: timedelta | None = None,
    end: datetime | None = None,
) -> Tape:
    """What a rule watches among samples, up to `end`."""
    series = tuple(dict.fromkeys(leg.series for leg in draft.legs))
    kept, slots = _relevant(series, samples, end)
    times = [[one.at for one in kept if isinstance(one, Reading)]]
    if len(series) > 1:
        times = [
            [one.at for one, its in zip(kept, slots, strict=True) if its == slot and _is_read(one)]
            for slot in range(len(series))
        ]
    gaps = [sorted(map(sub, own[1:], own)) for own in times]
    return Tape(
        series,
        kept,
        slots,
        times[0] if len(series) == 1 else [one.at for one in kept if _is_read(one)],
        {
            one: max_age or _usual_age(own)
            for one, own, at in zip(series, gaps, times, strict=True)
            if at
        },
        twins=any(own and not own[0] for own in gaps),
    )


def _relevant(
    series: Sequence[Series], samples: Iterable[Sample], end: datetime | None
) -> tuple[list[Sample], list[int]]:
    """The samples of some series, sorted, and for each the place of its series.

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
    times = [sample.at for sample in kept]
    if all(map(le, times, times[1:])):
        return kept, slots
    order = sorted(range(len(kept)), key=times.__getitem__)
    return [kept[place] for place in order], [slots[place] for place in order]


def _is_read(sample: Sample) -> bool:
    return isinstance(sample, Reading)


def _usual_age(gaps: Sequence[timedelta]) -> timedelta:
    """Three times the median of sorted spacings."""
    if not gaps:
        return _FALLBACK_AGE
    return 3 * (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
