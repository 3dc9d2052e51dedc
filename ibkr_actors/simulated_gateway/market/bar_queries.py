"""Requests for bars: what they may say, and what they mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from ibkr_actors.simulated_gateway.hours.market_time import moment_of
from ibkr_actors.simulated_gateway.instruments.instrument import (
    CONTINUOUS,
    CRYPTO,
    INDEX,
    OPTIONS,
    STOCK,
    Instrument,
)
from ibkr_actors.simulated_gateway.refusals import Refusal, historical, invalid

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400

SIZES: Final = {
    **{f"{count} secs": count for count in (1, 5, 10, 15, 30)},
    "1 min": MINUTE,
    **{f"{count} mins": count * MINUTE for count in (2, 3, 5, 10, 15, 20, 30)},
    "1 hour": HOUR,
    **{f"{count} hours": count * HOUR for count in (2, 3, 4, 8)},
    "1 day": DAY,
    "1W": 7 * DAY,
    "1M": 30 * DAY,
}
"""The bar sizes in the order of the bridge's own list, in seconds."""

_OTHER_NAMES: Final = {"1 week": "1W", "1 W": "1W", "1 month": "1M", "1 M": "1M"}

UNITS: Final = {"S": 1, "D": DAY, "W": 7 * DAY, "M": 30 * DAY, "Y": 365 * DAY}
"""Units of a duration, in seconds."""

_LIMITS: Final = {
    "S": (86_400, "Historical data request for greater than 86400 seconds rejected."),
    "D": (365, "Historical data requests for durations longer than 365 days must be made in years."),
    "W": (52, "Historical data request for durations longer than 52 weeks must be made in years."),
    "M": (12, "Historical data request for durations longer than 12 months must be made in years."),
    "Y": (68, "Historical data requested duration is invalid."),
}

_LONGEST: Final = {1: 1_800, 5: 3_600, 10: 14_400, 15: 14_400, 30: 28_800}
"""How many seconds of bars of less than a minute can be asked for at once."""
_SMALLEST_LIVE_BAR: Final = 5

TRADED: Final = ("TRADES", "ADJUSTED_LAST", "AGGTRADES")
QUOTED: Final = ("MIDPOINT", "BID", "ASK", "BID_ASK")
VOLATILITIES: Final = ("HISTORICAL_VOLATILITY", "OPTION_IMPLIED_VOLATILITY")
LIVE: Final = ("TRADES", "MIDPOINT", "BID", "ASK")
"""What bars that are kept up to date can be made of."""
_NEVER_THERE: Final = (
    *("FEE_RATE", "REBATE_RATE", "YIELD_BID", "YIELD_ASK", "YIELD_BID_ASK", "YIELD_LAST"),
    "SCHEDULE",
)

CONTINUOUS_WITH_END: Final = (
    10339,
    "Setting end date/time for continuous future security type is not allowed.",
)
AGGREGATED_ONLY: Final = (10299, "Expected what to show is AGGTRADES, please use that instead of TRADES.")

_BAD_END: Final = (
    "End Date/Time: The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xx/xxxx "
    "where yyyymmdd and xx/xxxx are optional. E.g.: 20031126 15:59:00 US/Eastern  Note that there is a space between "
    "the date and time, and between the time and time-zone.  If no date is specified, the current date is assumed. If "
    "no time-zone is specified, local time-zone is assumed(deprecated).  You can also provide yyyymmddd-hh:mm:ss time "
    "is in UTC. Note that there is a dash between the date and time in UTC notation."
)


class BarQuery(Struct, frozen=True):
    """A request for bars, in the request's own words. `end` empty means now."""

    contract_id: int
    end: str = ""
    duration: str = "1 D"
    bar_size: str = "1 day"
    what_to_show: str = "TRADES"
    use_rth: bool = True
    format_date: int = 1
    keep_up_to_date: bool = False


