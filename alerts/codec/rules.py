"""Drafts, rules and states.

A rule's text starts with its revision, number and chat, in this order: the store's scripts read
and rewrite them there (`storage/scripts/prelude.lua`).
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from typing import cast

import msgspec

from alerts.codec import plain
from alerts.codec.shapes import (
    DraftBody,
    DraftShape,
    FiringShape,
    IdleShape,
    LegShape,
    PendingShape,
    PhaseShape,
    RecoveringShape,
    RuleShape,
    SpentShape,
    StateShape,
    TimingShape,
    UnalignedShape,
    UntoldShape,
    WaitingShape,
    read,
    utc,
    utc_or_none,
)
from alerts.domain.ids import RuleId
from alerts.domain.rule import (
    Because,
    Draft,
    Firing,
    Idle,
    Join,
    Leg,
    Levels,
    Over,
    Overlay,
    Pending,
    Phase,
    Recovering,
    Repeat,
    Rule,
    Severity,
    Spent,
    State,
    Timing,
    Unaligned,
    Untold,
    Voice,
    Waiting,
)


@plain.encoder
def encode_draft(draft: Draft) -> str:
    return plain.dump({"v": plain.VERSION, **_draft_json(draft)})


@plain.decoder
def decode_draft(text: str | bytes) -> Draft:
    return _draft(read(text, DraftShape))


@plain.encoder
def encode_rule(rule: Rule) -> str:
    body = {
        "v": plain.VERSION,
        "revision": rule.revision,
        "number": rule.number,
        "chat": plain.address(rule.chat),
        "id": rule.id,
        "owner": rule.owner,
        "created_at": plain.moment(rule.created_at),
        "draft": _draft_json(rule.draft),
    }
    return plain.dump({**body, **plain.unlike({"paused": (rule.paused, False)})})


@plain.decoder
def decode_rule(text: str | bytes) -> Rule:
    body = read(text, RuleShape)
    return Rule(
        id=RuleId(body.id),
        number=body.number,
        chat=plain.chat(body.chat),
        owner=body.owner,
        draft=_draft(body.draft),
        created_at=utc(body.created_at),
        revision=body.revision,
        paused=body.paused,
    )


class _LegSketch(msgspec.Struct, gc=False):
    series: str
    level: float
    clear: float


class _DraftSketch(msgspec.Struct, gc=False):
    legs: list[_LegSketch]


class _RuleSketch(msgspec.Struct, gc=False):
    v: int
    id: str
    draft: _DraftSketch


_SKETCHES = msgspec.json.Decoder(list[_RuleSketch])


@plain.decoder
def decode_levels(texts: Iterable[bytes]) -> Levels:
    """What many stored rules watch: many times faster than one whole rule after the other.

    One unreadable text spoils them all.
    """
    sketches = _SKETCHES.decode(b"[" + b",".join(texts) + b"]")
    for version in {sketch.v for sketch in sketches}:
        plain.check_version(version)
    legs = [leg for sketch in sketches for leg in sketch.draft.legs]
    names = [leg.series for leg in legs]
    return Levels(
        rules=[cast("RuleId", sketch.id) for sketch in sketches for _ in sketch.draft.legs],
        names=names,
        levels=[leg.level for leg in legs],
        clears=[leg.clear for leg in legs],
        series={name: plain.series(name) for name in set(names)},
    )


@plain.encoder
def encode_state(state: State) -> str:
    rest: dict[str, tuple[object, object]] = {
        "episodes": (state.episodes, 0),
        "fired_at": (plain.moment_or_none(state.fired_at), None),
        "blind_since": (plain.moment_or_none(state.blind_since), None),
        "blind_told": (state.blind_told, False),
        "untold": (None if state.untold is None else _untold_json(state.untold), None),
        "turns": ([plain.moment(at) for at in state.turns], []),
        "flapping": (state.flapping, False),
        "broken": (state.broken, False),
    }
    return plain.dump({"v": plain.VERSION, "phase": _phase_json(state.phase), **plain.unlike(rest)})


@plain.decoder
def decode_state(text: str | bytes) -> State:
    body = read(text, StateShape)
    return State(
        phase=_phase(body.phase),
        episodes=body.episodes,
        fired_at=utc_or_none(body.fired_at),
        blind_since=utc_or_none(body.blind_since),
        blind_told=body.blind_told,
        untold=None if body.untold is None else _untold(body.untold),
        turns=tuple(map(utc, body.turns)),
        flapping=body.flapping,
        broken=body.broken,
    )


@plain.encoder
def encode_overlay(overlay: Overlay) -> str:
    snoozed = plain.moment_or_none(overlay.snoozed_until)
    fields = {"acked": (overlay.acked, 0), "snoozed_until": (snoozed, None)}
    return plain.dump({"v": plain.VERSION, **plain.unlike(fields)})


@plain.decoder
def decode_overlay(text: str | bytes) -> Overlay:
    body = plain.load(text)
    return Overlay(
        acked=plain.whole(body.get("acked", 0)),
        snoozed_until=plain.when_or_none(body.get("snoozed_until")),
    )


def _draft_json(draft: Draft) -> plain.Json:
    rest = {
        "timing": (_timing_json(draft.timing), {}),
        "join": (draft.join, Join.ALL),
        "name": (draft.name, ""),
        "until": (plain.moment_or_none(draft.until), None),
        "severity": (draft.severity, Severity.WARN),
        "voice": (draft.voice, Voice.USUAL),
    }
    return {"legs": [_leg_json(leg) for leg in draft.legs], **plain.unlike(rest)}


def _draft(body: DraftBody) -> Draft:
    return Draft(
        legs=tuple(map(_leg, body.legs)),
        timing=_timing(body.timing),
        join=body.join,
        name=body.name,
        until=utc_or_none(body.until),
        severity=body.severity,
        voice=body.voice,
    )


def _leg_json(leg: Leg) -> plain.Json:
    return {
        "series": plain.name(leg.series),
        "direction": leg.direction,
        "level": leg.level,
        "clear": leg.clear,
    }


def _leg(body: LegShape) -> Leg:
    return Leg(plain.series(body.series), body.direction, body.level, body.clear)


def _timing_json(timing: Timing) -> plain.Json:
    remind = None if timing.remind is None else timing.remind.total_seconds()
    return plain.unlike(
        {
            "hold_seconds": (timing.hold.total_seconds(), 0),
            "clear_hold_seconds": (timing.clear_hold.total_seconds(), 0),
            "quiet_seconds": (timing.quiet.total_seconds(), 0),
            "remind_seconds": (remind, None),
            "repeat": (timing.repeat, Repeat.EACH),
            "at_close": (timing.at_close, False),
        }
    )


@lru_cache(maxsize=1024)
def _timing(body: TimingShape) -> Timing:
    remind = body.remind_seconds
    return Timing(
        hold=timedelta(seconds=body.hold_seconds),
        clear_hold=timedelta(seconds=body.clear_hold_seconds),
        quiet=timedelta(seconds=body.quiet_seconds),
        remind=None if remind is None else timedelta(seconds=remind),
        repeat=body.repeat,
        at_close=body.at_close,
    )


def _phase_json(phase: Phase) -> plain.Json:
    match phase:
        case Pending(since, late):
            return {"is": "pending", "since": plain.moment(since), "late": late}
        case Firing():
            return _firing_json(phase)
        case Recovering(firing, since):
            return {
                "is": "recovering",
                "since": plain.moment(since),
                "firing": _firing_json(firing),
            }
        case _:
            return {"is": _QUIET_NAMES[type(phase)]}


def _phase(body: PhaseShape) -> Phase:
    match body:
        case PendingShape(since, late):
            return Pending(utc(since), late)
        case FiringShape():
            return _firing(body)
        case RecoveringShape(since, firing):
            return Recovering(_firing(firing), utc(since))
        case _:
            return _QUIET[type(body)]()


_QUIET: dict[object, Callable[[], Phase]] = {
    UnalignedShape: Unaligned,
    WaitingShape: Waiting,
    IdleShape: Idle,
    SpentShape: Spent,
}
_QUIET_NAMES: dict[object, str] = {
    Unaligned: "unaligned",
    Waiting: "waiting",
    Idle: "idle",
    Spent: "spent",
}


def _firing_json(firing: Firing) -> plain.Json:
    return {
        "is": "firing",
        "episode": firing.episode,
        "since": plain.moment(firing.since),
        "told_at": plain.moment(firing.told_at),
        "extreme": firing.extreme,
    }


def _firing(body: FiringShape) -> Firing:
    return Firing(body.episode, utc(body.since), utc(body.told_at), body.extreme)


def _untold_json(untold: Untold) -> plain.Json:
    over = untold.over
    ended = over and {"firing": _firing_json(over.firing), "at": plain.moment(over.at)}
    return plain.unlike(
        {
            "knew": (untold.knew, 0),
            "fired": (untold.fired, 0),
            "over": (ended, None),
            "dark": (plain.moment_or_none(untold.dark), None),
            "because": (untold.because, Because.SNOOZED),
        }
    )


def _untold(body: UntoldShape) -> Untold:
    over = body.over
    return Untold(
        knew=body.knew,
        fired=body.fired,
        over=None if over is None else Over(_firing(over.firing), utc(over.at)),
        dark=utc_or_none(body.dark),
        because=body.because,
    )
