"""The command line. Each command lives in its own module and is loaded only when it is called."""

import importlib
import sys
from typing import Any

import click

from alerts.domain.errors import AlertsError, UsageError

COMMANDS = {
    "run": "Run the bot.",
    "demo": "Watch the whole bot work on a simulated market, in this terminal.",
    "check": "Check settings, store, tokens and venues; sends nothing to any user.",
    "once": "One tick, then exit.",
    "record": "Write the raw bodies that the venues answer.",
    "compute": "Readings from a recording, one JSON object a line.",
    "replay": "The events a rule would have caused over a recording.",
    "serve-recording": "A loopback server that answers as the venues did.",
    "backfill": "Fill history from what the venues publish about their past.",
    "dead": "What could not be delivered: list it, send it again, drop it.",
    "rules": "Export or import all rules of all chats.",
    "bench": "The figures of speed and memory.",
}

FAILED = 1
WRONG_USAGE = 2


class _Lazy(click.Group):
    """Loads a command's module when the command is called: `demo` starts without Discord."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"bot.cli.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        command.short_help = COMMANDS[cmd_name]
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AlertsError as error:
            for line in str(error).splitlines():
                click.echo(f"derivwatch: {line}", err=True)
            sys.exit(WRONG_USAGE if isinstance(error, UsageError) else FAILED)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with:  derivwatch demo",
)
@click.version_option(package_name="derivwatch")
def main() -> None:
    """Alerts on crypto-derivatives metrics, in the chat you already have open."""


if __name__ == "__main__":
    main()
