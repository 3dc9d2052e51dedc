"""Trading sessions of the past, and the first moment of history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.base.messages.history_queries import HistoricalSchedule
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.simulated_gateway.hours.trading_hours import Session, TradingHours
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.bar_queries import (
    DAY,
    check_step,
    duration_of,
    end_of,
    no_data,
    size_of,
)
from ibkr_actors.simulated_gateway.market.history import OLDEST_BAR
from ibkr_actors.simulated_gateway.refusals import Refusal

SCHEDULE: Final = "SCHEDULE"
DAILY_BARS_ONLY: Final = (10295, "A schedule can be requested with bars of 1 day only.")
_ONE_DAY: Final = timedelta(days=1)


def schedule_of(instrument: Instrument, request: HistoricalDataRequest, now: float) -> HistoricalSchedule:
    """The sessions that a request reaches back to, oldest first, in the time of the exchange.

    The last one ends where it is going to end. Raises Refusal for what is no request for a schedule.
    """
    sessions = _sessions(instrument, request, now)
    if not sessions:
        raise no_data(f"{instrument.local_symbol}@{instrument.exchange}", SCHEDULE)
    zone = instrument.hours.zone
    told = tuple(_told(session, ZoneInfo(zone)) for session in sessions)
    return HistoricalSchedule(request.request_id, told[0].start, told[-1].end, zone, told)


def first_session(hours: TradingHours, *, liquid: bool) -> Session:
    """The session with which history begins, or its regular part."""
    day = OLDEST_BAR + _ONE_DAY
    while (session := hours.session(day, liquid=liquid)) is None:
        day += _ONE_DAY
    return session


def _sessions(instrument: Instrument, request: HistoricalDataRequest, now: float) -> list[Session]:
    size, duration = size_of(request.bar_size), duration_of(str(request.duration))
    if size != DAY or request.keep_up_to_date:
        raise Refusal(*DAILY_BARS_ONLY)
    check_step(size, duration)
    asked = end_of(str(request.end), instrument.hours.zone, now)
    end = now if asked is None else min(asked, now)
    found = _since_the_first(instrument.hours, end, liquid=request.use_regular_trading_hours)
    if duration.unit in ("S", "D"):
        return list(islice(found, -(-duration.seconds // DAY)))[::-1]
    oldest = duration.before(datetime.fromtimestamp(end, ZoneInfo(instrument.hours.zone))).date()
    return list(takewhile(lambda session: session.day > oldest, found))[::-1]


def _since_the_first(hours: TradingHours, end: float, *, liquid: bool) -> Iterator[Session]:
    """The sessions that began by `end`, the latest first; none before history begins."""
    first = first_session(hours, liquid=liquid)
    if end < first.start:
        return iter(())
    return takewhile(lambda session: session.day >= first.day, hours.sessions_back(end, liquid=liquid))


def _told(session: Session, zone: ZoneInfo) -> HistoricalSession:
    start, end = (datetime.fromtimestamp(moment, zone) for moment in (session.start, session.end))
    return HistoricalSession(f"{start:%Y%m%d-%H:%M:%S}", f"{end:%Y%m%d-%H:%M:%S}", f"{session.day:%Y%m%d}")
