"""How each request of ours is made of the vendor's client, and where its bytes differ by habit, not by meaning.

Responsible for:
1. `send`: the call on the vendor's client that stands for a request of ours;
2. `TEXT_HABITS` and `PROTOBUF_HABITS`: the only differences of bytes that tests forgive, each with its reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from ibkr_actors.base.messages import (
    accounts,
    accounts_multi,
    completed_orders,
    connection,
    contracts,
    executions,
    history,
    market_data,
    orders,
    scanners,
)
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.classes.contracts.contract import Contract
from tests.oracles import (
    requests_bridge_configuration,
    requests_history_queries,
    requests_login,
    requests_market_ticks,
    requests_news,
    requests_options,
    requests_reference_data,
)
from tests.oracles.vendor_client import vendor_bytes
from tests.oracles.vendor_names import (
    vendor_cancellation,
    vendor_contract,
    vendor_execution_filter,
    vendor_order,
    vendor_scanner,
    vendor_tags,
)

CALLS: Final[dict[type[Message], Callable[[Any, Any], object]]] = {
    connection.StartApiRequest: lambda client, _: client.startApi(),
    connection.ManagedAccountsRequest: lambda client, _: client.reqManagedAccts(),
    connection.IdsRequest: lambda client, request: client.reqIds(request.number_of_ids),
    connection.CurrentTimeRequest: lambda client, _: client.reqCurrentTime(),
    connection.CurrentTimeInMillisecondsRequest: lambda client, _: client.reqCurrentTimeInMillis(),
    connection.UserInfoRequest: lambda client, request: client.reqUserInfo(request.request_id),
    connection.SetServerLogLevelRequest: lambda client, request: client.setServerLogLevel(request.log_level),
    market_data.MarketDataRequest: lambda client, request: client.reqMktData(
        request.request_id,
        contract_of(request),
        request.generic_ticks,
        request.snapshot,
        request.regulatory_snapshot,
        vendor_tags(request.options),
    ),
    market_data.CancelMarketData: lambda client, request: client.cancelMktData(request.request_id),
    market_data.MarketDataTypeRequest: lambda client, request: client.reqMarketDataType(
        request.market_data_type
    ),
    contracts.ContractDataRequest: lambda client, request: client.reqContractDetails(
        request.request_id, contract_of(request)
    ),
    orders.PlaceOrderRequest: lambda client, request: client.placeOrder(
        request.order_id,
        contract_of(request),
        vendor_order(request.order, contract=request.contract, attached=request.attached_orders),
    ),
    orders.CancelOrderRequest: lambda client, request: client.cancelOrder(
        request.order_id, vendor_cancellation(request.order_cancel)
    ),
    orders.GlobalCancelRequest: lambda client, request: client.reqGlobalCancel(
        vendor_cancellation(request.order_cancel)
    ),
    orders.OpenOrdersRequest: lambda client, _: client.reqOpenOrders(),
    orders.AllOpenOrdersRequest: lambda client, _: client.reqAllOpenOrders(),
    orders.AutoOpenOrdersRequest: lambda client, request: client.reqAutoOpenOrders(request.auto_bind),
    executions.ExecutionRequest: lambda client, request: client.reqExecutions(
        request.request_id, vendor_execution_filter(request.filter)
    ),
    accounts.AccountDataRequest: lambda client, request: client.reqAccountUpdates(
        request.subscribe, request.account
    ),
    completed_orders.CompletedOrdersRequest: lambda client, request: client.reqCompletedOrders(
        request.api_only
    ),
    accounts_multi.AccountUpdatesMultiRequest: lambda client, request: client.reqAccountUpdatesMulti(
        request.request_id, request.account, request.model_code, request.ledger_and_net_liquidation
    ),
    accounts_multi.CancelAccountUpdatesMulti: lambda client, request: client.cancelAccountUpdatesMulti(
        request.request_id
    ),
    accounts_multi.PositionsMultiRequest: lambda client, request: client.reqPositionsMulti(
        request.request_id, request.account, request.model_code
    ),
    accounts_multi.CancelPositionsMulti: lambda client, request: client.cancelPositionsMulti(
        request.request_id
    ),
    accounts.AccountSummaryRequest: lambda client, request: client.reqAccountSummary(
        request.request_id, request.group, request.tags
    ),
    accounts.CancelAccountSummary: lambda client, request: client.cancelAccountSummary(request.request_id),
    accounts.PositionsRequest: lambda client, _: client.reqPositions(),
    accounts.CancelPositions: lambda client, _: client.cancelPositions(),
    accounts.ProfitAndLossRequest: lambda client, request: client.reqPnL(
        request.request_id, request.account, request.model_code
    ),
    accounts.CancelProfitAndLoss: lambda client, request: client.cancelPnL(request.request_id),
    accounts.ProfitAndLossSingleRequest: lambda client, request: client.reqPnLSingle(
        request.request_id, request.account, request.model_code, request.contract_id
    ),
    accounts.CancelProfitAndLossSingle: lambda client, request: client.cancelPnLSingle(request.request_id),
    history.HistoricalDataRequest: lambda client, request: client.reqHistoricalData(
        request.request_id,
        contract_of(request),
        request.end,
        request.duration,
        request.bar_size,
        request.what_to_show,
        request.use_regular_trading_hours,
        request.format_date,
        request.keep_up_to_date,
        vendor_tags(request.chart_options),
    ),
    history.CancelHistoricalData: lambda client, request: client.cancelHistoricalData(request.request_id),
    history.RealTimeBarsRequest: lambda client, request: client.reqRealTimeBars(
        request.request_id,
        contract_of(request),
        request.bar_size,
        request.what_to_show,
        request.use_regular_trading_hours,
        vendor_tags(request.options),
    ),
    history.CancelRealTimeBars: lambda client, request: client.cancelRealTimeBars(request.request_id),
    scanners.ScannerParametersRequest: lambda client, _: client.reqScannerParameters(),
    scanners.ScannerSubscriptionRequest: lambda client, request: client.reqScannerSubscription(
        request.request_id,
        vendor_scanner(request.scanner),
        vendor_tags(request.scanner.subscription_options),
        vendor_tags(request.scanner.filter_options),
    ),
    scanners.CancelScannerSubscription: lambda client, request: client.cancelScannerSubscription(
        request.request_id
    ),
    **requests_bridge_configuration.CALLS,
    **requests_login.CALLS,
    **requests_reference_data.CALLS,
    **requests_market_ticks.CALLS,
    **requests_history_queries.CALLS,
    **requests_options.CALLS,
    **requests_news.CALLS,
}
"""The vendor's call for each request of ours."""

