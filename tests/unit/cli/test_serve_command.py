import asyncio
import re

import aiohttp
import pytest

from alerts.recording import Recording
from alerts.simulator import SCENARIOS
from bot.cli.serve_recording import _serve, command
from tests.unit.cli.recordings import write

FEB = SCENARIOS["feb-2026"]


async def test_it_says_where_it_listens_and_answers_there(tmp_path, capsys):
    recording = Recording.at(write(tmp_path / "x.jsonl.gz", [FEB.start]))
    work = asyncio.create_task(_serve(recording, 0, 1.0, to_now=True))
    try:
        url = await _address(capsys)
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{url}/public/get_index_price?index_name=btc_usd") as response,
        ):
            body = await response.json()
    finally:
        work.cancel()
        await asyncio.wait([work])

    assert body["result"]["index_price"] == 70_800


async def _address(capsys):
    async with asyncio.timeout(5):
        while not (found := re.search(r"DERIBIT_URL=(\S+)", capsys.readouterr().err)):
            await asyncio.sleep(0.01)
    return found[1]


@pytest.mark.parametrize(
    "words", [["nowhere.jsonl.gz", "--port", "0"], ["x", "--port", "99999"], ["x"]]
)
def test_a_mistake_is_status_2(run, words):
    assert run(command, *words).status == 2


def test_help_shows_an_example():
    assert "Example:" in command.epilog
