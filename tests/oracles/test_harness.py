"""The oracle itself, judged by frames that real gateways and clients exchanged.

The frames were published by others: `ibkr-go` (text at server version 200, protobuf at 225, account replaced
by DU9000001) and `osauer/ibkr` (205, 208). Requests in them come from clients other than the vendor's. In rows
of text `|` stands for NUL.
"""

from __future__ import annotations

import base64
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from ibapi.const import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INTEGER, UNSET_LONG
from ibapi.contract import FundAssetType
from ibapi.execution import OptionExerciseType
from ibapi.order_state import OrderState as VendorOrderState
from msgspec import Struct

from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.messages.orders import AttachedOrders, OrderCancel
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract, DeltaNeutralContract
from ibkr_actors.classes.contracts.contract_description import ContractDescription
from ibkr_actors.classes.contracts.contract_details import ContractDetails, IneligibilityReason
from ibkr_actors.classes.execution import Execution, ExecutionFilter
from ibkr_actors.classes.family_code import FamilyCode
from ibkr_actors.classes.histogram_bin import HistogramBin
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.classes.market_depth import DepthExchange
from ibkr_actors.classes.news_provider import NewsProvider
from ibkr_actors.classes.orders.conditions import (
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibkr_actors.classes.orders.order import Order, SoftDollarTier
from ibkr_actors.classes.orders.order_state import OrderAllocation, OrderState
from ibkr_actors.classes.price_increment import PriceIncrement
from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.classes.smart_component import SmartComponent
from ibkr_actors.classes.tick import (
    BidAskAttributes,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    LastAttributes,
)
from ibkr_actors.wire.fields import specification_of
from ibkr_actors.wire.tags import TagValue
from tests.oracles.agreement import differences
from tests.oracles.vendor_client import (
    UNSET_TEXTS,
    Callback,
    CallbackRecorder,
    VendorReadError,
    VendorSendError,
    message_id,
    plain,
    present_fields,
    sorted_maps,
    vendor_bytes,
    vendor_frames,
    vendor_protobuf,
    vendor_reading,
    with_length,
    without_length,
)
from tests.oracles.vendor_names import (
    NAMED,
    WITHOUT_COUNTERPART,
    in_our_names,
    our_names,
    vendor_cancellation,
    vendor_condition,
    vendor_contract,
    vendor_execution_filter,
    vendor_order,
    vendor_scanner,
    vendor_tags,
)

AAPL: dict[str, Any] = {
    "contract_id": 265598,
    "symbol": "AAPL",
    "security_type": "STK",
    "exchange": "SMART",
    "currency": "USD",
}


def text(row: str) -> bytes:
    """The payload of a text frame, as captures print it."""
    return row.replace("|", "\0").encode()


def only(callbacks: list[Callback]) -> Callback:
    """The single callback."""
    (callback,) = callbacks
    return callback


class TestSending:
    def test_text_carries_its_length_and_a_text_id(self):
        sent = vendor_bytes(200, lambda client: client.startApi(), client_id=1)

        assert sent == with_length(text("71|2|1||"))

    @pytest.mark.parametrize(
        ("server_version", "send", "recorded"),
        [
            (208, lambda client: client.reqPnL(1, "DU9000001", ""), "0000005c31004455393030303030310000"),
            (208, lambda client: client.reqScannerParameters(), "000000183100"),
            (208, lambda client: client.cancelScannerSubscription(3), "0000001731003300"),
            (208, lambda client: client.reqFamilyCodes(), "00000050"),
        ],
    )
    def test_text_carries_a_binary_id_from_201(self, server_version, send, recorded):
        assert vendor_bytes(server_version, send) == with_length(bytes.fromhex(recorded))

    @pytest.mark.parametrize(
        ("server_version", "send", "recorded"),
        [
            (225, lambda client: client.reqMarketDataType(3), "AAAABgAAAQMIAw=="),
            (
                225,
                lambda client: client.reqMktData(2, vendor_contract(**AAPL), "", True, False, []),
                "AAAAJQAAAMkIAhIbCP6aEBIEQUFQTBoDU1RLQgVTTUFSVFIDVVNEIAE=",
            ),
            (225, lambda client: client.cancelOrder(511, vendor_cancellation()), "AAAACQAAAMwI/wMSAA=="),
            (
                205,
                lambda client: client.reqContractDetails(
                    1, vendor_contract(contract_id=265598, exchange="SMART")
                ),
                "AAAAEwAAANEIARILCP6aEEIFU01BUlQ=",
            ),
        ],
    )
    def test_protobuf_matches_what_another_client_sent(self, server_version, send, recorded):
        assert vendor_bytes(server_version, send) == base64.b64decode(recorded)

    def test_a_refusal_is_an_exception_with_the_vendors_words(self):
        order = vendor_order(duration=60)

        with pytest.raises(VendorSendError, match=r"at server version 157.*does not support duration"):
            vendor_bytes(157, lambda client: client.placeOrder(1, vendor_contract(), order))

    def test_a_value_it_cannot_spell_is_an_exception(self):
        contract = vendor_contract(symbol="Ä")

        with pytest.raises(VendorSendError, match="Invalid symbol"):
            vendor_bytes(200, lambda client: client.reqContractDetails(1, contract))

    @pytest.mark.parametrize(
        ("server_version", "words"), [(200, "Cannot send None"), (226, "Error encoding conditions")]
    )
    def test_a_failure_is_an_exception_in_either_encoding(self, server_version, words):
        """The vendor's client calls back about the one and raises the other."""
        order = vendor_order(conditions=[vendor_condition("price")])

        with pytest.raises(VendorSendError, match=words):
            vendor_bytes(server_version, lambda client: client.placeOrder(1, vendor_contract(), order))

    def test_nothing_sent_is_an_exception(self):
        with pytest.raises(VendorSendError, match="expected one frame at server version 200, got 0"):
            vendor_bytes(200, lambda client: client.serverVersion())

    def test_many_frames_are_kept_apart(self):
        def send(client: Any) -> None:
            client.reqIds(1)
            client.reqOpenOrders()

        assert vendor_frames(200, send) == [with_length(text("8|1|1|")), with_length(text("5|1|"))]

    def test_what_travels_is_seen_with_its_defaults(self):
        """An empty order is not an empty message: it sends zeros, and -1, that nobody set."""
        frame = vendor_bytes(226, lambda client: client.placeOrder(1, vendor_contract(), vendor_order()))

        sent = dict(present_fields(vendor_protobuf("PlaceOrderRequest", frame[8:])))

        assert sent["order.exemptCode"] == -1
        assert sent["order.displaySize"] == 0
        assert sent["order.transmit"] is True
        assert "attachedOrders" in sent
        assert "order.lmtPrice" not in sent

    def test_lists_and_maps_that_travel_are_seen_too(self):
        contract = vendor_contract(combo_legs=[{"contract_id": 8}])
        order = vendor_order(algo_strategy="Vwap", algo_parameters=vendor_tags(a="1"))
        frame = vendor_bytes(226, lambda client: client.placeOrder(1, contract, order))
        executions = vendor_bytes(
            226, lambda client: client.reqExecutions(1, vendor_execution_filter(specific_dates=[20260102]))
        )

        sent = dict(present_fields(vendor_protobuf("PlaceOrderRequest", frame[8:])))
        asked = dict(present_fields(vendor_protobuf("ExecutionRequest", executions[8:])))

        assert sent["contract.comboLegs[0].conId"] == 8
        assert sent["order.algoParams"] == {"a": "1"}
        assert asked["executionFilter.specificDates"] == [20260102]

    def test_the_order_of_a_map_can_be_settled(self):
        """The runtime writes maps in an order that changes from process to process."""
        order = vendor_order(algo_strategy="Adaptive", algo_parameters=vendor_tags(b="2", a="1", c="3"))
        frame = vendor_bytes(226, lambda client: client.placeOrder(1, vendor_contract(), order))

        settled = sorted_maps("PlaceOrderRequest", frame)

        assert len(settled) == len(frame)
        assert settled[:8] == frame[:8]
        assert settled.index(b"\x01a") < settled.index(b"\x01b") < settled.index(b"\x01c")


class TestReading:
    @pytest.mark.parametrize(
        ("server_version", "row", "expected"),
        [
            (200, "15|1|DU9000001|", Callback("managedAccounts", ("DU9000001",))),
            (200, "9|1|1|", Callback("nextValidId", (1,))),
            (200, "2|6|1001|74|312894|", Callback("tickSize", (1001, 74, Decimal(312894)))),
            (200, "46|6|1001|88|1775174157|", Callback("tickString", (1001, 88, "1775174157"))),
            (200, "108|1001|a|b|", Callback("historicalDataEnd", (1001, "a", "b"))),
            (
                200,
                "3|371|Filled|100|0|292.79|9000000371|0|292.79|1||0|",
                Callback(
                    "orderStatus",
                    (371, "Filled", Decimal(100), Decimal(0), 292.79, 9000000371, 0, 292.79, 1, "", 0.0),
                ),
            ),
        ],
    )
    def test_text_frames_become_callbacks(self, server_version, row, expected):
        assert vendor_reading(server_version, text(row)) == [expected]

    def test_a_price_comes_with_its_size(self):
        price, size = vendor_reading(200, text("1|6|1001|68|255.45|200|0|"))

        assert price.values == {
            "reqId": 1001,
            "tickType": 68,
            "price": 255.45,
            "attrib": {"canAutoExecute": False, "pastLimit": False, "preOpen": False},
        }
        assert size.values == {"reqId": 1001, "tickType": 71, "size": Decimal(200)}

    def test_unset_values_become_none(self):
        report = only(vendor_reading(200, text("59|1|fill-1|1.0003|USD|-68.051912|1.7976931348623157E308||")))

        assert report.values == {
            "commissionAndFeesReport": {
                "execId": "fill-1",
                "commissionAndFees": 1.0003,
                "currency": "USD",
                "realizedPNL": -68.051912,
                "yield_": None,
                "yieldRedemptionDate": 0,
            }
        }

    def test_protobuf_frames_become_the_same_callbacks(self):
        frame = base64.b64decode("AAAAFgAAAMkIAhBCGc3MzMzMaHNAIgEyKAA=")

        price, size = vendor_reading(225, frame)

        assert (price.name, price.values["price"], price.values["tickType"]) == ("tickPrice", 310.55, 66)
        assert size == Callback("tickSize", (2, 69, Decimal(2)))

    def test_the_raw_protobuf_message_can_be_had_too(self):
        frame = base64.b64decode("AAAACAAAAQIIAhAD")

        raw, classic = vendor_reading(225, frame, protobuf_callbacks=True)

        assert raw.is_protobuf
        assert raw.args[0].marketDataType == 3
        assert classic == Callback("marketDataType", (2, 3))

    def test_an_order_comes_with_its_contract_and_state(self):
        opened = only(vendor_reading(225, base64.b64decode(OPEN_ORDER)))

        assert opened.values["orderId"] == 511
        assert opened.values["contract"]["localSymbol"] == "AAPL"
        assert opened.values["order"]["lmtPrice"] == 2000.0
        assert opened.values["order"]["minQty"] is None
        assert opened.values["order"]["filledQuantity"] == Decimal(0)
        assert opened.values["orderState"]["status"] == "PreSubmitted"
        assert opened.values["orderState"]["commissionAndFees"] is None

    def test_an_error_of_the_bridge_is_a_callback_like_any_other(self):
        row = "4|-1|2104|Market data farm connection is OK:usfarm||1775425766350|"

        notice = only(vendor_reading(200, text(row)))

        assert notice.args == (-1, 1775425766350, 2104, "Market data farm connection is OK:usfarm", "")

    def test_a_page_without_bars_is_no_callback_and_no_error(self):
        assert vendor_reading(200, text("17|1001|0|")) == []

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ("15|1|DU9000001|too many|", "number of fields"),
            ("1|6|1001|68|", "1001"),
            ("150|1|", "Unknown message id"),
        ],
    )
    def test_what_it_cannot_read_is_an_exception(self, row, words):
        with pytest.raises(VendorReadError, match=words):
            vendor_reading(200, text(row))

    def test_one_bad_frame_does_not_spoil_the_next(self):
        with pytest.raises(VendorReadError):
            vendor_reading(200, text("1|6|1001|68|"))

        assert vendor_reading(200, text("9|1|1|")) == [Callback("nextValidId", (1,))]


