"""COMMANDS: one line per command, the same on every platform."""

from bot.commands import (
    ack,
    alert,
    alerts,
    budget,
    delete,
    deleteme,
    explain,
    export,
    help,  # noqa: A004 -- the command is called so
    importing,
    mydata,
    now,
    pause,
    presets,
    privacy,
    quiet,
    replay,
    resume,
    settings,
    snooze,
    start,
    status,
    tz,
    undo,
)
from bot.commands.spec import Command

_TALKED_OF: tuple[Command, ...] = (
    now.COMMAND,
    alert.COMMAND,
    alerts.COMMAND,
    presets.COMMAND,
    replay.COMMAND,
    ack.COMMAND,
    snooze.COMMAND,
    pause.COMMAND,
    resume.COMMAND,
    delete.COMMAND,
    undo.COMMAND,
    settings.COMMAND,
    quiet.COMMAND,
    tz.COMMAND,
    budget.COMMAND,
    explain.COMMAND,
    status.COMMAND,
    start.COMMAND,
    privacy.COMMAND,
    mydata.COMMAND,
    deleteme.COMMAND,
    export.COMMAND,
    importing.COMMAND,
)

COMMANDS: tuple[Command, ...] = (*_TALKED_OF, help.command(_TALKED_OF))
