"""Two moving averages of one contract's midpoint: long above the cross, flat below it."""

from __future__ import annotations

import time
from collections import deque
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState, OrderChanged
from ibkr_actors.base.messages.contracts import ContractData
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.order_tracking import ENDED
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.classes.orders.limit_orders import LimitOrder


class Parameters(Struct, forbid_unknown_fields=True, frozen=True):
    """What to trade and how: periods are counted in changes of the midpoint."""

    symbol: str
    exchange: str = "SMART"
    currency: str = "USD"
    fast: Annotated[int, Meta(ge=1)] = 5
    slow: Annotated[int, Meta(ge=2)] = 20
    quantity: Annotated[int, Meta(gt=0)] = 100
    position_limit: Annotated[int, Meta(gt=0)] = 300
    patience: Annotated[float, Meta(gt=0)] = 5.0
    """Seconds that an order may work before it is cancelled."""

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ValueError(f"fast ({self.fast}) has to be shorter than slow ({self.slow})")


class MovingAverageCross(StrategyActor):
    """Trades towards its position limit in the direction of the cross, one limit order at a time.

    Begins with what the account holds of the contract (see `position_of`), when an earlier life's orders have ended.
    """

    Parameters = Parameters

    def initialize(self) -> None:
        wanted = self.parameters
        self.stock = Stock(wanted.symbol, wanted.exchange, wanted.currency)
        self.line: int | None = None
        self.bid = self.ask = self.placed_at = 0.0
        self.midpoints: deque[float] = deque(maxlen=wanted.slow)
        self.working: set[int] = set()
        self.details = self.request_contract_data(self.stock)
        self.request_positions()

    def connection_changed(self, change: ConnectionChanged) -> None:
        if change.state is ConnectionState.CONNECTED and self.line is None:
            self.details = self.request_contract_data(self.stock)  # the former question found no answer

    def contract_data(self, found: ContractData) -> None:
        if self.line is None:
            self.contract = found.contract
            self.line = self.request_market_data(self.contract)

    def tick_price(self, tick: TickPrice) -> None:
        if tick.tick_type in (TickType.BID, TickType.DELAYED_BID):
            self.bid = tick.price
        elif tick.tick_type in (TickType.ASK, TickType.DELAYED_ASK):
            self.ask = tick.price

    def order_changed(self, change: OrderChanged) -> None:
        is_over = change.status in (*ENDED, Status.INACTIVE)
        (self.working.discard if is_over else self.working.add)(change.order_id)
        if change.order_id not in self.orders:
            self.midpoints.clear()  # an earlier life's order: the position tells its fills, a moment later

    def act(self) -> None:
        """Runs when every waiting tick has been handled, so bid and ask belong together."""
        midpoint = (self.bid + self.ask) / 2
        if min(self.bid, self.ask) > 0 and (not self.midpoints or midpoint != self.midpoints[-1]):
            self.midpoints.append(midpoint)
            self.follow()
        if self.working and time.monotonic() - self.placed_at > self.parameters.patience:
            self.cancel_working()

    def average(self, period: int) -> float:
        return sum(list(self.midpoints)[-period:]) / period

    def follow(self) -> None:
        """Step towards the limit when the fast average is above the slow one, away from it below."""
        position = self.position_of(self.contract)
        if self.working or position is None or len(self.midpoints) < self.parameters.slow:
            return
        difference = self.average(self.parameters.fast) - self.average(self.parameters.slow)
        if difference > 0:
            self.trade(OrderAction.BUY, self.parameters.position_limit - position, self.ask)
        elif difference < 0:
            self.trade(OrderAction.SELL, position, self.bid)

    def trade(self, action: OrderAction, most: Decimal, price: float) -> None:
        quantity = min(most, self.parameters.quantity)
        if quantity > 0:
            self.working.add(self.place_order(LimitOrder(action, self.contract, quantity, price)).order_id)
            self.placed_at = time.monotonic()

    def cancel_working(self) -> None:
        for order_id in self.working:
            self.cancel_order(order_id)
        self.placed_at = time.monotonic()

    def stop(self) -> None:
        self.cancel_working()
        if self.line is not None:
            self.cancel_market_data(self.line)
        super().stop()