class TestFrames:
    @pytest.mark.parametrize(
        "payload",
        [
            text("9|1|1|"),
            bytes.fromhex("0000000f3100") + b"DU9000001\0",
            bytes.fromhex("000000fd"),
            (220).to_bytes(4, "big") + b"\x08" * 220,  # its id happens to be the length of its body
        ],
    )
    def test_a_length_is_taken_off_when_there_is_one(self, payload):
        assert without_length(with_length(payload)) == payload
        assert without_length(payload) == payload

    def test_the_id_is_text_or_four_bytes(self):
        assert message_id(200, text("108|1|")) == 108
        assert message_id(201, bytes.fromhex("000000cb0801")) == 203


class TestRecording:
    def test_only_callbacks_of_the_vendors_wrapper_are_recorded(self):
        with pytest.raises(AttributeError, match="no callback tickPrize"):
            CallbackRecorder().tickPrize(1)


class TestPlainValues:
    @pytest.mark.parametrize(
        "unset", [UNSET_INTEGER, UNSET_LONG, UNSET_DOUBLE, UNSET_DECIMAL, *UNSET_TEXTS, None]
    )
    def test_every_spelling_of_unset_is_none(self, unset):
        assert plain(unset) is None

    @pytest.mark.parametrize("value", [0, -1, True, 0.0, float("inf"), "", "2147483647", Decimal(0)])
    def test_other_scalars_stay(self, value):
        assert plain(value) is value

    def test_containers_are_unfolded(self):
        assert plain({"a": (1, {UNSET_INTEGER})}) == {"a": [1, {None}]}

    def test_objects_and_lists_are_unfolded(self):
        state = VendorOrderState()
        state.status = "Filled"

        unfolded = plain([state])

        assert unfolded[0]["status"] == "Filled"
        assert unfolded[0]["commissionAndFees"] is None

    @pytest.mark.parametrize(
        ("member", "code"),
        [
            (FundAssetType.Others, "000"),
            (FundAssetType.MoneyMarket, "001"),
            (FundAssetType.NoneItem, None),
            (OptionExerciseType.Lapse, 2),
            (OptionExerciseType.NoneItem, None),
        ],
    )
    def test_enumerations_become_the_code_on_the_wire(self, member, code):
        assert plain(member) == code


