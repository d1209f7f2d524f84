"""The scenario `feb-2026`: a sell-off and a bounce that the options market does not believe.

Invented, so that the product's own metrics read the figures of a market note of 6 February 2026:
skew 11 % on 21 November 2025 after a fall from 111,177 to 80,620, then skew about 20 % and basis
about 2 % on 6 February while the price goes from 60,150 to 71,500. It is no record of any market.

The note's open interest, 527,850 BTC worth $35.8B, makes a bitcoin cost 67,822, and its price is
71,500: no one moment has all three. So at 14:45 UTC the coins are worth 35.8 billion, and at 20:15
as many coins are worth what a bitcoin then costs.
"""

from datetime import UTC, datetime

from alerts.domain.ids import Asset
from alerts.simulator.scenario import Curve, MarketPoint, Path, Scenario

_BTC = (
    # when (UTC)                     price    skew  iv   basis  open int.  funding
    ("2025-10-20T12:00", MarketPoint(107_900, 6.8, 45.5, 5.4, 531_000, 0.0058)),
    ("2025-10-29T12:00", MarketPoint(109_800, 5.6, 43.0, 5.9, 538_000, 0.0077)),
    ("2025-11-04T12:00", MarketPoint(101_300, 7.1, 46.5, 5.1, 541_000, 0.0049)),
    ("2025-11-10T12:00", MarketPoint(111_177, 4.6, 42.0, 6.4, 545_000, 0.0098)),
    ("2025-11-14T12:00", MarketPoint(97_300, 7.4, 48.0, 5.2, 541_000, 0.0061)),
    ("2025-11-18T12:00", MarketPoint(91_800, 9.0, 52.0, 4.6, 538_000, 0.0047)),
    ("2025-11-21T06:00", MarketPoint(82_400, 11.0, 57.0, 3.9, 534_000, 0.0012)),
    ("2025-11-21T12:00", MarketPoint(80_620, 11.0, 58.0, 3.8, 533_000, 0.0010)),
    ("2025-11-22T06:00", MarketPoint(83_900, 10.9, 56.0, 3.9, 532_000, 0.0015)),
    ("2025-11-26T12:00", MarketPoint(87_600, 9.2, 51.0, 4.4, 528_000, 0.0033)),
    ("2025-12-03T12:00", MarketPoint(92_900, 7.6, 46.0, 5.1, 524_000, 0.0058)),
    ("2025-12-17T12:00", MarketPoint(86_700, 8.4, 45.0, 4.6, 519_000, 0.0041)),
    ("2025-12-31T12:00", MarketPoint(88_300, 7.2, 41.0, 4.9, 508_000, 0.0052)),
    ("2026-01-14T12:00", MarketPoint(96_400, 5.4, 39.0, 5.8, 512_000, 0.0085)),
    ("2026-01-21T12:00", MarketPoint(91_200, 7.3, 41.0, 5.2, 514_000, 0.0060)),
    ("2026-01-27T12:00", MarketPoint(90_100, 7.8, 41.5, 5.0, 515_000, 0.0055)),
    ("2026-01-30T20:00", MarketPoint(90_500, 8.1, 42.0, 4.9, 516_000, 0.0051)),
    ("2026-02-01T12:00", MarketPoint(81_200, 9.4, 47.0, 4.5, 519_000, 0.0030)),
    ("2026-02-03T12:00", MarketPoint(77_400, 9.9, 49.0, 4.3, 522_000, 0.0024)),
    ("2026-02-04T12:00", MarketPoint(75_300, 10.2, 51.0, 4.2, 524_000, 0.0020)),
    ("2026-02-05T06:00", MarketPoint(71_900, 11.1, 54.0, 3.9, 526_000, 0.0008)),
    ("2026-02-05T12:00", MarketPoint(70_800, 12.4, 55.0, 3.7, 526_500, 0.0006)),
    ("2026-02-05T17:00", MarketPoint(67_600, 15.0, 59.0, 3.2, 527_000, -0.0004)),
    ("2026-02-05T21:30", MarketPoint(63_800, 18.6, 66.0, 2.5, 527_200, -0.0030)),
    ("2026-02-06T00:30", MarketPoint(60_150, 20.6, 72.0, 2.0, 526_900, -0.0062)),
    ("2026-02-06T04:30", MarketPoint(64_700, 20.1, 67.0, 1.9, 527_100, -0.0045)),
    ("2026-02-06T12:00", MarketPoint(66_300, 20.4, 64.0, 2.0, 527_400, -0.0033)),
    ("2026-02-06T14:45", MarketPoint(67_762, 20.3, 62.6, 2.0, 527_850, -0.0023)),
    ("2026-02-06T16:00", MarketPoint(68_700, 20.2, 62.0, 2.0, 527_900, -0.0018)),
    ("2026-02-06T20:15", MarketPoint(71_500, 20.0, 60.0, 2.0, 527_850, 0.0004)),
    ("2026-02-07T00:00", MarketPoint(70_600, 19.6, 59.5, 2.2, 527_700, 0.0005)),
    ("2026-02-07T06:00", MarketPoint(69_900, 17.8, 58.0, 3.1, 527_300, 0.0011)),
    ("2026-02-07T12:00", MarketPoint(69_300, 15.2, 56.0, 3.8, 526_800, 0.0019)),
    ("2026-02-07T18:00", MarketPoint(70_400, 12.6, 54.0, 4.4, 526_200, 0.0030)),
    ("2026-02-08T00:00", MarketPoint(70_900, 11.2, 53.0, 4.8, 525_800, 0.0037)),
)

