"""The times of algorithms: a clock time of the present day, or a time with its day."""

from __future__ import annotations

from datetime import UTC, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from ibkr_actors.simulated_gateway.hours.market_time import EASTERN, time_of_text


def algo_time(text: str, now: float) -> float:
    """Epoch seconds of "HH:MM:SS zone" (of today, there) or "YYYYMMDD HH:MM:SS zone"; without a zone New York's.

    Raises ValueError or Refusal for other texts.
    """
    first, *rest = text.split()
    if ":" not in first or "-" in first:
        return time_of_text(text)
    try:
        zone: tzinfo = ZoneInfo(rest[0]) if rest else EASTERN
    except (KeyError, OSError) as error:
        raise ValueError(f"unknown zone in {text}") from error
    return _today_at(time.fromisoformat(first), zone, now)


def utc_clock(text: str, now: float) -> float:
    """Epoch seconds of "HH:MM:SS" of UTC, today; with a zone as `algo_time`."""
    first, *rest = text.split()
    return algo_time(text, now) if rest else _today_at(time.fromisoformat(first), UTC, now)


def _today_at(clock: time, zone: tzinfo, now: float) -> float:
    today = datetime.fromtimestamp(now, zone).date()
    return datetime.combine(today, clock, zone).timestamp()
