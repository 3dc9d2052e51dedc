"""What a fill does: the books, the order, the log of trades, and who is told."""

from __future__ import annotations

from decimal import Decimal

from ibkr_actors.classes.enum.liquidity import Liquidity
from ibkr_actors.simulated_gateway.accounts.accounts import Accounts
from ibkr_actors.simulated_gateway.exchange.families import Families
from ibkr_actors.simulated_gateway.market.marks import exact
from ibkr_actors.simulated_gateway.orders.listener import OrderListener
from ibkr_actors.simulated_gateway.orders.order_parts import Part
from ibkr_actors.simulated_gateway.orders.trades import LegFill, Trade, TradeLog
from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder


class Filling:
    """Carries out fills that have been decided on.

    Responsible for: that books, order, trades and messages say the same. Not responsible for: price and quantity.
    """

    def __init__(
        self, accounts: Accounts, trades: TradeLog, families: Families, listener: OrderListener
    ) -> None:
        self._accounts = accounts
        self._trades = trades
        self._families = families
        self._listener = listener

    def fill(
        self, order: WorkingOrder, quantity: Decimal, price: float, now: float, liquidity: Liquidity
    ) -> list[WorkingOrder]:
        """Fill an order for one contract; returns the orders that begin to work by it."""
        (part,) = order.parts
        commission, realized = self._accounts.book(order, part, order.signed(quantity), exact(price))
        order.fill(quantity, price, commission)
        trade = self._trades.record(order, quantity, commission, realized, now, liquidity)
        self._listener.order_filled(order, trade)
        return self._families.after_fill(order, quantity)

    def fill_combination(
        self,
        order: WorkingOrder,
        sets: Decimal,
        prices: list[float],
        price: float,
        now: float,
        liquidity: Liquidity,
    ) -> list[WorkingOrder]:
        """Fill so many of a combination at once, each leg at its price; returns as `fill`."""
        legs = [
            self._book(order, number, sets * abs(part.ratio), exact(leg_price))
            for number, (part, leg_price) in enumerate(zip(order.parts, prices, strict=True), 1)
        ]
        commission = sum((leg.commission for leg in legs), Decimal(0))
        order.fill(sets, price, commission)
        whole, *trades = self._trades.record_combination(order, sets, legs, now, liquidity)
        return self._told(order, sets, whole, trades)

    def fill_leg(
        self,
        order: WorkingOrder,
        part: Part,
        quantity: Decimal,
        price: float,
        now: float,
        liquidity: Liquidity,
    ) -> None:
        """Fill one leg of a combination that is not guaranteed, ahead of the others or behind them."""
        leg = self._book(order, order.parts.index(part) + 1, quantity, exact(price))
        order.commission += leg.commission
        (trade,) = self._trades.record_legs(order, [leg], now, liquidity)
        self._listener.leg_filled(order, trade)

    def complete(
        self, order: WorkingOrder, sets: Decimal, price: float, now: float, liquidity: Liquidity
    ) -> list[WorkingOrder]:
        """All legs of so many are filled, one by one: now the combination is; returns as `fill`."""
        order.fill(sets, price, Decimal(0))
        (whole,) = self._trades.record_combination(order, sets, [], now, liquidity)
        return self._told(order, sets, whole, [])

    def _told(
        self, order: WorkingOrder, sets: Decimal, whole: Trade, legs: list[Trade]
    ) -> list[WorkingOrder]:
        for trade in legs:
            self._listener.leg_filled(order, trade)
        self._listener.order_filled(order, whole)
        return self._families.after_fill(order, sets)

    def _book(self, order: WorkingOrder, number: int, quantity: Decimal, price: Decimal) -> LegFill:
        part = order.parts[number - 1]
        signed = order.signed(quantity if part.ratio > 0 else -quantity)
        commission, realized = self._accounts.book(order, part, signed, price)
        return LegFill(number, part, quantity, float(price), signed > 0, commission, realized)
