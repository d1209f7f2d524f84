"""Telegram's deliveries to us, as the other way to listen: where they arrive and how it goes."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from telegram import WebhookInfo

TROUBLE_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Webhook:
    """The public address of the bot's web server, and the secret that Telegram sends along."""

    base_url: str
    secret: str = field(repr=False)

    @property
    def path(self) -> str:
        """Where updates arrive: it follows from the secret, so the token does not give it away."""
        name = hashlib.blake2b(b"path " + self.secret.encode(), digest_size=16).hexdigest()
        return f"/telegram/{name}"

    @property
    def url(self) -> str:
        return self.base_url + self.path

    def trouble(self, known: WebhookInfo, now: datetime) -> str:
        """What Telegram says is wrong with its deliveries; empty when nothing is, or was long ago.

        https://core.telegram.org/bots/api#webhookinfo
        """
        if known.url != self.url:
            return "another program has set another webhook, or polls with this token"
        at = known.last_error_date
        if at is None or now - at > TROUBLE_LASTS:
            return ""
        waiting = known.pending_update_count
        return f"Telegram cannot deliver ({waiting} wait): {known.last_error_message}"
