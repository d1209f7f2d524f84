import json
from dataclasses import dataclass

import pytest
from click.testing import CliRunner


@dataclass
class Outcome:
    """What a command left behind."""

    status: int
    lines: list
    said: str


@pytest.fixture
def run():
    """Run a command; results on stdout are read as JSON Lines."""

    def run(command, *words):
        result = CliRunner().invoke(command, [str(word) for word in words])
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        return Outcome(result.exit_code, lines, result.stderr)

    return run