SENDABLE: Final = requests_login.SENDABLE
"""Values of fields, by path, that the vendor's client agrees to send."""


def contract_of(request: Any) -> Any:
    """The vendor's contract for ours."""
    contract: Contract = request.contract
    return vendor_contract(contract)


def send(request: Message, version: int) -> bytes:
    """The frame that the vendor's client sends for the values of a request of ours."""
    of_client = {}
    if isinstance(request, connection.StartApiRequest):
        of_client = {
            "client_id": request.client_id,
            "optional_capabilities": request.optional_capabilities or None,
        }
    return vendor_bytes(version, lambda client: CALLS[type(request)](client, request), **of_client)


# ------------------------------------------------------------------------------------------- differences of habit


@dataclass(frozen=True)
class Habit:
    """What the vendor's client writes into a text field where we write nothing, and why that is the same."""

    writes: str
    reason: str


_UNSET_INT = Habit(
    "2147483647", "writes the sentinel of an unset int where the field is no optional one for it"
)
_UNSET_DOUBLE = Habit(
    "1.7976931348623157e+308", "writes the sentinel of an unset double, in Python's spelling"
)
_UNSET_DECIMAL = Habit(
    "170141183460469231731687303715884105727", "writes its own unset decimal, 2 to the 127th less one"
)

TEXT_HABITS: Final[dict[str, Habit]] = {
    "filter.last_days": _UNSET_INT,
    "order_cancel.manual_order_indicator": _UNSET_INT,
    "order.total_quantity": _UNSET_DECIMAL,
    "order.display_size": _UNSET_INT,
    "order.trigger_price": _UNSET_DOUBLE,
    "order.limit_price_offset": _UNSET_DOUBLE,
    "order.adjusted_stop_price": _UNSET_DOUBLE,
    "order.adjusted_stop_limit_price": _UNSET_DOUBLE,
    "order.adjusted_trailing_amount": _UNSET_DOUBLE,
    "order.cash_quantity": _UNSET_DOUBLE,
    "order.duration": _UNSET_INT,
    "order.post_to_ats": _UNSET_INT,
    "order.manual_order_indicator": _UNSET_INT,
}
"""By path, the text fields in which the vendor spells unset with a sentinel. Other clients (Java, C#, ib_async) write
nothing there, as we do, and the bridge reads both."""


DOUBLES: Final[dict[str, str]] = {
    "order.cash_quantity": "a double for the vendor, which writes a useless `.0`; money is a decimal for us",
}
"""By path, the numbers that the vendor's client spells as Python spells a float."""


def as_the_vendor_writes(path: str, text: str) -> str:
    """A text field of ours, in the vendor's spelling."""
    if not text and path in TEXT_HABITS:
        return TEXT_HABITS[path].writes
    return str(float(text)) if path in DOUBLES else text


NOT_SENT: Final[dict[type[Message], dict[str, str]]] = {
    market_data.MarketDataRequest: {"options": "the vendor's client refuses its market data options in text"},
    **requests_market_ticks.NOT_SENT,
    **requests_options.NOT_SENT,
}
"""Fields that the vendor's client will not put into a text frame, with the reason."""
