"""The opening and the closing auction: when they are, who takes part, and at which price they trade.

The auctions are those of regular trading hours on the exchange's trading days. In a market that is always open every
day of the calendar has both, at the usual times, and an order may be entered at any moment: it waits for the next
one. So a demo on a Sunday sees them too, and no order comes at a wrong time.

An auction trades at the market's price of its moment, which is also the day's opening price and the close that the
next day is compared with. It takes orders of any size; a limit order that the price does not reach gets nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.hours.trading_hours import TradingHours, epoch
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.price_paths import STEPS_PER_SECOND
from ibkr_actors.simulated_gateway.orders.order_kinds import IN_OPENING, ON_CLOSE
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

CLOSING_CUTOFF: Final = 600.0
"""Seconds before the close after which orders for its auction come too late (K: New York's is ten minutes)."""
TOO_LATE: Final = "The order arrived too late for the closing auction."
NOT_BEFORE_OPENING: Final = "Orders for the opening are not accepted during regular trading hours."
_ONE_DAY: Final = timedelta(days=1)


class Auctions:
    """Knows the auctions of every contract.

    Responsible for: their times, whether an order comes in time, their price. Not responsible for: filling.
    """

    def __init__(self, market: Market) -> None:
        self._market = market

    def refusal(self, order: WorkingOrder) -> str | None:
        """Why the order comes at a wrong time; None when it does not, or is for no auction."""
        if not order.is_for_auction or self._market.always_open:
            return None
        now = self._market.now
        session = self._hours(order).latest(now, liquid=True)
        if session.start <= now < session.end:
            if order.order.time_in_force in IN_OPENING:
                return NOT_BEFORE_OPENING
            if now >= session.end - CLOSING_CUTOFF:
                return TOO_LATE
        return None

    def next_for(self, order: WorkingOrder) -> float:
        """Epoch seconds of the auction that the order, entered now, takes part in."""
        now, at_close = self._market.now, order.order.order_type in ON_CLOSE
        return next(time for time in self._times(self._hours(order), now, at_close=at_close) if time > now)

    def next_close(self, contract_id: int, after: float) -> float:
        """Epoch seconds when regular trading ends next, after a time."""
        times = self._times(self._market.catalogue[contract_id].hours, after, at_close=True)
        return next(time for time in times if time > after)

    def _hours(self, order: WorkingOrder) -> TradingHours:
        return self._market.catalogue[order.listing.contract_id].hours

    def _times(self, hours: TradingHours, since: float, *, at_close: bool) -> Iterator[float]:
        day = datetime.fromtimestamp(since, ZoneInfo(hours.zone)).date()
        while True:
            session = hours.session(day, liquid=True)
            if session is not None:
                yield session.end if at_close else session.start
            elif self._market.always_open:
                yield epoch(day, hours.liquid_closing if at_close else hours.liquid_opening, hours.zone)
            day += _ONE_DAY

    def price(self, order: WorkingOrder, time: float) -> float:
        """At which the auction trades; a pinned price is that of the auction too."""
        contract_id = order.listing.contract_id
        step, series = int(time) * STEPS_PER_SECOND, self._market.series(contract_id)
        closes = order.order.order_type in ON_CLOSE
        price = series.between(step - 1, step).close if closes else series.between(step, step + 1).open
        return self._market.grid(contract_id).price(price)


def rests_after_auction(order: Order) -> bool:
    """What the auction leaves goes on as a limit order (D: time in force AUC); any other order ends."""
    return order.order_type == OrderType.MARKET_TO_LIMIT or (
        order.order_type == OrderType.LIMIT and order.time_in_force == TimeInForce.AUCTION
    )
