"""The vendor's client (`ibapi`, 10.51) as its documentation says to use it: a subclass of wrapper and client."""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import threading
from collections.abc import Callable
from decimal import Decimal
from inspect import isfunction, signature
from types import SimpleNamespace
from typing import Any

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.order_cancel import OrderCancel
from ibapi.scanner import ScannerSubscription
from ibapi.wrapper import EWrapper

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

# Its log repeats every callback, and some lines have more placeholders than arguments: logging complains on stderr.
logging.getLogger("ibapi").setLevel(logging.CRITICAL)

FIRST_REQUEST_ID = 1_000_000
"""Request ids are counted from here, out of the way of order ids."""
BID, ASK, LAST, CLOSE = 1, 2, 4, 9

OPENED: list[VendorApplication] = []
"""All applications, until their threads have ended."""


class VendorApplication(EWrapper, EClient):
    """The vendor's client with a thread for its message loop, and a record of all its callbacks.

    Responsible for: the record, waiting for something in it, the end of both threads of the client.
    Not responsible for: what the callbacks mean.
    """

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.calls: list[SimpleNamespace] = []
        """Every callback: its name as `callback`, its arguments by name."""
        self.number = -1
        OPENED.append(self)
        self._news = threading.Condition()
        self._request_ids = itertools.count(FIRST_REQUEST_ID)
        self._loop = threading.Thread(target=self.run, name="message loop of ibapi", daemon=True)

    def open(self, host: str, port: int, number: int) -> None:
        """Connect, and start the message loop. Returns without waiting for the welcome."""
        self.number = number
        self.connect(host, port, number)
        self._reader = self.reader  # the client forgets it when it is disconnected
        self._loop.start()

    def close(self) -> None:
        """Disconnect. The threads of the client end soon after, for its message loop looks up five times a second."""
        connection = self.conn
        with contextlib.suppress(
            OSError, AttributeError
        ):  # closed by the other side, or by the reader, already
            connection.socket.shutdown(
                socket.SHUT_RDWR
            )  # wakes the reader, which looks up once a second only
        self.disconnect()

    def join(self) -> None:
        """Returns when both threads of the client have ended."""
        self._loop.join(DEADLINE)
        self._reader.join(DEADLINE)

    def record(self, callback: str, arguments: dict[str, Any]) -> None:
        """Keep a callback, and wake whoever waits."""
        with self._news:
            self.calls.append(SimpleNamespace(callback=callback, **arguments))
            self._news.notify_all()

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds. Raises TimeoutError that lists the errors that came instead."""
        with self._news:
            if not self._news.wait_for(condition, DEADLINE):
                errors = [(call.reqId, call.errorCode, call.errorString) for call in self.all("error")]
                raise TimeoutError(f"no {what} within {DEADLINE} s; errors so far: {errors}")

    def all(self, callback: str, since: int = 0, **arguments: object) -> list[SimpleNamespace]:
        """The callbacks of one name with these arguments, from a place in the record on."""
        return [
            call
            for call in self.calls[since:]
            if call.callback == callback and arguments.items() <= vars(call).items()
        ]

    def first(self, callback: str, since: int = 0, **arguments: object) -> SimpleNamespace:
        """The first such callback, waited for."""
        self.wait_until(lambda: self.all(callback, since, **arguments), callback)
        return self.all(callback, since, **arguments)[0]

    def new_request_id(self) -> int:
        """One that was not used before."""
        return next(self._request_ids)

    def answer(self, request_id: int, end: str) -> None:
        """Wait for the end of an answer. Raises Refused when an error came instead."""
        self.wait_until(
            lambda: self.all(end, reqId=request_id) or self.all("error", reqId=request_id),
            f"{end} of request {request_id}",
        )
        for error in self.all("error", reqId=request_id):
            raise Refused(error.errorCode, error.errorString)


def _recorder(name: str) -> Callable[..., None]:
    parameters = signature(getattr(EWrapper, name))

    def callback(self: VendorApplication, *args: Any, **kwargs: Any) -> None:
        bound = parameters.bind(self, *args, **kwargs)
        bound.apply_defaults()
        del bound.arguments["self"]
        self.record(name, bound.arguments)

    return callback


for _name, _method in vars(EWrapper).items():
    if isfunction(_method) and not _name.startswith("_"):
        setattr(VendorApplication, _name, _recorder(_name))


class EverydayVendor(EverydayClient):
    """An ordinary day with the vendor's client."""

    def __init__(self, host: str, port: int, number: int) -> None:
        self.number = number
        self.application = VendorApplication()
        self.application.open(host, port, number)
        self.application.first("nextValidId")
        self._placed: dict[int, Placed] = {}

    @property
    def server_version(self) -> int:
        return self.application.serverVersion()

    @property
    def is_connected(self) -> bool:
        return bool(self.application.isConnected())

    @property
    def notices(self) -> list[Notice]:
        return [
            Notice(call.reqId, call.errorCode, call.errorString) for call in self.application.all("error")
        ]

    def close(self) -> None:
        self.application.close()

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        def updated() -> object:
            for placed in self._placed.values():
                self._update(placed)
            return condition()

        self.application.wait_until(updated, what)

    def accounts(self) -> list[str]:
        return self.application.first("managedAccounts").accountsList.split(",")

    def contract(self, **fields: object) -> Contract:
        contract = Contract()
        vars(contract).update(fields)
        return contract

    def details(self, contract: Contract) -> list[Any]:
        request_id = self.application.new_request_id()
        self.application.reqContractDetails(request_id, contract)
        self.application.answer(request_id, "contractDetailsEnd")
        return [call.contractDetails for call in self.application.all("contractDetails", reqId=request_id)]

    # ---------------------------------------------------------------------------------------------------- market data

    def snapshot(self, contract: Contract) -> Quote:
        request_id = self._subscribe(contract, snapshot=True)
        self.application.answer(request_id, "tickSnapshotEnd")
        prices = {call.tickType: call.price for call in self.application.all("tickPrice", reqId=request_id)}
        return Quote(prices[BID], prices[ASK], prices[LAST], prices[CLOSE])

    def watch(self, contract: Contract) -> Callable[[], Prices]:
        request_id = self._subscribe(contract, snapshot=False)

        def told(tick_type: int) -> list[float]:
            ticks = self.application.all("tickPrice", reqId=request_id, tickType=tick_type)
            return [tick.price for tick in ticks]

        return lambda: Prices(told(BID), told(ASK))

    def _subscribe(self, contract: Contract, *, snapshot: bool) -> int:
        request_id = self.application.new_request_id()
        self.application.reqMktData(request_id, contract, "", snapshot, False, [])
        return request_id

    def daily_bars(self, contract: Contract) -> list[Any]:
        request_id = self.application.new_request_id()
        self.application.reqHistoricalData(
            request_id, contract, "", "1 Y", "1 day", "TRADES", 1, 1, False, []
        )
        self.application.answer(request_id, "historicalDataEnd")
        return [call.bar for call in self.application.all("historicalData", reqId=request_id)]

    # --------------------------------------------------------------------------------------------------------- orders

    def place(self, contract: Contract, action: str, quantity: int, limit: float | None = None) -> Placed:
        order = Order()
        order.action, order.totalQuantity, order.tif = action, Decimal(quantity), "DAY"
        order.orderType = "MKT" if limit is None else "LMT"
        if limit is not None:
            order.lmtPrice = limit
        number = max([self.application.first("nextValidId").orderId, *(old + 1 for old in self._placed)])
        placed = self._placed[number] = Placed(number, contract, order)
        self.application.placeOrder(number, contract, order)
        return placed

    def change(self, placed: Placed, limit: float) -> None:
        placed.order.lmtPrice = limit
        self.application.placeOrder(placed.number, placed.contract, placed.order)

    def cancel(self, order_number: int) -> None:
        self.application.cancelOrder(order_number, OrderCancel())

    def _update(self, placed: Placed) -> None:
        told = self.application.all("orderStatus", orderId=placed.number)
        placed.statuses = [status for status, _ in itertools.groupby(call.status for call in told)]
        placed.notices = [notice for notice in self.notices if notice.number == placed.number]
        if told:
            placed.filled, placed.remaining = told[-1].filled, told[-1].remaining
            placed.average_price = Decimal(str(told[-1].avgFillPrice))

    def fills(self, placed: Placed) -> list[Fill]:
        return self._fills(placed, reqId=-1)

    def executions(self, placed: Placed) -> list[Fill]:
        request_id = self.application.new_request_id()
        self.application.reqExecutions(request_id, ExecutionFilter())
        self.application.answer(request_id, "execDetailsEnd")
        return self._fills(placed, reqId=request_id)

    def _fills(self, placed: Placed, **arguments: object) -> list[Fill]:
        reports = {
            call.commissionAndFeesReport.execId: call.commissionAndFeesReport
            for call in self.application.all("commissionAndFeesReport")
        }
        return [
            Fill(
                execution.execId,
                execution.side,
                execution.shares,
                Decimal(str(execution.price)),
                Decimal(str(reports[execution.execId].commissionAndFees)),
                reports[execution.execId].currency,
            )
            for execution in (call.execution for call in self.application.all("execDetails", **arguments))
            if (execution.clientId, execution.orderId) == (self.number, placed.number)
            and execution.execId in reports
        ]

    def open_orders(self) -> list[OpenOrder]:
        begin = len(self.application.calls)
        self.application.reqAllOpenOrders()
        self.application.first("openOrderEnd", begin)
        return [
            OpenOrder(
                call.order.clientId,
                call.orderId,
                call.order.lmtPrice,
                call.order.totalQuantity,
                call.orderState.status,
            )
            for call in self.application.all("openOrder", begin)
        ]

    # -------------------------------------------------------------------------------------------------------- account

    def holdings(self) -> dict[int, Holding]:
        begin = len(self.application.calls)
        self.application.reqPositions()
        self.application.first("positionEnd", begin)
        return {
            call.contract.conId: Holding(call.position, Decimal(str(call.avgCost)))
            for call in self.application.all("position", begin)
        }

    def account(self) -> Account:
        begin = len(self.application.calls)
        self.application.reqAccountUpdates(True, ACCOUNT)
        self.application.first("accountDownloadEnd", begin)
        return Account(
            {
                (call.key, call.currency): call.val
                for call in self.application.all("updateAccountValue", begin)
            },
            {
                call.contract.conId: Decimal(str(call.marketValue))
                for call in self.application.all("updatePortfolio", begin)
            },
        )

    def profit(self, contract_id: int) -> Profit:
        request_id = self.application.new_request_id()
        self.application.reqPnLSingle(request_id, ACCOUNT, "", contract_id)
        call = self.application.first("pnlSingle", reqId=request_id)
        self.application.cancelPnLSingle(request_id)
        return Profit(call.pos, Decimal(str(call.value)), Decimal(str(call.unrealizedPnL)))

    def scan(self, code: str) -> list[str]:
        scanner = ScannerSubscription()
        scanner.instrument, scanner.locationCode, scanner.scanCode = "STK", "STK.US.MAJOR", code
        request_id = self.application.new_request_id()
        self.application.reqScannerSubscription(request_id, scanner, [], [])
        self.application.answer(request_id, "scannerDataEnd")
        self.application.cancelScannerSubscription(request_id)
        rows = self.application.all("scannerData", reqId=request_id)
        return [row.contractDetails.contract.symbol for row in sorted(rows, key=lambda row: row.rank)]
