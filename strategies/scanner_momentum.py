"""Buys what leads a market scan, and protects each position with a stop order.

Shows: a scan, several lines of market data, orders that wait for another's fill, and positions that outlive a strategy.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from loguru import logger
from msgspec import Meta, Struct

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.messages.accounts import PositionEnd
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.orders import OpenOrder, OpenOrderEnd
from ibkr_actors.base.messages.scanners import ScannerData
from ibkr_actors.base.order_tracking import ENDED
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_status import Status
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
    positions: Annotated[int, Meta(ge=1, le=20)] = 3  # how many of the leaders to hold
    quantity: Annotated[int, Meta(gt=0)] = 100
    stop_percent: Annotated[float, Meta(gt=0, lt=100)] = 2.0  # from the entry's limit down to the stop


class ScannerMomentum(StrategyActor):
    """Enters at the ask, one order for each leader, with its stop attached: the bridge protects what it fills.

    What the account holds is not bought again; what an earlier life left a stop for counts as a position.
    """

    Parameters = Parameters

    def initialize(self) -> None:
        self.chosen: dict[int, Contract] = {}  # leaders by the request id of their market data
        self.waiting: dict[int, Contract] = {}  # those of them that have no entry yet, likewise
        self.entries: dict[int, LimitOrder] = {}  # entries that work, by order id
        self.earlier: dict[int, int] = {}  # contract ids of an earlier life's orders, by order id
        self.scan = 0
        self.request_positions()

    def position_end(self, _end: PositionEnd) -> None:
        if not self.scan:  # again behind a lost connection, which leaves this question unanswered
            self.request_open_orders()

    def open_order(self, told: OpenOrder) -> None:
        if told.order_id in self.earlier:
            self.earlier[told.order_id] = told.contract.contract_id
            if told.order.action is OrderAction.BUY:
                quantity, limit = told.order.total_quantity, told.order.limit_price
                self.entries[told.order_id] = LimitOrder(OrderAction.BUY, told.contract, quantity, limit)
                self.cancel_order(told.order_id)

    def open_order_end(self, _end: OpenOrderEnd) -> None:
        wanted = self.parameters
        scanner = Scanner(wanted.positions, wanted.instrument, wanted.location_code, wanted.scan_code)
        scanner.above_price = wanted.above_price
        self.scan = self.scan or self.request_scanner_subscription(scanner)

    def scanner_data(self, found: ScannerData) -> None:
        taken = {contract.contract_id for contract in self.chosen.values()} | {*self.earlier.values()}
        room = max(0, self.parameters.positions - len(taken))
        free = [row for row in found.rows if row.contract.contract_id not in taken]
        for row in [row for row in free if self.position_of(row.contract) == 0][:room]:
            logger.info("{}: {} leads the scan, at rank {}", self.code, row.contract.symbol, row.rank + 1)
            line = self.request_market_data(row.contract)
            self.chosen[line] = self.waiting[line] = row.contract

    def tick_price(self, tick: TickPrice) -> None:
        is_ask = tick.tick_type in (TickType.ASK, TickType.DELAYED_ASK) and tick.price > 0
        if is_ask and (contract := self.waiting.pop(tick.request_id, None)):
            entry = LimitOrder(OrderAction.BUY, contract, self.parameters.quantity, tick.price)
            placed, _ = self.place_attached(entry, [self.stop_loss(entry, entry.total_quantity)])
            self.entries[placed.order_id] = entry

    def stop_loss(self, entry: LimitOrder, quantity: Decimal | None) -> StopOrder:
        level = round((entry.limit_price or 0.0) * (1 - self.parameters.stop_percent / 100), 2)
        forever = TimeInForce.GOOD_TILL_CANCELLED
        return StopOrder(OrderAction.SELL, entry.contract, quantity, level, time_in_force=forever)

    def order_changed(self, change: OrderChanged) -> None:
        """An entry that ends partly filled takes its stop along, so what was filled gets another one."""
        if change.order_id not in self.orders:
            self.earlier.setdefault(change.order_id, 0)
        if change.status in ENDED:
            self.earlier.pop(change.order_id, None)
            entry = self.entries.pop(change.order_id, None)
            if entry is not None and change.filled and change.status != Status.FILLED:
                self.place_order(self.stop_loss(entry, change.filled))

    def stop(self) -> None:
        """Entries that have not begun to fill are cancelled, and their stops with them; other stops stay."""
        for order_id in self.entries.keys() & self.orders.keys():
            if not self.orders[order_id].filled:
                self.cancel_order(order_id)
        if self.scan:
            self.cancel_scanner_subscription(self.scan)
        for line in self.chosen:
            self.cancel_market_data(line)
        super().stop()
