"""What a bot that only calls its library spends on messages: `python -m bench.library ADDRESS N`.

python-telegram-bot as it comes: the text and the buttons of an alert are ready, no rule is looked
at, nothing is stored, and nothing is kept for who was not reached.
"""

import asyncio
import json
import subprocess
import sys
import time

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.request import HTTPXRequest

from bench.receiver import ROOT, TOKEN

AT_ONCE = 16
PATIENCE_SECONDS = 120.0
TEXT = """🔴 <b>BTC $60,000</b> – below your $60,001
Was $70,000 24 h ago · −14.3%

<b>How rare</b> lowest of 365 days (since 23 Nov 2025)
<b>With it</b> skew 5.0%
<b>Next</b> quiet until it clears (above $60,051)
<i>Bench · 00:23 UTC · data 0 s old · #1</i>"""
ROWS = (("Ack", "Snooze 4h", "Proof"), ("Pause", "Delete", "What is this?"))


def sent(address, messages):
    """CPU and wall seconds of so many messages, from a process of its own."""
    command = [sys.executable, "-m", "bench.library", address, str(messages)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False,
                          timeout=PATIENCE_SECONDS)  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return json.loads(done.stdout)


async def main(address, messages):
    bot = Bot(TOKEN, base_url=f"{address}/bot", request=HTTPXRequest(AT_ONCE))
    gate = asyncio.Semaphore(AT_ONCE)

    async def tell(chat):
        async with gate:
            await bot.send_message(
                chat,
                TEXT,
                parse_mode="HTML",
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                reply_markup=InlineKeyboardMarkup(
                    [[InlineKeyboardButton(one, callback_data=f"{'x' * 12}{one}") for one in row]
                     for row in ROWS]
                ),
            )  # fmt: skip

    await asyncio.gather(*map(tell, range(10_000, 10_000 + 2 * AT_ONCE)))
    begun, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*map(tell, range(20_000, 20_000 + messages)))
    return {"cpu": time.process_time() - cpu, "wall": time.monotonic() - begun}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(sys.argv[1], int(sys.argv[2])))))
