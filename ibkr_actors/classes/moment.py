"""Times that the bridge spells as texts and numbers, as aware ones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def moment(told: str | date) -> datetime | None:
    """The time that a text of the bridge tells: "20261123-14:30:00" in UTC, or "20261123 09:30:00 US/Eastern".

    None where the text tells none: it is empty, is no time, or leaves open in which zone (it names none, or one that
    only Windows knows). A `datetime` that a user has set in place of a text is the time itself, if it has a zone.
    """
    if not isinstance(told, str):
        return told if isinstance(told, datetime) and told.utcoffset() is not None else None
    try:
        if told[8:9] == "-":
            return datetime.strptime(told.removesuffix("Z"), "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC)
        day, clock, zone = told.split(maxsplit=2)
        return datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))
    except (ValueError, KeyError, OSError):
        return None


def moment_or_epoch(text: str) -> datetime | None:
    """As `moment`; also from epoch seconds, which some answers hold when the request asked for them.

    Eight digits are a day, "YYYYMMDD", and no time.
    """
    if len(text) == 8 or not text.lstrip("-").isdecimal():
        return moment(text)
    return epoch_seconds(text)


def epoch_seconds(text: str) -> datetime | None:
    """The time of epoch seconds in a text; None where it is no number, or one beyond every calendar."""
    try:
        return _EPOCH + timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        return None


def moment_of_news(text: str) -> datetime | None:
    """The time of a headline: "2026-04-14 14:58:42.0". The text names no zone, and is read as UTC."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def day(told: str | date) -> date | None:
    """The day that a text of the bridge begins with: "20261123", alone or before a time.

    None where it begins with none, as a contract month ("202611") does. A `date` is itself.
    """
    if not isinstance(told, str):
        return told.date() if isinstance(told, datetime) else told
    if not told[:8].isdecimal() or len(told) < 8 or told[8:9].isdecimal():
        return None
    try:
        return datetime.strptime(told[:8], "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
