"""A trading session of the past."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire


class HistoricalSession(FrozenValue, frozen=True, gc=False):
    """When a contract was traded on one day: as the bridge spells it, and as aware times."""

    start: Annotated[str, Wire(1)] = ""
    """"YYYYMMDD-HH:MM:SS" in the `time_zone`, as the end."""
    end: Annotated[str, Wire(2)] = ""
    reference_date: Annotated[str, Wire(3)] = ""
    """"YYYYMMDD": the trading day, which may be another one than that of the start."""
    time_zone: Annotated[str, Wire()] = ""
    """Name of the schedule's time zone (US/Eastern); the schedule gives it to its sessions."""

    @property
    def starts_at(self) -> datetime | None:
        """The start, aware; None where the texts tell no time, as the end and the day."""
        return time_of_schedule(self.start, self.time_zone)

    @property
    def ends_at(self) -> datetime | None:
        """The end, aware."""
        return time_of_schedule(self.end, self.time_zone)

    @property
    def day(self) -> date | None:
        """The trading day."""
        midnight = time_of_schedule(f"{self.reference_date}-00:00:00", "UTC")
        return midnight and midnight.date()


def time_of_schedule(text: str, time_zone: str) -> datetime | None:
    """The aware time of a schedule's text and zone: unlike elsewhere, the form with a dash is not UTC.

    None where the text is no time, or the zone one that nobody knows.
    """
    try:
        return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=ZoneInfo(time_zone))
    except (ValueError, KeyError, OSError):
        return None
