"""The vendor's client (`ibapi`, whichever version is installed) as its documentation says to use it.

That is: a subclass of its wrapper and its client, a thread for the message loop, an answer in callbacks until its end.
The names that changed between versions are attributes of `EverydayVendor`, which the programs set.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Callable
from decimal import Decimal
from inspect import isfunction, signature
from types import SimpleNamespace
from typing import Any, ClassVar

from everyday import (
    ASK,
    BID,
    CLOSE,
    DEADLINE,
    LAST,
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
from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.scanner import ScannerSubscription
from ibapi.wrapper import EWrapper

FIRST_REQUEST = 1_000_000
"""Request ids are counted from here, out of the way of order ids."""


class Application(EWrapper, EClient):
    """The vendor's client with a thread for its message loop, and a record of all its callbacks."""

    def __init__(self, listener: Callable[[SimpleNamespace], None]) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.calls: list[SimpleNamespace] = []
        """Every callback: its name as `callback`, its arguments by name."""
        self.news = threading.Condition()
        self._listener = listener
        self._loop = threading.Thread(target=self.run, name="message loop of ibapi", daemon=True)

    def open(self, host: str, port: int, number: int) -> None:
        """Connect, and start the message loop. Returns without waiting for the welcome."""
        self.connect(host, port, number)
        self._loop.start()

    def close(self) -> None:
        """Disconnect, and wait for the message loop."""
        with contextlib.suppress(OSError, AttributeError):  # the other side was faster
            self.conn.socket.shutdown(socket.SHUT_RDWR)  # wakes the reader, which looks up once a second only
        self.disconnect()
        self._loop.join(DEADLINE)

    def record(self, callback: str, arguments: dict[str, Any]) -> None:
        """Keep a callback, and wake whoever waits."""
        if "requestId" in arguments:  # as news has it
            arguments["reqId"] = arguments.pop("requestId")
        call = SimpleNamespace(callback=callback, **arguments)
        with self.news:
            self.calls.append(call)
            self._listener(call)
            self.news.notify_all()

    def all(self, callback: str, since: int = 0, **arguments: object) -> list[SimpleNamespace]:
        """The callbacks of one name with these arguments, from a place in the record on."""
        return [
            call
            for call in self.calls[since:]
            if call.callback == callback and arguments.items() <= vars(call).items()
        ]


def _recorder(name: str) -> Callable[..., None]:
    parameters = signature(getattr(EWrapper, name))

    def callback(self: Application, *args: Any, **kwargs: Any) -> None:
        bound = parameters.bind(self, *args, **kwargs)
        bound.apply_defaults()
        del bound.arguments["self"]
        self.record(name, bound.arguments)

    return callback


for _name, _method in vars(EWrapper).items():
    if isfunction(_method) and not _name.startswith("_"):
        setattr(Application, _name, _recorder(_name))


