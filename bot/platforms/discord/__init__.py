"""Discord: slash commands, buttons and cards through discord.py."""

from bot.platforms.discord.adapter import Discord as Discord

__all__ = ["Discord"]
