"""Orders of auctions: at the opening, and those of the Boston Options Exchange (BOX).

How an order takes part in an auction of BOX travels in text alone, up to server version 202: newer bridges can't be
told, and a request to place such an order there raises UnsupportedByServer.
"""

from __future__ import annotations

from typing import Any

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.auction_strategy import AuctionStrategy
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.checks import distance, optional, price, refusal
from ibkr_actors.classes.orders.reference_orders import PeggedToStockOrder
from ibkr_actors.classes.orders.simple_order import LimitedOrder, PricelessOrder, Quantity, SimpleOrder


class AuctionOrder(LimitedOrder, init=False):
    """Fills at the calculated opening price; the rest stays as a limit order."""

    type_of_class = OrderType.MARKET_TO_LIMIT
    usual_time_in_force = TimeInForce.AUCTION


class BoxTopOrder(PricelessOrder, init=False):
    """At BOX: fills at the best price; the rest stays as a limit order at that price."""

    type_of_class = OrderType.BOX_TOP


class AuctionLimitOrder(SimpleOrder):
    """At BOX: a limit order that takes part in the price improvement auction."""

    type_of_class = OrderType.LIMIT

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        limit_price: float | None = None,
        auction_strategy: AuctionStrategy | int | None = None,
        **fields: Any,
    ) -> None:
        if auction_strategy not in tuple(AuctionStrategy) or auction_strategy == AuctionStrategy.NONE:
            raise refusal(self, "auction_strategy", auction_strategy, "a member of AuctionStrategy but NONE")
        limit = price(self, "limit_price", limit_price)
        self._fill(
            action, contract, total_quantity, fields, limit_price=limit, auction_strategy=auction_strategy
        )


class AuctionPeggedToStockOrder(PeggedToStockOrder, init=False):
    """At BOX: pegged to the underlying, and what its price gains is offered in the price improvement auction."""


class AuctionRelativeOrder(SimpleOrder):
    """At BOX: better than the best quote of its own side by the offset, which is offered in the auction."""

    type_of_class = OrderType.RELATIVE

    def __init__(
        self,
        action: OrderAction | str,
        contract: Contract | None = None,
        total_quantity: Quantity = None,
        offset: float | None = None,
        limit_price: float | None = None,
        **fields: Any,
    ) -> None:
        prices = {
            "auxiliary_price": distance(self, "offset", offset),
            "limit_price": optional(price, self, "limit_price", limit_price),
        }
        self._fill(action, contract, total_quantity, fields, **prices)
