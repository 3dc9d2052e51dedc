"""When orders may work: in the regular hours of their contract, or in all hours where they ask for it.

A market that is always open knows no sessions; its days end at midnight in New York.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN, EASTERN_NAME
from ibkr_actors.simulated_gateway.hours.trading_hours import Session, TradingHours, epoch
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

_DISTINGUISH: Final = frozenset(("STK", "CFD", "WAR"))
"""Security types whose orders tell regular hours from the others; those of the rest work whenever there is trading."""
_REGULAR_TYPES: Final = frozenset(
    (
        OrderType.MARKET,
        OrderType.MARKET_TO_LIMIT,
        OrderType.STOP,
        OrderType.STOP_WITH_PROTECTION,
        OrderType.TRAILING_STOP,
        OrderType.MARKET_IF_TOUCHED,
        OrderType.MIDPRICE,
        OrderType.PEGGED_TO_MARKET,
        OrderType.PEGGED_TO_MIDPOINT,
        OrderType.MARKET_ON_CLOSE,
        OrderType.LIMIT_ON_CLOSE,
    )
)
"""They work in regular hours whatever they say: without a limit, or in an auction."""
_REGULAR_TIMES: Final = frozenset(
    (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL, TimeInForce.AT_THE_OPENING)
)
_ONE_DAY: Final = timedelta(days=1)


def ignores_outside_hours(order: Order, contract: Contract) -> bool:
    """The order asks for all hours, and its type, its time in force or its contract make nothing of it."""
    return order.outside_regular_trading_hours and (
        contract.security_type not in _DISTINGUISH
        or order.order_type in _REGULAR_TYPES
        or order.time_in_force in _REGULAR_TIMES
    )


def midnight_after(now: float) -> float:
    """When the gateway's day ends, epoch seconds."""
    tomorrow = datetime.fromtimestamp(now, EASTERN).date() + _ONE_DAY
    return float(epoch(tomorrow, 0, EASTERN.key))


class OrderHours:
    """The sessions of orders.

    Responsible for: whether a contract trades now, in its regular or in all its hours; when that begins and ends.
    Not responsible for: what becomes of an order then.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        # Every order asks at every step, so what was found holds until the session ends.
        self._found: dict[tuple[TradingHours, bool], Session] = {}

    def is_open(self, order: WorkingOrder) -> bool:
        """The order may work now."""
        return self.trades(order.listing.contract_id, liquid=keeps_regular_hours(order))

    def trades(self, contract_id: int, *, liquid: bool) -> bool:
        """The contract trades now, in its regular hours if `liquid`."""
        if self._market.always_open:
            return True
        return self._session(self._hours(contract_id), liquid=liquid).start <= self._market.now

    def opening(self, order: WorkingOrder) -> float:
        """Epoch seconds when the order may work next; now if it may work now."""
        if self._market.always_open:
            return self._market.now
        return max(self._market.now, self._session_of(order).start)

    def end_of_day(self, order: WorkingOrder, now: float) -> float:
        """When the trading day of an order ends that is placed at `now`: the present one, or else the next one."""
        if self._market.always_open:
            return midnight_after(now)
        return float(self._session_of(order).end)

    def end_on(self, order: WorkingOrder, day: date) -> float:
        """When trading ends on a day; the last second of the day where it has no session."""
        session = None
        if not self._market.always_open:
            hours = self._hours(order.listing.contract_id)
            session = hours.session(day, liquid=keeps_regular_hours(order))
        if session is None:
            return float(epoch(day + _ONE_DAY, 0, EASTERN.key)) - 1
        return float(session.end)

    def _session_of(self, order: WorkingOrder) -> Session:
        return self._session(self._hours(order.listing.contract_id), liquid=keeps_regular_hours(order))

    def _hours(self, contract_id: int) -> TradingHours:
        return self._market.catalogue[contract_id].hours

    def _session(self, hours: TradingHours, *, liquid: bool) -> Session:
        found = self._found.get((hours, liquid))
        if found is None or found.end <= self._market.now:
            found = self._found[hours, liquid] = hours.upcoming(self._market.now, liquid=liquid)
        return found


def keeps_regular_hours(order: WorkingOrder) -> bool:
    """Only regular hours count for it."""
    distinguishes = order.contract.security_type in _DISTINGUISH
    return distinguishes and not order.order.outside_regular_trading_hours


def outside_hours(order: WorkingOrder, opening: float) -> tuple[int, str]:
    """The exchange is closed; the order waits."""
    held = order.listing
    subject = f"{order.order.action} {order.total:f} {held.local_symbol} {held.exchange}.{held.trading_class}"
    opens = f"{datetime.fromtimestamp(opening, EASTERN):%Y-%m-%d %H:%M:%S} {EASTERN_NAME}"
    warning = f"Warning: Your order will not be placed at the exchange until {opens}."
    return 399, f"Order Message:\n{subject}\n{warning}"
