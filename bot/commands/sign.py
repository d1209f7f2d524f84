"""Alerts as their chat reads them: one that counts skew the other way finds them so again."""

from dataclasses import replace

from alerts.domain.episode import Episode
from alerts.domain.reading import Reading, Series
from alerts.domain.rule import Draft, Rule
from alerts.ports import Held
from alerts.rules.mirror import mirrored
from bot.card import Card
from bot.commands.market import fresh
from bot.commands.spec import Desk
from bot.text.cards import standing_card
from bot.text.mirror import mirrored_episode, with_mirrored


def drafted(draft: Draft, desk: Desk) -> Draft:
    """A rule's words, for this chat to read; never to be kept or put on a button."""
    return mirrored(draft) if desk.chosen.flipped_sign else draft


def as_read(rule: Rule, desk: Desk) -> Rule:
    """An alert, for this chat to read."""
    return replace(rule, draft=drafted(rule.draft, desk))


def standing(held: Held, desk: Desk) -> Card:
    """The card of an alert as it stands."""
    now = desk.clock.now()
    return standing_card(
        as_read(held.rule, desk), held.state, fresh_in_sign(desk), now, held.overlay
    )


def episode_as_read(episode: Episode, desk: Desk) -> Episode:
    """What fired, for this chat to read."""
    return mirrored_episode(episode) if desk.chosen.flipped_sign else episode


def in_sign(readings: dict[Series, Reading], desk: Desk) -> dict[Series, Reading]:
    """Readings, with those that this chat reads with the other sign beside them."""
    return with_mirrored(readings) if desk.chosen.flipped_sign else readings


def fresh_in_sign(desk: Desk) -> dict[Series, Reading]:
    """What is current, for this chat to read."""
    return in_sign(fresh(desk), desk)
