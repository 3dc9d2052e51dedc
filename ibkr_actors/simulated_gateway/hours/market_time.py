"""Times as the wire spells them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_actors.simulated_gateway.refusals import Refusal

EASTERN: Final = ZoneInfo("America/New_York")
EASTERN_NAME: Final = "US/Eastern"
"""The wire's name of that zone."""


def eastern_text(time: float) -> str:
    """`YYYYMMDD HH:MM:SS US/Eastern` of epoch seconds."""
    return f"{datetime.fromtimestamp(time, EASTERN):%Y%m%d %H:%M:%S} {EASTERN_NAME}"


def time_of_text(text: str) -> float:
    """Epoch seconds of either form; without a zone New York's is meant. Raises Refusal for other texts."""
    try:
        if "-" in text[:9]:
            return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC).timestamp()
        day, clock, *zone = text.split()
        where: tzinfo = ZoneInfo(zone[0]) if zone else EASTERN
        return datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=where).timestamp()
    except (ValueError, KeyError, OSError) as error:
        raise Refusal(391, f"Invalid time: {text}") from error


def clock_text(time: float) -> str:
    """`HH:MM` in New York, of epoch seconds."""
    return f"{datetime.fromtimestamp(time, EASTERN):%H:%M}"


def day_number(time: float) -> int:
    """The day in New York, as a number that grows by one a day."""
    return datetime.fromtimestamp(time, EASTERN).toordinal()
