"""Times that the bridge spells as texts, as aware ones."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def moment(text: str) -> datetime | None:
    """The time that a text of the bridge tells: "20261123-14:30:00" in UTC, or "20261123 09:30:00 US/Eastern".

    None where the text tells none: it is empty, is no time, or leaves open in which zone (it names none, or one that
    only Windows knows).
    """
    try:
        if text[8:9] == "-":
            return datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        day, clock, zone = text.split(maxsplit=2)
        return datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        return None
