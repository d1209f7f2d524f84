"""The words a rule may use: those of the metrics and assets on offer."""

from collections.abc import Mapping, Sequence

from alerts.domain.ids import Asset, Venue
from alerts.domain.reading import Series
from alerts.metrics.spec import Metric, Unit, derived, is_derivation
from alerts.rules.amounts import write_level

_NICKNAMES: Mapping[str, tuple[str, ...]] = {
    "BTC": ("bitcoin", "xbt"),
    "ETH": ("ether", "ethereum"),
}
_TWINS = ({Unit.COINS, Unit.USD}, {Unit.PERCENT, Unit.PERCENT_YEAR})


class Vocabulary:
    """Looks words up, whatever their case; the first metric that claims a word has it.

    The first asset is the one meant when none is named. No venues given: any may be named.
    `other_sign`: levels of skew are written as call minus put.
    """

    def __init__(
        self,
        metrics: Sequence[Metric],
        assets: Sequence[Asset],
        venues: Sequence[Venue] = (),
        *,
        other_sign: bool = False,
    ) -> None:
        self.other_sign = other_sign
        self.metrics = tuple(metrics)
        self.assets = tuple(assets)
        self.venues = tuple(venues)
        self._derived: dict[tuple[str, str], Metric] = {}
        self._metrics = _by_word(self.metrics)
        self._assets = _asset_words(self.assets)
        self.longest = max((word.count(" ") + 1 for word in self._metrics), default=1)
        self.words = frozenset(
            part for word in (*self._metrics, *self._assets) for part in word.split()
        )

    @property
    def default_asset(self) -> Asset:
        return self.assets[0]

    def metric(self, word: str) -> Metric | None:
        """The metric called by a word, several words, or its key."""
        return self._metrics.get(" ".join(word.lower().split()))

    def of(self, series: Series) -> Metric | None:
        """What a series is of: its metric, or what its derivation makes of that."""
        metric = self.metric(series.metric)
        if metric is None or not series.derived:
            return metric
        known = self._derived.get((metric.key, series.derived))
        if known is None:
            known = self._derived[metric.key, series.derived] = derived(metric, series.derived)
        return known

    def twin(self, metric: Metric) -> Metric | None:
        """The same thing counted in another unit: `oi_usd` for `oi_coin`."""
        stem = metric.key.rpartition("_")[0]
        same = (one for one in self.metrics if stem and one.key.rpartition("_")[0] == stem)
        return next((one for one in same if {one.unit, metric.unit} in _TWINS), None)

    def asset(self, word: str) -> Asset | None:
        return self._assets.get(word.lower())

    def word_of(self, metric: Metric) -> str:
        """The shortest way to name a metric: the first of its words that means it."""
        mine = (
            word
            for word in metric.words
            if (meant := self.metric(word)) and meant.key == metric.key
        )
        return next(mine, str(metric.key))

    def serves(self, series: Series) -> bool:
        """Whether plain words can name this series: no venue, a usual window and derivation."""
        metric = self.metric(series.metric)
        if metric is None or series.venue or series.asset not in self.assets:
            return False
        if series.other is not None:
            return self.serves(series.base) and self.serves(series.other)
        if series.derived and not is_derivation(series.derived):
            return False
        return series.window in metric.windows or series.window == metric.default_window

    def examples(self) -> tuple[str, ...]:
        """Up to three rules that show how rules are written."""
        shown = [
            f"{self.word_of(metric)} {metric.defaults.direction} "
            f"{write_level(metric.defaults.levels[0], metric.unit)}"
            for metric in self.metrics
            if metric.defaults.levels and self.word_of(metric) in metric.words
        ]
        return tuple(shown[:3])


def _by_word(metrics: Sequence[Metric]) -> dict[str, Metric]:
    words = {str(metric.key): metric for metric in metrics}
    for metric in metrics:
        for word in metric.words:
            words.setdefault(word.lower(), metric)
            words.setdefault(" ".join(reversed(word.lower().split())), metric)
    return words


def _asset_words(assets: Sequence[Asset]) -> dict[str, Asset]:
    words: dict[str, Asset] = {}
    for asset in assets:
        for word in (asset, *_NICKNAMES.get(asset, ())):
            words[word.lower()] = asset
    return words
