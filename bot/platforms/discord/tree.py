"""Slash commands, built from the parameters of the command table."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

import discord
from discord import app_commands

from bot.commands.spec import Choice, Command, FrontDesk, Kind, Param
from bot.platforms.discord.answers import UNSHOWN
from bot.platforms.discord.ask import Interaction, ask_of_command
from bot.platforms.discord.files import Given

log = logging.getLogger(__name__)

DESCRIPTION_LIMIT = 100
CHOICE_LIMIT = 100
CHOICES_LIMIT = 25
SUGGEST_SECONDS = 1.5

SUGGESTED = frozenset(
    {Kind.RULE_TEXT, Kind.METRIC, Kind.ASSET, Kind.RULE_NUMBER, Kind.EPISODE, Kind.ABOUT, Kind.ZONE}
)
_TYPES: Mapping[Kind, type] = {Kind.NUMBER: float, Kind.FILE: discord.Attachment}
APOLOGY = "Something went wrong here. Nothing was changed: please try again."
STALE = "This command was just updated: reload Discord and try again."

Run = Callable[[Interaction, str, Given], Awaitable[None]]
Complete = Callable[[Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]


class Tree(app_commands.CommandTree[discord.Client]):
    """The command tree; what goes wrong in it is logged, and the person is told so."""

    def fill(self, desk: FrontDesk, run: Run) -> None:
        """Take the desk's commands in place of those there were."""
        self.clear_commands(guild=None)
        for command in desk.commands:
            self.add_command(slash(command, desk, run))

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        stale = isinstance(
            error, (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)
        )
        log.error("discord command failed", exc_info=None if stale else error)
        try:
            await _tell(interaction, STALE if stale else APOLOGY)
        except UNSHOWN as trouble:
            log.warning("discord apology not shown why=%s", type(trouble).__name__)


def slash(command: Command, desk: FrontDesk, run: Run) -> app_commands.Command[Any, ..., None]:
    """One flat slash command with typed parameters.

    discord.py reads the parameters off the callback's signature, so one is made to measure;
    python names are p0, p1 and so on because a parameter may be called `for`.
    """
    names = {f"p{at}": param for at, param in enumerate(command.params)}

    async def callback(interaction: Interaction, **values: object) -> None:
        await run(interaction, command.name, _typed(names, values))

    callback.__signature__ = _signature(names)  # type: ignore[attr-defined]
    if names:
        app_commands.describe(**{at: _short(one.summary) for at, one in names.items()})(callback)
        app_commands.rename(**{at: one.name for at, one in names.items()})(callback)
        app_commands.choices(**{at: _choices(one) for at, one in names.items() if one.choices})(
            callback
        )
        app_commands.autocomplete(
            **{
                at: _completion(command.name, one, desk)
                for at, one in names.items()
                if one.kind in SUGGESTED and not one.choices
            }
        )(callback)
    return app_commands.Command(
        name=command.name, description=_short(command.summary), callback=callback
    )


def completions(found: Sequence[Choice], typed: str) -> list[app_commands.Choice[str]]:
    """At most 25 that Discord accepts; without any, the words as typed.

    A value is never cut: half a rule is another rule.
    """
    usable = [one for one in found if one.label and 1 <= len(one.value) <= CHOICE_LIMIT]
    if not usable and 1 <= len(typed) <= CHOICE_LIMIT:
        usable = [Choice(typed, typed)]
    return [
        app_commands.Choice(name=_short(one.label), value=one.value)
        for one in usable[:CHOICES_LIMIT]
    ]


def _signature(names: Mapping[str, Param]) -> inspect.Signature:
    keyword = inspect.Parameter.KEYWORD_ONLY
    typed = [
        inspect.Parameter(
            at,
            keyword,
            default=inspect.Parameter.empty if param.required else None,
            annotation=_TYPES.get(param.kind, str),
        )
        for at, param in names.items()
    ]
    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return inspect.Signature([first, *typed])


def _typed(
    names: Mapping[str, Param], values: Mapping[str, object]
) -> dict[str, str | discord.Attachment]:
    """The given parameters by their real names, as text where they are no files."""
    return {
        names[at].name: value if isinstance(value, discord.Attachment) else _text(value)
        for at, value in values.items()
        if value is not None
    }


def _text(value: object) -> str:
    if isinstance(value, app_commands.Choice):
        return str(value.value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _choices(param: Param) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=one, value=one) for one in param.choices[:CHOICES_LIMIT]]


def _completion(name: str, param: Param, desk: FrontDesk) -> Complete:
    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        ask = ask_of_command(interaction, {}, typed)
        try:
            async with asyncio.timeout(SUGGEST_SECONDS):
                return completions(await desk.suggest(name, param.name, typed, ask), typed)
        except Exception:
            # Somebody is in the middle of a word: their own text is better than nothing.
            log.exception("no completions command=%s param=%s", name, param.name)
            return completions((), typed)

    return complete


async def _tell(interaction: Interaction, text: str) -> None:
    if interaction.response.is_done():
        await interaction.edit_original_response(content=text)
    else:
        await interaction.response.send_message(text, ephemeral=True)


def _short(text: str) -> str:
    limit = min(DESCRIPTION_LIMIT, CHOICE_LIMIT)
    return text if len(text) <= limit else text[: limit - 1] + "…"
