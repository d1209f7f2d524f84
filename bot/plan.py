"""What becomes of an entry: the card that is sent now, and what waits until its chat may ring."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import partial

from alerts.domain.calendar import here, quiet_until
from alerts.domain.event import Event
from alerts.domain.ids import Chat
from alerts.domain.preferences import Preferences, Quiet
from alerts.ports import History, Notes, RuleBook, Store
from alerts.queue import ASIDE_AT_MOST, Aside, Entry, Tally
from bot.card import Button, Card
from bot.hush import Sifted, put_off, room, sift
from bot.text import Told, alert
from bot.text.held import Waited, held
from bot.text.mirror import mirrored, mirrored_waited
from bot.text.numbers import comma_card
from bot.text.preferences import MORE, this

log = logging.getLogger(__name__)

NIGHT = Quiet(time(23), time(7))
OFFERED_FOR = timedelta(days=3650)
OFFER = "Want 23:00–07:00 quiet? Critical alerts still ring."

Write = Callable[[datetime], Card]


@dataclass(frozen=True, slots=True)
class Plan:
    """How an entry is settled: `write` makes its card of the time it is sent, None for no card.

    Once it is sent, `aside` waits, and it has `rang` in that period.
    """

    write: Write | None = None
    aside: Aside | None = None
    rang: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a chat has chosen, and what waits and rang there.

    It rang so lately that what rings next waits until `together`, to be told with what follows.
    """

    chosen: Preferences = field(default_factory=Preferences)
    tally: Tally = field(default_factory=Tally)
    together: datetime | None = None


async def standings(
    store: Store, chosen: Mapping[Chat, Preferences], chats: Mapping[Chat, datetime | None]
) -> dict[Chat, Standing]:
    """How chats stand that rang lately, or not; where nothing was chosen, nothing more is asked."""
    asked = [chat for chat in chats if chosen[chat] != Preferences() or chats[chat]]
    tallies = dict(zip(asked, await store.outbox.tally(asked), strict=True)) if asked else {}
    return {
        chat: Standing(chosen[chat], tallies.get(chat, Tally()), together)
        for chat, together in chats.items()
    }


async def plan(
    told: Sequence[Told], chat: Standing, notes: Notes, now: datetime, *, simulated: bool
) -> Plan:
    """What becomes of fresh news."""
    chosen = chat.chosen
    sifted = sift(told, chosen, chat.tally, now, chat.together)
    if not sifted.tell:
        return Plan(aside=sifted.aside)
    extra = _used_up(sifted, chosen)
    if not extra and not sifted.silent and await _first_night(chosen, sifted, notes, now):
        extra = (OFFER, Button("Quiet 23:00–07:00", "quiet:23:00-07:00"))

    def write(at: datetime) -> Card:
        card = _alert(sifted.tell, here(at, chosen.place), chosen, simulated=simulated)
        if sifted.silent and not card.silent:
            card = replace(card, silent=True)
        return dressed(_with(card, *extra) if extra else card, chosen)

    return Plan(write, sifted.aside, sifted.period)


async def plan_held(
    entry: Entry, chat: Standing, store: Store, now: datetime, *, simulated: bool
) -> Plan:
    """What becomes of news that waited: one card, unless there is a new reason to wait."""
    again = put_off(entry.events, chat.chosen, chat.tally, now)
    if again.aside:
        return Plan(aside=again.aside)
    waited = [
        await _followed(one, store.history, now) for one in await _waited(entry.events, store.rules)
    ]
    if not waited:
        return Plan()
    chosen = chat.chosen

    cut = len(entry.events) >= ASIDE_AT_MOST

    def write(at: datetime) -> Card:
        told = partial(held, chosen=chosen, now=here(at, chosen.place), simulated=simulated)
        card = told(waited, cut=cut)
        if chosen.flipped_sign:
            card = replace(told(list(map(mirrored_waited, waited)), cut=cut), events=card.events)
        return dressed(card, chosen)

    return Plan(write)


def dressed(card: Card, chosen: Preferences) -> Card:
    """A card with its numbers as the chat writes them."""
    return comma_card(card) if chosen.decimal_comma else card


def _alert(told: Sequence[Told], now: datetime, chosen: Preferences, *, simulated: bool) -> Card:
    """The card in the chat's own sign; what its buttons do and machines read is in ours."""
    card = alert(told, now, simulated=simulated)
    if not chosen.flipped_sign:
        return card
    shown = alert(list(map(mirrored, told)), now, simulated=simulated)
    return replace(shown, tone=card.tone, buttons=card.buttons, events=card.events)


async def _waited(events: Sequence[Event], rules: RuleBook) -> list[Waited]:
    """By episode; rules that were edited, paused or deleted meanwhile are left out.

    So is a mere reminder of what is over: both its beginning and its end were told.
    """
    found = {one.rule.id: one for one in await rules.load(list({one.rule for one in events}))}
    episodes: dict[tuple[str, int], list[Event]] = {}
    for event in sorted(events, key=lambda one: one.at):
        kept = found.get(event.rule)
        if kept is None or kept.rule.revision != event.revision:
            log.info("event not told event=%s why=its rule has changed", event.id)
            continue
        episodes.setdefault((event.rule, event.episode), []).append(event)
    waited = [
        Waited(found[same[0].rule].rule, found[same[0].rule].state, tuple(same))
        for same in episodes.values()
    ]
    return [one for one in waited if one.firing or one.began]


async def _followed(one: Waited, history: History, now: datetime) -> Waited:
    """What goes on, with what its series read meanwhile; derived series are not kept."""
    if one.firing is None or one.series.derived:
        return one
    read = await history.window(one.series, one.since, now)
    return replace(one, seen=tuple(reading.value for reading in read))


def _used_up(sifted: Sifted, chosen: Preferences) -> tuple[str, Button] | None:
    budget = chosen.budget
    if budget is None or not sifted.used_up:
        return None
    most, per = room(budget, sifted.period), budget.per
    when = this(per)
    summary = "Monday's summary" if per == "week" else "tomorrow's summary"
    return (
        f"{most} of {most} {when} used. The next ones wait for {summary}, except critical.",
        Button(f"Allow {MORE} more", f"allow:{MORE}"),
    )


async def _first_night(chosen: Preferences, sifted: Sifted, notes: Notes, now: datetime) -> bool:
    """Whether to offer quiet hours: once, at night, where the night is known."""
    if chosen.quiet or chosen.zone == "UTC" or not quiet_until(NIGHT, chosen.place, now):
        return False
    key = f"night:{sifted.tell[0].event.chat}"
    if await notes.read(key):
        return False
    await notes.put(key, "offered", OFFERED_FOR)
    return True


def _with(card: Card, line: str, button: Button) -> Card:
    return replace(card, lines=(*card.lines, line), buttons=((button,), *card.buttons))
