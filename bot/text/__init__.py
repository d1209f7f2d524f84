"""What the bot says: pure functions from events, readings and rules to cards and lines."""

from bot.text.news import alert as alert
from bot.text.told import Told as Told
