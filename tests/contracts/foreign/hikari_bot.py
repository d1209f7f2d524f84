"""hikari, a Discord library by others, at the other end of a pipe: one call a line, one answer.

Run by .venv/apart. `connect` names the REST address and a token, `listen` opens the gateway.
"""

import asyncio
import json
import sys

import hikari


def say(**answer):
    print(json.dumps(answer, default=str), flush=True)  # noqa: T201 -- the pipe


def listener(bot, seen):
    """What the bot notes and answers while it listens."""

    @bot.listen()
    async def _guild(event: hikari.GuildAvailableEvent):
        seen.append(["guild", event.guild.name, sorted(map(int, event.guild.get_channels()))])

    @bot.listen()
    async def _message(event: hikari.DMMessageCreateEvent):
        if not event.is_bot:
            await event.message.respond(f"you said {event.content}")

    @bot.listen()
    async def _interaction(event: hikari.InteractionCreateEvent):
        match event.interaction:
            case hikari.CommandInteraction() as command:
                row = hikari.impl.MessageActionRowBuilder()
                row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "save:1", label="Save")
                options = {one.name: one.value for one in command.options or ()}
                await command.create_initial_response(
                    hikari.ResponseType.MESSAGE_CREATE,
                    f"{command.command_name} {options}",
                    flags=hikari.MessageFlag.EPHEMERAL,
                    component=row,
                )
            case hikari.ComponentInteraction() as tap:
                await tap.create_initial_response(
                    hikari.ResponseType.MESSAGE_UPDATE, f"tapped {tap.custom_id}", components=[]
                )


async def rest_call(rest, line):
    name, arguments = line["call"], line["with"]
    if name == "whoami":
        me, application = await rest.fetch_my_user(), await rest.fetch_application()
        return {"id": str(me.id), "bot": me.is_bot, "application": str(application.id)}
    if name == "sync":
        builders = [
            rest.slash_command_builder("now", "How the market stands").add_option(
                hikari.CommandOption(
                    type=hikari.OptionType.STRING, name="metric", description="Which metric"
                )
            )
        ]
        made = await rest.set_application_commands(arguments["application"], builders)
        return [[one.name, str(one.id), [each.name for each in one.options]] for one in made]
    if name == "send":
        channel = arguments.get("channel") or await rest.create_dm_channel(arguments["person"])
        message = await rest.create_message(channel, arguments["text"])
        return {"id": str(message.id), "text": message.content, "channel": str(message.channel_id)}
    raise LookupError(name)


async def answered(rest, line):
    try:
        return {"result": await rest_call(rest, line)}
    except hikari.HikariError as error:
        more = {}
        if isinstance(error, hikari.HTTPResponseError):
            more = {"status": int(error.status), "code": getattr(error, "code", 0)}
        if isinstance(error, hikari.RateLimitTooLongError):
            more = {"retry_after": error.retry_after}
        return {"error": type(error).__name__, "text": str(error), **more}


async def main():
    bot, seen = None, []
    while raw := await asyncio.to_thread(sys.stdin.readline):
        line = json.loads(raw)
        match line["call"]:
            case "connect":
                seen = []
                bot = hikari.GatewayBot(
                    line["with"]["token"],
                    rest_url=line["with"]["url"],
                    banner=None,
                    logs=None,
                    intents=hikari.Intents.GUILDS | hikari.Intents.DM_MESSAGES,
                    max_rate_limit=line["with"].get("longest", 300.0),
                    max_retries=0,
                )
                listener(bot, seen)
                await bot.start(check_for_updates=False, shard_count=line["with"].get("shards", 1))
                say(result=[[one.id, one.shard_count] for one in bot.shards.values()])
            case "leave":
                await bot.close()
                say(result="left")
            case "seen":
                for _ in range(60):
                    if len(seen) < line["with"]["least"]:
                        await asyncio.sleep(0.05)
                say(result=seen)
            case _:
                say(**await answered(bot.rest, line))
    if bot and bot.is_alive:
        await bot.close()


asyncio.run(main())
