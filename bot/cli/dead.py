"""`derivwatch dead`: what could not be delivered, to look at and to send again."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import click

from alerts.domain.errors import UsageError
from alerts.domain.ids import Platform
from alerts.ports import Dead, Store
from bot import log
from bot.app import opened
from bot.settings import load

PLATFORMS = (Platform("telegram"), Platform("discord"), Platform("console"))

_T = TypeVar("_T")


@click.group(epilog="Example:  derivwatch dead list")
def command() -> None:
    """Look at alerts that could not be delivered; send them again, or drop them."""


@command.command("list", epilog="Example:  derivwatch dead list")
def list_dead() -> None:
    """Show every dead letter: id, time, chat, what it says and why it is here."""
    letters = _with_store(everything)
    for platform, letter in letters:
        click.echo(line(platform, letter))
    click.echo(f"{len(letters)} dead letters", err=True)


@command.command("resend", epilog="Example:  derivwatch dead resend telegram:1770292800000-0")
@click.argument("letter_id")
def resend(letter_id: str) -> None:
    """Put a dead letter back into the queue; the running bot sends it."""
    count = _with_store(lambda store: _each(store, letter_id, _resend))
    click.echo(f"{count} put back into the queue", err=True)


@command.command("drop", epilog="Example:  derivwatch dead drop all")
@click.argument("letter_id")
def drop(letter_id: str) -> None:
    """Delete a dead letter."""
    count = _with_store(lambda store: _each(store, letter_id, _drop))
    click.echo(f"{count} dropped", err=True)


def line(platform: Platform, letter: Dead) -> str:
    """One dead letter as one line, without the control characters that a chat may have sent."""
    said = ", ".join(f"#{event.number} {event.kind} {event.series}" for event in letter.events)
    text = (
        f"{platform}:{letter.id}  {letter.at:%Y-%m-%d %H:%M:%S}  {letter.chat or '?'}"
        f"  {said or 'unreadable'}  {letter.why}"
    )
    return "".join(one if one.isprintable() else "�" for one in text)


async def everything(store: Store) -> Sequence[tuple[Platform, Dead]]:
    """The dead letters of all platforms."""
    return [
        (platform, letter) for platform in PLATFORMS for letter in await store.outbox.dead(platform)
    ]


async def _each(
    store: Store, letter_id: str, act: Callable[[Store, Platform, Dead], Awaitable[bool]]
) -> int:
    letters = [
        (platform, letter)
        for platform, letter in await everything(store)
        if letter_id in {"all", f"{platform}:{letter.id}"}
    ]
    if not letters and letter_id != "all":
        raise UsageError(f"no dead letter has the id {letter_id!r}: see `derivwatch dead list`")
    return sum([await act(store, platform, letter) for platform, letter in letters])


async def _resend(store: Store, platform: Platform, letter: Dead) -> bool:
    """Whoever sends it again believes that the chat can be reached again."""
    await store.notes.pop(f"gone:{letter.chat}")
    return await store.outbox.resend(platform, letter.id)


async def _drop(store: Store, platform: Platform, letter: Dead) -> bool:
    return await store.outbox.drop(platform, letter.id)


def _with_store(work: Callable[[Store], Awaitable[_T]]) -> _T:
    settings = load()
    log.setup(settings)

    async def run() -> _T:
        async with opened(settings) as store:
            return await work(store)

    return asyncio.run(run())
