"""Whether Telegram answers: what the health line says and when listening is lost for good."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

_OK = range(200, 300)
_REFUSED = (401, 404)
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the adapter is patient. Defaults suit the real service."""

    answer_seconds: float = 10.0
    poll_seconds: float = 20.0
    watch_seconds: float = 1.0
    hook_seconds: float = 20.0
    stop_seconds: float = 10.0
    silent: timedelta = timedelta(seconds=60)
    stopped: timedelta = timedelta(minutes=5)


class Pulse:
    """Told the status of every answer. The library stops polling on a 401 without a word."""

    def __init__(self, now: Callable[[], datetime], waits: Waits, *, listens: bool = True) -> None:
        self._now = now
        self._waits = waits
        self._listens = listens
        self._state = "not listening"
        self._refused = False
        self._trouble = ""
        self._poll_status = 0
        self._polled = self._answered = now()

    def connecting(self) -> None:
        """A run begins."""
        self._state = "connecting"
        self._poll_status = 0

    def listening(self) -> None:
        """Polling begins."""
        self._state = "ok"
        self._polled = self._answered = self._now()

    def ended(self) -> None:
        """The run is over."""
        self._state = "not listening"

    def heard_poll(self, status: int) -> None:
        """A poll was answered with this status (0: not at all)."""
        self._poll_status = status
        self._polled = self._now()
        if status in _OK:
            self._answered = self._polled
        self.heard(status)

    def heard(self, status: int) -> None:
        """Any method was answered with this status (0: not at all)."""
        if status in _REFUSED:
            self._refused = True
        elif status in _OK:
            self._refused = False

    def told(self, trouble: str) -> None:
        """What Telegram says of its deliveries to our webhook; empty when they go well."""
        self._trouble = trouble
        self._answered = self._now()

    def health(self) -> str:
        """`ok`, or what is wrong and what to do."""
        if self._refused:
            return "token refused: check TELEGRAM_BOT_TOKEN and TELEGRAM_API_URL"
        if not self._listens:
            return "ok"
        if self._state != "ok":
            return self._state
        if self._poll_status == _CONFLICT:
            return "another program polls with this token: stop it, or use another bot"
        quiet = self._now() - self._answered
        if quiet > self._waits.silent:
            return f"no answer from Telegram for {quiet.total_seconds():.0f} s"
        return self._trouble or "ok"

    def lost(self) -> str | None:
        """Why polling has ended without a word; None while it goes on."""
        if self._poll_status in _REFUSED:
            return "token refused"
        if self._now() - self._polled > self._waits.stopped:
            return "polling stopped"
        return None
