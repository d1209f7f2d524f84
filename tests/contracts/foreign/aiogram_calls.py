"""aiogram, a Bot API client by others, at the other end of a pipe: one call a line, one answer.

Run by .venv/apart. `connect` names the address of a Bot API server and a token.
"""

import asyncio
import json
import sys

from aiogram import Bot, Dispatcher, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import AiogramError
from aiogram.utils.keyboard import InlineKeyboardBuilder


def say(**answer):
    print(json.dumps(answer), flush=True)  # noqa: T201 -- the pipe


def plain(result):
    if isinstance(result, list):
        return [plain(one) for one in result]
    if hasattr(result, "model_dump"):
        return result.model_dump(mode="json", exclude_none=True)
    return result


async def greet(message: types.Message):
    keyboard = InlineKeyboardBuilder().button(text="Save", callback_data="save:1").as_markup()
    text = f"<b>said</b> {message.html_text}"
    await message.answer(text, parse_mode="HTML", reply_markup=keyboard)


async def tapped(query: types.CallbackQuery):
    await query.message.edit_text(f"<i>{query.data}</i>", parse_mode="HTML")
    await query.answer("Saved")


async def called(bot, line):
    name, arguments = line["call"], line.get("with", {})
    if document := arguments.pop("document_text", None):
        arguments["document"] = types.BufferedInputFile(document.encode(), "data.json")
    if commands := arguments.pop("commands", None):
        arguments["commands"] = [types.BotCommand(**one) for one in commands]
    return plain(await getattr(bot, name)(**arguments))


def connected(url, token):
    return Bot(token, AiohttpSession(api=TelegramAPIServer.from_base(url), timeout=5))


async def answered(bot, line):
    try:
        return {"result": await called(bot, line)}
    except AiogramError as error:
        names = ("retry_after", "migrate_to_chat_id")
        more = {name: getattr(error, name) for name in names if hasattr(error, name)}
        return {"error": type(error).__name__, "text": str(error), **more}


async def main():
    bot, polling = None, None
    dispatcher = Dispatcher()
    dispatcher.message.register(greet)
    dispatcher.callback_query.register(tapped)
    while raw := await asyncio.to_thread(sys.stdin.readline):
        line = json.loads(raw)
        match line["call"]:
            case "connect":
                if bot:
                    await bot.session.close()
                bot = connected(**line["with"])
                say(result="connected")
            case "poll":
                started = dispatcher.start_polling(bot, handle_signals=False, polling_timeout=2)
                polling = asyncio.create_task(started)
                say(result="polling")
            case "rest":
                await dispatcher.stop_polling()
                await polling
                say(result="resting")
            case _:
                say(**await answered(bot, line))
    await bot.session.close()


asyncio.run(main())
