"""The quality gates over time: what one answer cannot show, but its predecessors can.

- out of order: older than what the venue said before;
- in the future: ahead of our own clock by more than clocks differ;
- a jump: farther from the last value than the metric moves between two polls. It is held for one
  poll, unless another venue jumps the same way at once; around 08:00 UTC, when expiries settle and
  roll, it says so;
- frozen: the very same value for long, though time stamps move.

Each refused reading becomes a gap with its own reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from alerts.domain.reading import AGGREGATE, Gap, Reading, Reason, Sample, Series
from alerts.metrics import BY_KEY
from alerts.metrics.spec import Metric

CLOCKS_DIFFER = timedelta(seconds=30)
REORDERED = timedelta(seconds=2)
FORGOTTEN = timedelta(minutes=10)
FROZEN, FROZEN_POLLS = timedelta(minutes=40), 20

_ROLL = time(8, 0, tzinfo=UTC), time(8, 5, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Trace:
    """What is remembered of one series at one venue.

    `held` is a value beyond a jump that waits for its confirmation; `since` and `polls` tell how
    long the value has been the very same.
    """

    value: float
    at: datetime
    since: datetime
    polls: int = 0
    held: float | None = None


class Gate:
    """Lets readings of venues through or turns them into gaps; losing its memory is harmless."""

    def __init__(self) -> None:
        self._traces: dict[Series, Trace] = {}

    def admit(self, samples: Sequence[Sample], now: datetime | None = None) -> list[Sample]:
        """The samples of one poll, gaps where a reading is not to be believed."""
        jumps = {
            sample.series: jump
            for sample in samples
            if isinstance(sample, Reading) and (jump := self._jump(sample))
        }
        return [
            self._judge(sample, jumps, now) if isinstance(sample, Reading) else sample
            for sample in samples
        ]

    def _judge(self, reading: Reading, jumps: dict[Series, float], now: datetime | None) -> Sample:
        series, trace = reading.series, self._traces.get(reading.series)
        if now is not None and reading.at - now > CLOCKS_DIFFER:
            ahead = (reading.at - now).total_seconds()
            return _gap(reading, Reason.FUTURE_STAMP, f"its time is {ahead:.0f} s ahead of ours")
        if trace is not None and trace.at - reading.at > REORDERED:
            behind = (trace.at - reading.at).total_seconds()
            detail = f"it is {behind:.0f} s older than what came before"
            return _gap(reading, Reason.OUT_OF_ORDER, detail)
        if trace is None or reading.at <= trace.at:
            self._traces.setdefault(series, Trace(reading.value, reading.at, reading.at))
            return reading
        if series in jumps and not self._is_confirmed(reading, trace, jumps):
            self._traces[series] = replace(trace, held=reading.value)
            return _gap(reading, _jump_reason(reading.at), _moved(trace.value, reading.value))
        self._traces[series] = after = _after(trace, reading)
        return _frozen(reading, after) or reading

    def _jump(self, reading: Reading) -> float:
        """How far a reading jumps from the last one: signed, zero where that is no jump."""
        metric, trace = BY_KEY.get(reading.series.metric), self._traces.get(reading.series)
        if metric is None or metric.jump is None or trace is None:
            return 0.0
        if reading.at - trace.at > FORGOTTEN:
            return 0.0
        moved = reading.value - trace.value
        return moved if metric.jump.is_beyond(trace.value, reading.value) else 0.0

    def _is_confirmed(self, reading: Reading, trace: Trace, jumps: dict[Series, float]) -> bool:
        """By the poll before, or by another venue that jumps the same way in this one."""
        metric = BY_KEY[reading.series.metric]
        if trace.held is not None and metric.jump is not None:
            return not metric.jump.is_beyond(trace.held, reading.value)
        place = replace(reading.series, venue=AGGREGATE)
        return any(
            series != reading.series
            and replace(series, venue=AGGREGATE) == place
            and (jump > 0) == (jumps[reading.series] > 0)
            for series, jump in jumps.items()
        )


def _after(trace: Trace, reading: Reading) -> Trace:
    if reading.value != trace.value:
        return Trace(reading.value, reading.at, reading.at)
    return Trace(reading.value, reading.at, trace.since, trace.polls + 1)


def _frozen(reading: Reading, trace: Trace) -> Gap | None:
    metric: Metric | None = BY_KEY.get(reading.series.metric)
    same = reading.at - trace.since
    if metric is None or not metric.freezes or same < FROZEN or trace.polls < FROZEN_POLLS:
        return None
    minutes = same // timedelta(minutes=1)
    detail = f"the same value for {minutes} min while time stamps move"
    return _gap(reading, Reason.FROZEN, detail)


def _jump_reason(at: datetime) -> Reason:
    start, end = _ROLL
    rolls = start <= at.astimezone(UTC).timetz() < end
    return Reason.SETTLEMENT if rolls else Reason.IMPLAUSIBLE


def _moved(before: float, after: float) -> str:
    return f"{before:g} to {after:g} at once, held until the next poll confirms it"


def _gap(reading: Reading, reason: Reason, detail: str) -> Gap:
    return Gap(reading.series, reason, detail, reading.at)
