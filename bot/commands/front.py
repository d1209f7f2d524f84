"""The front desk: whatever a person says or taps comes back as a card; nothing is raised."""

import asyncio
import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from alerts.domain.errors import ConflictError, StoreError, StoreFullError, UsageError
from alerts.domain.ids import Chat
from alerts.rules.grammar import APART
from bot.card import Button, Card
from bot.commands import COMMANDS, deleteme, undo, wizard
from bot.commands.accent import SETTINGS, heard, offering, shown
from bot.commands.alert import create
from bot.commands.dialogue import correction, standing
from bot.commands.drafts import Kept, give_back, keep, take
from bot.commands.flood import Floods, Turn
from bot.commands.journal import journaled
from bot.commands.market import vocabulary
from bot.commands.smalltalk import WAYS_ON, small_talk
from bot.commands.spec import SILENCE, Ask, Choice, Command, Desk, Reply
from bot.commands.suggest import suggest
from bot.commands.taps import USED, VERBS
from bot.commands.words import LONGEST, clean, said, spoken
from bot.once import once
from bot.text import figures
from bot.text.rules import capital, unsure

log = logging.getLogger(__name__)

BOUND_SECONDS = 10.0
FIXES_AT_MOST = 4
ACT_LONGEST = 64
TITLE_LONGEST = 60
LABEL_LONGEST = 60
SLASHED_LONGEST = 40

AWAY_TEXT = "The store is away, so nothing was changed. Try again in a minute."
FULL_TEXT = "The store is full, so nothing was changed. Please tell whoever runs this bot."
SLOW_TEXT = "That took too long, so I stopped. /alerts shows whether anything was changed."
BROKEN_TEXT = "Something broke on my side; it is in my log. Please try it once more."
CHANGED_TEXT = "That alert changed while you wrote, so I left it alone. Please try once more."
FLOOD_TEXT = "That is a lot at once. I answer again in a few seconds."
ADMINS_TEXT = "Only admins change this group's alerts."
NO_BUTTON_TEXT = "This button no longer works. /help shows what does."

_LEVEL = re.compile(r"(?:above|below|over|under|[<>]=?|[≥≤])\s*(\S+)", re.IGNORECASE)
_FIRST_SENTENCE = re.compile(r"(.{8,}?[.?!]) (.+)")

Work = Callable[[Desk], Awaitable[Reply]]