class Duration(Struct, frozen=True):
    """How far back: seconds of trading, trading days, or calendar weeks, months and years."""

    count: int
    unit: str

    @property
    def seconds(self) -> int:
        """About how long it is."""
        return self.count * UNITS[self.unit]

    def before(self, moment: datetime) -> datetime:
        """So far back on the calendar; the 29th to 31st become the last day of a shorter month."""
        if self.unit in ("S", "D", "W"):
            return moment - timedelta(seconds=self.seconds)
        months = moment.year * 12 + moment.month - 1 - self.count * (12 if self.unit == "Y" else 1)
        year, month = divmod(months, 12)
        following = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1, tzinfo=UTC)
        last_day = (following - timedelta(days=1)).day
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def size_of(text: str) -> int:
    """Seconds of a bar. Raises Refusal, with the list of what there is."""
    size = SIZES.get(_OTHER_NAMES.get(text, text))
    if size is None:
        raise invalid(f"Historical data bar size setting is invalid. Legal ones are: {', '.join(SIZES)}")
    return size


def duration_of(text: str) -> Duration:
    """Raises Refusal for what is no duration, or too long for its unit."""
    count, _, unit = text.strip().partition(" ")
    if not count.isdecimal() or not int(count) or unit not in UNITS:
        raise invalid("Historical data requested duration is invalid.")
    limit, reason = _LIMITS[unit]
    if int(count) > limit:
        raise invalid(reason)
    return Duration(int(count), unit)


def end_of(text: str, zone: str, now: float) -> float | None:
    """Epoch seconds of the end; None for now. What it leaves out is the exchange's: its `zone`, its present date."""
    if not text.strip():
        return None
    moment = moment_of(text, now, ZoneInfo(zone))
    if moment is None:
        raise Refusal(10314, _BAD_END)
    return moment


def check_step(size: int, duration: Duration) -> None:
    """Raises Refusal for bars longer than the duration, and for more small bars than the service gives at once.

    The vendor's table of step sizes forbids more than the real service does; only its bars of seconds are binding.
    """
    if size > duration.seconds or duration.seconds > _LONGEST.get(size, duration.seconds):
        raise historical(f"invalid step: {size}")


def check_live(query: BarQuery, size: int) -> None:
    """Raises Refusal for what can't be kept up to date."""
    if not query.keep_up_to_date:
        return
    if query.end.strip():
        raise invalid("End date not supported with keepUpToDate")
    if size < _SMALLEST_LIVE_BAR:
        raise invalid("Bar size should be 5 seconds or more with keepUpToDate")
    if query.what_to_show not in LIVE:
        raise invalid(f"{query.what_to_show} not supported with keepUpToDate")


def check_end(end: str, instrument: Instrument) -> None:
    """Raises Refusal for bars of a continuous future that are to end before now."""
    if instrument.security_type == CONTINUOUS and end.strip():
        raise Refusal(*CONTINUOUS_WITH_END)


def check_data(query: BarQuery, instrument: Instrument, name: str) -> None:
    """Raises Refusal for an unknown kind of data, and for one that the instrument (`name`: AAPL@SMART) hasn't got."""
    kind = query.what_to_show
    if kind not in (*TRADED, *QUOTED, *VOLATILITIES, *_NEVER_THERE):
        raise invalid(f"Historical data type {kind} is invalid")
    if kind == "ADJUSTED_LAST" and query.end.strip():
        raise invalid("End Date not supported with adjusted last")
    if instrument.security_type == CRYPTO and kind == "TRADES":
        raise Refusal(*AGGREGATED_ONLY)
    missing = (
        kind in _NEVER_THERE
        or (kind in TRADED and not instrument.kind.has_trades)
        or (kind in QUOTED and not instrument.kind.has_quotes)
        or (kind in VOLATILITIES and instrument.security_type not in (STOCK, INDEX))
        or (kind == "ADJUSTED_LAST" and instrument.security_type in OPTIONS)
        or (kind == "AGGTRADES" and instrument.security_type != CRYPTO)
    )
    if missing:
        raise no_data(name, kind)


def no_data(name: str, kind: str) -> Refusal:
    """There are no such bars."""
    return historical(f"HMDS query returned no data: {name} {kind.replace('_', ' ').title()}")
