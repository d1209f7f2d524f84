"""A chat with a front desk over the in-memory store: what a person says, what comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.domain.errors import StoreError
from alerts.domain.ids import Asset, Chat, Platform, Venue
from alerts.domain.reading import Reading, Series
from alerts.storage.memory import MemoryStore
from bot.commands.front import Front
from bot.commands.spec import Ask, Desk, Readings
from tests.fakes.clock import ManualClock

NOW = datetime(2026, 2, 6, 20, 15, tzinfo=UTC)
HOME = Chat(Platform("console"), "local")
ELSEWHERE = Chat(Platform("telegram"), "-100")
SKEW, BASIS, IV, PRICE = (
    Series.parse(name)
    for name in ("skew25_norm.60d:BTC", "basis.60d:BTC", "atm_iv.60d:BTC", "price:BTC")
)


def a_reading(series, value, at=NOW - timedelta(seconds=18)):
    return Reading(series, value, at, (Venue("deribit"),))


class Room:
    """Speaks for one person; keeps the last card, so that its buttons can be pressed by label."""

    def __init__(self, chat=HOME, user="ann", *, may_edit=True, max_rules=30, store=None, **desk):
        assets = desk.pop("assets", (Asset("BTC"), Asset("ETH")))
        self.clock = ManualClock(NOW)
        self.store = store or MemoryStore()
        self.readings = Readings()
        self.desk = Desk(
            self.store.rules,
            self.store.history,
            self.store.notes,
            self.store.chats,
            self.store.episodes,
            self.store.outbox,
            self.store.records,
            self.clock,
            self.readings,
            assets,
            max_rules=max_rules,
            **desk,
        )
        self.front = Front(self.desk)
        self.ask = Ask(chat, user, may_edit=may_edit)
        self.card = None
        self.reads(SKEW, 14.2)
        self.reads(BASIS, 5.6)
        self.reads(PRICE, 71_500.0)

    def reads(self, series, value, **ago):
        """The market reads a value, 18 s ago unless said."""
        at = self.clock.now() - timedelta(**(ago or {"seconds": 18}))
        self.readings.update({series: a_reading(series, value, at)})

    async def says(self, text, **changes):
        self.card = await self.front.words(replace(self.ask, text=text, **changes))
        return self.card

    async def runs(self, name, text="", **values):
        self.card = await self.front.command(name, replace(self.ask, text=text, values=values))
        return self.card

    async def taps(self, act, **changes):
        reply = await self.front.tap(replace(self.ask, **changes), act)
        self.card = reply.card or self.card
        return reply

    async def presses(self, label, **changes):
        return await self.taps(acts(self.card)[label], **changes)

    async def held(self, number):
        return await self.store.rules.get(self.ask.chat, number)

    async def count(self):
        return len(await self.store.rules.of_chat(self.ask.chat))


class AwayStore(MemoryStore):
    """A store that can be made to refuse."""

    def __init__(self):
        super().__init__()
        self.rules = _Refusing(self.rules)
        self.notes = _Refusing(self.notes)
        self.outbox = _Refusing(self.outbox)

    def goes_away(self):
        self.rules.error = self.notes.error = self.outbox.error = StoreError("no answer")


class _Refusing:
    """Refuses once `error` is set, or after so many more `answers`."""

    error = None
    answers = 1_000_000

    def __init__(self, port):
        self._port = port

    def __getattr__(self, name):
        self.answers -= 1
        if self.error is not None or self.answers < 0:
            raise self.error or StoreError("no answer")
        return getattr(self._port, name)


def acts(card):
    """The card's buttons: label to act."""
    return {button.label: button.act for row in card.buttons for button in row}


def everything(card):
    """All a person reads on a card."""
    fields = [f"{field.name}: {field.value}" for field in card.fields]
    return "\n".join([card.title, *card.lines, *fields, card.pre, card.footer])
