"""What chats have chosen."""

from datetime import time

from alerts.codec import plain
from alerts.domain.preferences import Budget, Period, Preferences, Quiet


@plain.encoder
def encode_preferences(preferences: Preferences) -> str:
    rest = {
        "zone": (preferences.zone, "UTC"),
        "quiet": (_quiet_json(preferences.quiet), None),
        "budget": (_budget_json(preferences.budget), None),
        "flipped_sign": (preferences.flipped_sign, False),
        "decimal_comma": (preferences.decimal_comma, False),
        "snoozed_until": (plain.moment_or_none(preferences.snoozed_until), None),
    }
    return plain.dump({"v": plain.VERSION, **plain.unlike(rest)})


@plain.decoder
def decode_preferences(text: str | bytes) -> Preferences:
    body = plain.load(text)
    return Preferences(
        zone=plain.text(body.get("zone", "UTC")),
        quiet=_quiet(body.get("quiet")),
        budget=_budget(body.get("budget")),
        flipped_sign=plain.flag(body.get("flipped_sign", False)),
        decimal_comma=plain.flag(body.get("decimal_comma", False)),
        snoozed_until=plain.when_or_none(body.get("snoozed_until")),
    )


def _quiet_json(quiet: Quiet | None) -> list[str] | None:
    return None if quiet is None else [quiet.start.isoformat(), quiet.end.isoformat()]


def _quiet(body: object) -> Quiet | None:
    if body is None:
        return None
    start, end = plain.rows(body)
    return Quiet(time.fromisoformat(start), time.fromisoformat(end))


def _budget_json(budget: Budget | None) -> plain.Json | None:
    if budget is None:
        return None
    rest = {"more": (budget.more, 0), "more_in": (budget.more_in, "")}
    return {"most": budget.most, "per": budget.per, **plain.unlike(rest)}


def _budget(body: plain.Json | None) -> Budget | None:
    if body is None:
        return None
    return Budget(
        most=plain.whole(body["most"]),
        per=Period(body["per"]),
        more=plain.whole(body.get("more", 0)),
        more_in=plain.text(body.get("more_in", "")),
    )
