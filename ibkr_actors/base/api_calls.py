"""The one list of requests, shared by every interface.

`Call` turns a request's class into a method: the parameters are the fields of the class, without the request id. The
interface only decides what `perform` does with the request: an actor returns its id at once, a blocking interface
waits for the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountSummaryRequest,
    CancelAccountSummary,
    CancelPositions,
    CancelProfitAndLoss,
    CancelProfitAndLossSingle,
    PositionsRequest,
    ProfitAndLossRequest,
    ProfitAndLossSingleRequest,
)
from ibkr_actors.base.messages.accounts_multi import (
    AccountUpdatesMultiRequest,
    CancelAccountUpdatesMulti,
    CancelPositionsMulti,
    PositionsMultiRequest,
)
from ibkr_actors.base.messages.completed_orders import CompletedOrdersRequest
from ibkr_actors.base.messages.connection import CurrentTimeRequest, IdsRequest, ManagedAccountsRequest
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import ExecutionRequest
from ibkr_actors.base.messages.history import (
    CancelHistoricalData,
    CancelRealTimeBars,
    HistoricalDataRequest,
    RealTimeBarsRequest,
)
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, MarketDataTypeRequest
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    GlobalCancelRequest,
    OpenOrdersRequest,
)
from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerParametersRequest,
    ScannerSubscriptionRequest,
)
from ibkr_actors.classes.value import snapshot

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Performs(Protocol[R_co]):
    """An interface that can perform a request, and what it returns."""

    def perform(self, request: Request) -> R_co:
        """Do with the request what this interface does."""
        ...


class Call(Generic[P]):
    """A request as a method of whoever performs requests.

    The request holds a validated copy of what the caller filled in, so that the caller may go on changing it.
    Raises InvalidRequest when a value has a type that its field can't hold.
    """

    def __init__(self, request: Callable[P, Request]) -> None:
        self._request = request
        self.__doc__ = request.__doc__

    @overload
    def __get__(self, performer: None, owner: type[Any]) -> Call[P]: ...

    @overload
    def __get__(self, performer: Performs[R], owner: type[Any]) -> Callable[P, R]: ...

    def __get__(self, performer: Performs[R] | None, owner: type[Any]) -> Call[P] | Callable[P, R]:
        if performer is None:
            return self
        perform, make = performer.perform, self._request

        def call(*values: P.args, **named: P.kwargs) -> R:
            request = make(*values, **named)
            return perform(snapshot(request, type(request)))

        call.__doc__ = self.__doc__
        return call


class ApiCalls:
    """Every request of the protocol by name, but those that need an order id."""

    request_market_data = Call(MarketDataRequest)
    cancel_market_data = Call(CancelMarketData)
    request_market_data_type = Call(MarketDataTypeRequest)
    request_contract_data = Call(ContractDataRequest)
    request_historical_data = Call(HistoricalDataRequest)
    cancel_historical_data = Call(CancelHistoricalData)
    request_real_time_bars = Call(RealTimeBarsRequest)
    cancel_real_time_bars = Call(CancelRealTimeBars)
    request_scanner_parameters = Call(ScannerParametersRequest)
    request_scanner_subscription = Call(ScannerSubscriptionRequest)
    cancel_scanner_subscription = Call(CancelScannerSubscription)
    request_account_updates = Call(AccountDataRequest)
    request_account_summary = Call(AccountSummaryRequest)
    cancel_account_summary = Call(CancelAccountSummary)
    request_positions = Call(PositionsRequest)
    cancel_positions = Call(CancelPositions)
    request_account_updates_multi = Call(AccountUpdatesMultiRequest)
    cancel_account_updates_multi = Call(CancelAccountUpdatesMulti)
    request_positions_multi = Call(PositionsMultiRequest)
    cancel_positions_multi = Call(CancelPositionsMulti)
    request_profit_and_loss = Call(ProfitAndLossRequest)
    cancel_profit_and_loss = Call(CancelProfitAndLoss)
    request_profit_and_loss_single = Call(ProfitAndLossSingleRequest)
    cancel_profit_and_loss_single = Call(CancelProfitAndLossSingle)
    request_executions = Call(ExecutionRequest)
    request_open_orders = Call(OpenOrdersRequest)
    request_all_open_orders = Call(AllOpenOrdersRequest)
    request_auto_open_orders = Call(AutoOpenOrdersRequest)
    request_completed_orders = Call(CompletedOrdersRequest)
    request_global_cancel = Call(GlobalCancelRequest)
    request_current_time = Call(CurrentTimeRequest)
    request_managed_accounts = Call(ManagedAccountsRequest)
    request_ids = Call(IdsRequest)
