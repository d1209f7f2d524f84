"""What one rule with one condition should say, by its definition: slow, and looked at every tick.

Kept apart from the engine on purpose: it knows no states, no wake index and no due times.
"""

from datetime import timedelta

STALE, GRACE, HALF_AN_HOUR = (timedelta(minutes=count) for count in (3, 6, 30))


class Model:
    def __init__(self, draft):
        self.episodes, self.acked, self.fired_at, self.snoozed_until = 0, 0, None, None
        self.begins(draft, None)

    def begins(self, draft, value):
        """As new: what it finds is taken silently."""
        self.draft, self.timing, self.leg = draft, draft.timing, draft.legs[0]
        self.armed = None if value is None else value <= self.leg.level
        self.on = self.held = self.flapping = self.announced = self.ended = self.dark_told = False
        self.met_since = self.clear_since = self.told_at = self.blind = self.over = None
        self.turns, self.knows, self.unsaid, self.dark_known = [], 0, 0, False

    def tick(self, now, reading, late):
        """One thing said, or None: (kind, episode, why held, when it happened, how often)."""
        snoozed, until = now < (self.snoozed_until or now), self.draft.until
        if self.ended and not self.held:
            return None
        if until and now >= until:
            self.ended, self.on, self.held = True, False, snoozed
            return None if snoozed else ("expired", self.episodes, None, until, self.episodes)
        dark, inner, back = reading is None or now - reading.at > STALE, None, False
        before = self.is_beyond()
        if not self.ended:
            back = not dark and self.blind is not None
            inner = self.misses(now, reading) if dark else self.sees(now, reading.value, late)
        self.over = now if inner == "resolved" else self.over
        self.unsaid += inner == "fired"
        if self.is_beyond() != before and not self.ended:
            self.turns = [*[at for at in self.turns if now - at < HALF_AN_HOUR][-5:], now]
            self.flapping = self.flapping or len(self.turns) == 6
        elif self.flapping and not dark:
            self.turns = [now] if back else self.turns
            self.flapping = now - self.turns[-1] < HALF_AN_HOUR
            self.turns = self.turns if self.flapping else []
        if snoozed or self.flapping:
            return self.hushes(inner, snoozed)
        return self.speaks(now, inner, quiet=dark and not self.ended)

    def is_beyond(self):
        return self.on or self.met_since is not None

    def misses(self, now, reading):
        self.blind = self.blind or (reading.at if reading else now)
        told, self.dark_told = self.dark_told, self.dark_told or now - self.blind >= GRACE
        return "dark" if self.dark_told and not told else None

    def sees(self, now, value, late):
        was_dark, told_at = self.dark_told, self.told_at
        if self.blind or late:  # what nobody saw counts for no hold
            self.met_since, self.clear_since = self.met_since and now, self.clear_since and now
        self.blind, self.dark_told = None, False
        event = self.goes_on(now, value) if self.on else self.rests(now, value)
        self.told_at = told_at if was_dark and event == "reminded" else self.told_at
        return "back" if was_dark and event in {None, "reminded"} else event

    def rests(self, now, value):
        if not self.armed:
            self.armed = value <= self.leg.level if self.armed is None else value < self.leg.clear
            return None
        self.met_since = (self.met_since or now) if value > self.leg.level else None
        rested = self.fired_at is None or now >= self.fired_at + self.timing.quiet
        self.on = bool(self.met_since and rested and now >= self.met_since + self.timing.hold)
        if self.on:
            self.met_since, self.fired_at, self.told_at = None, now, now
        self.episodes += self.on
        return "fired" if self.on else None

    def goes_on(self, now, value):
        self.clear_since = (self.clear_since or now) if value < self.leg.clear else None
        if self.clear_since and now >= self.clear_since + self.timing.clear_hold:
            self.on, self.clear_since, self.ended = False, None, self.timing.repeat == "once"
            return "resolved"
        wait = self.timing.remind and self.timing.remind + (self.told_at - self.fired_at)
        due = wait and not self.clear_since and now >= self.told_at + wait
        self.told_at = now if due else self.told_at
        return "reminded" if due else None

    def hushes(self, inner, snoozed):
        self.held, self.why, first = True, "snoozed" if snoozed else "flapping", not self.announced
        self.dark_told = self.dark_told and not (snoozed and inner == "dark")
        self.announced = not snoozed
        if not snoozed and first:
            return ("flapping", self.episodes, None, None, len(self.turns))
        if snoozed or inner not in {"dark", "back"}:
            return None
        self.dark_known = inner == "dark"
        return (inner, self.episodes, None, None, 0)

    def speaks(self, now, inner, *, quiet):
        knows, over, unsaid, back = self.knows, self.over, self.unsaid, self.dark_known
        held, self.held, self.announced = self.held, self.held and quiet, False
        self.dark_known = self.dark_told or (self.held and self.dark_known)
        if not self.held:
            self.over, self.unsaid, self.knows = None, 0, self.episodes if self.on else 0
        if not held or quiet:
            acked = inner == "reminded" and self.acked == self.episodes
            return None if acked or not inner else (inner, self.episodes, None, None, 0)
        if self.on and {knows, self.acked} != {self.episodes}:
            kind, at = ("reminded", None) if knows == self.episodes else ("fired", self.fired_at)
            self.told_at = now
            return (kind, self.episodes, *self.late(at, now), 0)
        if over and not self.on:
            if not knows and self.why == "snoozed":
                return ("missed", self.episodes, self.why, over, unsaid)
            return ("resolved", self.episodes, *self.late(over, now), 0)
        return ("back", self.episodes, None, None, 0) if inner == "back" or back else None

    def late(self, happened, now):
        return (None, None) if happened == now else (self.why, happened)
