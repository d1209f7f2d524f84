"""What can be had of an asset: a metric needs a venue that covers it and has what it takes."""

from collections.abc import Iterable, Sequence

from alerts.derive import roots
from alerts.domain.ids import Asset, Venue
from alerts.domain.market import (
    FuturesCurve,
    IndexPrice,
    Liquidations,
    LiquidationTotals,
    OptionChain,
    Snapshot,
    VolIndex,
)
from alerts.domain.reading import Series
from alerts.exchanges.spec import Exchange
from alerts.metrics import BY_KEY
from alerts.metrics.spec import Metric, Past

_CALLED: dict[type[Snapshot], str] = {
    OptionChain: "options",
    FuturesCurve: "futures",
    IndexPrice: "a price",
    VolIndex: "a volatility index",
    Liquidations: "forced closes",
}


class Offers:
    """What the configured venues offer, by asset."""

    def __init__(self, exchanges: Sequence[Exchange], metrics: Sequence[Metric]) -> None:
        self._exchanges = tuple(exchanges)
        self._metrics = tuple(metrics)

    def has(self, metric: Metric, asset: Asset) -> bool:
        """Whether some venue gives all that the metric is made of."""
        return not list(self._lacking(metric, asset))

    def only(self, venue: str) -> "Offers":
        """What one venue offers by itself."""
        here = [one for one in self._exchanges if one.venue == venue]
        return Offers(here, self._metrics)

    def venues_of(self, metric: Metric, asset: Asset) -> tuple[Venue, ...]:
        """The venues each of which gives a metric by itself."""
        names = (one.venue for one in self._exchanges)
        return tuple(name for name in names if self.only(name).has(metric, asset))

    def of(self, asset: Asset) -> tuple[Metric, ...]:
        """The metrics an asset has."""
        return tuple(metric for metric in self._metrics if self.has(metric, asset))

    def venues(self, metric: Metric, asset: Asset) -> tuple[str, ...]:
        """The titles of the venues a metric comes from; for one of the past, its base's."""
        first = next(iter(sorted(roots([Series(metric.key, asset, metric.default_window)]))))
        return tuple(
            exchange.title for exchange in self._exchanges if _gives(exchange, first, asset)
        )

    def lacks(self, metric: Metric, asset: Asset) -> str:
        """What no venue lists for the asset, in a word: `options`."""
        missing = next(iter(self._lacking(metric, asset)), None)
        return _CALLED[missing] if missing else ""

    def _lacking(self, metric: Metric, asset: Asset) -> Iterable[type[Snapshot]]:
        series = Series(metric.key, asset, metric.default_window)
        spare = metric.needs.instead(series) if isinstance(metric.needs, Past) else ()
        for one in sorted(roots([series]).difference(spare)):
            if not any(_gives(exchange, one, one.asset) for exchange in self._exchanges):
                yield kinds_of(one)[0]


def poll_of(series: Series, exchanges: Iterable[Exchange]) -> str:
    """The poll that feeds a series, if only through the (first) one it is made of."""
    needs = BY_KEY[series.metric].needs if series.metric in BY_KEY else None
    if isinstance(needs, Past):
        return poll_of(needs.base(series), exchanges)
    kinds = kinds_of(series) if needs else ()
    polls = (feed.poll for one in exchanges for feed in one.feeds if feed.kind in kinds)
    return next(polls, "options")


def kinds_of(series: Series) -> tuple[type[Snapshot], ...]:
    """The kinds of snapshot a measured series can come from."""
    needs = BY_KEY[series.metric].needs
    if needs is Liquidations:
        return Liquidations, LiquidationTotals
    return (needs,) if isinstance(needs, type) else ()


def _gives(exchange: Exchange, series: Series, asset: Asset) -> bool:
    kinds, dated = kinds_of(series), BY_KEY[series.metric].dated
    pushed = Liquidations in kinds and bool(exchange.streams) and exchange.covers(asset)
    return pushed or any(
        feed.kind in kinds and (feed.dated or not dated) and exchange.gives(feed, asset)
        for feed in exchange.feeds
    )
