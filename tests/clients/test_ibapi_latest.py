"""The vendor's client alone: what its callbacks show of the order of messages, and of their encoding."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace

import pytest
from ibapi.order import Order
from ibapi.order_cancel import OrderCancel
from ibapi.scanner import ScannerSubscription

from tests.clients.conftest import CLIENT_NUMBERS
from tests.clients.gateway_process import GatewayProcess
from tests.clients.vendor_application import ACCOUNT, ASK, BID, DEADLINE, LAST, VendorApplication, stock

Connect = Callable[..., VendorApplication]

NEWEST, NEWEST_TEXT = 226, 200

LIVELY = "TSLA"
"""A stock whose bid changes several times a second, so that waiting for a change is short and certain."""


@pytest.fixture(params=["gateway", "text_gateway"], ids=["protobuf", "text"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Connect an application, with a number that nobody has used unless one is given."""
    process: GatewayProcess = request.getfixturevalue(request.param)
    opened: list[VendorApplication] = []

    def connected(number: int | None = None) -> VendorApplication:
        application = VendorApplication()
        opened.append(application)
        application.open(process.host, process.port, next(CLIENT_NUMBERS) if number is None else number)
        return application

    yield connected
    for application in opened:
        if application.isConnected():
            application.close()


@pytest.fixture
def application(connect: Connect) -> VendorApplication:
    """One that has been welcomed."""
    application = connect()
    application.first("error", errorCode=2158)  # the last message of the welcome
    return application


def order(action: str, quantity: int, limit: float | None = None) -> Order:
    """An order for the day: at a limit, or else at the market."""
    order = Order()
    order.action, order.totalQuantity, order.tif = action, Decimal(quantity), "DAY"
    order.orderType = "MKT" if limit is None else "LMT"
    if limit is not None:
        order.lmtPrice = limit
    return order


def plain(application: VendorApplication, since: int = 0) -> list[SimpleNamespace]:
    """The callbacks with the vendor's own values; at 203 and above each comes behind one with the protobuf message."""
    return [call for call in application.calls[since:] if not call.callback.endswith("ProtoBuf")]


def describe(call: SimpleNamespace) -> str:
    """A callback about an order in a few words."""
    match call.callback:
        case "openOrder":
            paid = call.orderState.commissionAndFees < 1e300
            return f"openOrder {call.orderState.status}{' with commission' if paid else ''}"
        case "orderStatus":
            return f"orderStatus {call.status} {call.filled}/{call.remaining}"
        case "error":
            return f"error {call.errorCode}"
        case name:
            return str(name)


class TestWelcome:
    def test_accounts_and_order_id_come_before_the_farms(self, application: VendorApplication) -> None:
        welcome = [
            describe(call)
            for call in plain(application)
            if call.callback in ("managedAccounts", "nextValidId", "error")
        ]

        assert welcome == [
            "managedAccounts",
            "nextValidId",
            "error 2104",
            "error 2104",
            "error 2106",
            "error 2158",
        ]

    def test_a_number_that_is_in_use_is_turned_away_with_326(
        self, application: VendorApplication, connect: Connect
    ) -> None:
        latecomer = connect(application.number)

        told = latecomer.first("error", errorCode=326)
        assert told.reqId == -1
        assert told.errorString == (
            "Unable to connect as the client id is already in use. Retry with a unique client id."
        )
        latecomer.first("connectionClosed")
        assert not latecomer.all("nextValidId")

    def test_the_holder_of_the_number_goes_on(self, application: VendorApplication, connect: Connect) -> None:
        connect(application.number).first("connectionClosed")

        application.reqCurrentTime()

        assert application.first("currentTime").time == pytest.approx(time.time(), abs=DEADLINE)

    def test_a_new_number_starts_with_order_1(self, application: VendorApplication) -> None:
        assert application.first("nextValidId").orderId == 1

    def test_order_ids_go_on_where_the_last_connection_of_the_number_left_off(
        self, application: VendorApplication, connect: Connect
    ) -> None:
        application.placeOrder(7, stock("VZ"), order("BUY", 100, 10.0))
        application.first("orderStatus", orderId=7)
        application.close()

        returned = connect(application.number)

        assert returned.first("nextValidId").orderId == 8


