"""`ib_insync`, or its successor `ib_async`, used from a script that blocks: it runs its event loop whenever it waits.

Both have the same names; a program passes the package that it means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

from everyday import (
    ASK,
    BID,
    DEADLINE,
    Account,
    Chain,
    Commission,
    EverydayClient,
    Execution,
    Holding,
    OpenOrder,
    Placed,
    Prices,
    Profit,
    Quote,
    Refused,
    Row,
    SummaryRow,
)


class EverydayInsync(EverydayClient):
    """An ordinary day with one of the two."""

    def __init__(self, package: ModuleType, host: str, port: int, number: int) -> None:
        super().__init__(number)
        self.package = package
        self.ib = package.IB()
        self.ib.RequestTimeout = DEADLINE
        self.ib.RaiseRequestErrors = True
        self.ib.errorEvent += self._hear_notice
        self._loop = package.util.getLoop()
        self.ib.connect(host, port, number, timeout=DEADLINE)
        # From here on: what it asks for at its start brings the orders and executions of before.
        self.ib.orderStatusEvent += self._hear_status
        self.ib.execDetailsEvent += self._hear_execution
        self.ib.commissionReportEvent += self._hear_commission

    # ---------------------------------------------------------------------------------------------------------- events

    def _hear_notice(self, number: int, code: int, text: str, _contract: Any) -> None:
        self.heard_notice(number, code, text)

    def _hear_status(self, trade: Any) -> None:
        told = trade.orderStatus
        if trade.order.clientId == self.number:
            number, average = trade.order.orderId, told.avgFillPrice
            self.heard_status(number, told.status, told.filled, told.remaining, average)

    def _hear_execution(self, _trade: Any, fill: Any) -> None:
        self.heard_execution(_execution(fill))

    def _hear_commission(self, _trade: Any, fill: Any, report: Any) -> None:
        paid = _exact(report.commission)
        self.heard_commission(Commission(fill.execution.execId, paid, report.currency))

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        # Not with `IB.waitOnUpdate`: an answer that comes in the first turn of the loop slips past it.
        try:
            self._loop.run_until_complete(asyncio.wait_for(self._met(condition), DEADLINE))
        except TimeoutError:
            raise TimeoutError(f"no {what} within {DEADLINE} s; codes so far: {self.codes}") from None

    async def _met(self, condition: Callable[[], object]) -> None:
        met = asyncio.Event()

        def look(*_: object) -> None:
            if condition():
                met.set()

        look()
        for event in (self.ib.updateEvent, self.ib.pendingTickersEvent):
            event += look
        try:
            await met.wait()
        finally:
            for event in (self.ib.updateEvent, self.ib.pendingTickersEvent):
                event -= look

    # ------------------------------------------------------------------------------------------------------ connection

    @property
    def server_version(self) -> int:
        return int(self.ib.client.serverVersion())

    def close(self) -> None:
        self.ib.disconnect()
        self._loop.run_until_complete(asyncio.sleep(0))  # one turn, in which the transport closes its socket

    def accounts(self) -> list[str]:
        return list(self.ib.managedAccounts())

    # ------------------------------------------------------------------------------------------------------- contracts

    def contract(self, **fields: object) -> Any:
        return self.package.Contract(**fields)

    def _ask(self, request: Callable[..., Any], *arguments: object, **options: object) -> Any:
        """The answer to a request. Raises Refused where the package raises its own error."""
        try:
            return request(*arguments, **options)
        except self.package.wrapper.RequestError as error:
            raise Refused(error.code, error.message) from None

    def details(self, contract: Any) -> list[Any]:
        return list(self._ask(self.ib.reqContractDetails, contract))

    def qualified(self, symbol: str) -> Any:
        (contract,) = self.ib.qualifyContracts(self.package.Stock(symbol, "SMART", "USD"))
        return contract

    def option_chains(self, stock: Any) -> list[Chain]:
        told = self._ask(self.ib.reqSecDefOptParams, stock.symbol, "", stock.secType, stock.conId)
        return [
            Chain(
                one.exchange,
                int(one.underlyingConId),
                one.tradingClass,
                one.multiplier,
                sorted(one.expirations),
                sorted(one.strikes),
            )
            for one in told
        ]

    # ---------------------------------------------------------------------------------------------------- market data

    def snapshot(self, contract: Any) -> Quote:
        (ticker,) = self._ask(self.ib.reqTickers, contract)
        return Quote(ticker.bid, ticker.ask, ticker.last, ticker.close)

    def watch(self, contract: Any) -> Callable[[], Prices]:
        prices = Prices([], [])

        def note(ticker: Any) -> None:
            for tick in ticker.ticks:
                if tick.tickType in (BID, ASK):
                    prices[tick.tickType - BID].append(tick.price)

        self.ib.reqMktData(contract).updateEvent += note
        return lambda: prices

    def bars(self, contract: Any, duration: str, size: str) -> list[Any]:
        return list(self._ask(self.ib.reqHistoricalData, contract, "", duration, size, "TRADES", useRTH=True))

    # --------------------------------------------------------------------------------------------------------- orders

    def place(self, contract: Any, action: str, quantity: int, limit: float | None = None) -> Placed:
        if limit is None:
            order = self.package.MarketOrder(action, quantity, tif="DAY")
        else:
            order = self.package.LimitOrder(action, quantity, limit, tif="DAY")
        self.ib.placeOrder(contract, order)
        placed = self.placed[order.orderId] = Placed(order.orderId, contract, order)
        return placed

    def change(self, placed: Placed, limit: float) -> None:
        placed.order.lmtPrice = limit
        self.ib.placeOrder(placed.contract, placed.order)

    def cancel(self, order_number: int) -> None:
        placed = self.placed.get(order_number)
        own = placed.order if placed else self.package.Order(orderId=order_number, clientId=self.number)
        self.ib.cancelOrder(own)

    def executions(self) -> list[Execution]:
        return [_execution(fill) for fill in self.ib.reqExecutions()]

    def open_orders(self) -> list[OpenOrder]:
        return [
            OpenOrder(
                trade.order.clientId,
                trade.order.orderId,
                trade.order.lmtPrice,
                _exact(trade.order.totalQuantity),
                trade.orderStatus.status,
            )
            for trade in self.ib.reqAllOpenOrders()
        ]

    # -------------------------------------------------------------------------------------------------------- account

    def holdings(self) -> dict[int, Holding]:
        return {
            held.contract.conId: Holding(_exact(held.position), _exact(held.avgCost))
            for held in self.ib.reqPositions()
        }

    def account(self, name: str) -> Account:
        self.ib.reqAccountUpdates(name)
        return Account(
            [(row.tag, row.currency, row.value) for row in self.ib.accountValues()],
            {item.contract.conId: _exact(item.marketValue) for item in self.ib.portfolio()},
        )

    def summary(self, tags: str) -> list[SummaryRow]:
        rows = self.ib.accountSummary()  # asks for every tag there is
        return [
            SummaryRow(row.account, row.tag, row.value, row.currency)
            for row in rows
            if row.tag in tags.split(",")
        ]

    def real_time_bars(self, contract: Any) -> Callable[[], list[Row]]:
        bars = self.ib.reqRealTimeBars(contract, 5, "TRADES", False)
        return lambda: [(int(bar.time.timestamp()), bar.open_, bar.high, bar.low, bar.close) for bar in bars]

    def profit(self, account: str, contract_id: int) -> Profit:
        told = self.ib.reqPnLSingle(account, "", contract_id)
        self.wait_until(lambda: told.value == told.value, "profit and loss")  # it starts as not-a-number
        self.ib.cancelPnLSingle(account, "", contract_id)
        return Profit(_exact(told.position), _exact(told.value), _exact(told.unrealizedPnL))

    def scan(self, code: str) -> list[str]:
        scanner = self.package.ScannerSubscription(
            instrument="STK", locationCode="STK.US.MAJOR", scanCode=code
        )
        rows = self.ib.reqScannerData(scanner)
        return [row.contractDetails.contract.symbol for row in sorted(rows, key=lambda row: row.rank)]


def _execution(fill: Any) -> Execution:
    told = fill.execution
    return Execution(
        told.clientId, told.orderId, told.execId, told.side, _exact(told.shares), _exact(told.price)
    )


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
