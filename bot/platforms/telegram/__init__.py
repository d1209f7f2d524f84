"""The Telegram platform."""

from bot.platforms.telegram.adapter import Telegram as Telegram
from bot.platforms.telegram.adapter import TelegramLostError as TelegramLostError
from bot.platforms.telegram.pulse import Waits as Waits
from bot.platforms.telegram.webhook import Webhook as Webhook