_ETH = (
    # when (UTC)                     price  skew  iv   basis  open int.  funding
    ("2025-10-20T12:00", MarketPoint(3_540, 3.6, 71.0, 5.1, 12_850_000, 0.0052)),
    ("2025-11-04T12:00", MarketPoint(3_290, 4.7, 73.5, 4.6, 12_950_000, 0.0041)),
    ("2025-11-10T12:00", MarketPoint(3_620, 2.4, 66.0, 6.0, 13_100_000, 0.0090)),
    ("2025-11-21T12:00", MarketPoint(2_690, 6.8, 78.0, 3.9, 12_900_000, 0.0015)),
    ("2025-12-03T12:00", MarketPoint(3_160, 4.9, 70.0, 4.7, 12_700_000, 0.0049)),
    ("2025-12-31T12:00", MarketPoint(2_970, 4.5, 62.0, 4.5, 12_300_000, 0.0046)),
    ("2026-01-14T12:00", MarketPoint(3_340, 3.2, 58.0, 5.3, 12_500_000, 0.0077)),
    ("2026-01-27T12:00", MarketPoint(2_980, 4.6, 60.0, 4.7, 12_600_000, 0.0050)),
    ("2026-01-30T20:00", MarketPoint(2_830, 5.0, 61.0, 4.5, 12_600_000, 0.0044)),
    ("2026-02-03T12:00", MarketPoint(2_310, 6.4, 70.0, 4.0, 12_500_000, 0.0019)),
    ("2026-02-05T12:00", MarketPoint(2_110, 7.3, 76.0, 3.6, 12_400_000, 0.0005)),
    ("2026-02-06T00:30", MarketPoint(1_790, 10.4, 92.0, 2.6, 12_300_000, -0.0050)),
    ("2026-02-06T12:00", MarketPoint(1_930, 9.9, 86.0, 2.7, 12_300_000, -0.0026)),
    ("2026-02-06T20:15", MarketPoint(2_070, 9.6, 81.0, 2.8, 12_350_000, 0.0002)),
    ("2026-02-07T12:00", MarketPoint(2_030, 8.1, 77.0, 3.5, 12_350_000, 0.0014)),
    ("2026-02-08T00:00", MarketPoint(2_080, 7.0, 74.0, 4.0, 12_300_000, 0.0030)),
)

# Ahead of BTC: gold gains a tenth in January, tech stocks stand still.
_GOLD = (
    ("2025-10-20T12:00", 4_260.0),
    ("2025-11-10T12:00", 4_080.0),
    ("2025-12-17T12:00", 4_330.0),
    ("2026-01-07T12:00", 4_470.0),
    ("2026-01-28T12:00", 5_350.0),
    ("2026-02-02T12:00", 4_700.0),
    ("2026-02-06T20:15", 4_900.0),
    ("2026-02-08T00:00", 4_910.0),
)
_TECH = (
    ("2025-10-20T12:00", 25_000.0),
    ("2025-11-10T12:00", 25_400.0),
    ("2025-12-17T12:00", 24_900.0),
    ("2026-01-07T12:00", 25_500.0),
    ("2026-01-28T12:00", 26_000.0),
    ("2026-02-05T20:00", 24_600.0),
    ("2026-02-06T20:15", 25_100.0),
    ("2026-02-08T00:00", 25_100.0),
)

SCENARIO = Scenario(
    name="feb-2026",
    title="Simulated market: the sell-off and the unconfirmed bounce of 5-8 February 2026",
    since=datetime(2025, 10, 20, 12, tzinfo=UTC),  # 90 days and more: percentiles can be told
    start=datetime(2026, 2, 5, 12, tzinfo=UTC),
    end=datetime(2026, 2, 8, tzinfo=UTC),
    default_speed=900.0,
    paths={
        Asset("BTC"): Path.through(_BTC, "feb-2026/BTC"),
        Asset("ETH"): Path.through(_ETH, "feb-2026/ETH"),
    },
    elsewhere={
        Asset("GOLD"): Curve.dated(_GOLD, ripple=0.0008, seed="feb-2026/GOLD"),
        Asset("TECH"): Curve.dated(_TECH, ripple=0.0008, seed="feb-2026/TECH"),
    },
)
