"""What of a rule's moves is told, and when: acknowledged, snoozed, flapping, past its end.

The phase always goes on; only the telling waits. What was held back is kept in `State.untold`,
and once nothing holds it any more, one event says what is true then.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.domain.event import Event, Kind
from alerts.domain.rule import (
    Because,
    Firing,
    Idle,
    Over,
    Overlay,
    Pending,
    Phase,
    Recovering,
    Rule,
    Spent,
    State,
    Untold,
    Verdict,
)
from alerts.engine.move import Move, episode_of, event_of, reminder
from alerts.rules.judge import Look

MANY = 6
"""So many crossings are flapping,"""

WITHIN = timedelta(minutes=30)
"""within this time,"""

CALM = timedelta(minutes=30)
"""until there was none for so long."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A look at a rule: all that telling depends on. `before` is the state it was in."""

    rule: Rule
    before: State
    look: Look
    now: datetime
    overlay: Overlay

    @property
    def is_snoozed(self) -> bool:
        return self.overlay.is_snoozed(self.now)

    @property
    def is_decided(self) -> bool:
        return self.look.verdict is not Verdict.UNDECIDED

    def event(self, state: State, kind: Kind, firing: Firing | None = None) -> Event:
        return event_of(self.rule, state, self.look, kind, self.now, firing)


def tell(seen: Seen, move: Move) -> Move:
    """The move, with what its owner is not to be told now kept for later."""
    state = _turned(seen, move)
    move = move if state is move.state else Move(state, move.event, move.due)
    if seen.is_snoozed or move.state.flapping:
        return _held(seen, move)
    if move.state.untold is not None:
        return _released(seen, move, move.state.untold)
    event = move.event
    if event and event.kind is Kind.REMINDED and event.episode == seen.overlay.acked:
        return replace(move, event=None)
    return move


def expire(seen: Seen) -> Move:
    """Past its `until`: over for good, and told once, after the snooze if there is one."""
    before = seen.before
    if isinstance(before.phase, Spent) and before.untold is None:
        return Move(before)
    spent = State(Spent(), before.episodes, before.fired_at)
    if seen.is_snoozed:
        return Move(replace(spent, untold=Untold()), due=seen.overlay.snoozed_until)
    event = seen.event(spent, Kind.EXPIRED)
    rule = seen.rule
    told = replace(event, since=rule.created_at, happened=rule.draft.until, times=spent.episodes)
    return Move(spent, told)


def _turned(seen: Seen, move: Move) -> State:
    """The state with a crossing counted, and flapping begun or ended by it.

    Crossings count whether or not they held long enough to be told, else what never holds would
    be passed over in silence. From its firing to its end an alert is on one side: what its clear
    level absorbs is no crossing.
    """
    state, now = move.state, seen.now
    if {_is_beyond(seen.before.phase), _is_beyond(state.phase)} == {True, False}:
        recent = [at for at in state.turns if now - at < WITHIN]
        turns = (*recent, now)[-MANY:]
        return replace(state, turns=turns, flapping=state.flapping or len(turns) == MANY)
    if not state.flapping or not seen.is_decided:
        return state
    if seen.before.blind_since is not None:
        return replace(state, turns=(now,))  # what nobody saw was not calm
    return replace(state, flapping=False, turns=()) if now >= _calm(state) else state


def _is_beyond(phase: Phase) -> bool | None:
    """On which side of its level a rule takes itself to be; None where that does not count."""
    match phase:
        case Pending() | Firing() | Recovering():
            return True
        case Idle():
            return False
        case _:
            return None


def _calm(state: State) -> datetime:
    return state.turns[-1] + CALM


