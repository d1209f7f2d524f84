"""WIRES: one line per venue that the simulated market speaks for."""

from collections.abc import Mapping

from alerts.domain.ids import Venue
from alerts.simulator import deribit_wire
from alerts.simulator.wire import Wire

WIRES: Mapping[Venue, Wire] = {wire.venue: wire for wire in (deribit_wire.WIRE,)}
