"""The chat in a terminal."""

from bot.platforms.console.adapter import Console as Console
