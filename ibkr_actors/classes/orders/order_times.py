"""The times of an order, aware."""

from __future__ import annotations

from datetime import date, datetime

from ibkr_actors.classes.moment import day, moment


class OrderTimes:
    """The times of an order as aware ones; None for what is not set, and for texts that leave the moment open."""

    __slots__ = ()

    good_after_time: str | datetime
    good_till_date: str | datetime | date
    active_start_time: str | datetime
    active_stop_time: str | datetime
    auto_cancel_date: str
    manual_order_time: str | datetime

    @property
    def good_after_at(self) -> datetime | None:
        """When it becomes active."""
        return moment(self.good_after_time)

    @property
    def good_till_at(self) -> datetime | None:
        """Until when it is active; None too for a day, which `good_till_day` tells."""
        return moment(self.good_till_date)

    @property
    def good_till_day(self) -> date | None:
        """The last day on which it is active, as the field spells it."""
        return day(self.good_till_date)

    @property
    def active_start_at(self) -> datetime | None:
        """When a scale order begins."""
        return moment(self.active_start_time)

    @property
    def active_stop_at(self) -> datetime | None:
        """When a scale order ends."""
        return moment(self.active_stop_time)

    @property
    def auto_cancel_at(self) -> datetime | None:
        """When it is cancelled by itself."""
        return moment(self.auto_cancel_date)

    @property
    def manual_order_at(self) -> datetime | None:
        """When a customer gave it to a person."""
        return moment(self.manual_order_time)
