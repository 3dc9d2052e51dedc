"""The vendor's client (`ibapi-latest`), used as its user would: EWrapper and EClient in one, `run()` on a thread.

* Ticks: overridden `tickPrice` and `tickSize`. The client calls both for a price tick of bid, ask or last, so that
  each message of the stream ends in exactly one `tickSize`: that is what is counted.
* Orders: overridden `orderStatus`; the next order is placed from within it.
* Bars: `historicalData` appends to a list, `historicalDataEnd` ends it.
* Logging stays at its default level, at which the client's many calls of the log write nothing.
"""

# The vendor's handlers have names and arguments of their own, and most of them matter to none of the scenarios.
# ruff: noqa: ARG002, N802, N803

import logging
import socket
import threading
import time
from contextlib import suppress
from decimal import Decimal
from typing import Any

from ibapi.client import EClient  # type: ignore[import-untyped] # as are all of the vendor's modules
from ibapi.common import BarData  # type: ignore[import-untyped]
from ibapi.contract import Contract  # type: ignore[import-untyped]
from ibapi.order import Order  # type: ignore[import-untyped]
from ibapi.wrapper import EWrapper  # type: ignore[import-untyped]

from benchmarks.clients.command_line import DEADLINE, HOST, Arguments, memory, report_on
from benchmarks.reports import BarsSeen, ClientReport, LatencySeen, OrdersSeen, TicksSeen
from benchmarks.scenarios import (
    CLIENT_ID,
    CONTRACTS,
    FIRST_CONTRACT_ID,
    FIRST_ID,
    LIMIT_PRICE,
    ORDER_QUANTITY,
    Scenario,
)


class Application(EWrapper, EClient):  # type: ignore[misc] # both are Any to mypy
    """Connects, asks on the thread of the caller, and is called back on the thread of `run()`."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.ready = threading.Event()
        self.done = threading.Event()
        self.failure = ""

    def ask(self) -> None:
        """Send the requests of the scenario."""
        raise NotImplementedError

    def report(self) -> ClientReport:
        """What reached the handlers."""
        raise NotImplementedError

    def measure(self, arguments: Arguments) -> ClientReport:
        """Connect, ask, wait until all has come, disconnect."""
        self.connect(HOST, arguments.port, CLIENT_ID)
        if self.serverVersion() != arguments.version:
            raise RuntimeError(f"connected at {self.serverVersion()}, not at {arguments.version}")
        threading.Thread(target=self.run, daemon=True).start()
        try:
            self._wait_for(self.ready)
            self.ask()
            self._wait_for(self.done)
            return self.report()
        finally:
            self.leave()

    def leave(self) -> None:
        """Wake the reader thread, which `disconnect()` would leave in `recv` until that times out."""
        if self.conn is not None and self.conn.socket is not None:
            with suppress(OSError):
                self.conn.socket.shutdown(socket.SHUT_RDWR)

    def _wait_for(self, event: threading.Event) -> None:
        if not event.wait(DEADLINE):
            raise TimeoutError(f"{type(self).__name__} did not get all it waited for within {DEADLINE} s")
        if self.failure:
            raise RuntimeError(self.failure)

    def nextValidId(self, orderId: int) -> None:
        self.ready.set()

    def error(self, *arguments: Any) -> None:
        """Nothing the server says is an error, so any error ends the measurement."""
        self.failure = f"error{arguments}"
        self.ready.set()
        self.done.set()


class Subscriber(Application):
    """Subscribes to every contract."""

    def ask(self) -> None:
        """Send the market data requests."""
        for number in range(CONTRACTS):
            contract = _stock(f"S{number}", FIRST_CONTRACT_ID + number)
            self.reqMktData(FIRST_ID + number, contract, "", False, False, [])


class TickCounter(Subscriber):
    """Counts and adds up what reaches the handlers."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.expected = count
        self.count = 0
        self.prices = 0.0
        self.sizes = Decimal(0)
        self.last_at = 0

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        self.prices += price

    def tickSize(self, reqId: int, tickType: int, size: Decimal) -> None:
        self.count += 1
        self.sizes += size
        if self.count == self.expected:
            self.last_at = time.monotonic_ns()
            self.done.set()

    def report(self) -> ClientReport:
        """What was seen."""
        return TicksSeen(self.count, self.prices, float(self.sizes), self.last_at)


