"""The vendor's client (`ibapi-latest`), used as its user would: a subclass of EWrapper and EClient, `run()` on a thread.

* Ticks: overridden `tickPrice` and `tickSize`. The client calls both for a price tick of bid, ask or last, so that
  each message of the stream ends in exactly one `tickSize`: that is what is counted.
* Orders: overridden `orderStatus`; the next order is placed from within it.
* Bars: `historicalData` appends to a list, `historicalDataEnd` ends it.
* Nothing is said of logging beyond the default level, at which the client's many `logger.debug` do nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ibapi.client import EClient
from ibapi.common import BarData
from ibapi.contract import Contract
from ibapi.order import Order
from ibapi.wrapper import EWrapper

from benchmarks.clients.command_line import DEADLINE, HOST, Arguments, memory, report_on
from benchmarks.reports import BarsSeen, ClientReport, LatencySeen, OrdersSeen, TicksSeen
from benchmarks.scenarios import (
    ASK_SIZE,
    BID_SIZE,
    CLIENT_ID,
    CONTRACTS,
    FIRST_ID,
    LIMIT_PRICE,
    ORDER_QUANTITY,
    Scenario,
)


class Application(EWrapper, EClient):
    """Connects, asks on the thread of the caller, and is called back on the thread of `run()`."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.ready = threading.Event()
        self.done = threading.Event()
        self.failure = ""

    def start(self, arguments: Arguments) -> None:
        """Return once nextValidId has come."""
        self.connect(HOST, arguments.port, CLIENT_ID)
        if self.serverVersion() != arguments.version:
            raise RuntimeError(f"connected at {self.serverVersion()}, not at {arguments.version}")
        threading.Thread(target=self.run, daemon=True).start()
        self._wait_for(self.ready)

    def wait_until_done(self) -> None:
        """All that was asked for has come, or an error says why it won't."""
        self._wait_for(self.done)

    def _wait_for(self, event: threading.Event) -> None:
        if not event.wait(DEADLINE):
            raise TimeoutError(f"{type(self).__name__} did not get all it waited for within {DEADLINE} s")
        if self.failure:
            raise RuntimeError(self.failure)

    def nextValidId(self, orderId: int) -> None:  # noqa: N802, N803 - the vendor's names
        self.ready.set()

    def error(self, *arguments: Any) -> None:
        """Nothing the server says is an error, so any error ends the measurement."""
        self.failure = f"error{arguments}"
        self.ready.set()
        self.done.set()


class TickCounter(Application):
    """Counts and adds up what reaches the handlers."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.expected = count
        self.count = 0
        self.prices = 0.0
        self.sizes = Decimal(0)
        self.last_at = 0

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:  # noqa: N802, N803
        self.prices += price

    def tickSize(self, reqId: int, tickType: int, size: Decimal) -> None:  # noqa: N802, N803
        self.count += 1
        self.sizes += size
        if self.count == self.expected:
            self.last_at = time.monotonic_ns()
            self.done.set()

    def report(self) -> TicksSeen:
        """What was seen."""
        return TicksSeen(self.count, self.prices, float(self.sizes), self.last_at)


class ArrivalRecorder(Application):
    """Notes when each price tick reaches the handler, and which it was."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.expected = count
        self.prices: list[float] = []
        self.arrived_at: list[int] = []

    def tickPrice(self, reqId: int, tickType: int, price: float, attrib: Any) -> None:  # noqa: N802, N803
        self.arrived_at.append(time.monotonic_ns())
        self.prices.append(price)
        if len(self.prices) == self.expected:
            self.done.set()

    def report(self) -> LatencySeen:
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
        self.placed_at = 0

    def place(self) -> None:
        """The next order."""
        order = Order()
        order.action, order.orderType, order.tif = "BUY", "LMT", "DAY"
        order.totalQuantity, order.lmtPrice = Decimal(ORDER_QUANTITY), LIMIT_PRICE
        order_id = FIRST_ID + len(self.order_ids)
        self.placed_at = time.monotonic_ns()
        self.placeOrder(order_id, self.contract, order)

    def orderStatus(self, orderId: int, status: str, *details: Any) -> None:  # type: ignore[override] # noqa: N802, N803
        self.round_trips.append(time.monotonic_ns() - self.placed_at)
        self.order_ids.append(orderId)
        if len(self.order_ids) < self.expected:
            self.place()
        else:
            self.done.set()

    def report(self) -> OrdersSeen:
        """What was seen."""
        return OrdersSeen(self.order_ids, self.round_trips)


class BarCollector(Application):
    """Collects the bars of one request."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: list[BarData] = []
        self.received_at = self.memory_peak = 0

    def historicalData(self, reqId: int, bar: BarData) -> None:  # noqa: N802, N803
        self.bars.append(bar)

    def historicalDataEnd(self, reqId: int, start: str, end: str) -> None:  # noqa: N802, N803
        self.received_at, self.memory_peak = time.monotonic_ns(), memory("VmHWM")
        self.done.set()

    def report(self, requested_at: int, memory_before: int) -> BarsSeen:
        """What was seen."""
        return BarsSeen(
            count=len(self.bars),
            close_sum=sum(bar.close for bar in self.bars),
            volume_sum=float(sum(bar.volume for bar in self.bars)),
            last_date=self.bars[-1].date[:17],
            requested_at=requested_at,
            received_at=self.received_at,
            memory_before=memory_before,
            memory_peak=self.memory_peak,
        )


def receive_ticks(application: TickCounter | ArrivalRecorder, arguments: Arguments) -> ClientReport:
    """Subscribe, and wait until every tick has come."""
    application.start(arguments)
    for number in range(CONTRACTS):
        application.reqMktData(FIRST_ID + number, _stock(f"S{number}"), "", False, False, [])
    application.wait_until_done()
    return application.report()


def place_orders(application: OrderSequence, arguments: Arguments) -> ClientReport:
    """Start the sequence, and wait for its end."""
    application.start(arguments)
    application.place()
    application.wait_until_done()
    return application.report()


def request_bars(application: BarCollector, arguments: Arguments, *, epoch: bool) -> ClientReport:
    """One request, to the finished list."""
    application.start(arguments)
    contract = _stock("AAPL")
    memory_before, requested_at = memory("VmRSS"), time.monotonic_ns()
    application.reqHistoricalData(
        FIRST_ID, contract, "", "70 D", "1 min", "TRADES", 0, 2 if epoch else 1, False, []
    )
    application.wait_until_done()
    return application.report(requested_at, memory_before)


def _stock(symbol: str) -> Contract:
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = symbol, "STK", "SMART", "USD"
    return contract


def measure(arguments: Arguments) -> ClientReport:
    """One scenario on a connection of its own."""
    logging.basicConfig(level=logging.WARNING)
    count = arguments.count
    match arguments.scenario:
        case Scenario.TICKS | Scenario.BACKLOG:
            return receive_ticks(TickCounter(count), arguments)
        case Scenario.LATENCY:
            return receive_ticks(ArrivalRecorder(count), arguments)
        case Scenario.ORDERS:
            return place_orders(OrderSequence(count), arguments)
        case Scenario.BARS | Scenario.BARS_EPOCH:
            return request_bars(BarCollector(), arguments, epoch=arguments.scenario is Scenario.BARS_EPOCH)


if __name__ == "__main__":
    report_on(measure)
