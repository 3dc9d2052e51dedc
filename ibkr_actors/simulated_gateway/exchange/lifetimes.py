"""When an order begins and ends by the clock, and the spellings of its times."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import msgspec

from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.order_hours import OrderHours
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN, eastern_text, moment_of
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder
from ibkr_actors.simulated_gateway.refusals import Refusal

_ON_THE_DAY: Final = frozenset((TimeInForce.DAY, TimeInForce.DAY_TILL_CANCELLED))

INVALID_DATE: Final = (334, "Invalid Good Till Date order")
_CLOCK_FORM: Final = (
    "The time or time zone is invalid. The correct format is hh:mm:ss xxx where xxx is an optionally specified "
    "time-zone. E.g.: 15:59:00 EST. Note that there is a space between the time and the time zone. If no time zone is "
    "specified, local time is assumed."
)
_DATE_FORM: Final = (
    "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xxx where yyyymmdd and "
    "xxx are optional. E.g.: 20031126 15:59:00 EST. Note that there is a space between the date and time, and between "
    "the time and time-zone."
)
UNREADABLE_START_CLOCK: Final = (336, _CLOCK_FORM)
UNREADABLE_START: Final = (337, _DATE_FORM)
UNREADABLE_END: Final = (
    343,
    "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss xxx",
)
UNREADABLE_END_CLOCK: Final = (
    391,
    "The time or time-zone entered is invalid. The correct format is hh:mm:ss xxx",
)


class Lifetimes:
    """Reads the times of orders, and says when an order begins and ends.

    Responsible for: good after time, good till date, the end of the day, a duration in seconds.
    Not responsible for: watching the clock.
    """

    def __init__(self, hours: OrderHours) -> None:
        self._hours = hours

    def spelled(self, order: Order, now: float) -> Order:
        """The order with its times as real gateways echo them, in the gateway's zone.

        Raises Refusal with 334 for a good till date that is missing or past, 343 or 391 for one that can't be read,
        337 or 336 for such a good after time.
        """
        start = _start_of(order, now)
        end = _end_of(order, now)
        if order.time_in_force == TimeInForce.GOOD_TILL_DATE:
            _check_end(start, end, now)
        return msgspec.structs.replace(
            order,
            good_after_time=eastern_text(start) if start is not None else "",
            good_till_date=eastern_text(end) if isinstance(end, float) else str(order.good_till_date),
        )

    def start(self, order: WorkingOrder, now: float) -> float | None:
        """When an order whose times are spelled becomes active; None for at once."""
        return _start_of(order.order, now)

    def end(self, order: WorkingOrder, now: float) -> float | None:
        """When an order that is placed or changed at `now` ends by the clock; None for never."""
        wanted = order.order
        if wanted.duration:
            return now + wanted.duration
        if wanted.time_in_force in _ON_THE_DAY:
            # Placed for tomorrow, it is of tomorrow.
            return self._hours.end_of_day(order, max(now, self.start(order, now) or now))
        if wanted.time_in_force != TimeInForce.GOOD_TILL_DATE:
            return None
        end = _end_of(wanted, now)
        return self._hours.end_on(order, end) if isinstance(end, date) else end


def _start_of(order: Order, now: float) -> float | None:
    text = str(order.good_after_time)
    if not text:
        return None
    start = moment_of(text, now)
    if start is None:
        raise Refusal(*(UNREADABLE_START if _names_day(text) else UNREADABLE_START_CLOCK))
    return start


def _end_of(order: Order, now: float) -> float | date | None:
    text = str(order.good_till_date)
    if not text:
        return None
    end = _day(text) if len(text) == 8 and text.isdecimal() else moment_of(text, now)
    if end is None:
        raise Refusal(*(UNREADABLE_END if _names_day(text) else UNREADABLE_END_CLOCK))
    return end


def _check_end(start: float | None, end: float | date | None, now: float) -> None:
    if isinstance(end, date):
        is_past = end < datetime.fromtimestamp(now, EASTERN).date()
    else:
        is_past = end is None or end <= max(now, start or now)
    if is_past:
        raise Refusal(*INVALID_DATE)


def _names_day(text: str) -> bool:
    return text[:8].isdecimal()


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None
