"""Series made of series, over the history in memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, log, sqrt

import pytest

from alerts.derive import Derivation, roots
from alerts.domain.reading import Gap, Quality, Reading, Reason, Series
from alerts.storage.memory import MemoryStore

NOW = datetime(2026, 2, 6, 12, 0, tzinfo=UTC)  # a Friday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PRICE = Series.parse("price:BTC")


def reading(series, value, at=NOW, venue="deribit", **parts):
    parsed = Series.parse(series) if isinstance(series, str) else series
    return Reading(parsed, value, at, (venue,), **parts)


class Past:
    """A history with a derivation over it."""

    def __init__(self):
        self.history = MemoryStore().history
        self.derivation = Derivation(self.history)
        self.latest = {}

    async def were(self, series, values, step=DAY, end=NOW - 12 * HOUR - timedelta(seconds=1)):
        """Values that ended at `end` (the midnight before NOW), so far apart."""
        for ago, value in reversed(list(enumerate(reversed(values)))):
            await self.history.extend([reading(series, value, end - ago * step)])

    async def see(self, *samples, watched=(), now=NOW):
        for one in samples:
            if isinstance(one, Reading):
                self.latest[one.series] = one
        asked = {Series.parse(text) for text in watched}
        made = await self.derivation.derive(samples, self.latest, asked, now)
        return {str(sample.series): sample for sample in made}


@pytest.fixture
def past():
    return Past()


async def test_realised_volatility_is_of_whole_days_only(past):
    # Seven moves of 1 %, then today's 50 % that does not count: sqrt(365) x 1 % = 19.10.
    await past.were("price:BTC", [100 * exp(0.01 * (day % 2)) for day in range(8)])
    made = await past.see(reading("price:BTC", 150.0))

    assert made["rv.7d:BTC"].value == pytest.approx(19.104973, abs=1e-6)
    assert made["rv.7d:BTC"].quality is Quality.OK
    assert made["rv.30d:BTC"].reason is Reason.NO_DATA


async def test_a_missing_close_is_a_doubt_and_three_are_too_many(past):
    await past.were("price:BTC", [100.0, 101.0], end=NOW - 12.1 * HOUR - 6 * DAY)
    await past.were("price:BTC", [100.0, 101.0, 100.0, 101.0], end=NOW - 12.1 * HOUR - 1 * DAY)
    await past.were("price:BTC", [100.0])
    one_missing = (await past.see(reading("price:BTC", 1.0)))["rv.7d:BTC"]
    assert (one_missing.quality, one_missing.coverage) == (Quality.DEGRADED, 7 / 8)

    fresh = Past()
    await fresh.were("price:BTC", [100.0, 101.0], end=NOW - 12.1 * HOUR - 6 * DAY)
    await fresh.were("price:BTC", [100.0, 101.0, 100.0])
    assert (await fresh.see(reading("price:BTC", 1.0)))["rv.7d:BTC"].reason is Reason.NO_DATA


async def test_the_premium_is_implied_minus_realised(past):
    await past.were("price:BTC", [100 * exp(0.01 * (day % 2)) for day in range(31)])
    iv = reading("atm_iv.30d:BTC", 50.0)
    made = await past.see(iv, reading("price:BTC", 100.0))

    assert made["vrp.30d:BTC"].value == pytest.approx(50 - 19.104973, abs=1e-6)
    assert made["vrp.30d:BTC"].method.startswith("atm_iv")
    assert made["vrp.7d:BTC"].reason is Reason.STALE


async def test_the_vol_index_stands_in_for_a_missing_surface(past):
    await past.were("price:BTC", [100.0] * 31)
    old = reading("atm_iv.30d:BTC", 50.0, NOW - HOUR)
    made = await past.see(old, reading("dvol:BTC", 44.0), reading("price:BTC", 100.0))

    assert made["vrp.30d:BTC"].value == pytest.approx(44.0)
    assert made["vrp.30d:BTC"].method.startswith("dvol")


async def test_drawdown_and_rebound_are_of_the_window_and_no_older(past):
    # 8 days ago 200, then 100 to 120 and now 90: -25 % from the window's high, +12.5 % from 80.
    await past.were("price:BTC", [200.0, 100.0, 120.0, 80.0, 100.0, 100.0, 100.0, 100.0, 100.0])
    made = await past.see(reading("price:BTC", 90.0))

    assert made["drawdown.7d:BTC"].value == pytest.approx(-25.0)
    assert made["rebound.7d:BTC"].value == pytest.approx(12.5)
    assert made["drawdown.30d:BTC"].reason is Reason.NO_DATA


async def test_a_window_that_history_covers_in_part_is_a_doubt(past):
    await past.were("price:BTC", [100.0] * 6)
    made = await past.see(reading("price:BTC", 100.0))

    assert made["drawdown.7d:BTC"].quality is Quality.DEGRADED
    assert 0.7 < made["drawdown.7d:BTC"].coverage < 0.85


async def test_a_new_high_has_no_drawdown(past):
    await past.were("price:BTC", [100.0] * 9)
    made = await past.see(reading("price:BTC", 130.0))

    assert made["drawdown.7d:BTC"].value == 0.0


async def test_performance_against_gold_is_a_difference_of_log_returns(past):
    week = {"step": HOUR, "end": NOW - HOUR}
    await past.were("price:BTC", [100.0] * 24 * 8, **week)
    await past.were("price:GOLD", [50.0] * 24 * 8, **week)
    made = await past.see(reading("price:GOLD", 55.0), reading("price:BTC", 80.0))

    assert made["vs_gold.7d:BTC"].value == pytest.approx((log(0.8) - log(1.1)) * 100)
    assert made["vs_tech.7d:BTC"].reason is Reason.STALE


async def test_at_the_weekend_both_are_compared_to_fridays_end(past):
    saturday = NOW + DAY
    hours = {"step": HOUR, "end": NOW + 11 * HOUR}
    await past.were("price:BTC", [100.0] * 24 * 7 + [80.0] * 24, **hours)
    await past.were("price:GOLD", [50.0] * 24 * 8, **hours)
    gold, btc = reading("price:GOLD", 99.0, saturday), reading("price:BTC", 20.0, saturday)
    made = await past.see(gold, btc, now=saturday)

    assert made["vs_gold.7d:BTC"].value == pytest.approx(log(0.8) * 100)


async def test_metrics_of_the_past_are_made_once_a_minute_and_always_where_watched(past):
    await past.were("price:BTC", [100.0] * 9)
    await past.see(reading("price:BTC", 100.0))
    soon = NOW + timedelta(seconds=5)
    made = await past.see(reading("price:BTC", 99.0, soon), watched=["drawdown.7d:BTC"], now=soon)

    assert set(made) == {"drawdown.7d:BTC"}
    assert made["drawdown.7d:BTC"].value == pytest.approx(-1.0)


async def test_a_gap_in_the_price_is_a_gap_in_what_is_made_of_it(past):
    made = await past.see(Gap(PRICE, Reason.STALE, "old", NOW), watched=["price:BTC|chg.24h"])

    assert made["drawdown.7d:BTC"].reason is Reason.STALE
    assert made["price:BTC|chg.24h"].reason is Reason.STALE


async def test_nothing_is_made_for_the_proxies_themselves(past):
    assert await past.see(reading("price:GOLD", 50.0)) == {}


async def test_a_change_of_a_price_is_in_percent_and_of_a_percentage_in_points(past):
    hours = {"step": HOUR, "end": NOW - HOUR}
    await past.were("price:BTC", [100.0] * 30, **hours)
    await past.were("skew25_norm.60d:BTC", [5.0] * 30, **hours)
    made = await past.see(
        reading("price:BTC", 79.0),
        reading("skew25_norm.60d:BTC", 11.0),
        watched=["price:BTC|chg.24h", "skew25_norm.60d:BTC|chg.24h", "price:BTC|chg.7d"],
    )

    assert made["price:BTC|chg.24h"].value == pytest.approx(-21.0)
    assert made["skew25_norm.60d:BTC|chg.24h"].value == pytest.approx(6.0)
    assert made["price:BTC|chg.7d"].reason is Reason.NO_DATA


async def test_four_readings_a_day_are_enough_for_a_change_over_a_week_at_any_hour(past):
    quarter = 6 * HOUR
    await past.were("price:BTC", [100.0] * 40, step=quarter, end=NOW - 6 * HOUR)

    for hours in range(6):
        now = NOW + hours * HOUR
        made = await past.see(
            reading("price:BTC", 90.0, now), watched=["price:BTC|chg.7d"], now=now
        )
        assert made["price:BTC|chg.7d"].value == pytest.approx(-10.0)


async def test_a_change_reads_little_of_the_history_as_time_goes_on(past):
    asked = []
    window = past.history.window

    async def counted(*words):
        asked.append(words)
        return await window(*words)

    past.history.window = counted
    minute = timedelta(minutes=1)
    await past.were("skew25_norm.60d:BTC", [float(n) for n in range(180)], minute, NOW)
    found = [
        await past.see(
            reading("skew25_norm.60d:BTC", 1000.0, NOW + n * minute),
            watched=["skew25_norm.60d:BTC|chg.1h"],
            now=NOW + n * minute,
        )
        for n in range(30)
    ]

    # The last of 0..179 is NOW's, so an hour before it stands 119, and n minutes later 119 + n.
    changes = [made["skew25_norm.60d:BTC|chg.1h"].value for made in found]
    assert changes == [1000.0 - (119 + n) for n in range(30)]
    assert len([words for words in asked if str(words[0]) == "skew25_norm.60d:BTC"]) <= 3
    assert len(asked) <= 20, "the regime's year of prices is read once"


async def test_nobody_watching_means_nothing_behind_a_bar(past):
    assert not [name for name in await past.see(reading("oi_coin:BTC", 1.0)) if "|" in name]


class TestLikeForLike:
    """Open interest of two venues, then of what is left of them."""

    async def setup(self, past, **before):
        for venue, value in before.items():
            series = f"oi_usd:BTC@{venue}"
            await past.history.extend([reading(series, value, NOW - 7 * DAY, venue)])
        total = reading("oi_usd:BTC", sum(before.values()), NOW - 7 * DAY)
        await past.history.extend([total])

    async def change(self, past, **now):
        parts = [reading(f"oi_usd:BTC@{venue}", value, NOW, venue) for venue, value in now.items()]
        joined = replace(reading("oi_usd:BTC", sum(now.values())), sources=tuple(sorted(now)))
        made = await past.see(*parts, joined, watched=["oi_usd:BTC|chg.7d"])
        return made["oi_usd:BTC|chg.7d"]

    async def test_a_venue_that_is_away_is_no_fall(self, past):
        await self.setup(past, a=60.0, b=30.0, c=10.0)
        found = await self.change(past, a=54.0, b=27.0)

        assert found.value == pytest.approx(-10.0)
        assert found.coverage == pytest.approx(0.9)

    async def test_a_new_venue_is_no_rise(self, past):
        await self.setup(past, a=60.0, b=30.0)
        found = await self.change(past, a=66.0, b=33.0, c=10.0)

        assert found.value == pytest.approx(10.0)
        assert found.sources == ("a", "b")

    async def test_too_much_of_it_missing_says_so(self, past):
        await self.setup(past, a=60.0, b=30.0, c=30.0)

        assert (await self.change(past, a=60.0, b=30.0)).reason is Reason.VENUE_BELOW_QUORUM


async def test_a_percentile_is_among_the_daily_closes_without_today(past):
    await past.were("basis.60d:BTC", [float(day) for day in range(100)])
    watched = ["basis.60d:BTC|pctl.90d", "basis.60d:BTC|pctl.365d", "basis.60d:BTC|z.365d"]
    made = await past.see(reading("basis.60d:BTC", 49.5), watched=watched)

    # 40 of 10..99 and 50 of 0..99 lie below.
    assert made["basis.60d:BTC|pctl.90d"].value == pytest.approx(100 * 40 / 90)
    assert made["basis.60d:BTC|pctl.365d"].value == 50.0
    # the mean is 49.5
    assert made["basis.60d:BTC|z.365d"].value == pytest.approx(0.0)
    assert "100 daily closes" in made["basis.60d:BTC|pctl.365d"].method


async def test_fewer_than_ninety_days_are_too_little_history(past):
    await past.were("basis.60d:BTC", [float(day) for day in range(89)])
    made = await past.see(reading("basis.60d:BTC", 3.0), watched=["basis.60d:BTC|pctl.365d"])

    assert "too little history" in made["basis.60d:BTC|pctl.365d"].detail


async def test_a_person_may_ask_for_what_nobody_watches(past):
    await past.were("price:BTC", [100.0] * 24 * 8, HOUR, NOW - HOUR)
    latest = {PRICE: reading("price:BTC", 90.0)}

    def ask(text):
        return past.derivation.ask(Series.parse(text), latest, NOW)

    assert (await ask("drawdown.7d:BTC")).value == pytest.approx(-10.0)
    assert (await ask("price:BTC|chg.7d")).value == pytest.approx(-10.0)
    assert (await ask("price:BTC")).value == 90.0
    assert (await ask("oi_coin:BTC|z.90d")).reason is Reason.NO_DATA
    assert (await ask("price:BTC|foo.7d")).reason is Reason.NO_DATA


def test_the_roots_of_a_series_are_what_venues_are_asked_for():
    found = roots([Series.parse("vrp.30d:BTC|chg.7d"), Series.parse("oi_usd:ETH|chg.7d")])

    assert {str(one) for one in found} == {
        "price:BTC",
        "atm_iv.30d:BTC",
        "dvol:BTC",
        "oi_usd:ETH",
    }


async def test_volatility_over_a_year_of_ten_days_and_none_missing(past):
    await past.were("price:BTC", [100.0, 110.0] * 4)
    made = await past.see(reading("price:BTC", 100.0))

    assert made["rv.7d:BTC"].value == pytest.approx(sqrt(365) * log(1.1) * 100)


async def test_a_spread_is_as_old_as_the_older_side(past):
    name = "skew25_norm.7d:BTC|less.skew25_norm.30d:ETH"
    earlier = NOW - timedelta(minutes=2)
    await past.see(reading("skew25_norm.30d:ETH", 8.0, earlier, coverage=0.9))

    made = await past.see(reading("skew25_norm.7d:BTC", 14.5), watched=[name])

    assert (made[name].value, made[name].at) == (6.5, earlier)
    assert (made[name].coverage, made[name].sources) == (0.9, ("deribit",))


async def test_a_spread_follows_whichever_side_is_news(past):
    name = "funding_annual:BTC|less.basis.60d:BTC"
    await past.see(reading("funding_annual:BTC", 12.0), watched=[name])
    first = await past.see(reading("basis.60d:BTC", 5.0), watched=[name])
    later = NOW + timedelta(minutes=1)
    second = await past.see(reading("basis.60d:BTC", 4.0, later), watched=[name], now=later)

    assert (first[name].value, second[name].value) == (7.0, 8.0)


async def test_prices_are_held_against_each_other_in_percent(past):
    name = "price:BTC|less.price:ETH"
    await past.see(reading("price:ETH", 2_000.0))
    made = await past.see(reading("price:BTC", 3_000.0), watched=[name])

    assert made[name].value == pytest.approx(50.0)


async def test_a_spread_says_which_side_is_missing(past):
    name = "skew25_norm.7d:BTC|less.skew25_norm.30d:BTC"
    alone = await past.see(reading("skew25_norm.7d:BTC", 14.5), watched=[name])
    gap = Gap(Series.parse("skew25_norm.30d:BTC"), Reason.WING_MISSING, "no far puts", NOW)
    refused = await past.see(gap, watched=[name])
    old = await past.see(reading("skew25_norm.30d:BTC", 9.0, NOW - HOUR), watched=[name])

    assert alone[name].reason is Reason.NO_DATA
    assert "skew25_norm.30d:BTC" in alone[name].detail
    assert refused[name].reason is Reason.WING_MISSING
    assert old[name].reason is Reason.STALE


async def test_a_spread_of_metrics_of_the_past_is_computed_for_who_asks(past):
    name = "rv.7d:BTC|less.rv.7d:ETH"
    for asset, move in (("BTC", 0.02), ("ETH", 0.01)):
        await past.were(f"price:{asset}", [100 * exp(move * (day % 2)) for day in range(8)])
        await past.see(reading(f"price:{asset}", 100.0))

    asked = await past.derivation.ask(Series.parse(name), past.latest, NOW)

    assert asked.value == pytest.approx(19.104973, abs=1e-5)
    assert roots([Series.parse(name)]) == {Series.parse("price:BTC"), Series.parse("price:ETH")}


async def test_the_regime_remembers_what_it_was_for_half_an_hour(past):
    await past.were("price:BTC", [90_000.0] * 32)
    inputs = {"skew25_norm.60d:BTC": 16.0, "basis.60d:BTC": 2.0, "term_slope:BTC": 5.0}
    for name, value in inputs.items():
        await past.see(reading(name, value))
    first = await past.see(reading("price:BTC", 89_000.0), watched=["regime:BTC"])
    past.latest[Series.parse("regime:BTC")] = first["regime:BTC"]
    soon, later = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
    for at, seen in ((soon, []), (later, [])):
        for name, value in {**inputs, "skew25_norm.60d:BTC": 14.0}.items():
            await past.see(reading(name, value, at), now=at)
        price = reading("price:BTC", 89_000.0, at)
        seen.append((await past.see(price, watched=["regime:BTC"], now=at))["regime:BTC"].value)
        assert seen == ([2.0] if at == soon else [1.0])

    assert first["regime:BTC"].value == 2.0


async def test_the_regime_is_told_though_no_rule_watches_it(past):
    made = await past.see(reading("skew25_norm.60d:BTC", 8.0), reading("basis.60d:BTC", 4.0))

    assert "regime:BTC" in made
