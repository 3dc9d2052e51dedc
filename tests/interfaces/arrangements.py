"""How a test makes each request of the protocol, and what a real gateway answers.

The list of the requests is not written here: it is that of the interfaces, `ApiCalls`, and of the declared messages.
What answers a request follows from its declaration; an arrangement says what can't be told from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ibkr_actors.base.api_calls import ApiCalls, Call
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Reply, Request
from ibkr_actors.base.messages.depth import MarketDepthL2
from ibkr_actors.base.messages.display_groups import DisplayGroupUpdated
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksLast
from ibkr_actors.base.messages.market_data import TickPrice
from ibkr_actors.base.messages.tick_by_tick import TickByTick
from ibkr_actors.classes.bridge_configuration import ApiConfiguration, ApiSettings
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.scanner import Scanner
from tests.interfaces.world import AAPL, IBM, World

Arguments: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True)
class Arrangement:
    """How one request is made, and answered."""

    arguments: Callable[[World], Arguments] = lambda _: ()
    """Those of the call, without a request id."""
    followed: Callable[[World], Arguments] | None = None
    """Arguments that make it a subscription, where the others don't."""
    answer: type[Reply] | None = None
    """The type of the answer, where the declaration has several."""
    refused: int | None = None
    """The code by which a real gateway refuses it to a login like this one."""
    mentions: str = ""
    """What stands in the answer, in whatever shape an interface gives it."""
    is_ignored: bool = False
    """A real gateway says nothing, though the declaration has an answer."""
    is_empty: bool = False
    """The answer of a login like this one holds nothing but the request's id."""
    needs: tuple[str, ...] = ()
    """Requests that have to come before it."""
    subject: str = ""
    """The request whose subscription it is about; what it does shows there."""


def _given(*arguments: Any) -> Callable[[World], Arguments]:
    return lambda _: arguments


def _stock(*more: Any) -> Callable[[World], Arguments]:
    return lambda world: (world.stock, *more)


def _account(*more: Any) -> Callable[[World], Arguments]:
    return lambda world: (world.account, *more)


def _far_order(world: World) -> Arguments:
    """An order that does not fill."""
    return (LimitOrder("BUY", world.stock, 1, 10.0),)


SCANNER: Final = Scanner(instrument="STK", location_code="STK.US.MAJOR", scan_code="HOT_BY_VOLUME")

