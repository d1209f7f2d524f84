"""Discord: slash commands, buttons and cards through discord.py."""

from bot.platforms.discord.adapter import Discord as Discord
from bot.platforms.discord.client import Shard as Shard

__all__ = ["Discord", "Shard"]
