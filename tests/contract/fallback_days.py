"""What the first of a chain may do to it, and nobody notices."""

from __future__ import annotations

from tests.vendors.faults import Fault, FaultKind

BAD_DAYS = [
    Fault(FaultKind.STATUS, 503),
    Fault(FaultKind.STATUS, 429),
    Fault(FaultKind.STATUS, 403),
    Fault(FaultKind.GARBAGE, after=1),
    Fault(FaultKind.SILENCE, after=2),
    Fault(FaultKind.DROP, after=2),
]