ARRANGEMENTS: Final[dict[str, Arrangement]] = {
    "request_market_data": Arrangement(_stock(), answer=TickPrice),
    "request_market_data_type": Arrangement(_given(1)),
    "request_contract_data": Arrangement(_stock(), mentions="8314"),
    "request_matching_symbols": Arrangement(_given("IBM"), mentions="IBM"),
    "request_market_rule": Arrangement(_given(26), mentions="0.01"),
    "request_smart_components": Arrangement(_given("9c0001"), mentions="NASDAQ"),
    "request_soft_dollar_tiers": Arrangement(is_empty=True),
    "request_family_codes": Arrangement(mentions="*"),
    "request_historical_data": Arrangement(
        _stock("", "1 D", "1 hour"),
        followed=_stock("", "3600 S", "1 min", "TRADES", False, 1, True),
        mentions="20261123",
    ),
    "request_head_timestamp": Arrangement(_stock(), mentions="-14:30:00"),
    "request_histogram_data": Arrangement(_stock(True, "1 day")),
    "request_real_time_bars": Arrangement(_stock(5, "TRADES", False)),
    "request_historical_ticks": Arrangement(_stock("20261120-15:00:00", "", 10), answer=HistoricalTicksLast),
    "request_tick_by_tick_data": Arrangement(_stock("AllLast"), answer=TickByTick),
    "request_market_depth": Arrangement(_stock(3, True), answer=MarketDepthL2),
    "request_market_depth_exchanges": Arrangement(mentions="Deep2"),
    "request_option_chains": Arrangement(_given("AAPL", "", "STK", AAPL), mentions="CBOE"),
    "calculate_implied_volatility": Arrangement(lambda world: (world.call, 60.0, 250.0)),
    "calculate_option_price": Arrangement(lambda world: (world.call, 0.3, 250.0), mentions="53"),
    "request_news_bulletins": Arrangement(_given(True), mentions="market"),
    "request_news_article": Arrangement(lambda world: world.article, mentions="made up"),
    "request_news_providers": Arrangement(mentions="Briefing.com"),
    "request_historical_news": Arrangement(_given(AAPL, "BRFG+DJNL", "", "", 3), mentions="BRFG$"),
    "request_wall_street_horizon_meta_data": Arrangement(mentions="wshe_ed"),
    "request_wall_street_horizon_event_data": Arrangement(
        _given(IBM), needs=("request_wall_street_horizon_meta_data",), mentions="IBM"
    ),
    "request_fundamental_data": Arrangement(_stock("ReportSnapshot"), refused=10358),
    "request_scanner_parameters": Arrangement(mentions="<ScanParameterResponse"),
    "request_scanner_subscription": Arrangement(_given(SCANNER), mentions="SecurityType.STOCK"),
    "request_account_updates": Arrangement(_given(True), mentions="DU1000001"),
    "request_account_summary": Arrangement(_given("All", "NetLiquidation,BuyingPower"), mentions="USD"),
    "request_positions": Arrangement(mentions="IBM"),
    "request_account_updates_multi": Arrangement(_account("", True), mentions="NetLiquidation"),
    "request_positions_multi": Arrangement(_account(), mentions="IBM"),
    "request_profit_and_loss": Arrangement(_account()),
    "request_profit_and_loss_single": Arrangement(_account("", IBM)),
    "request_executions": Arrangement(mentions="IBM"),
    "request_open_orders": Arrangement(needs=("place_order",), mentions="IBM"),
    "request_all_open_orders": Arrangement(needs=("place_order",), mentions="IBM"),
    "request_auto_open_orders": Arrangement(_given(True), refused=327),
    "request_completed_orders": Arrangement(mentions="IBM"),
    "request_global_cancel": Arrangement(subject="place_order"),
    "request_financial_advisor": Arrangement(_given(1), refused=321),
    "replace_financial_advisor": Arrangement(_given(1, "<ListOfGroups/>"), refused=321),
    "query_display_groups": Arrangement(mentions="1|2|3|4|5|6|7"),
    "subscribe_to_group_events": Arrangement(_given(1), mentions="none"),
    "update_display_group": Arrangement(
        _given("8314@SMART"), answer=DisplayGroupUpdated, subject="subscribe_to_group_events"
    ),
    "verify_request": Arrangement(_given("program", "1"), is_ignored=True),
    "verify_message": Arrangement(_given("data"), is_ignored=True),
    "verify_and_authenticate_request": Arrangement(_given("program", "1", "key"), is_ignored=True),
    "verify_and_authenticate_message": Arrangement(_given("data", "answer"), is_ignored=True),
    "request_current_time": Arrangement(mentions="179544"),
    "request_current_time_in_milliseconds": Arrangement(mentions="179544"),
    "request_user_info": Arrangement(is_empty=True),
    "set_server_log_level": Arrangement(_given(2)),
    "request_managed_accounts": Arrangement(mentions="DU1000001"),
    "request_ids": Arrangement(),
    "request_configuration": Arrangement(mentions="bulk_data_timeout"),
    "update_configuration": Arrangement(
        lambda _: (None, (), ApiConfiguration(settings=ApiSettings(bulk_data_timeout=20))), mentions="success"
    ),
    "place_order": Arrangement(_far_order),
    "cancel_order": Arrangement(subject="place_order"),
    "exercise_options": Arrangement(lambda world: (world.call, ExerciseAction.EXERCISE, 1)),
}
"""Every request but the cancellations: these are arranged by what they cancel."""

_WITH_ORDER_IDS: Final = {
    "PlaceOrderRequest": "place_order",
    "CancelOrderRequest": "cancel_order",
    "ExerciseOptionsRequest": "exercise_options",
}
"""The calls that `ApiCalls` leaves to each interface, for they need an order id."""


def _calls() -> dict[str, type[Request]]:
    """Every request that an interface offers, by the name of its call."""
    listed = {name: call._request for name, call in vars(ApiCalls).items() if isinstance(call, Call)}
    missing = set(REQUESTS.values()) - set(listed.values()) - {StartApiRequest}
    return listed | {_WITH_ORDER_IDS[request.__name__]: request for request in missing}


CALLS: Final = _calls()

CANCELS: Final = {
    cancellation: name
    for cancellation, kind in CALLS.items()
    for name, request in CALLS.items()
    if request.facts.replies.cancel is kind
}
"""For each cancellation the call that it cancels."""


def arrangement_of(name: str) -> Arrangement:
    """How a request is made. Raises KeyError for one that nobody has arranged."""
    if name in CANCELS:
        return Arrangement(subject=CANCELS[name])
    return ARRANGEMENTS[name]


def answer_of(name: str) -> type[Reply] | None:
    """The type of the first message of the answer; None for a request that nothing answers."""
    arrangement = arrangement_of(name)
    parts = CALLS[name].facts.replies.parts
    return arrangement.answer or (parts[0] if parts else None)


def says_something(reply: Any) -> bool:
    """It holds more than the id of its request."""
    return bool(
        reply != type(reply)(**({"request_id": reply.request_id} if hasattr(reply, "request_id") else {}))
    )
