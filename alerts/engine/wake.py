"""The index of levels: which rules may see a value that moved differently.

It may wake too many rules, never too few. Per series the levels lie sorted in an array with the
rules' slots beside them, so a query costs log N and what it wakes; 24 bytes a rule and a name.
Writing is cheap too: new levels wait unsorted until the next query, removed rules leave a hole
that is swept out when there are many.
"""

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from itertools import count

from alerts.domain.ids import RuleId
from alerts.domain.reading import Series
from alerts.domain.rule import Levels, Rule, Watched

_INSERT_ONE_BY_ONE = 64
_HOLES_KEPT = 1024


@dataclass(slots=True)
class _Shelf:
    """The levels of one series: `levels[i]` belongs to the rule in `slots[i]`."""

    levels: "array[float]" = field(default_factory=lambda: array("d"))
    slots: "array[int]" = field(default_factory=lambda: array("I"))
    sorted: int = 0

    def add(self, level: float, slot: int) -> None:
        self.levels.append(level)
        self.slots.append(slot)

    def between(self, low: float, high: float) -> "array[int]":
        self._sort()
        start = bisect_left(self.levels, low)
        return self.slots[start : bisect_right(self.levels, high, start)]

    def keep(self, alive: "list[RuleId | None]") -> None:
        """Drop the levels of rules that are gone."""
        kept = [place for place, slot in enumerate(self.slots) if alive[slot] is not None]
        self.levels = array("d", map(self.levels.__getitem__, kept))
        self.slots = array("I", map(self.slots.__getitem__, kept))
        self.sorted = 0

    def _sort(self) -> None:
        fresh = len(self.levels) - self.sorted
        if fresh > _INSERT_ONE_BY_ONE:
            order = sorted(range(len(self.levels)), key=self.levels.__getitem__)
            self.levels = array("d", map(self.levels.__getitem__, order))
            self.slots = array("I", map(self.slots.__getitem__, order))
        elif fresh:
            self._insert(fresh)
        self.sorted = len(self.levels)

    def _insert(self, fresh: int) -> None:
        added = [(self.levels.pop(), self.slots.pop()) for _ in range(fresh)]
        for level, slot in added:
            place = bisect_right(self.levels, level)
            self.levels.insert(place, level)
            self.slots.insert(place, slot)


class WakeIndex:
    """Every level and clear level of every leg of every rule, by series."""

    def __init__(self) -> None:
        self._shelves: dict[Series, _Shelf] = {}
        self._slots: dict[RuleId, int] = {}
        self._rules: list[RuleId | None] = []
        self._free: list[int] = []
        self._holes: list[int] = []

    def __len__(self) -> int:
        return len(self._slots)

    def __contains__(self, rule: RuleId) -> bool:
        return rule in self._slots

    def put(self, rule: Rule) -> None:
        """Index a rule, in place of an older version of it."""
        self.watch(Watched.of(rule))

    def watch(self, rule: Watched) -> None:
        """Index the levels of a rule, in place of an older version of it."""
        self.drop(rule.id)
        slot = self._slot(rule.id)
        for series, level, clear in rule.legs:
            shelf = self._shelf(series)
            shelf.add(level, slot)
            if clear != level:
                shelf.add(clear, slot)

    def take(self, levels: Levels) -> None:
        """Index the levels of many rules, in place of older versions: `watch` for a start."""
        for known in self._slots.keys() & levels.rules:
            self.drop(known)
        rules = dict.fromkeys(levels.rules)
        slots = dict(zip(rules, count(len(self._rules))))
        self._slots.update(slots)
        self._rules += rules
        shelves = {name: self._shelf(series) for name, series in levels.series.items()}
        for rule, name, level, clear in levels.rows():
            slot, shelf = slots[rule], shelves[name]
            shelf.levels.append(level)
            shelf.slots.append(slot)
            if clear != level:
                shelf.levels.append(clear)
                shelf.slots.append(slot)

    def drop(self, rule: RuleId) -> None:
        """Forget a rule; one that is not there is no matter."""
        slot = self._slots.pop(rule, None)
        if slot is None:
            return
        self._rules[slot] = None
        self._holes.append(slot)
        if len(self._holes) > max(_HOLES_KEPT, len(self._slots) // 4):
            self._sweep()

    def series(self) -> frozenset[Series]:
        """Every series some rule watches, and perhaps some that one lately did."""
        return frozenset(self._shelves)

    def on(self, series: Series) -> set[RuleId]:
        """All rules that watch a series."""
        shelf = self._shelves.get(series)
        return self._named(shelf.slots) if shelf else set()

    def wake(self, series: Series, before: float | None, after: float | None) -> set[RuleId]:
        """Rules with a level from `before` to `after`, both included; None: all of the series."""
        shelf = self._shelves.get(series)
        if shelf is None:
            return set()
        if before is None or after is None:
            return self._named(shelf.slots)
        return self._named(shelf.between(min(before, after), max(before, after)))

    def _named(self, slots: "array[int]") -> set[RuleId]:
        rules = self._rules
        return {rule for slot in slots if (rule := rules[slot]) is not None}

    def _shelf(self, series: Series) -> _Shelf:
        shelf = self._shelves.get(series)
        if shelf is None:
            shelf = self._shelves[series] = _Shelf()
        return shelf

    def _slot(self, rule: RuleId) -> int:
        if self._free:
            slot = self._free.pop()
            self._rules[slot] = rule
        else:
            slot = len(self._rules)
            self._rules.append(rule)
        self._slots[rule] = slot
        return slot

    def _sweep(self) -> None:
        for series, shelf in list(self._shelves.items()):
            shelf.keep(self._rules)
            if not shelf.levels:
                del self._shelves[series]
        self._free += self._holes
        self._holes = []
