"""The clauses behind the level to a timing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from alerts.domain.errors import UsageError
from alerts.domain.rule import Repeat, Timing
from alerts.metrics.spec import Metric
from alerts.rules.amounts import read_span, write_span
from alerts.rules.phrase import Clause, Phrase
from alerts.rules.usual import usual_timing

_LONGEST = timedelta(days=30)
_OFTENEST = timedelta(minutes=1)
_GROUPS = {"each": "once", "every": "once", "unreminded": "remind", "silent": "loud"}
_GROUPS |= {"close": "hold"}
_SAID_AS = {
    "hold": "for",
    "name": "named",
    "once": "once, each or every",
    "within": "in",
    "loud": "loud or silent",
}


def by_kind(clauses: tuple[Clause, ...]) -> dict[str, Clause]:
    """The clauses by kind; UsageError when two say the same kind of thing."""
    groups: set[str] = set()
    for clause in clauses:
        group = _GROUPS.get(clause.kind, clause.kind)
        if group in groups:
            raise UsageError(f"I read '{_SAID_AS.get(group, group)}' twice; say it once.")
        groups.add(group)
    return {clause.kind: clause for clause in clauses}


def read_timing(said: Mapping[str, Clause], metric: Metric, phrase: Phrase) -> Timing:
    """The usual timing of a metric, changed by what was said; `phrase` is where it was said."""

    def span_of(kind: str, least: timedelta = timedelta(0)) -> timedelta | None:
        return _said(phrase, said.get(kind), least)

    every = span_of("every", _OFTENEST)
    repeat = Repeat.EVERY if every else Repeat.ONCE if "once" in said else Repeat.EACH
    at_close = "close" in said
    hold = timedelta(0) if at_close else span_of("hold")
    usual = usual_timing(metric, hold=hold, repeat=repeat, every=every)
    after, quiet = span_of("after"), span_of("quiet")
    remind = None if "unreminded" in said else span_of("remind", _OFTENEST) or usual.remind
    return replace(
        usual,
        clear_hold=usual.clear_hold if after is None else after,
        quiet=usual.quiet if quiet is None else quiet,
        remind=remind,
        at_close=at_close,
    )


def _said(phrase: Phrase, clause: Clause | None, least: timedelta) -> timedelta | None:
    if clause is None or clause.value is None:
        return None
    span = read_span(clause.value.text)
    if span is None or not least <= span <= _LONGEST:
        near = write_span(least if span is not None and span < least else _LONGEST)
        raise UsageError(
            f"{_SAID_AS.get(clause.kind, clause.kind)} {clause.value.text}: write a time "
            f"from {write_span(least)} to {write_span(_LONGEST)}, such as 10m or 4h.",
            fixes=(phrase.swap((clause.value, near)),),
        )
    return span
