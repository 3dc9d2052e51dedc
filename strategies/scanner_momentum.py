"""Buys what leads a market scan, and protects each position with a stop order.

Shows: a scanner subscription, several market data lines, an order that waits for another one's fill, and a position
that stays protected when the strategy stops.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from loguru import logger
from msgspec import Meta, Struct

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.scanners import ScannerData
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.tick_type import TickType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.stop_orders import StopOrder
from ibkr_actors.classes.scanner import Scanner


class Parameters(Struct, forbid_unknown_fields=True, frozen=True):
    """What to scan for, and what to do with what is found."""

    scan_code: str = "TOP_PERC_GAIN"
    instrument: str = "STK"
    location_code: str = "STK.US.MAJOR"
    above_price: Annotated[float, Meta(ge=0)] = 5.0
    positions: Annotated[int, Meta(ge=1, le=20)] = 3
    """How many of the leaders to hold."""
    quantity: Annotated[int, Meta(gt=0)] = 100
    stop_percent: Annotated[float, Meta(gt=0, lt=100)] = 2.0
    """How far below the fill the stop lies."""


class ScannerMomentum(StrategyActor):
    """Enters at the ask, one order for each leader; the stop follows the fill, good till cancelled."""

    Parameters = Parameters

    def initialize(self) -> None:
        self.chosen: dict[int, Contract] = {}
        """Leaders by the request id of their market data."""
        self.entries: dict[int, Contract] = {}
        """Leaders by the order id of their entry."""
        self.protected: dict[int, Decimal] = {}
        """Quantity already protected, by the order id of the entry."""
        wanted = self.parameters
        scanner = Scanner(
            number_of_rows=wanted.positions,
            instrument=wanted.instrument,
            location_code=wanted.location_code,
            scan_code=wanted.scan_code,
            above_price=wanted.above_price,
        )
        self.scan = self.request_scanner_subscription(scanner)

    def scanner_data(self, found: ScannerData) -> None:
        known = {contract.contract_id for contract in self.chosen.values()}
        room = self.parameters.positions - len(self.chosen)
        for row in [row for row in found.rows if row.contract.contract_id not in known][:room]:
            logger.info("{}: {} leads the scan, at rank {}", self.code, row.contract.symbol, row.rank + 1)
            self.chosen[self.request_market_data(row.contract)] = row.contract

    def notice(self, notice: Notice) -> None:
        if notice.request_id == self.scan or notice.request_id in self.chosen:
            logger.warning("{}: {} {}", self.code, notice.code, notice.text)

    def tick_price(self, tick: TickPrice) -> None:
        contract = self.chosen.get(tick.request_id)
        if contract is None or tick.price <= 0 or contract in self.entries.values():
            return
        if tick.tick_type in (TickType.ASK, TickType.DELAYED_ASK):
            entry = LimitOrder(OrderAction.BUY, contract, self.parameters.quantity, tick.price)
            self.entries[self.place_order(entry).order_id] = contract

    def order_changed(self, change: OrderChanged) -> None:
        if change.order_id in self.entries and change.filled and change.average_price:
            self.protect(change.order_id, change.filled, change.average_price)

    def protect(self, entry: int, filled: Decimal, price: float) -> None:
        """A stop for what was filled and has none yet."""
        quantity = filled - self.protected.get(entry, Decimal(0))
        if quantity <= 0:
            return
        self.protected[entry] = filled
        level = round(price * (1 - self.parameters.stop_percent / 100), 2)
        stop = StopOrder(OrderAction.SELL, self.entries[entry], quantity, level)
        stop.time_in_force = TimeInForce.GOOD_TILL_CANCELLED
        self.place_order(stop)

    def stop(self) -> None:
        """Entries that have not filled are cancelled; stops stay, for the positions do."""
        for order_id in self.entries:
            if not self.orders[order_id].ended:
                self.orders[order_id].cancel()
        self.cancel_scanner_subscription(self.scan)
        for line in self.chosen:
            self.cancel_market_data(line)
        super().stop()
