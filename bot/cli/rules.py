"""`derivwatch rules`: all rules of all chats, out to a file and in again, for the operator."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TextIO

import click

from alerts.clock import WallClock
from alerts.domain.errors import UsageError
from alerts.domain.ids import Chat
from alerts.domain.rule import Draft, Rule, State
from alerts.metrics import METRICS
from alerts.ports import New, RuleBook
from alerts.rules.describe import describe
from alerts.rules.grammar import parse
from alerts.rules.vocabulary import Vocabulary
from bot import log
from bot.app import opened
from bot.settings import Settings, load

NO_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as a line of the file holds it; its number is given anew where it arrives."""

    chat: Chat
    owner: str
    draft: Draft
    paused: bool = False


@click.group(epilog="Example:  derivwatch rules export rules.jsonl")
def command() -> None:
    """Write all rules of all chats to a file, or read them from one."""


@command.command("export", epilog="Example:  derivwatch rules export - | wc -l")
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True))
def export_rules(file: TextIO) -> None:
    """Write every rule to FILE (- for standard output), one JSON object a line."""
    count = asyncio.run(_export(_settings(), file))
    click.echo(f"{count} rules written", err=True)


@command.command("import", epilog="Example:  derivwatch rules import rules.jsonl")
@click.argument("file", type=click.File("r", encoding="utf-8"))
def import_rules(file: TextIO) -> None:
    """Add the rules of FILE (- for standard input) that their chats do not have yet.

    A file with a line that cannot be used changes nothing. Added rules start like new ones:
    they take what they see first silently.
    """
    added, had = asyncio.run(_import(_settings(), file))
    click.echo(f"{added} rules added, {had} were there already", err=True)


def _settings() -> Settings:
    settings = load()
    log.setup(settings)
    return settings


async def _export(settings: Settings, file: TextIO) -> int:
    async with opened(settings) as store:
        rules = [rule async for rule in store.rules.everything()]
    rules.sort(key=lambda rule: (rule.chat, rule.number))
    file.writelines(f"{line(rule)}\n" for rule in rules)
    return len(rules)


async def _import(settings: Settings, file: TextIO) -> tuple[int, int]:
    wanted = entries(file, Vocabulary(METRICS, settings.assets))
    async with opened(settings) as store:
        added = await add_missing(store.rules, wanted, WallClock().now())
    return added, len(wanted) - added


def line(rule: Rule) -> str:
    """A rule for the file, in words that a person can read and change."""
    return json.dumps(
        {
            "chat": str(rule.chat),
            "owner": rule.owner,
            "number": rule.number,
            "paused": rule.paused,
            "rule": describe(rule.draft),
        },
        ensure_ascii=False,
    )


def entries(lines: Iterable[str], vocabulary: Vocabulary) -> list[Entry]:
    """The rules of a file; UsageError with every line that cannot be used."""
    found, problems = [], []
    for number, text in enumerate(lines, start=1):
        try:
            if text.strip():
                found.append(_entry(text, vocabulary))
        except UsageError as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise UsageError("\n".join(problems))
    return found


def _entry(text: str, vocabulary: Vocabulary) -> Entry:
    try:
        row = json.loads(text)
        chat, owner, rule, paused = row["chat"], row["owner"], row["rule"], row.get("paused", False)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError('not a rule: write {"chat": …, "owner": …, "rule": …}') from None
    if not (isinstance(chat, str) and isinstance(owner, str) and isinstance(rule, str)):
        raise UsageError("chat, owner and rule must be texts")
    return Entry(Chat.parse(chat), owner, parse(rule, vocabulary, sure=True), paused is True)


async def add_missing(book: RuleBook, wanted: Iterable[Entry], now: datetime) -> int:
    """Add the rules that their chats do not have yet, and say how many those were."""
    added = 0
    for entry in wanted:
        there = {held.rule.draft for held in await book.of_chat(entry.chat)}
        if entry.draft in there:
            continue
        new = New(entry.chat, entry.owner, entry.draft, State())
        rule = await book.add(new, now=now, limit=NO_LIMIT)
        if entry.paused:
            await book.replace(replace(rule, paused=True), State(), now=now)
        added += 1
    return added
