"""This project, used as its user would: a strategy at a desk, with all of the desk's actors in the path.

* Ticks: the strategy's handlers `tick_price` and `tick_size`, one call for each tick.
* Orders: the handler `order_status`; the next order is placed from within it. Pacing is set beyond what the
  benchmark reaches, as it is switched off for ib_async.
* Bars: the handler `historical_data`, whose message holds the finished bars.

The other actors do their work meanwhile: the market data actor keeps the newest values, the orders actor the state of
every order.
"""

import sys
import threading
import time
from typing import Any

from loguru import logger

from benchmarks.clients.command_line import DEADLINE, HOST, Arguments, memory, report_on
from benchmarks.reports import BarsSeen, ClientReport, LatencySeen, OrdersSeen, TicksSeen
from benchmarks.scenarios import (
    CLIENT_ID,
    CONTRACTS,
    FIRST_CONTRACT_ID,
    LIMIT_PRICE,
    ORDER_QUANTITY,
    Scenario,
)
from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.messages.history import HistoricalData
from ibkr_actors.base.messages.market_data import TickPrice, TickSize
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.multiple_client_application import MultiClientApplication

UNPACED = 1_000_000
"""Messages a second: more than any scenario sends."""


class Measurement(StrategyActor):
    """A strategy that measures one scenario, told by class attributes; `report` is there once `done` is set."""

    arguments: Arguments
    done: threading.Event
    report: ClientReport

    def subscribe(self) -> None:
        """The market data of all contracts."""
        for number in range(CONTRACTS):
            self.request_market_data(Stock(f"S{number}", contract_id=FIRST_CONTRACT_ID + number))

    def finish(self, report: ClientReport) -> None:
        """Everything was seen."""
        type(self).report = report
        self.done.set()


class TickCounter(Measurement):
    """Counts and adds up what reaches the handlers."""

    def initialize(self) -> None:
        """Subscribe."""
        self.expected = self.arguments.count
        self.count = 0
        self.prices = self.sizes = 0.0
        self.subscribe()

    def tick_price(self, tick: TickPrice) -> None:
        """One price, with its size."""
        self.count += 1
        self.prices += tick.price
        self.sizes += tick.size
        if self.count == self.expected:
            self.end()

    def tick_size(self, tick: TickSize) -> None:
        """One size."""
        self.count += 1
        self.sizes += tick.size
        if self.count == self.expected:
            self.end()

    def end(self) -> None:
        """The last tick came."""
        self.finish(TicksSeen(self.count, self.prices, self.sizes, time.monotonic_ns()))


class ArrivalRecorder(Measurement):
    """Notes when each tick reaches the handler, and which it was."""

    def initialize(self) -> None:
        """Subscribe."""
        self.prices: list[float] = []
        self.arrived_at: list[int] = []
        self.subscribe()

    def tick_price(self, tick: TickPrice) -> None:
        """One price."""
        self.arrived_at.append(time.monotonic_ns())
        self.prices.append(tick.price)
        if len(self.prices) == self.arguments.count:
            self.finish(LatencySeen(self.prices, self.arrived_at))


class OrderSequence(Measurement):
    """Places one order after another, each when the one before has its first status."""

    def initialize(self) -> None:
        """The first order."""
        self.stock = Stock("AAPL")
        self.order_ids: list[int] = []
        self.round_trips: list[int] = []
        self.open_orders = 0
        self.place()

    def place(self) -> None:
        """The next order."""
        order = LimitOrder("BUY", self.stock, ORDER_QUANTITY, LIMIT_PRICE)
        self.placed_at = time.monotonic_ns()
        self.place_order(order)

    def open_order(self, message: OpenOrder) -> None:
        """The order as the server holds it."""
        order = message.order
        self.open_orders += order.permanent_id == message.order_id and order.limit_price == LIMIT_PRICE

    def order_status(self, status: OrderStatus) -> None:
        """The first status of the order that was placed last."""
        self.round_trips.append(time.monotonic_ns() - self.placed_at)
        self.order_ids.append(status.order_id)
        if len(self.order_ids) < self.arguments.count:
            self.place()
        else:
            self.finish(OrdersSeen(self.order_ids, self.round_trips, self.open_orders))


class BarReader(Measurement):
    """Asks for bars, and takes the time until they are there."""

    def initialize(self) -> None:
        """One request."""
        self.epoch = self.arguments.scenario is Scenario.BARS_EPOCH
        self.memory_before, self.requested_at = memory("VmRSS"), time.monotonic_ns()
        self.request_historical_data(
            Stock("AAPL"), "", "70 D", "1 min", "TRADES", False, format_date=2 if self.epoch else 1
        )

    def historical_data(self, answer: HistoricalData) -> None:
        """The finished bars."""
        received_at, memory_peak, bars = time.monotonic_ns(), memory("VmHWM"), answer.bars
        self.finish(
            BarsSeen(
                count=len(bars),
                close_sum=sum(bar.close for bar in bars),
                volume_sum=sum(bar.volume for bar in bars),
                last_date=bars[-1].date if self.epoch else bars[-1].date[:17],
                requested_at=self.requested_at,
                received_at=received_at,
                memory_before=self.memory_before,
                memory_peak=memory_peak,
            )
        )


MEASUREMENTS: dict[Scenario, type[Measurement]] = {
    Scenario.TICKS: TickCounter,
    Scenario.FLOOD: TickCounter,
    Scenario.BACKLOG: TickCounter,
    Scenario.LATENCY: ArrivalRecorder,
    Scenario.ORDERS: OrderSequence,
    Scenario.BARS: BarReader,
    Scenario.BARS_EPOCH: BarReader,
}


def measure(arguments: Arguments) -> ClientReport:
    """One scenario at a desk of its own."""
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    strategy: Any = MEASUREMENTS[arguments.scenario]
    strategy.arguments, strategy.done = arguments, threading.Event()
    desk = MultiClientApplication(
        HOST, arguments.port, CLIENT_ID, messages_per_second=UNPACED, highest_version=arguments.version
    )
    desk.register(strategy, code="measurement")
    with desk:
        if not strategy.done.wait(DEADLINE):
            raise TimeoutError(f"{arguments.scenario} was not over within {DEADLINE:g} seconds")
        if desk.status().server_version != arguments.version:
            raise RuntimeError(f"connected at {desk.status().server_version}, not at {arguments.version}")
    report: ClientReport = strategy.report
    return report


if __name__ == "__main__":
    report_on(measure)
