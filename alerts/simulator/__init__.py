"""Invented markets that speak the venues' wire formats, for demos and tests."""

from collections.abc import Mapping

from alerts.simulator import feb_2026
from alerts.simulator.preload import preload
from alerts.simulator.scenario import Scenario

__all__ = ["SCENARIOS", "preload"]

SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in (feb_2026.SCENARIO,)}
