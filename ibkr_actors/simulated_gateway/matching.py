"""Matching: elects what waits, and fills orders from the sizes that the market displays."""

from __future__ import annotations

from decimal import Decimal

from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.simulated_gateway.accounts import Accounts
from ibkr_actors.simulated_gateway.depth import Depth
from ibkr_actors.simulated_gateway.families import Families
from ibkr_actors.simulated_gateway.listener import OrderListener
from ibkr_actors.simulated_gateway.market import Market, Quote
from ibkr_actors.simulated_gateway.marks import exact
from ibkr_actors.simulated_gateway.trades import ADDED, REMOVED, TradeLog
from ibkr_actors.simulated_gateway.triggers import (
    TRAILING,
    is_elected,
    limit_of,
    trailed_limit,
    trailed_stop,
)
from ibkr_actors.simulated_gateway.working_order import WorkingOrder


class Matcher:
    """Matches one order at a time with the quote of its contract.

    A purchase fills at the ask and a sale at the bid, as much as is displayed there, never beyond the order's limit;
    the rest waits for the next quote.
    """

    def __init__(
        self,
        market: Market,
        accounts: Accounts,
        trades: TradeLog,
        families: Families,
        listener: OrderListener,
    ) -> None:
        self._market = market
        self._accounts = accounts
        self._trades = trades
        self._families = families
        self._listener = listener
        self._depth = Depth()

    def match(self, order: WorkingOrder, now: float, *, liquidity: int = ADDED) -> None:
        """Do with the order what the present quote makes of it."""
        quote = self._market.quote(order.listing.contract_id)
        if not self._may_fill(order, quote):
            return
        quantity, price = self.fillable(order)
        if quantity:
            self._depth.take(quote, quantity, is_buy=order.is_buy)
            self._fill(order, quantity, price, now, liquidity)

    def fillable(self, order: WorkingOrder) -> tuple[Decimal, float]:
        """How much of the order the present quote would fill, at which price."""
        quote = self._market.quote(order.listing.contract_id)
        price = quote.ask if order.is_buy else quote.bid
        limit = limit_of(order.order)
        within = limit is None or (price <= limit if order.is_buy else price >= limit)
        if price <= 0 or not within or quote.halted > 0 or not self._market.is_open(quote.contract_id):
            return Decimal(0), price
        return min(order.remaining, self._depth.available(quote, is_buy=order.is_buy)), price

    def _may_fill(self, order: WorkingOrder, quote: Quote) -> bool:
        if not order.works or not self._market.is_open(quote.contract_id):
            return False
        if not order.is_triggered:
            self._trail(order, quote)
            if is_elected(order.order, quote):
                self._elect(order)
        return order.is_triggered

    def _trail(self, order: WorkingOrder, quote: Quote) -> None:
        if order.order.order_type not in TRAILING:
            return
        stop = trailed_stop(order.order, quote)
        if stop is not None:
            order.order.trail_stop_price = stop
            order.order.limit_price = trailed_limit(order.order, stop)

    def _elect(self, order: WorkingOrder) -> None:
        order.is_triggered = True
        order.move(Status.SUBMITTED)
        self._listener.order_changed(order)

    def _fill(self, order: WorkingOrder, quantity: Decimal, price: float, now: float, liquidity: int) -> None:
        commission, realized = self._accounts.book(order, quantity, exact(price))
        order.fill(quantity, price, commission)
        trade = self._trades.record(order, quantity, commission, realized, now, liquidity)
        self._listener.order_filled(order, trade)
        for child in self._families.after_fill(order, quantity):
            self.match(child, now, liquidity=REMOVED)
