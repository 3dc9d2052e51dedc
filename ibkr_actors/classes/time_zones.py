"""Time zones by the names that bridges have for them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_WITH_EXPLANATION: Final = re.compile(r"(?P<short>[^()]+?)\s*\((?P<long>[^()]+)\)")
"""Java's form, such as "EST (Eastern Standard Time)"."""

_BY_LONG_NAME: Final = {
    "atlantic standard time": "America/Halifax",
    "aus central standard time": "Australia/Darwin",
    "aus eastern standard time": "Australia/Sydney",
    "australian eastern standard time": "Australia/Sydney",
    "australian eastern standard time (new south wales)": "Australia/Sydney",
    "canada central standard time": "America/Regina",
    "central america standard time": "America/Guatemala",
    "central europe standard time": "Europe/Budapest",
    "central european standard time": "Europe/Warsaw",
    "central european time": "Europe/Berlin",
    "central standard time": "America/Chicago",
    "central standard time (mexico)": "America/Mexico_City",
    "china standard time": "Asia/Shanghai",
    "coordinated universal time": "UTC",
    "e. australia standard time": "Australia/Brisbane",
    "e. south america standard time": "America/Sao_Paulo",
    "eastern european time": "Europe/Bucharest",
    "eastern standard time": "America/New_York",
    "fle standard time": "Europe/Helsinki",
    "gmt standard time": "Europe/London",
    "greenwich mean time": "Europe/London",
    "gtb standard time": "Europe/Bucharest",
    "hong kong time": "Asia/Hong_Kong",
    "india standard time": "Asia/Kolkata",
    "israel standard time": "Asia/Jerusalem",
    "japan standard time": "Asia/Tokyo",
    "korea standard time": "Asia/Seoul",
    "middle europe time": "Europe/Berlin",
    "mountain standard time": "America/Denver",
    "new zealand standard time": "Pacific/Auckland",
    "pacific standard time": "America/Los_Angeles",
    "romance standard time": "Europe/Paris",
    "russian standard time": "Europe/Moscow",
    "se asia standard time": "Asia/Bangkok",
    "singapore standard time": "Asia/Singapore",
    "singapore time": "Asia/Singapore",
    "south africa standard time": "Africa/Johannesburg",
    "taipei standard time": "Asia/Taipei",
    "tokyo standard time": "Asia/Tokyo",
    "turkey standard time": "Europe/Istanbul",
    "us mountain standard time": "America/Phoenix",
    "utc": "UTC",
    "w. australia standard time": "Australia/Perth",
    "w. europe standard time": "Europe/Berlin",
    "western european time": "Europe/Lisbon",
}
"""Names of Windows and of Java, in small letters. "Standard" in them says nothing about the season."""

_BY_SHORT_NAME: Final = {
    # The zone database has these, as hours that no summer changes; a bridge means the clock of an exchange.
    "EST": "America/New_York",
    "MST": "America/Denver",
    "PST": "America/Los_Angeles",
    "JST": "Asia/Tokyo",
    "HKT": "Asia/Hong_Kong",
    "KST": "Asia/Seoul",
    "SGT": "Asia/Singapore",
}
"""Short names with one meaning among exchanges. CST (Chicago, Shanghai) and IST (India, Israel) have several."""


@lru_cache(maxsize=256)
def time_zone(name: str) -> ZoneInfo | None:
    """The zone that a bridge means: US/Eastern, EST5EDT, "EST (Eastern Standard Time)", "Tokyo Standard Time".

    None for a name that is unknown, or that stands for several zones.
    """
    name = name.strip()
    explained = _WITH_EXPLANATION.fullmatch(name)
    if name.lower() not in _BY_LONG_NAME and explained is not None:
        return time_zone(explained["long"]) or time_zone(explained["short"])
    key = _BY_LONG_NAME.get(name.lower()) or _BY_SHORT_NAME.get(name) or name
    try:
        return ZoneInfo(key)
    except (ValueError, KeyError, OSError):
        return None