class EverydayVendor(EverydayClient):
    """An ordinary day with the vendor's client."""

    COMMISSION: ClassVar = "commissionAndFees"
    """What a commission is called: in `<...>Report`, its argument and its field."""
    QUANTITY: ClassVar[type] = Decimal
    """The type of quantities in orders."""

    def __init__(self, host: str, port: int, number: int) -> None:
        super().__init__(number)
        self.application = Application(self._hear)
        self._request_ids = itertools.count(FIRST_REQUEST)
        self._order_number = 0
        self.application.open(host, port, number)
        self.first("nextValidId")

    # ------------------------------------------------------------------------------------------------------- callbacks

    def _hear(self, call: SimpleNamespace) -> None:
        match call.callback:
            case "error":
                self.heard_notice(call.reqId, call.errorCode, call.errorString)
            case "orderStatus":
                filled, average = call.filled, call.avgFillPrice
                self.heard_status(call.orderId, call.status, filled, call.remaining, average)
            case "execDetails" if call.reqId == -1:  # not asked for
                self.heard_execution(_execution(call.execution))
            case name if name == f"{self.COMMISSION}Report":
                report = vars(call)[name]
                paid = _exact(getattr(report, self.COMMISSION))
                self.heard_commission(Commission(report.execId, paid, report.currency))

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        with self.application.news:
            if not self.application.news.wait_for(condition, DEADLINE):
                raise TimeoutError(f"no {what} within {DEADLINE} s; codes so far: {self.codes}")

    def first(self, callback: str, since: int = 0, **arguments: object) -> SimpleNamespace:
        """The first such callback, waited for."""
        self.wait_until(lambda: self.application.all(callback, since, **arguments), callback)
        return self.application.all(callback, since, **arguments)[0]

    def next_request(self) -> int:
        """An id for a request."""
        return next(self._request_ids)

    def ask_once(self, request: Callable[[int], None], callback: str) -> SimpleNamespace:
        """Make a request, and wait for the first callback with its id. Raises Refused when an error came instead."""
        request_id = self.next_request()
        request(request_id)
        self._answer(request_id, callback)
        return self._told(callback, request_id)[0]

    def ask_for(self, request: Callable[[], None], callback: str) -> SimpleNamespace:
        """Make a request that has no id, and wait for the first callback."""
        begin = len(self.application.calls)
        request()
        return self.first(callback, begin)

    def _answer(self, request_id: int, end: str) -> None:
        """Wait for the end of an answer. Raises Refused when an error came instead."""
        all_of = self.application.all
        self.wait_until(
            lambda: all_of(end, reqId=request_id) or all_of("error", reqId=request_id),
            f"{end} of request {request_id}",
        )
        for error in all_of("error", reqId=request_id):
            raise Refused(error.errorCode, error.errorString)

    def _told(self, callback: str, request_id: int) -> list[SimpleNamespace]:
        return self.application.all(callback, reqId=request_id)

    # ------------------------------------------------------------------------------------------------------ connection

    @property
    def server_version(self) -> int:
        return int(self.application.serverVersion())

    def close(self) -> None:
        self.application.close()

    def accounts(self) -> list[str]:
        return str(self.first("managedAccounts").accountsList).split(",")

    # ------------------------------------------------------------------------------------------------------- contracts

    def contract(self, **fields: object) -> Contract:
        contract = Contract()
        vars(contract).update(fields)
        return contract

    def details(self, contract: Contract) -> list[Any]:
        request_id = self.next_request()
        self.application.reqContractDetails(request_id, contract)
        self._answer(request_id, "contractDetailsEnd")
        return [call.contractDetails for call in self._told("contractDetails", request_id)]

    def option_chains(self, stock: Contract) -> list[Chain]:
        request_id = self.next_request()
        self.application.reqSecDefOptParams(request_id, stock.symbol, "", stock.secType, stock.conId)
        self._answer(request_id, "securityDefinitionOptionParameterEnd")
        return [
            Chain(
                call.exchange,
                call.underlyingConId,
                call.tradingClass,
                call.multiplier,
                sorted(call.expirations),
                sorted(call.strikes),
            )
            for call in self._told("securityDefinitionOptionParameter", request_id)
        ]

    # ---------------------------------------------------------------------------------------------------- market data

    def snapshot(self, contract: Contract) -> Quote:
        request_id = self.next_request()
        self.application.reqMktData(request_id, contract, "", True, False, [])
        self._answer(request_id, "tickSnapshotEnd")
        prices = {call.tickType: call.price for call in self._told("tickPrice", request_id)}
        return Quote(prices[BID], prices[ASK], prices[LAST], prices[CLOSE])

    def watch(self, contract: Contract) -> Callable[[], Prices]:
        request_id = self.next_request()
        self.application.reqMktData(request_id, contract, "", False, False, [])

        def told(tick_type: int) -> list[float]:
            return [tick.price for tick in self._told("tickPrice", request_id) if tick.tickType == tick_type]

        return lambda: Prices(told(BID), told(ASK))

    def bars(self, contract: Contract, duration: str, size: str) -> list[Any]:
        request_id = self.next_request()
        self.application.reqHistoricalData(
            request_id, contract, "", duration, size, "TRADES", 1, 1, False, []
        )
        self._answer(request_id, "historicalDataEnd")
        return [call.bar for call in self._told("historicalData", request_id)]

    # --------------------------------------------------------------------------------------------------------- orders

    def order(self, action: str, quantity: int, limit: float | None = None) -> Order:
        """An order for the day: at a limit, or else at the market."""
        order = Order()
        order.action, order.totalQuantity, order.tif = action, self.QUANTITY(quantity), "DAY"
        # Set in orders of versions before 9.85, and taken by no bridge any more.
        order.eTradeOnly = order.firmQuoteOnly = False
        order.orderType = "MKT" if limit is None else "LMT"
        if limit is not None:
            order.lmtPrice = limit
        return order

    def next_order(self) -> int:
        """A number for an order, from what the gateway said at the start."""
        self._order_number = max(self._order_number + 1, self.first("nextValidId").orderId)
        return self._order_number

    def place(self, contract: Contract, action: str, quantity: int, limit: float | None = None) -> Placed:
        number, order = self.next_order(), self.order(action, quantity, limit)
        placed = self.placed[number] = Placed(number, contract, order)
        self.application.placeOrder(number, contract, order)
        return placed

    def change(self, placed: Placed, limit: float) -> None:
        placed.order.lmtPrice = limit
        self.application.placeOrder(placed.number, placed.contract, placed.order)

    def cancel(self, order_number: int) -> None:
        from ibapi.order_cancel import OrderCancel  # noqa: PLC0415  # not in the versions whose programs override this

        self.application.cancelOrder(order_number, OrderCancel())

    def executions(self) -> list[Execution]:
        request_id = self.next_request()
        self.application.reqExecutions(request_id, ExecutionFilter())
        self._answer(request_id, "execDetailsEnd")
        return [_execution(call.execution) for call in self._told("execDetails", request_id)]

    def open_orders(self) -> list[OpenOrder]:
        begin = len(self.application.calls)
        self.application.reqAllOpenOrders()
        self.first("openOrderEnd", begin)
        return [
            OpenOrder(
                call.order.clientId,
                call.orderId,
                call.order.lmtPrice,
                _exact(call.order.totalQuantity),
                call.orderState.status,
            )
            for call in self.application.all("openOrder", begin)
        ]

    # -------------------------------------------------------------------------------------------------------- account

    def holdings(self) -> dict[int, Holding]:
        begin = len(self.application.calls)
        self.application.reqPositions()
        self.first("positionEnd", begin)
        self.application.cancelPositions()
        return {
            call.contract.conId: Holding(_exact(call.position), _exact(call.avgCost))
            for call in self.application.all("position", begin)
        }

    def account(self, name: str) -> Account:
        begin = len(self.application.calls)
        self.application.reqAccountUpdates(True, name)
        self.first("accountDownloadEnd", begin)
        self.application.reqAccountUpdates(False, name)
        rows = self.application.all("updateAccountValue", begin)
        held = self.application.all("updatePortfolio", begin)
        return Account(
            [(row.key, row.currency, row.val) for row in rows],
            {row.contract.conId: _exact(row.marketValue) for row in held},
        )

    def summary(self, tags: str) -> list[SummaryRow]:
        request_id = self.next_request()
        self.application.reqAccountSummary(request_id, "All", tags)
        self._answer(request_id, "accountSummaryEnd")
        self.application.cancelAccountSummary(request_id)
        rows = self._told("accountSummary", request_id)
        return [SummaryRow(row.account, row.tag, row.value, row.currency) for row in rows]

    def real_time_bars(self, contract: Contract) -> Callable[[], list[Row]]:
        request_id = self.next_request()
        self.application.reqRealTimeBars(request_id, contract, 5, "TRADES", False, [])

        def told() -> list[Row]:
            bars = self._told("realtimeBar", request_id)
            return [(bar.time, bar.open_, bar.high, bar.low, bar.close) for bar in bars]

        return told

    def profit(self, account: str, contract_id: int) -> Profit:
        request_id = self.next_request()
        self.application.reqPnLSingle(request_id, account, "", contract_id)
        call = self.first("pnlSingle", reqId=request_id)
        self.application.cancelPnLSingle(request_id)
        return Profit(_exact(call.pos), _exact(call.value), _exact(call.unrealizedPnL))

    def scan(self, code: str) -> list[str]:
        scanner = ScannerSubscription()
        scanner.instrument, scanner.locationCode, scanner.scanCode = "STK", "STK.US.MAJOR", code
        request_id = self.next_request()
        self.application.reqScannerSubscription(request_id, scanner, [], [])
        self._answer(request_id, "scannerDataEnd")
        self.application.cancelScannerSubscription(request_id)
        rows = sorted(self._told("scannerData", request_id), key=lambda row: row.rank)
        return [row.contractDetails.contract.symbol for row in rows]


def _execution(told: Any) -> Execution:
    return Execution(
        told.clientId, told.orderId, told.execId, told.side, _exact(told.shares), _exact(told.price)
    )


def _exact(number: float | Decimal) -> Decimal:
    return Decimal(str(number))