class ArrivalRecorder(Subscriber):
    """Notes when each price tick reaches the handler, and which it was."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.expected = count
        self.prices: list[float] = []
        self.arrived_at: list[int] = []

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:
        self.arrived_at.append(time.monotonic_ns())
        self.prices.append(price)
        if len(self.prices) == self.expected:
            self.done.set()

    def report(self) -> ClientReport:
        """What was seen."""
        return LatencySeen(self.prices, self.arrived_at)


class OrderSequence(Application):
    """Places one order after another, each when the one before has its first status."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.expected = count
        self.contract = _stock("AAPL")
        self.order_ids: list[int] = []
        self.round_trips: list[int] = []
        self.open_orders = self.placed_at = 0

    def ask(self) -> None:
        """Place the next order."""
        order = Order()
        order.action, order.orderType, order.tif = "BUY", "LMT", "DAY"
        order.totalQuantity, order.lmtPrice = Decimal(ORDER_QUANTITY), LIMIT_PRICE
        order_id = FIRST_ID + len(self.order_ids)
        self.placed_at = time.monotonic_ns()
        self.placeOrder(order_id, self.contract, order)

    def openOrder(self, orderId: int, contract: Contract, order: Order, state: Any) -> None:
        self.open_orders += order.permId == orderId and order.lmtPrice == LIMIT_PRICE

    def orderStatus(self, orderId: int, status: str, *details: Any) -> None:
        self.round_trips.append(time.monotonic_ns() - self.placed_at)
        self.order_ids.append(orderId)
        if len(self.order_ids) < self.expected:
            self.ask()
        else:
            self.done.set()

    def report(self) -> ClientReport:
        """What was seen."""
        return OrdersSeen(self.order_ids, self.round_trips, self.open_orders)


class BarCollector(Application):
    """Collects the bars of one request."""

    def __init__(self, *, epoch: bool) -> None:
        super().__init__()
        self.epoch = epoch
        self.bars: list[BarData] = []
        self.memory_before = self.requested_at = self.received_at = self.memory_peak = 0

    def ask(self) -> None:
        """Request the bars."""
        contract, date_format = _stock("AAPL"), 2 if self.epoch else 1
        self.memory_before, self.requested_at = memory("VmRSS"), time.monotonic_ns()
        self.reqHistoricalData(FIRST_ID, contract, "", "70 D", "1 min", "TRADES", 0, date_format, False, [])

    def historicalData(self, reqId: int, bar: BarData) -> None:
        self.bars.append(bar)

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:
        self.received_at, self.memory_peak = time.monotonic_ns(), memory("VmHWM")
        self.done.set()

    def report(self) -> ClientReport:
        """What was seen."""
        return BarsSeen(
            count=len(self.bars),
            close_sum=sum(bar.close for bar in self.bars),
            volume_sum=float(sum(bar.volume for bar in self.bars)),
            last_date=self.bars[-1].date[:17],
            requested_at=self.requested_at,
            received_at=self.received_at,
            memory_before=self.memory_before,
            memory_peak=self.memory_peak,
        )


def _stock(symbol: str, contract_id: int = 0) -> Contract:
    contract = Contract()
    contract.conId, contract.symbol, contract.secType = contract_id, symbol, "STK"
    contract.exchange, contract.currency = "SMART", "USD"
    return contract


def application_for(arguments: Arguments) -> Application:
    """The program that a user would write for this scenario."""
    match arguments.scenario:
        case Scenario.TICKS | Scenario.FLOOD | Scenario.BACKLOG:
            return TickCounter(arguments.count)
        case Scenario.LATENCY:
            return ArrivalRecorder(arguments.count)
        case Scenario.ORDERS:
            return OrderSequence(arguments.count)
        case Scenario.BARS | Scenario.BARS_EPOCH:
            return BarCollector(epoch=arguments.scenario is Scenario.BARS_EPOCH)


def measure(arguments: Arguments) -> ClientReport:
    """One scenario on a connection of its own."""
    logging.basicConfig(level=logging.WARNING)
    return application_for(arguments).measure(arguments)


if __name__ == "__main__":
    report_on(measure)
