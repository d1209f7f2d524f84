"""What a chat prefers, in words."""

from datetime import datetime, time

from alerts.domain.calendar import next_summary, period_name, place_of, quiet_until
from alerts.domain.preferences import Budget, Period, Preferences, Quiet
from alerts.queue import Tally
from bot.card import Button, Card, Field
from bot.text import figures

STILL_RINGS = "Critical and loud alerts still ring."
MORE = 3
NIGHTS = (Quiet(time(23), time(7)), Quiet(time(22), time(8)))
BUDGETS = (Budget(3, Period.WEEK), Budget(5, Period.WEEK), Budget(3, Period.DAY))

_BACK = Button("All settings", "cmd:settings")


def hours(quiet: Quiet) -> str:
    """`23:00–07:00`."""
    return f"{quiet.start:%H:%M}–{quiet.end:%H:%M}"


def limit(budget: Budget) -> str:
    """`5 a week`."""
    return f"{budget.most} a {budget.per}"


def this(per: Period) -> str:
    return "this week" if per is Period.WEEK else "today"


def settings_card(chosen: Preferences, tally: Tally, now: datetime) -> Card:
    """Everything a chat can choose, and buttons to choose it."""
    fields = [
        Field("Clock", _clock(chosen, now)),
        Field("Quiet hours", hours(chosen.quiet) if chosen.quiet else "none"),
        Field("Budget", _budget(chosen, tally, now)),
        Field("Numbers", f"with a decimal {'comma' if chosen.decimal_comma else 'point'}"),
        Field("Skew", _sign(chosen)),
    ]
    if waiting := {(event.rule, event.episode) for event in tally.waiting}:
        fields.append(Field("Held for you", f"{len(waiting)} alert{'s' * (len(waiting) != 1)}"))
    snoozed = snoozed_until(chosen, now)
    if snoozed:
        fields.insert(2, Field("Snoozed", f"until {figures.clock(snoozed, now)}"))
    wake = ((Button("Wake up now", "wake:"),),) if snoozed else ()
    return Card(
        title="Settings of this chat",
        fields=tuple(fields),
        buttons=(
            (
                Button("Clock", "cmd:tz"),
                Button("Quiet hours", "cmd:quiet"),
                Button("Budget", "cmd:budget"),
            ),
            (
                Button(f"Decimal {'point' if chosen.decimal_comma else 'comma'}", "set:comma"),
                Button(
                    f"I write skew as {'put − call' if chosen.flipped_sign else 'call − put'}",
                    "set:sign",
                ),
            ),
            *wake,
        ),
    )


def clock_card(chosen: Preferences, now: datetime, common: tuple[Button, ...]) -> Card:
    """What time it is for this chat."""
    known = chosen.zone != "UTC"
    lines = (
        ("All times here, mine and yours, are by this clock.",)
        if known
        else ("I don't know where you are, so I tell UTC.", "Write your city, like: /tz Lisbon")
    )
    ways = (Button("Quiet hours", "cmd:quiet"), _BACK)
    return Card(
        title=f"Your clock: {_clock(chosen, now)}",
        lines=lines,
        buttons=(ways,) if known else (common[:4], common[4:], ways),
    )


def quiet_card(chosen: Preferences, now: datetime) -> Card:
    """When nothing rings."""
    offered = [Button(hours(one), _quiet_act(one)) for one in NIGHTS if one != chosen.quiet]
    if chosen.quiet is None:
        return Card(
            title="No quiet hours",
            lines=("An alert rings whenever it comes. Write them like: /quiet 23:00-07:00",),
            buttons=(tuple(offered), (_BACK,)),
        )
    inside = quiet_until(chosen.quiet, place_of(now), now)
    lines = [
        f"Nothing rings then, by the clock of {chosen.zone}. {STILL_RINGS}",
        "What comes meanwhile waits, and you get it as one card when they are over.",
    ]
    if chosen.zone == "UTC":
        lines[0] = f"By UTC, since I don't know where you are: /tz Lisbon. {STILL_RINGS}"
    if inside:
        lines.append(f"It is quiet now, until {figures.clock(inside, now)}.")
    zone = (Button("Set my clock", "cmd:tz"),) if chosen.zone == "UTC" else ()
    return Card(
        title=f"Quiet hours: {hours(chosen.quiet)}",
        lines=tuple(lines),
        buttons=((*offered, Button("Off", "quiet:off")), (*zone, _BACK)),
    )


def budget_card(chosen: Preferences, tally: Tally, now: datetime, expected: str = "") -> Card:
    """How many alerts may ring, and how many did."""
    budget = chosen.budget
    offered = [
        Button(limit(one), f"budget:{one.most}/{one.per}") for one in BUDGETS if one != budget
    ]
    if budget is None:
        return Card(
            title="No alert budget",
            lines=("Every alert rings. Set one like: /budget 5/week", *filter(None, [expected])),
            buttons=(tuple(offered), (_BACK,)),
        )
    summary = figures.clock(next_summary(budget.per, place_of(now), now), now)
    lines = [
        f"What comes beyond that waits for a summary. {STILL_RINGS}",
        f"{_used(chosen, tally, now)} {this(budget.per)}. Next summary: {summary}.",
        expected,
    ]
    return Card(
        title=f"At most {limit(budget)}",
        lines=tuple(filter(None, lines)),
        buttons=((*offered, Button("Off", "budget:off")), (_BACK,)),
    )


def snooze_card(chosen: Preferences, now: datetime) -> Card:
    """Whether the whole chat is snoozed."""
    until = snoozed_until(chosen, now)
    if until is None:
        return Card(
            title="Not snoozed",
            lines=("Alerts ring as they come. For a while without: /snooze 2h",),
            buttons=(
                (Button("1 h", "cmd:snooze:1h"), Button("4 h", "cmd:snooze:4h")),
                (Button("Until 8:00", "cmd:snooze:until 8:00"), _BACK),
            ),
        )
    return Card(
        title=f"Snoozed until {figures.clock(until, now)}",
        lines=(
            f"Nothing rings here until then. {STILL_RINGS}",
            "What comes meanwhile waits, and you get it as one card.",
        ),
        buttons=((Button("Wake up now", "wake:"), _BACK),),
    )


def snoozed_until(chosen: Preferences, now: datetime) -> datetime | None:
    """When a snooze that is on ends."""
    until = chosen.snoozed_until
    return until if until and now < until else None


def _sign(chosen: Preferences) -> str:
    if chosen.flipped_sign:
        return "you write, and alerts and lists tell, call − put: fear is minus"
    return "put − call: fear is plus"


def _clock(chosen: Preferences, now: datetime) -> str:
    zone = "" if chosen.zone == "UTC" else f" ({chosen.zone})"
    return figures.clock(now, now) + zone


def _budget(chosen: Preferences, tally: Tally, now: datetime) -> str:
    if chosen.budget is None:
        return "none"
    return f"{limit(chosen.budget)}, {_used(chosen, tally, now)} {this(chosen.budget.per)}"


def _used(chosen: Preferences, tally: Tally, now: datetime) -> str:
    per = chosen.budget.per if chosen.budget else Period.WEEK
    rang = tally.rang if tally.period == period_name(per, place_of(now), now) else 0
    return f"{rang} used"


def _quiet_act(quiet: Quiet) -> str:
    return f"quiet:{quiet.start:%H:%M}-{quiet.end:%H:%M}"