OURS: dict[str, type[Struct]] = {
    "BarData": Bar,
    "DepthMktDataDescription": DepthExchange,
    "HistogramData": HistogramBin,
    "HistoricalTick": HistoricalTick,
    "HistoricalTickBidAsk": HistoricalTickBidAsk,
    "HistoricalTickLast": HistoricalTickLast,
    "ScannerSubscription": Scanner,
    "TickAttribBidAsk": BidAskAttributes,
    "TickAttribLast": LastAttributes,
    **{
        ours.__name__: ours
        for ours in (
            ComboLeg,
            CommissionAndFeesReport,
            Contract,
            ContractDescription,
            ContractDetails,
            DeltaNeutralContract,
            Execution,
            ExecutionCondition,
            ExecutionFilter,
            FamilyCode,
            HistoricalSession,
            IneligibilityReason,
            MarginCondition,
            NewsProvider,
            Order,
            OrderAllocation,
            OrderCancel,
            OrderState,
            PercentChangeCondition,
            PriceCondition,
            PriceIncrement,
            SmartComponent,
            SoftDollarTier,
            TagValue,
            TimeCondition,
            VolumeCondition,
        )
    },
}


class TestNames:
    @pytest.mark.parametrize("vendor_class", NAMED)
    def test_the_names_are_those_of_our_classes(self, vendor_class):
        """Nothing is missing on either side, so nothing escapes a comparison by names."""
        ours = OURS[vendor_class.__name__]
        attached = set(AttachedOrders.__struct_fields__) if ours is Order else set()

        names = our_names(vendor_class)

        assert len(set(names.values())) == len(names)
        assert set(names.values()) - attached == set(specification_of(ours)) - WITHOUT_COUNTERPART.get(
            vendor_class, frozenset()
        )

    def test_an_unknown_name_is_refused(self):
        with pytest.raises(TypeError, match="Order has no attribute 'lmt_price' by our name"):
            vendor_order(lmt_price=1.0)