def _held(seen: Seen, move: Move) -> Move:
    """Nothing is told but that it flaps, and, unless it is snoozed, whether there is data."""
    state, event, before = move.state, move.event, seen.before
    untold = _absorbed(before.untold or _known(before), event, seen.now)
    if before.blind_told:
        untold = replace(untold, dark=before.blind_since)
    if untold != Untold() or state.flapping:
        because = Because.SNOOZED if seen.is_snoozed else Because.FLAPPING
        state = replace(state, untold=replace(untold, because=because))
    due = [move.due, _calm(state) if state.flapping and seen.is_decided else None]
    if seen.is_snoozed:
        state = replace(state, blind_told=state.blind_told and before.blind_told)
        return Move(state, None, _soonest(*due, seen.overlay.snoozed_until))
    if not _knows_of_flapping(before):
        flapping = seen.event(state, Kind.FLAPPING)
        event = replace(flapping, since=state.turns[0], times=len(state.turns))
    elif event and event.kind not in {Kind.DARK, Kind.BACK}:
        event = None
    return Move(state, event, _soonest(*due))


def _knows_of_flapping(before: State) -> bool:
    """Whether its owner was told: not under a snooze, nor at the turn that begins it."""
    untold = before.untold
    return before.flapping and untold is not None and untold.because is Because.FLAPPING


def _released(seen: Seen, move: Move, untold: Untold) -> Move:
    """Nothing holds it back any more: one event for all, once the data tells what is true."""
    if not seen.is_decided and not isinstance(move.state.phase, Spent):
        return move
    untold = _absorbed(untold, move.event, seen.now)
    move = replace(move, state=replace(move.state, untold=None))
    firing = episode_of(move.state.phase)
    if firing is not None and _is_to_be_told(seen, firing, untold):
        return _still_on(seen, move, firing, untold)
    if firing is None and untold.over is not None:
        return replace(move, event=_ended(seen, move, untold.over, untold))
    return replace(move, event=_back(seen, move, untold))


def _is_to_be_told(seen: Seen, firing: Firing, untold: Untold) -> bool:
    """Whether there is more to say of what is on than its owner knows and has acknowledged."""
    return firing.episode != untold.knew or firing.episode != seen.overlay.acked


def _back(seen: Seen, move: Move, untold: Untold) -> Event | None:
    """That data is back, for who knows it was away; the least there is to say."""
    if move.event is not None and move.event.kind is Kind.BACK:
        return move.event
    if untold.dark is None:
        return None
    return replace(seen.event(move.state, Kind.BACK), since=untold.dark)


def _still_on(seen: Seen, move: Move, firing: Firing, untold: Untold) -> Move:
    """It is on: a firing for who did not know, else a reminder."""
    state, news = move.state, firing.episode != untold.knew
    if news and state.fired_at == seen.now:
        return move
    told = replace(firing, told_at=seen.now)
    again = reminder(seen.rule, state, told)
    event = seen.event(state, Kind.FIRED if news else Kind.REMINDED, told)
    event = replace(event, again=again, held=untold.because)
    if news:
        event = replace(event, happened=state.fired_at)
    if isinstance(state.phase, Recovering):
        return Move(replace(state, phase=replace(state.phase, firing=told)), event, move.due)
    return Move(replace(state, phase=told), event, again)


def _ended(seen: Seen, move: Move, over: Over, untold: Untold) -> Event:
    """It is off: over, late, for who knew or was told of the flapping; else it came and went."""
    missed = not untold.knew and untold.because is Because.SNOOZED
    if move.event is not None and over.at == seen.now and not missed:
        return move.event
    event = seen.event(move.state, Kind.MISSED if missed else Kind.RESOLVED, over.firing)
    times = untold.fired if missed else 0
    return replace(event, held=untold.because, happened=over.at, times=times)


def _known(before: State) -> Untold:
    """What its owner knows when the holding back begins: everything so far."""
    firing = episode_of(before.phase)
    return Untold(knew=firing.episode if firing else 0)


def _absorbed(untold: Untold, event: Event | None, now: datetime) -> Untold:
    """What is held back, with one more event in it."""
    if event is None:
        return untold
    if event.kind is Kind.FIRED:
        return replace(untold, fired=untold.fired + 1)
    if event.kind is Kind.RESOLVED and event.extreme is not None:
        firing = Firing(event.episode, event.since, now, event.extreme)
        return replace(untold, over=Over(firing, now))
    return untold


def _soonest(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)
