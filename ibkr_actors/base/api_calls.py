"""The one list of requests, shared by every interface.

`Call` turns a request's class into a method: the parameters are the fields of the class, without the request id. The
interface only decides what `perform` does with the request: an actor returns its id at once, a blocking interface
waits for the answer. Of an interface that leaves request ids to its caller, the first parameter is the request id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, Generic, Literal, ParamSpec, Protocol, TypeVar, overload

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
from ibkr_actors.base.messages.bridge_configuration import (
    ConfigurationRequest,
    UpdateConfigurationRequest,
)
from ibkr_actors.base.messages.completed_orders import CompletedOrdersRequest
from ibkr_actors.base.messages.connection import (
    CurrentTimeInMillisecondsRequest,
    CurrentTimeRequest,
    IdsRequest,
    ManagedAccountsRequest,
    SetServerLogLevelRequest,
    UserInfoRequest,
)
from ibkr_actors.base.messages.contracts import CancelContractData, ContractDataRequest
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Request
from ibkr_actors.base.messages.depth import (
    CancelMarketDepth,
    MarketDepthExchangesRequest,
    MarketDepthRequest,
)
from ibkr_actors.base.messages.display_groups import (
    QueryDisplayGroupsRequest,
    SubscribeToGroupEventsRequest,
    UnsubscribeFromGroupEvents,
    UpdateDisplayGroupRequest,
)
from ibkr_actors.base.messages.executions import ExecutionRequest
from ibkr_actors.base.messages.financial_advisors import (
    FinancialAdvisorRequest,
    ReplaceFinancialAdvisorRequest,
)
from ibkr_actors.base.messages.fundamentals import CancelFundamentalData, FundamentalDataRequest
from ibkr_actors.base.messages.historical_ticks import CancelHistoricalTicks, HistoricalTicksRequest
from ibkr_actors.base.messages.history import (
    CancelHistoricalData,
    CancelRealTimeBars,
    HistoricalDataRequest,
    RealTimeBarsRequest,
)
from ibkr_actors.base.messages.history_queries import (
    CancelHeadTimestamp,
    CancelHistogramData,
    HeadTimestampRequest,
    HistogramDataRequest,
)
from ibkr_actors.base.messages.market_data import CancelMarketData, MarketDataRequest, MarketDataTypeRequest
from ibkr_actors.base.messages.news import (
    CancelNewsBulletins,
    HistoricalNewsRequest,
    NewsArticleRequest,
    NewsBulletinsRequest,
    NewsProvidersRequest,
)
from ibkr_actors.base.messages.options import (
    CalculateImpliedVolatilityRequest,
    CalculateOptionPriceRequest,
    CancelCalculateImpliedVolatility,
    CancelCalculateOptionPrice,
    OptionChainsRequest,
)
from ibkr_actors.base.messages.orders import (
    AllOpenOrdersRequest,
    AutoOpenOrdersRequest,
    GlobalCancelRequest,
    OpenOrdersRequest,
)
from ibkr_actors.base.messages.reference_data import (
    FamilyCodesRequest,
    MarketRuleRequest,
    MatchingSymbolsRequest,
    SmartComponentsRequest,
    SoftDollarTiersRequest,
)
from ibkr_actors.base.messages.scanners import (
    CancelScannerSubscription,
    ScannerParametersRequest,
    ScannerSubscriptionRequest,
    scanner_subscription,
)
from ibkr_actors.base.messages.tick_by_tick import CancelTickByTick, TickByTickRequest
from ibkr_actors.base.messages.verification import (
    VerifyAndAuthenticateMessageRequest,
    VerifyAndAuthenticateRequest,
    VerifyMessageRequest,
    VerifyRequest,
)
from ibkr_actors.base.messages.wall_street_horizon import (
    CancelWallStreetHorizonEventData,
    CancelWallStreetHorizonMetaData,
    WallStreetHorizonEventDataRequest,
    WallStreetHorizonMetaDataRequest,
)
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import InvalidRequest

P = ParamSpec("P")
W = ParamSpec("W")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Performs(Protocol[R_co]):
    """An interface that can perform a request, and what it returns."""

    def perform(self, request: Request) -> R_co:
        """Do with the request what this interface does."""
        ...


class PerformsWithIds(Performs[R_co], Protocol[R_co]):
    """An interface that leaves the choice of request ids to its caller."""

    caller_chooses_ids: Literal[True]


class Call(Generic[P, W]):
    """A request as a method of whoever performs requests: with parameters P, and W when the caller chooses its id.

    The request holds a validated copy of what the caller filled in, so that the caller may go on changing it.
    Raises InvalidRequest when a value has a type that its field can't hold, or the request id is missing.
    """

    @overload
    def __init__(self: Call[P, Concatenate[int, P]], request: Callable[P, IdentifiedRequest]) -> None: ...

    @overload
    def __init__(self: Call[P, P], request: Callable[P, Request]) -> None: ...

    @overload
    def __init__(
        self: Call[P, Concatenate[int, P]], request: type[Request], make: Callable[P, IdentifiedRequest]
    ) -> None: ...

    def __init__(self, request: Any, make: Callable[..., Request] | None = None) -> None:
        """`make` is for a request whose parameters are others than its fields."""
        self._request = request
        self._make: Callable[..., Request] = make or request
        self._name = ""
        self.__doc__ = request.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, performer: None, owner: type[Any]) -> Call[P, W]: ...

    @overload
    def __get__(self, performer: PerformsWithIds[R], owner: type[Any]) -> Callable[W, R]: ...

    @overload
    def __get__(self, performer: Performs[R], owner: type[Any]) -> Callable[P, R]: ...

    def __get__(self, performer: Any, owner: type[Any]) -> Any:
        if performer is None:
            return self
        perform, make = performer.perform, self._make
        if getattr(performer, "caller_chooses_ids", False) and _has_id(self._request):
            make = self._make_with_id

        def call(*values: Any, **named: Any) -> Any:
            try:
                request = make(*values, **named)
                request = snapshot(request, type(request))
            except (InvalidRequest, TypeError) as error:
                self._refuse_leading_id(make, values, error)
                raise
            return perform(request)

        call.__doc__ = self.__doc__
        return call

    def _refuse_leading_id(self, make: Any, values: tuple[Any, ...], error: Exception) -> None:
        """Say so when a call is wrong because it begins with a request id, as the calls of `ClientApplication` do."""
        chosen_here = make != self._make_with_id and issubclass(self._request, IdentifiedRequest)
        if chosen_here and values and type(values[0]) is int:
            raise InvalidRequest(
                f"{self._name}: this interface chooses the ids of requests itself; leave out {values[0]}, if it is one "
                f"({error})"
            ) from error

    def _make_with_id(self, *values: Any, **named: Any) -> Request:
        """The request, its id given first or by name."""
        if "request_id" not in named and values:
            named["request_id"], *rest = values
            values = tuple(rest)
        given = named.get("request_id")
        if not isinstance(given, int) or isinstance(given, bool):
            raise InvalidRequest(
                f"{self._name} takes a request id first, such as get_local_request_id() gives; got {given!r}"
            )
        if given < 0:
            raise InvalidRequest(
                f"{self._name}: the request id is {given}; what names no request has a negative id"
            )
        return self._make(*values, **named)


def refuse_id(request: Request) -> None:
    """Raises InvalidRequest for a request with an id, where the interface chooses it: it would vanish silently."""
    if isinstance(request, IdentifiedRequest) and request.request_id:
        raise InvalidRequest(
            f"{type(request).__name__}: this interface chooses the ids of requests itself; leave out request_id"
        )


def _has_id(request: Any) -> bool:
    return issubclass(request, IdentifiedRequest | Cancellation)


class ApiCalls:
    """Every request of the protocol by name, but those that need an order id."""

    request_market_data = Call(MarketDataRequest)
    cancel_market_data = Call(CancelMarketData)
    request_market_data_type = Call(MarketDataTypeRequest)
    request_contract_data = Call(ContractDataRequest)
    cancel_contract_data = Call(CancelContractData)
    request_matching_symbols = Call(MatchingSymbolsRequest)
    request_market_rule = Call(MarketRuleRequest)
    request_smart_components = Call(SmartComponentsRequest)
    request_soft_dollar_tiers = Call(SoftDollarTiersRequest)
    request_family_codes = Call(FamilyCodesRequest)
    request_historical_data = Call(HistoricalDataRequest)
    cancel_historical_data = Call(CancelHistoricalData)
    request_head_timestamp = Call(HeadTimestampRequest)
    cancel_head_timestamp = Call(CancelHeadTimestamp)
    request_histogram_data = Call(HistogramDataRequest)
    cancel_histogram_data = Call(CancelHistogramData)
    request_real_time_bars = Call(RealTimeBarsRequest)
    cancel_real_time_bars = Call(CancelRealTimeBars)
    request_historical_ticks = Call(HistoricalTicksRequest)
    cancel_historical_ticks = Call(CancelHistoricalTicks)
    request_tick_by_tick_data = Call(TickByTickRequest)
    cancel_tick_by_tick_data = Call(CancelTickByTick)
    request_market_depth = Call(MarketDepthRequest)
    cancel_market_depth = Call(CancelMarketDepth)
    request_market_depth_exchanges = Call(MarketDepthExchangesRequest)
    request_option_chains = Call(OptionChainsRequest)
    calculate_implied_volatility = Call(CalculateImpliedVolatilityRequest)
    cancel_calculate_implied_volatility = Call(CancelCalculateImpliedVolatility)
    calculate_option_price = Call(CalculateOptionPriceRequest)
    cancel_calculate_option_price = Call(CancelCalculateOptionPrice)
    request_news_bulletins = Call(NewsBulletinsRequest)
    cancel_news_bulletins = Call(CancelNewsBulletins)
    request_news_article = Call(NewsArticleRequest)
    request_news_providers = Call(NewsProvidersRequest)
    request_historical_news = Call(HistoricalNewsRequest)
    request_wall_street_horizon_meta_data = Call(WallStreetHorizonMetaDataRequest)
    cancel_wall_street_horizon_meta_data = Call(CancelWallStreetHorizonMetaData)
    request_wall_street_horizon_event_data = Call(WallStreetHorizonEventDataRequest)
    cancel_wall_street_horizon_event_data = Call(CancelWallStreetHorizonEventData)
    request_fundamental_data = Call(FundamentalDataRequest)
    cancel_fundamental_data = Call(CancelFundamentalData)
    request_scanner_parameters = Call(ScannerParametersRequest)
    request_scanner_subscription = Call(ScannerSubscriptionRequest, scanner_subscription)
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
    request_financial_advisor = Call(FinancialAdvisorRequest)
    replace_financial_advisor = Call(ReplaceFinancialAdvisorRequest)
    query_display_groups = Call(QueryDisplayGroupsRequest)
    subscribe_to_group_events = Call(SubscribeToGroupEventsRequest)
    update_display_group = Call(UpdateDisplayGroupRequest)
    unsubscribe_from_group_events = Call(UnsubscribeFromGroupEvents)
    verify_request = Call(VerifyRequest)
    verify_message = Call(VerifyMessageRequest)
    verify_and_authenticate_request = Call(VerifyAndAuthenticateRequest)
    verify_and_authenticate_message = Call(VerifyAndAuthenticateMessageRequest)
    request_current_time = Call(CurrentTimeRequest)
    request_current_time_in_milliseconds = Call(CurrentTimeInMillisecondsRequest)
    request_user_info = Call(UserInfoRequest)
    set_server_log_level = Call(SetServerLogLevelRequest)
    request_managed_accounts = Call(ManagedAccountsRequest)
    request_ids = Call(IdsRequest)
    request_configuration = Call(ConfigurationRequest)
    update_configuration = Call(UpdateConfigurationRequest)