class TestEncoding:
    def test_orders_travel_as_protobuf_from_203_and_as_text_before(
        self, application: VendorApplication
    ) -> None:
        application.placeOrder(1, stock("VZ"), order("BUY", 100))
        application.first("commissionAndFeesReport")

        encoded = {call.callback for call in application.calls if call.callback.endswith("ProtoBuf")}
        traded = {"openOrder", "orderStatus", "executionDetails", "commissionAndFeesReport", "error"}
        if application.serverVersion() == NEWEST:
            assert {f"{name}ProtoBuf" for name in traded} <= encoded
        else:
            assert application.serverVersion() == NEWEST_TEXT
            assert not encoded


class TestMarketData:
    def test_a_snapshot_is_type_parameters_ticks_and_the_end_and_then_nothing(
        self, application: VendorApplication
    ) -> None:
        application.reqMktData(11, stock(LIVELY), "", True, False, [])
        application.first("tickSnapshotEnd", reqId=11)
        application.reqMktData(
            12, stock(LIVELY), "", False, False, []
        )  # its ticks would bring those of 11 along
        application.wait_until(lambda: len(application.all("tickPrice", reqId=12, tickType=BID)) > 1, "ticks")

        told = [
            call.callback
            for call in plain(application)
            if 11 in (vars(call).get("reqId"), vars(call).get("tickerId"))
        ]
        assert told[:2] == ["marketDataType", "tickReqParams"]
        assert told[-1] == "tickSnapshotEnd"
        assert told.count("tickSnapshotEnd") == 1

    def test_a_cancelled_stream_falls_silent(self, application: VendorApplication) -> None:
        application.reqMktData(21, stock(LIVELY), "", False, False, [])
        application.first("tickPrice", reqId=21, tickType=LAST)
        application.cancelMktData(21)
        application.reqCurrentTime()
        application.first("currentTime")  # whatever was under way has arrived
        heard = len(application.all("tickPrice", reqId=21))

        application.reqMktData(22, stock(LIVELY), "", False, False, [])
        application.wait_until(lambda: len(application.all("tickPrice", reqId=22, tickType=BID)) > 1, "ticks")

        assert len(application.all("tickPrice", reqId=21)) == heard

    def test_the_greeks_of_a_call_are_those_of_a_call(self, application: VendorApplication) -> None:
        partial = stock("AAPL")
        partial.secType, partial.right = "OPT", "C"
        application.reqContractDetails(31, partial)
        application.first("contractDetailsEnd", reqId=31)
        calls = [call.contractDetails.contract for call in application.all("contractDetails", reqId=31)]
        last = max(call.lastTradeDateOrContractMonth for call in calls)
        chain = sorted((c for c in calls if c.lastTradeDateOrContractMonth == last), key=lambda c: c.strike)

        application.reqMktData(32, chain[len(chain) // 2], "", True, False, [])
        application.first("tickSnapshotEnd", reqId=32)

        (model,) = application.all("tickOptionComputation", reqId=32, tickType=13)
        assert 0.3 < model.delta < 0.8
        assert 0.05 < model.impliedVol < 1
        assert model.gamma > 0 > model.theta
        assert model.vega > 0
        assert model.undPrice == pytest.approx(chain[len(chain) // 2].strike, rel=0.1)


class TestSequences:
    def test_a_limit_order_that_rests_is_submitted_directly(self, application: VendorApplication) -> None:
        begin = len(application.calls)
        application.placeOrder(1, stock("VZ"), order("BUY", 100, 10.0))
        application.first("orderStatus", orderId=1)

        told = [describe(call) for call in plain(application, begin)]
        assert told == ["openOrder Submitted", "orderStatus Submitted 0/100"]

    def test_a_change_is_an_open_order_with_the_new_price_and_the_status(
        self, application: VendorApplication
    ) -> None:
        application.placeOrder(1, stock("VZ"), order("BUY", 100, 10.0))
        application.first("orderStatus", orderId=1)
        begin = len(application.calls)

        application.placeOrder(1, stock("VZ"), order("BUY", 150, 11.25))

        application.first("orderStatus", begin, orderId=1)
        echo, status = plain(application, begin)
        assert (echo.order.lmtPrice, echo.order.totalQuantity) == (11.25, 150)
        assert describe(status) == "orderStatus Submitted 0/150"
        first = application.first("openOrder", orderId=1)
        assert echo.order.permId == first.order.permId > 0

    def test_a_cancellation_is_the_status_and_then_code_202(self, application: VendorApplication) -> None:
        application.placeOrder(1, stock("VZ"), order("BUY", 100, 10.0))
        application.first("orderStatus", orderId=1)
        begin = len(application.calls)

        application.cancelOrder(1, OrderCancel())

        application.first("error", begin, errorCode=202)
        told = [describe(call) for call in plain(application, begin)]
        assert told[-2:] == ["orderStatus Cancelled 0/100", "error 202"]

    def test_a_fill_is_told_at_once_and_again_with_its_commission(
        self, application: VendorApplication
    ) -> None:
        begin = len(application.calls)
        application.placeOrder(1, stock("VZ"), order("BUY", 100))
        application.first("commissionAndFeesReport")

        assert [describe(call) for call in plain(application, begin)] == [
            "openOrder PreSubmitted",
            "orderStatus PreSubmitted 0/100",
            "execDetails",
            "openOrder Filled",
            "orderStatus Filled 100/0",
            "openOrder Filled with commission",
            "orderStatus Filled 100/0",
            "commissionAndFeesReport",
        ]

    def test_the_price_of_a_purchase_is_the_ask_told_last(self, application: VendorApplication) -> None:
        application.reqMktData(41, stock("PG"), "", False, False, [])
        application.first("tickPrice", reqId=41, tickType=ASK)

        application.placeOrder(1, stock("PG"), order("BUY", 100))

        execution = application.first("execDetails")
        before = application.calls[: application.calls.index(execution)]
        asks = [call.price for call in before if call.callback == "tickPrice" and call.tickType == ASK]
        assert execution.execution.price == asks[-1]
        assert (execution.reqId, execution.execution.acctNumber) == (-1, ACCOUNT)

    def test_a_what_if_order_is_one_open_order_and_never_rests(self, application: VendorApplication) -> None:
        question = order("BUY", 300, 10.0)
        question.whatIf = True
        begin = len(application.calls)

        application.placeOrder(1, stock("VZ"), question)
        application.first("openOrder", orderId=1)
        application.reqOpenOrders()
        application.first("openOrderEnd")

        answer, _end = plain(application, begin)
        assert answer.orderState.status == "PreSubmitted"
        assert answer.orderState.commissionAndFees == 1.5
        assert float(answer.orderState.initMarginChange) > 0


class TestRefusals:
    def test_the_id_of_a_finished_order_is_error_103(self, application: VendorApplication) -> None:
        application.placeOrder(1, stock("VZ"), order("BUY", 100))
        application.first("commissionAndFeesReport")

        application.placeOrder(1, stock("VZ"), order("BUY", 100))

        assert application.first("error", reqId=1).errorCode == 103
        assert len(application.all("execDetails")) == 1

    def test_a_price_off_the_tick_grid_is_error_110(self, application: VendorApplication) -> None:
        application.placeOrder(1, stock("VZ"), order("BUY", 100, 10.001))

        assert application.first("error", reqId=1).errorCode == 110
        assert not application.all("openOrder")

    def test_the_cancellation_of_a_scan_is_confirmed_by_error_162(
        self, application: VendorApplication
    ) -> None:
        scanner = ScannerSubscription()
        scanner.instrument, scanner.locationCode, scanner.scanCode = "STK", "STK.US.MAJOR", "MOST_ACTIVE"
        application.reqScannerSubscription(51, scanner, [], [])
        application.first("scannerDataEnd", reqId=51)

        application.cancelScannerSubscription(51)

        told = application.first("error", reqId=51)
        assert told.errorCode == 162
        assert told.errorString.endswith(":API scanner subscription cancelled")


class TestAccountSummary:
    def test_each_tag_is_told_once_and_then_the_end(self, application: VendorApplication) -> None:
        application.reqAccountSummary(61, "All", "NetLiquidation,TotalCashValue,AccountType")
        application.first("accountSummaryEnd", reqId=61)
        application.cancelAccountSummary(61)

        rows = application.all("accountSummary", reqId=61)
        assert [(row.tag, row.currency) for row in rows] == [
            ("NetLiquidation", "USD"),
            ("TotalCashValue", "USD"),
            ("AccountType", ""),
        ]
        assert {row.account for row in rows} == {ACCOUNT}
        assert 0 < Decimal(rows[1].value) <= 1_000_000
