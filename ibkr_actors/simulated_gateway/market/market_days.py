"""The trading days of the market, in the steps of its paths."""

from __future__ import annotations

from msgspec import Struct

from ibkr_actors.simulated_gateway.hours.trading_hours import TradingHours
from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND


class MarketDay(Struct, frozen=True):
    """The present trading day of an exchange, in steps."""

    start: int
    end: int
    opening: int
    """Where regular trading began, or the day itself when it has not yet."""
    close_before: int
    """Where regular trading ended on the day before."""
    known_until: float
    """Epoch seconds when another day, or its regular trading, begins."""


def day_at(hours: TradingHours, now: float) -> MarketDay:
    """The trading day of an exchange at a time (epoch seconds)."""
    session = hours.latest(now)
    liquid = hours.session(session.day, liquid=True)
    before = next(old for old in hours.sessions_back(now, liquid=True) if old.day < session.day)
    following = hours.next_opening(max(session.end, now))
    waits = liquid is not None and now < liquid.start
    opening = session.start if liquid is None or waits else liquid.start
    return MarketDay(
        start=session.start * STEPS_PER_SECOND,
        end=session.end * STEPS_PER_SECOND,
        opening=opening * STEPS_PER_SECOND,
        close_before=before.end * STEPS_PER_SECOND,
        known_until=liquid.start if liquid is not None and waits else following,
    )
