"""What the store's scripts are told: steps, readings and reversals as flat words. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from alerts import codec
from alerts.domain.event import BEGINNINGS, OF_EPISODES, Event
from alerts.domain.ids import Platform
from alerts.domain.reading import Reading
from alerts.domain.rule import UNTOUCHED, Overlay
from alerts.ports import Held, Reversal, Step
from alerts.storage import terms

Word = str | int
Evidence = tuple[Reading, ...]
Same = tuple[int, ...]

_EPISODES_KEPT = terms.EPISODES_KEPT // timedelta(microseconds=1)


def commit(
    readings: Sequence[Reading], steps: Sequence[Step], fence: int, platforms: Sequence[Platform]
) -> list[Word]:
    """A tick, as `scripts/commit.lua` reads it."""
    pieces = {_same(step.evidence): step.evidence for step in steps if _begins(step)}
    places = {same: place for place, same in enumerate(pieces, start=1)}
    return [
        *(fence, terms.EPISODES, _EPISODES_KEPT, len(readings)),
        *_readings(readings),
        len(pieces),
        *map(codec.encode_evidence, pieces.values()),
        *(word for step in steps for word in _step(step, platforms, places)),
    ]


def reversal(one: Reversal) -> tuple[Word, ...]:
    """A change to be taken back, as `scripts/revert.lua` reads it."""
    return (one.rule.id, one.rule.number, *_after(one.after), *_before(one.before))


def overlay(known: Overlay) -> str:
    """What people did about a rule; empty for nothing."""
    return "" if known == UNTOUCHED else codec.encode_overlay(known)


def _after(after: Held | None) -> tuple[str, str]:
    return ("", "") if after is None else (codec.encode_rule(after.rule), overlay(after.overlay))


def _before(before: Held | None) -> tuple[str, str, str]:
    if before is None:
        return "", "", ""
    rule, state = codec.encode_rule(before.rule), codec.encode_state(before.state)
    return rule, state, overlay(before.overlay)


def _readings(readings: Iterable[Reading]) -> list[str]:
    return [
        word
        for reading in readings
        for word in (str(reading.series), codec.encode_reading(reading))
    ]


def _same(evidence: Evidence) -> Same:
    """Equal for evidence of the very same readings: a tick's rules share them."""
    return tuple(map(id, evidence))


def _step(
    step: Step, platforms: Sequence[Platform], places: Mapping[Same, int]
) -> tuple[str | int, ...]:
    due = "" if step.due is None else terms.micros(step.due)
    seen = overlay(step.overlay)
    about = (step.rule, step.revision, codec.encode_state(step.state), due, seen)
    event = step.event
    if event is None:
        return (*about, "", "", "", "")
    outbox = platforms.index(event.chat.platform) + 1
    return (
        *(*about, str(event.chat), outbox, codec.encode_event(event)),
        _episode(event, places[_same(step.evidence)] if _begins(step) else 0),
    )


def _begins(step: Step) -> bool:
    return step.event is not None and step.event.kind in BEGINNINGS


def _episode(event: Event, place: int) -> str:
    if event.kind not in OF_EPISODES:
        return ""
    return f"{event.episode} {terms.micros(event.at)} {place}"