class TestBuilding:
    def test_a_value_stated_in_our_names_is_the_vendors(self):
        order = vendor_order(
            action="BUY",
            total_quantity=Decimal(100),
            order_type="LMT",
            limit_price=187.25,
            time_in_force="GTC",
            auxiliary_price=None,
        )

        assert (order.action, order.totalQuantity, order.orderType) == ("BUY", Decimal(100), "LMT")
        assert (order.lmtPrice, order.tif) == (187.25, "GTC")
        assert order.auxPrice == UNSET_DOUBLE

    def test_a_zero_keeps_its_sign(self):
        """It equals the vendor's default of zero, and is other bytes."""
        assert str(vendor_order(discretionary_amount=-0.0).discretionaryAmt) == "-0.0"

    def test_one_of_our_structs_is_the_vendors(self):
        order = vendor_order(Order(action="SELL", limit_price=1.5, display_size=None))

        assert (order.action, order.lmtPrice, order.displaySize) == ("SELL", 1.5, UNSET_INTEGER)

    @pytest.mark.parametrize(
        ("build", "ours", "differing"),
        [
            (vendor_contract, Contract, set()),
            # Unset is the largest number on the wire; the vendor's object starts with 0.
            (vendor_order, Order, {"parentPermId", "refFuturesConId"}),
            (vendor_cancellation, OrderCancel, set()),
            (vendor_execution_filter, ExecutionFilter, set()),
            (vendor_scanner, Scanner, set()),
        ],
    )
    def test_our_defaults_are_the_vendors_defaults(self, build, ours, differing):
        fresh, built = plain(build()), plain(build(ours()))

        assert {name for name in fresh if fresh[name] != built[name]} == differing

    def test_none_is_the_vendors_unset(self):
        order = vendor_order(
            limit_price=None,
            display_size=None,
            total_quantity=None,
            permanent_id=None,
            account=None,
            hidden=None,
            use_price_management_algo=None,
            conditions=None,
        )

        assert order.lmtPrice == UNSET_DOUBLE
        assert order.displaySize == UNSET_INTEGER
        assert order.totalQuantity == UNSET_DECIMAL
        assert order.permId == UNSET_LONG
        assert (order.account, order.hidden, order.usePriceMgmtAlgo) == ("", False, None)
        assert order.conditions == []

    def test_an_enumeration_is_the_value_it_stands_for(self):
        class Side(Enum):
            BUY = "BUY"

        assert vendor_order(action=Side.BUY).action == "BUY"

    def test_an_amount_of_money_is_a_float_there(self):
        order = vendor_order(cash_quantity=Decimal("12.5"))

        assert type(order.cashQty) is float
        assert order.cashQty == 12.5

    def test_a_default_is_spelled_as_the_vendor_spells_it(self):
        """Its default is an integer where other values are floats, and it writes what it holds: 0, not 0.0."""
        fresh = vendor_bytes(200, lambda client: client.placeOrder(1, vendor_contract(), vendor_order()))
        built = vendor_order(discretionary_amount=0.0)

        assert vendor_bytes(200, lambda client: client.placeOrder(1, vendor_contract(), built)) == fresh

    def test_values_within_values_are_built_too(self):
        contract = vendor_contract(
            combo_legs=(ComboLeg(contract_id=1, ratio=2), {"contract_id": 2}),
            delta_neutral_contract=DeltaNeutralContract(contract_id=3, delta=0.5),
        )
        order = vendor_order(
            algo_parameters=(TagValue("a", "1"),),
            conditions=(PriceCondition(contract_id=1, price=2.5), vendor_condition("time", time="20260102")),
            soft_dollar_tier={"name": "a", "value": "b"},
        )

        assert [(leg.conId, leg.ratio, leg.exemptCode) for leg in contract.comboLegs] == [
            (1, 2, -1),
            (2, 0, -1),
        ]
        assert contract.deltaNeutralContract.delta == 0.5
        assert str(order.algoParams[0]) == "a=1;"
        assert [condition.condType for condition in order.conditions] == [1, 3]
        assert (order.conditions[0].conId, order.conditions[0].price) == (1, 2.5)
        assert order.softDollarTier.val == "b"

    def test_prices_of_legs_and_attached_orders_go_into_the_order(self):
        contract = Contract(security_type="BAG", combo_legs=(ComboLeg(price=1.5), ComboLeg()))

        order = vendor_order(contract=contract, attached=AttachedOrders(stop_loss_order_id=7))

        assert [leg.price for leg in order.orderComboLegs] == [1.5, UNSET_DOUBLE]
        assert order.slOrderId == 7
        assert order.ptOrderId == UNSET_INTEGER

    def test_without_a_priced_leg_there_are_no_prices(self):
        contract = Contract(security_type="BAG", combo_legs=(ComboLeg(),))

        assert vendor_order(contract=contract).orderComboLegs is None

    def test_options_of_a_scan_go_beside_it(self):
        scan = Scanner(scan_code="HOT_BY_VOLUME", filter_options=(TagValue("a", "1"),))

        frame = vendor_bytes(
            200,
            lambda client: client.reqScannerSubscription(
                3, vendor_scanner(scan), vendor_tags(), vendor_tags(scan.filter_options)
            ),
        )

        assert frame.endswith(text("|a=1;||"))


