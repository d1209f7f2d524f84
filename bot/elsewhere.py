"""Who can no longer be told in a chat is told once where they are a person: the owners of rules."""

import asyncio
import logging
from datetime import timedelta

from alerts.domain.errors import StoreError
from alerts.domain.ids import Chat
from alerts.ports import Entry, Store
from bot.card import Card, Tone
from bot.platforms.spec import Places, Platform

log = logging.getLogger(__name__)

TOLD_EVERY = timedelta(days=30)
SEND_SECONDS = 30.0
OWNERS_AT_MOST = 5
KEPT = (
    "Its alerts are kept, and I try again once a day. "
    "Let me write there again if you want them back."
)


async def tell_owners(
    store: Store, platform: Platform, places: Places, entry: Entry, why: str
) -> None:
    """Tell the owners of an entry's rules that their chat is out of reach; never raises for it."""
    try:
        name = f"gone-told:{entry.chat}"
        if await store.notes.read(name) is not None:
            return
        held = await store.rules.load(list({event.rule for event in entry.events}))
        owners = {
            person for one in held if (person := in_person(entry.chat, one.rule.owner)) is not None
        }
        await store.notes.put(name, why, TOLD_EVERY)
        for person in sorted(owners)[:OWNERS_AT_MOST]:
            await _tell(platform, places, person, card(entry.chat, why))
    except StoreError as error:
        log.warning("owners not told chat=%s why=%s", entry.chat, error)


def in_person(chat: Chat, owner: str) -> Chat | None:
    """Where a rule's owner is written to alone; None when that is this chat, or nobody's."""
    if not owner.isdecimal() or chat.id in {owner, f"u{owner}"}:
        return None
    match chat.platform:
        case "telegram":
            return Chat(chat.platform, owner)
        case "discord":
            return Chat(chat.platform, f"u{owner}")
        case _:
            return None


def card(chat: Chat, why: str) -> Card:
    """What an owner reads."""
    place = "group" if chat.platform == "telegram" else "channel"
    return Card(
        f"I cannot write in your {place} {chat.id} any more",
        tone=Tone.NOTICE,
        lines=(f"The reason: {why}.", KEPT),
    )


async def _tell(platform: Platform, places: Places, person: Chat, told: Card) -> None:
    try:
        async with asyncio.timeout(SEND_SECONDS), places.place(person):
            outcome = await platform.send(person, told, f"gone {told.title}")
    except TimeoutError:
        outcome = None
    log.info("owner told that a chat is out of reach chat=%s outcome=%s", person, outcome)
