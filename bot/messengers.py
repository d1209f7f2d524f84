"""The chat platforms that the settings switch on."""

from alerts.ports import Clock
from bot.app import Role
from bot.platforms.spec import Platform
from bot.settings import Settings


def chat_platforms(settings: Settings, clock: Clock, role: Role = Role.ALL) -> list[Platform]:
    """The platforms that have a token. Their libraries are heavy, so they load only when used."""
    platforms: list[Platform] = []
    if settings.telegram_bot_token:
        from bot.platforms.telegram import Telegram, Webhook  # noqa: PLC0415 -- half a second

        address, secret = settings.telegram_webhook_url, settings.telegram_webhook_secret
        hook = Webhook(address, secret.get_secret_value()) if address and secret else None
        platforms.append(
            Telegram(
                settings.telegram_bot_token.get_secret_value(),
                base_url=settings.telegram_api_url,
                now=clock.now,
                listens=role.does(Role.CHAT),
                webhook=hook,
            )
        )
    if settings.discord_bot_token:
        from bot.platforms.discord import Discord, Shard  # noqa: PLC0415 -- a second

        platforms.append(
            Discord(
                settings.discord_bot_token.get_secret_value(),
                api_url=settings.discord_api_url,
                gateway_url=settings.discord_gateway_url,
                guild_ids=settings.discord_guild_ids,
                shard=Shard.parse(settings.discord_shard),
            )
        )
    return platforms
