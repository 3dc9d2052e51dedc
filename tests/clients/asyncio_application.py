"""`ib_async` (2.1), used from a script that blocks: it runs its event loop whenever it waits."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ib_async import IB, Contract, Order, ScannerSubscription, Ticker, util
from ib_async.wrapper import RequestError

from tests.clients.everyday_client import (
    ACCOUNT,
    DEADLINE,
    Account,
    EverydayClient,
    Fill,
    Holding,
    Notice,
    OpenOrder,
    Placed,
    Prices,
    Profit,
    Quote,
    Refused,
)

logging.getLogger("ib_async").setLevel(logging.CRITICAL)  # it logs every order in full


class EverydayAsyncio(EverydayClient):
    """An ordinary day with `ib_async`."""

    def __init__(self, host: str, port: int, number: int) -> None:
        self.number = number
        self.notices = []
        self.ib = IB()
        self.ib.RequestTimeout = DEADLINE
        self.ib.RaiseRequestErrors = True
        self.ib.errorEvent += self._note
        self._placed: dict[int, Placed] = {}
        self._loop = util.getLoop()
        self.ib.connect(host, port, number, timeout=DEADLINE, raiseSyncErrors=True)

    def _note(self, number: int, code: int, text: str, _contract: Contract | None) -> None:
        self.notices.append(Notice(number, code, text))
        if number in self._placed:
            self._placed[number].notices.append(self.notices[-1])

    @property
    def server_version(self) -> int:
        return self.ib.client.serverVersion()

    @property
    def is_connected(self) -> bool:
        return self.ib.isConnected()

    def close(self) -> None:
        self.ib.disconnect()
        self._loop.run_until_complete(asyncio.sleep(0))  # one turn, in which the transport closes its socket

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        # Not with `IB.waitOnUpdate`: an answer that comes in the first turn of the loop slips past it.
        try:
            self._loop.run_until_complete(asyncio.wait_for(self._met(condition), DEADLINE))
        except TimeoutError:
            raise TimeoutError(f"no {what} within {DEADLINE} s; notices so far: {self.notices}") from None

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

    def accounts(self) -> list[str]:
        return self.ib.managedAccounts()

    def contract(self, **fields: object) -> Contract:
        return Contract(**fields)  # type: ignore[arg-type]

    def details(self, contract: Contract) -> list[Any]:
        try:
            return self.ib.reqContractDetails(contract)
        except RequestError as error:
            raise Refused(error.code, error.message) from None

    # ---------------------------------------------------------------------------------------------------- market data

    def snapshot(self, contract: Contract) -> Quote:
        try:
            (ticker,) = self.ib.reqTickers(contract)
        except RequestError as error:
            raise Refused(error.code, error.message) from None
        return Quote(ticker.bid, ticker.ask, ticker.last, ticker.close)

    def watch(self, contract: Contract) -> Callable[[], Prices]:
        prices = Prices([], [])

        def note(ticker: Ticker) -> None:
            for tick in ticker.ticks:
                if tick.tickType in (1, 2):
                    prices[tick.tickType - 1].append(tick.price)

        self.ib.reqMktData(contract).updateEvent += note
        return lambda: prices

    def daily_bars(self, contract: Contract) -> list[Any]:
        try:
            return list(self.ib.reqHistoricalData(contract, "", "1 Y", "1 day", "TRADES", useRTH=True))
        except RequestError as error:
            raise Refused(error.code, error.message) from None

    # --------------------------------------------------------------------------------------------------------- orders

    def place(self, contract: Contract, action: str, quantity: int, limit: float | None = None) -> Placed:
        order = Order(action=action, totalQuantity=quantity, tif="DAY", orderType="MKT")
        if limit is not None:
            order.orderType, order.lmtPrice = "LMT", limit
        trade = self.ib.placeOrder(contract, order)
        placed = self._placed[order.orderId] = Placed(order.orderId, contract, order)

        def note(_: object) -> None:
            told = trade.orderStatus
            if told.status != placed.status:
                placed.statuses.append(told.status)
            placed.filled, placed.remaining = _exact(told.filled), _exact(told.remaining)
            placed.average_price = _exact(told.avgFillPrice)

        trade.statusEvent += note
        return placed

    def change(self, placed: Placed, limit: float) -> None:
        placed.order.lmtPrice = limit
        self.ib.placeOrder(placed.contract, placed.order)

    def cancel(self, order_number: int) -> None:
        placed = self._placed.get(order_number)
        self.ib.cancelOrder(placed.order if placed else Order(orderId=order_number, clientId=self.number))

    def fills(self, placed: Placed) -> list[Fill]:
        return self._fills(placed, self.ib.fills())

    def executions(self, placed: Placed) -> list[Fill]:
        return self._fills(placed, self.ib.reqExecutions())

    def _fills(self, placed: Placed, told: list[Any]) -> list[Fill]:
        return [
            Fill(
                fill.execution.execId,
                fill.execution.side,
                _exact(fill.execution.shares),
                _exact(fill.execution.price),
                _exact(fill.commissionReport.commission),
                fill.commissionReport.currency,
            )
            for fill in told
            if (fill.execution.clientId, fill.execution.orderId) == (self.number, placed.number)
            and fill.commissionReport.execId
        ]

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

    def account(self) -> Account:
        self.ib.reqAccountUpdates(ACCOUNT)
        return Account(
            {(row.tag, row.currency): row.value for row in self.ib.accountValues()},
            {item.contract.conId: _exact(item.marketValue) for item in self.ib.portfolio()},
        )

    def profit(self, contract_id: int) -> Profit:
        told = self.ib.reqPnLSingle(ACCOUNT, "", contract_id)
        self.wait_until(lambda: told.value == told.value, "profit and loss")  # it starts as not-a-number
        self.ib.cancelPnLSingle(ACCOUNT, "", contract_id)
        return Profit(_exact(told.position), _exact(told.value), _exact(told.unrealizedPnL))

    def scan(self, code: str) -> list[str]:
        scanner = ScannerSubscription(instrument="STK", locationCode="STK.US.MAJOR", scanCode=code)
        rows = self.ib.reqScannerData(scanner)
        return [row.contractDetails.contract.symbol for row in sorted(rows, key=lambda row: row.rank)]


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
