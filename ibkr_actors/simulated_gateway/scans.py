"""Market scans: what can be asked (the parameters, in XML), and the rows that a scan finds."""

from __future__ import annotations

from ibkr_actors.classes.scanner import Scanner, ScannerRow
from ibkr_actors.simulated_gateway.market import Market


def scanner_parameters() -> str:
    """The XML that tells which instruments, locations, scan codes and filters there are."""
    raise NotImplementedError


def scan(scanner: Scanner, market: Market) -> list[ScannerRow]:
    """The stocks that fit, best first, 50 at most; [] when none does (the caller answers 165).

    Raises Refusal(162, ...) for an unknown instrument, location, scan code or filter.
    """
    raise NotImplementedError
