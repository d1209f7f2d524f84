"""One rule, one look: the new state, at most one event, and when to look again.

Missing data freezes the phase: it never fires and never resolves. What the first decided look
finds is taken silently; after that only a change from not met to met is news.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from alerts.domain.event import Kind
from alerts.domain.rule import (
    UNTOUCHED,
    Draft,
    Firing,
    Idle,
    Overlay,
    Pending,
    Phase,
    Recovering,
    Repeat,
    Rule,
    Spent,
    State,
    Unaligned,
    Verdict,
    Waiting,
)
from alerts.engine.move import Move, event_of, farthest, reminder
from alerts.engine.telling import Seen, expire, tell
from alerts.rules.judge import Look


def align(draft: Draft, look: Look) -> State:  # noqa: ARG001 - every draft aligns alike, so far
    """The state of a new or edited rule, given what its maker could see."""
    return State(_aligned(look.verdict))


def step(  # noqa: PLR0913, PLR0917 -- everything that a decision depends on, and nothing else
    rule: Rule,
    state: State,
    look: Look,
    now: datetime,
    grace: timedelta,
    overlay: Overlay = UNTOUCHED,
) -> Move:
    """Look at a rule. `grace` is how long data may be missing before its owner hears of it."""
    if rule.paused:
        return Move(state)
    if state.broken:
        state = State(Unaligned(), state.episodes, state.fired_at)
    seen, until = Seen(rule, state, look, now, overlay), rule.draft.until
    if until is not None and now >= until:
        return expire(seen)
    if isinstance(state.phase, Spent) and state.untold is None:
        return Move(state)
    move = tell(seen, _looked(rule, state, look, now, grace))
    if until is None or isinstance(move.state.phase, Spent):
        return move
    return replace(move, due=min(move.due or until, until))


def _looked(rule: Rule, state: State, look: Look, now: datetime, grace: timedelta) -> Move:
    """What the samples make of the rule, whoever is to be told."""
    if isinstance(state.phase, Spent):
        return Move(state)
    if look.verdict is Verdict.UNDECIDED:
        return _blind(rule, state, look, now, grace)
    if state.blind_since is not None:
        return _return(rule, state, look, now)
    if look.late:
        state = replace(state, phase=_restarted(state.phase, now))
    return _advance(rule, state, look, now)


def _aligned(verdict: Verdict) -> Phase:
    if verdict is Verdict.UNDECIDED:
        return Unaligned()
    return Waiting() if verdict is Verdict.MET else Idle()


def _blind(rule: Rule, state: State, look: Look, now: datetime, grace: timedelta) -> Move:
    since = min(state.blind_since or look.blind_since or now, now)
    blind = replace(state, blind_since=since)
    if state.blind_told:
        return Move(blind)
    if now - since < grace:
        return Move(blind, due=since + grace)
    event = event_of(rule, blind, look, Kind.DARK, now)
    return Move(replace(blind, blind_told=True), event)


def _return(rule: Rule, state: State, look: Look, now: datetime) -> Move:
    """The first decided look after a blind stretch: blind time never counts as held."""
    told = state.blind_told
    seen = replace(state, phase=_restarted(state.phase, now), blind_since=None, blind_told=False)
    move = _advance(rule, seen, replace(look, late=look.late or told), now)
    if not told or (move.event and move.event.kind is not Kind.REMINDED):
        return move
    back = event_of(rule, state, look, Kind.BACK, now)
    return Move(_unreminded(move.state, seen.phase), back, now if move.event else move.due)


def _unreminded(state: State, before: Phase) -> State:
    """The state with a reminder still to come, because other news goes first."""
    match state.phase, before:
        case Firing() as firing, Firing(told_at=told) | Recovering(firing=Firing(told_at=told)):
            return replace(state, phase=replace(firing, told_at=told))
        case _:
            return state


def _restarted(phase: Phase, now: datetime) -> Phase:
    """The phase with its clock set back: what nobody saw does not count as held."""
    match phase:
        case Pending():
            return Pending(now, late=True)
        case Recovering():
            return replace(phase, since=now)
        case _:
            return phase


def _advance(rule: Rule, state: State, look: Look, now: datetime) -> Move:
    match state.phase:
        case Firing() as firing:
            return _fire_on(rule, state, firing, look, now)
        case Recovering() as recovering:
            return _recover(rule, state, recovering, look, now)
        case Pending() as pending if look.verdict is Verdict.MET:
            return _hold(rule, state, pending, look, now)
        case Idle() if look.verdict is Verdict.MET:
            return _hold(rule, state, Pending(now, look.late), look, now)
        case _:
            return Move(replace(state, phase=_at_rest(state.phase, look.verdict)))


def _at_rest(phase: Phase, verdict: Verdict) -> Phase:
    match phase:
        case Unaligned():
            return _aligned(verdict)
        case Waiting() if verdict is not Verdict.CLEAR:
            return phase
        case _:
            return Idle()


def _hold(rule: Rule, state: State, pending: Pending, look: Look, now: datetime) -> Move:
    """Met: fire once it has held long enough and the last firing is long enough ago."""
    ready = rule.timing.held(pending.since)
    if state.fired_at is not None:
        ready = max(ready, state.fired_at + rule.timing.quiet)
    if now < ready:
        return Move(replace(state, phase=pending), due=ready)
    firing = Firing(state.episodes + 1, pending.since, now, _values(look)[0])
    fired = replace(state, phase=firing, episodes=firing.episode, fired_at=now)
    again = reminder(rule, fired, firing)
    event = event_of(rule, state, look, Kind.FIRED, now, firing, late=pending.late, again=again)
    return Move(fired, event, again)


def _fire_on(rule: Rule, state: State, firing: Firing, look: Look, now: datetime) -> Move:
    if look.verdict is Verdict.CLEAR:
        return _recover(rule, state, Recovering(firing, now), look, now)
    firing = replace(firing, extreme=_farthest(rule, firing.extreme, look))
    due = reminder(rule, state, firing)
    if due is None or now < due:
        return Move(replace(state, phase=firing), due=due)
    told = replace(firing, told_at=now)
    again = reminder(rule, state, told)
    event = event_of(rule, state, look, Kind.REMINDED, now, told, again=again)
    return Move(replace(state, phase=told), event, again)


def _recover(rule: Rule, state: State, recovering: Recovering, look: Look, now: datetime) -> Move:
    if look.verdict is not Verdict.CLEAR:
        return _fire_on(rule, state, recovering.firing, look, now)
    over = rule.timing.cleared(recovering.since)
    if now < over:
        return Move(replace(state, phase=recovering), due=over)
    firing = recovering.firing
    event = event_of(rule, state, look, Kind.RESOLVED, now, firing, late=look.late)
    rest = Spent() if rule.timing.repeat is Repeat.ONCE else Idle()
    return Move(replace(state, phase=rest), event)


def _farthest(rule: Rule, extreme: float, look: Look) -> float:
    return extreme if look.lead is None else farthest(rule, extreme, look.lead)


def _values(look: Look) -> list[float]:
    """The first leg's value, then the deciding leg's: a decided look has at least one."""
    return [value for value in (look.lead, look.value) if value is not None]