class Front:
    """Dispatches words, commands and taps; knows who may change what, and how much is too much."""

    def __init__(self, desk: Desk, commands: Sequence[Command] = COMMANDS) -> None:
        self._desk = desk
        self._commands = tuple(commands)
        self._floods = Floods()

    @property
    def commands(self) -> Sequence[Command]:
        return self._commands

    async def command(self, name: str, ask: Ask) -> Card:
        """Run one command by its name or an alias of it."""
        return _card(
            await self._fenced(
                ask, lambda desk: self._run(desk, name, heard(self._cleaned(ask, name), name, desk))
            )
        )

    async def words(self, ask: Ask) -> Card:
        """Answer a free line."""
        first = ask.text[:SLASHED_LONGEST].split(maxsplit=1)[:1]
        name = first[0][1:] if first and first[0].startswith("/") else ""
        return _card(
            await self._fenced(
                ask, lambda desk: self._say(desk, heard(self._cleaned(ask, name), name, desk))
            )
        )

    async def tap(self, ask: Ask, act: str) -> Reply:
        """Act on a button."""
        return await self._fenced(ask, lambda desk: self._act(desk, ask, act), tapped=True)

    async def suggest(self, command: str, param: str, typed: str, ask: Ask) -> Sequence[Choice]:
        """Completions for one parameter."""
        found = self._find(command)
        params = found.params if found else ()
        wanted = next((one for one in params if one.name == param), None)
        return await suggest(wanted, clean(typed), ask, self._desk)

    async def moved(self, old: Chat, new: Chat) -> None:
        """Take a chat's rules and pending news to its new address."""
        try:
            await self._desk.outbox.readdress(old, new)
        except StoreError as error:
            log.warning(
                "chat move waits for its next message old=%s new=%s why=%s", old, new, error
            )

    async def reached(self, chat: Chat) -> None:
        """A chat can be written to again."""
        await self._welcome_back(chat)

    async def once(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do some work unless it was done under this name."""
        await once(self._desk.notes, name, work)

    async def _fenced(self, ask: Ask, work: Work, *, tapped: bool = False) -> Reply:
        """The answer of some work, or what became of it instead."""
        if not ask.one_by_one:
            turn = self._floods.turn(ask.chat, ask.user, self._desk.clock.now())
            if turn is not Turn.ANSWER:
                return _flooded(turn, tapped=tapped)
        desk = self._desk
        try:
            async with asyncio.timeout(BOUND_SECONDS):
                await self._welcome_back(ask.chat)
                desk = await self._for_chat(ask.chat)
                return shown(await work(desk), desk)
        except UsageError as error:
            log.info("not understood chat=%s length=%d", ask.chat, len(ask.text))
            error = offering(error, ask, desk)
            return shown(Reply(await self._question(ask, error), new=tapped), desk)
        except (ConflictError, StoreError, TimeoutError) as error:
            log.warning("command not done chat=%s why=%r", ask.chat, error)
            return _trouble(_excuse(error), tapped=tapped)
        except Exception:
            log.exception("command failed chat=%s", ask.chat)
            return _trouble(BROKEN_TEXT, tapped=tapped)

    async def _for_chat(self, chat: Chat) -> Desk:
        """The desk as this chat prefers it; as everybody's while the store is away."""
        with contextlib.suppress(StoreError):
            [chosen] = await self._desk.chats.read([chat])
            return self._desk.for_chat(chosen)
        return self._desk

    async def _run(
        self, desk: Desk, name: str, ask: Ask, *, sure: bool = False, again: bool = False
    ) -> Reply:
        command = self._find(name)
        if command is None:
            raise UsageError(f"I don't know the command {name[:40]}.", fixes=("/help",))
        if command.name != "alert":
            ask = replace(ask, text=said(ask, command))
        if command.needs_rights(ask.text) and not ask.may_edit:
            return Reply(
                Card(
                    ADMINS_TEXT,
                    lines=("Write to me privately for alerts of your own.",),
                    buttons=WAYS_ON,
                )
            )

        async def run(desk: Desk) -> Reply:
            if sure and command.name == "alert":
                return Reply(await create(ask, desk, ask.text, sure=True, again=again))
            return Reply(await command.run(ask, desk))

        return await _undoable(desk, ask, run, final=command.final)

    async def _say(self, desk: Desk, ask: Ask, *, sure: bool = False, again: bool = False) -> Reply:
        if not ask.text:
            raise UsageError("I read text only, no pictures or voice.", fixes=("/now", "/alerts"))
        if await deleteme.is_awaited(ask, desk):
            return await self._run(desk, deleteme.COMMAND.name, ask)
        if talk := small_talk(ask.text):
            return Reply(talk)
        if card := await self._corrected(desk, ask):
            return Reply(card)
        line = spoken(ask.text, self._commands, vocabulary(desk))
        return await self._run(
            desk, line.command, replace(ask, text=line.text), sure=sure, again=again
        )

    async def _corrected(self, desk: Desk, ask: Ask) -> Card | None:
        """The wizard's next card, where it is open and the words fit it."""
        said = correction(ask.text)
        where = await standing(ask, desk) if said else None
        return await wizard.corrected(ask, desk, where, said) if said and where else None

    async def _act(self, desk: Desk, ask: Ask, act: str) -> Reply:
        if len(act) > ACT_LONGEST or not act.isprintable():
            return Reply(toast=NO_BUTTON_TEXT)
        name, _, argument = act.partition(":")
        if name == "cmd":
            return await self._command_act(desk, ask, clean(argument))
        if name == "fix":
            return await self._fix(desk, ask, argument)
        verb = VERBS.get(name)
        if verb is None:
            return Reply(toast=NO_BUTTON_TEXT)
        if verb.changes and not ask.may_edit:
            return Reply(toast=ADMINS_TEXT)
        return await _undoable(
            desk, ask, lambda noted: verb.tap(ask, noted, argument), final=verb.final
        )

    async def _command_act(self, desk: Desk, ask: Ask, argument: str) -> Reply:
        """A command behind a button. Turning a page replaces the card, the rest leaves it."""
        name, _, text = argument.partition(":")
        reply = await self._run(desk, name, replace(ask, text=text, values={}))
        return replace(reply, new=not text.startswith("page "))

    async def _fix(self, desk: Desk, ask: Ask, token: str) -> Reply:
        """A corrected text was confirmed, so it is not asked about again."""
        kept = await take(desk.notes, ask.chat, token)
        if kept is None:
            return Reply(toast=USED)
        try:
            reply = await self._say(desk, replace(ask, text=kept.text), sure=True, again=kept.again)
        except StoreError:
            await give_back(desk.notes, ask.chat, token, kept)
            raise
        if not ask.may_edit:
            await give_back(desk.notes, ask.chat, token, kept)
        return reply

    def _cleaned(self, ask: Ask, name: str) -> Ask:
        """The words on one printable line; UsageError for a wall of text."""
        command = self._find(name)
        longest = command.longest if command else LONGEST
        if max(len(ask.text), *(len(value) for value in ask.values.values()), 0) > longest:
            raise UsageError(
                f"That is too long: at most {longest} characters. "
                "An alert fits in one line, like: skew above 15%",
                fixes=("/help",),
            )
        values = {name: clean(value) for name, value in ask.values.items()}
        return replace(ask, text=clean(ask.text), values=values)

    async def _question(self, ask: Ask, error: UsageError) -> Card:
        """What was not understood, with a button for each way out."""
        fixes = error.fixes[:FIXES_AT_MOST]
        title, line = _halves(figures.minuses(str(error)))
        return Card(
            title=title,
            lines=(line,) if line else (),
            buttons=await self._ways_out(ask, fixes, error.labels),
        )

    async def _ways_out(
        self, ask: Ask, fixes: Sequence[str], labels: Sequence[str]
    ) -> tuple[tuple[Button, ...], ...]:
        try:
            tokens = [await keep(self._desk.notes, ask.chat, Kept(fix)) for fix in fixes]
        except StoreError:
            return ()
        shown = [_short(figures.minuses(one)) for one in labels]
        shown += [_label(fix, alone=len(fixes) == 1) for fix in fixes[len(shown) :]]
        rows = [
            (Button(label, f"fix:{token}"),)
            for label, token in zip(shown[: len(fixes)], tokens, strict=True)
        ]
        if all(fix.startswith("/") for fix in fixes):
            return tuple(rows)
        return (*rows, (Button("Cancel", f"cancel:{tokens[0]}"),))

    async def _welcome_back(self, chat: Chat) -> None:
        """Whoever talks to us can be reached again."""
        with contextlib.suppress(StoreError):
            if await self._desk.notes.pop(f"gone:{chat}"):
                await self._desk.notes.pop(f"gone-told:{chat}")

    def _find(self, name: str) -> Command | None:
        wanted = name.lower()
        return next((one for one in self._commands if wanted in {one.name, *one.aliases}), None)


async def _undoable(
    desk: Desk, ask: Ask, work: Callable[[Desk], Awaitable[Reply]], *, final: bool
) -> Reply:
    """Some work, and a button to take back what it changed; kept too where it broke off."""
    if final:
        return await work(desk)
    noted, journal = journaled(desk)
    token = ""
    try:
        reply = await work(noted)
    finally:
        token = await undo.remember(desk.notes, ask.chat, journal)
    return undo.offered(reply, token)


def _card(reply: Reply) -> Card:
    return reply.card or (Card(reply.toast) if reply.toast else SILENCE)


def _halves(message: str) -> tuple[str, str]:
    """A long message as a title and the rest, cut where its first sentence ends."""
    match = _FIRST_SENTENCE.fullmatch(message) if len(message) > TITLE_LONGEST else None
    return (match[1], capital(match[2])) if match else (message, "")


def _label(fix: str, *, alone: bool) -> str:
    """A corrected text on a button. That it is meant is said in words, not in the grammar's."""
    if fix.endswith(f" {APART}"):
        return "Make them alerts of their own"
    if fix in SETTINGS:
        return SETTINGS[fix]
    plain = figures.minuses(unsure(fix))
    words = plain if fix.startswith("/") or not alone else f"Yes: {plain}"
    if plain != figures.minuses(fix):
        level = _LEVEL.search(plain)
        words = f"Keep {level[1]}" if level else f"Keep: {plain}"
    return _short(words)


def _short(label: str) -> str:
    return label if len(label) <= LABEL_LONGEST else label[: LABEL_LONGEST - 1] + "…"


def _flooded(turn: Turn, *, tapped: bool) -> Reply:
    if turn is Turn.SILENCE:
        return Reply()
    return _trouble(FLOOD_TEXT, tapped=tapped)


def _trouble(text: str, *, tapped: bool) -> Reply:
    """A tapped card stays as it was; the trouble is said beside it."""
    return Reply(toast=text) if tapped else Reply(Card(text))


def _excuse(error: ConflictError | StoreError | TimeoutError) -> str:
    match error:
        case ConflictError():
            return CHANGED_TEXT
        case StoreFullError():
            return FULL_TEXT
        case StoreError():
            return AWAY_TEXT
        case _:
            return SLOW_TEXT
