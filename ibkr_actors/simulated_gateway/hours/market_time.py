"""Times as the wire spells them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_actors.simulated_gateway.refusals import Refusal

EASTERN: Final = ZoneInfo("America/New_York")
EASTERN_NAME: Final = "US/Eastern"
"""The wire's name of that zone."""
_TIME: Final = re.compile(
    r"(?:(?P<day>\d{8})(?P<dash>-| +))?(?P<clock>\d{1,2}:\d{2}:\d{2})(?P<utc>Z?)(?: +(?P<zone>\S+))?",
    re.ASCII,
)


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


def moment_of(text: str, now: float, place: ZoneInfo = EASTERN) -> float | None:
    """Epoch seconds of a time; the day and the zone that it leaves out are those of a place. None when unreadable."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    is_universal = found["dash"] == "-" or bool(found["utc"])
    day = found["day"] or f"{datetime.fromtimestamp(now, place):%Y%m%d}"
    try:
        zone = ZoneInfo(found["zone"]) if found["zone"] else UTC if is_universal else place
        return (
            datetime.strptime(f"{day} {found['clock']}", "%Y%m%d %H:%M:%S").replace(tzinfo=zone).timestamp()
        )
    except (ValueError, KeyError, OSError):
        return None


def lacks_zone(text: str) -> bool:
    """It is a time that leaves open in which zone it is."""
    found = _TIME.fullmatch(text.strip())
    return found is not None and not found["zone"] and not found["utc"] and found["dash"] != "-"


def clock_text(time: float) -> str:
    """`HH:MM` in New York, of epoch seconds."""
    return f"{datetime.fromtimestamp(time, EASTERN):%H:%M}"


def day_number(time: float) -> int:
    """The day in New York, as a number that grows by one a day."""
    return datetime.fromtimestamp(time, EASTERN).toordinal()
