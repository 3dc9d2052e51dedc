"""`ib_async`, used as its user would, by its fastest ordinary way.

* Ticks: `ib.pendingTickersEvent`, once for each packet; every tick is in `ticker.ticks`, and each is looked at.
  (`ticker.updateEvent` costs one more call for each ticker in the packet.)
* Orders: `ib.orderStatusEvent`; the next order is placed from within the handler. The limit of 45 requests a second
  that ib_async imposes on itself is switched off (`client.MaxRequests = 0`).
* Bars: `ib.reqHistoricalDataAsync`, awaited.
* Connecting fetches nothing beyond the positions, which can't be switched off.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from typing import Any

from ib_async import IB, LimitOrder, Stock, Ticker, Trade
from ib_async.ib import StartupFetchNONE

from benchmarks.clients.command_line import DEADLINE, HOST, Arguments, memory, report_on
from benchmarks.reports import BarsSeen, ClientReport, LatencySeen, OrdersSeen, TicksSeen
from benchmarks.scenarios import (
    ASK,
    BID,
    CLIENT_ID,
    CONTRACTS,
    FIRST_CONTRACT_ID,
    LAST,
    LIMIT_PRICE,
    ORDER_QUANTITY,
    Scenario,
)

PRICE_TYPES = frozenset((BID, ASK, LAST))


class TickCounter:
    """Counts and adds up what reaches the handler."""

    def __init__(self, count: int) -> None:
        self.expected = count
        self.count = 0
        self.prices = self.sizes = 0.0
        self.last_at = 0
        self.done = asyncio.Event()

    def on_pending_tickers(self, tickers: Iterable[Ticker]) -> None:
        """All ticks of one packet."""
        for ticker in tickers:
            for tick in ticker.ticks:
                self.count += 1
                self.sizes += tick.size
                if tick.tickType in PRICE_TYPES:
                    self.prices += tick.price
        if self.count >= self.expected:
            self.last_at = time.monotonic_ns()
            self.done.set()

    def report(self) -> TicksSeen:
        """What was seen."""
        return TicksSeen(self.count, self.prices, self.sizes, self.last_at)


class ArrivalRecorder:
    """Notes when each tick reaches the handler, and which it was."""

    def __init__(self, count: int) -> None:
        self.expected = count
        self.prices: list[float] = []
        self.arrived_at: list[int] = []
        self.done = asyncio.Event()

    def on_pending_tickers(self, tickers: Iterable[Ticker]) -> None:
        """All ticks of one packet."""
        for ticker in tickers:
            for tick in ticker.ticks:
                self.arrived_at.append(time.monotonic_ns())
                self.prices.append(tick.price)
        if len(self.prices) >= self.expected:
            self.done.set()

    def report(self) -> LatencySeen:
        """What was seen."""
        return LatencySeen(self.prices, self.arrived_at)


class OrderSequence:
    """Places one order after another, each when the one before has its first status."""

    def __init__(self, ib: IB, count: int) -> None:
        self.ib = ib
        self.expected = count
        self.contract = Stock("AAPL", "SMART", "USD")
        self.order_ids: list[int] = []
        self.round_trips: list[int] = []
        self.placed_at = 0
        self.done = asyncio.Event()

    def place(self) -> None:
        """The next order."""
        order = LimitOrder("BUY", ORDER_QUANTITY, LIMIT_PRICE)
        self.placed_at = time.monotonic_ns()
        self.ib.placeOrder(self.contract, order)

    def on_order_status(self, trade: Trade) -> None:
        """The first status of the order that was placed last."""
        self.round_trips.append(time.monotonic_ns() - self.placed_at)
        self.order_ids.append(trade.order.orderId)
        if len(self.order_ids) < self.expected:
            self.place()
        else:
            self.done.set()

    def report(self) -> OrdersSeen:
        """What was seen."""
        orders = [trade.order for trade in self.ib.trades()]
        known = sum(order.permId == order.orderId and order.lmtPrice == LIMIT_PRICE for order in orders)
        return OrdersSeen(self.order_ids, self.round_trips, open_orders=known)


async def receive_ticks(ib: IB, seen: TickCounter | ArrivalRecorder) -> ClientReport:
    """Subscribe, and wait until every tick has come."""
    ib.pendingTickersEvent += seen.on_pending_tickers
    for number in range(CONTRACTS):
        ib.reqMktData(Stock(f"S{number}", "SMART", "USD", conId=FIRST_CONTRACT_ID + number))
    await asyncio.wait_for(seen.done.wait(), DEADLINE)
    return seen.report()


async def place_orders(ib: IB, sequence: OrderSequence) -> ClientReport:
    """Start the sequence, and wait for its end."""
    ib.client.MaxRequests = 0
    ib.orderStatusEvent += sequence.on_order_status
    sequence.place()
    await asyncio.wait_for(sequence.done.wait(), DEADLINE)
    return sequence.report()


async def request_bars(ib: IB, *, epoch: bool) -> ClientReport:
    """One request, to the finished list."""
    contract = Stock("AAPL", "SMART", "USD")
    memory_before, requested_at = memory("VmRSS"), time.monotonic_ns()
    bars = await ib.reqHistoricalDataAsync(
        contract, "", "70 D", "1 min", "TRADES", useRTH=False, formatDate=2 if epoch else 1, timeout=DEADLINE
    )
    received_at, memory_peak = time.monotonic_ns(), memory("VmHWM")
    last: Any = bars[-1].date  # a datetime, since the bars are of a minute
    return BarsSeen(
        count=len(bars),
        close_sum=sum(bar.close for bar in bars),
        volume_sum=sum(bar.volume for bar in bars),
        last_date=str(int(last.timestamp())) if epoch else f"{last:%Y%m%d %H:%M:%S}",
        requested_at=requested_at,
        received_at=received_at,
        memory_before=memory_before,
        memory_peak=memory_peak,
    )


async def measure_connected(ib: IB, arguments: Arguments) -> ClientReport:
    """One scenario on an open connection."""
    match arguments.scenario:
        case Scenario.TICKS | Scenario.FLOOD | Scenario.BACKLOG:
            return await receive_ticks(ib, TickCounter(arguments.count))
        case Scenario.LATENCY:
            return await receive_ticks(ib, ArrivalRecorder(arguments.count))
        case Scenario.ORDERS:
            return await place_orders(ib, OrderSequence(ib, arguments.count))
        case Scenario.BARS | Scenario.BARS_EPOCH:
            return await request_bars(ib, epoch=arguments.scenario is Scenario.BARS_EPOCH)


async def measure_async(arguments: Arguments) -> ClientReport:
    """Connect, measure, disconnect."""
    ib = IB()
    await ib.connectAsync(
        HOST, arguments.port, clientId=CLIENT_ID, timeout=DEADLINE, fetchFields=StartupFetchNONE
    )
    if ib.client.serverVersion() != arguments.version:
        raise RuntimeError(f"connected at {ib.client.serverVersion()}, not at {arguments.version}")
    try:
        return await measure_connected(ib, arguments)
    finally:
        ib.disconnect()


def measure(arguments: Arguments) -> ClientReport:
    """One scenario, on an event loop of its own."""
    logging.basicConfig(level=logging.WARNING)
    return asyncio.run(measure_async(arguments))


if __name__ == "__main__":
    report_on(measure)
