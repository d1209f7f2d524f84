"""Episodes in memory, as a commit writes them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from alerts.domain.episode import Episode
from alerts.domain.event import BEGINNINGS, OF_EPISODES, Event
from alerts.domain.ids import Chat
from alerts.domain.rule import Rule
from alerts.ports import Step
from alerts.storage import terms
from alerts.storage.memory_shelf import Shelf


class MemoryEpisodes:
    """Implements Episodes."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def of_chat(self, chat: Chat) -> Sequence[Episode]:
        episodes = self._shelf.episodes.get(chat, {})
        return sorted(episodes.values(), key=lambda one: one.fired.at, reverse=True)

    async def forget(self, chat: Chat) -> None:
        self._shelf.episodes.pop(chat, None)

    def remember(self, steps: Iterable[Step]) -> None:
        """Take over what written steps tell of episodes."""
        for step in steps:
            event = step.event
            if event and event.kind in OF_EPISODES:
                self._take(step, event, self._shelf.held[step.rule].rule)

    def move(self, old: Chat, new: Chat) -> None:
        """Carry a chat's episodes over; `held` has the rules' new numbers by now."""
        for key, episode in self._shelf.episodes.pop(old, {}).items():
            held = self._shelf.held.get(episode.rule.id)
            number = held.rule.number if held else episode.rule.number
            rule = replace(episode.rule, chat=new, number=number)
            fired, latest = _of(rule, episode.fired), episode.latest and _of(rule, episode.latest)
            moved = replace(episode, rule=rule, fired=fired, latest=latest)
            self._shelf.episodes[new][key] = moved

    def _take(self, step: Step, event: Event, rule: Rule) -> None:
        episodes, key = self._shelf.episodes[rule.chat], (step.rule, event.episode)
        if event.kind in BEGINNINGS:
            episodes[key] = Episode(rule, _of(rule, event), step.evidence)
            self._trim(rule.chat, event)
        elif key in episodes:
            episodes[key] = replace(episodes[key], latest=_of(rule, event))

    def _trim(self, chat: Chat, now: Event) -> None:
        """Let go of the chat's episodes beyond the most, and of those too long ago."""
        episodes = self._shelf.episodes[chat]
        order = sorted(episodes, key=lambda key: episodes[key].fired.at)
        over = max(0, len(order) - terms.EPISODES)
        oldest = now.at - terms.EPISODES_KEPT
        for place, key in enumerate(order):
            if place < over or episodes[key].fired.at <= oldest:
                del episodes[key]


def _of(rule: Rule, event: Event) -> Event:
    return replace(event, chat=rule.chat, number=rule.number)
