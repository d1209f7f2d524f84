"""BACKFILLS: one line per venue that publishes its past."""

from alerts.exchanges import deribit_past, gate_past
from alerts.exchanges.past import Backfill

BACKFILLS: tuple[Backfill, ...] = (*deribit_past.BACKFILLS, *gate_past.BACKFILLS)