class TestAgreement:
    def test_what_was_read_comes_back_in_our_names(self):
        opened = only(vendor_reading(225, base64.b64decode(OPEN_ORDER)))

        order = in_our_names(opened.args[2])

        assert order["limit_price"] == 2000.0
        assert order["minimum_quantity"] is None
        assert order["soft_dollar_tier"] == {"name": "", "value": "", "display_name": ""}

    def test_equal_values_agree_however_they_are_held(self):
        ours = OrderState(status="Filled", initial_margin_before=1.5, suggested_size=Decimal(2))
        theirs = VendorOrderState()
        theirs.status, theirs.initMarginBefore, theirs.suggestedSize = "Filled", "1.50", Decimal("2.0")

        assert differences(ours, theirs) == {}

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            ("", 0),
            ("20260102", 20260102),
            (None, ""),
            (True, 1),
            (Decimal("0.1"), 0.1),
            ((), None),
            (None, UNSET_DOUBLE),
        ],
    )
    def test_scalars_agree_too(self, ours, theirs):
        assert differences(ours, theirs) == {}

    def test_differences_are_told_by_path(self):
        ours = Contract(symbol="A", combo_legs=(ComboLeg(ratio=1), ComboLeg()))
        theirs = vendor_contract(symbol="B", combo_legs=[{"ratio": 2}, {}])

        assert differences(ours, theirs) == {"symbol": ("A", "B"), "combo_legs[0].ratio": (1, 2)}

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [(None, 0.0), (0.0, None), (1.0, "2"), (None, "2"), ((), [1]), ("x", "y"), ((1,), []), (1, "1")],
    )
    def test_different_values_never_agree(self, ours, theirs):
        assert differences(ours, theirs) == {"": (ours, theirs)}


# openOrder, server version 225, source: ibkr-go, recording api_order_rejects_aapl of 2026-08-24
OPEN_ORDER = (
    "AAABOgAAAM0I/wMSLwj+mhASBEFBUEwaA1NUSykAAAAAAAAAAEIFU01BUlRSA1VTRFoEQUFQTGIDTk1TGu8BCAEQ/wMY/9WTrQMgACoDQlVZ"
    "MgExQgNMTVRJAAAAAABAn0BRAAAAAAAAAABaA0RBWWIJRFU5MDAwMDAxegJJQrkBAAAAAABEn0DiASRzYW5pdGl6ZWQtb3JkZXItcmVmLTAw"
    "MDAwMDAwMDAwMDAwMDPwAQP4AQCwAgDAAgDKAgROb25l8AIAqAQAsAQAwAT///////////8B6gUETm9uZZAGAPgGAZoHATCyBylOb3QgYW4g"
    "aW5zaWRlciBvciBzdWJzdGFudGlhbCBzaGFyZWhvbGRlcsAHANAHAMoIDXBhcGVyLXVzZXItMDHwCAAiDgoMUHJlU3VibWl0dGVk"
)
