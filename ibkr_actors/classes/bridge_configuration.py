"""The bridge's own configuration: the settings of TWS or IB Gateway that a client can read and change.

In every value here None means that nothing is said: in an answer the bridge has no such setting, in an update the
setting stays as it is. A False, a 0 or an empty text is said, and changes the setting.
"""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire


class LockAndExit(FrozenValue, frozen=True):
    """When the bridge ends or restarts by itself each day."""

    auto_logoff_time: Annotated[str | None, Wire(1)] = None
    """Time of day on a clock of twelve hours, in the bridge's zone: "11:45"."""
    auto_logoff_period: Annotated[str | None, Wire(2)] = None
    """AM or PM."""
    auto_logoff_type: Annotated[str | None, Wire(3)] = None
    """What happens then: `restart`, which keeps the login, or a log-off."""


class MessageConfiguration(FrozenValue, frozen=True):
    """One of the messages and warnings that the bridge shows to its user."""

    id: Annotated[int, Wire(1)] = 0
    """Number of the message."""
    title: Annotated[str | None, Wire(2)] = None
    """What it is about."""
    message: Annotated[str | None, Wire(3)] = None
    """Its text, which may hold HTML and places for values."""
    default_action: Annotated[str | None, Wire(4)] = None
    """What stands for the user's answer when it is not shown, such as `Hidden`."""
    enabled: Annotated[bool | None, Wire(5)] = None
    """Whether it is shown."""


class ApiPrecautions(FrozenValue, frozen=True):
    """Which questions the bridge leaves out for orders that come from clients. True leaves the question out."""

    bypass_order_precautions: Annotated[bool | None, Wire(1)] = None
    """Limits of size, value and price that the bridge has for orders."""
    bypass_bond_warning: Annotated[bool | None, Wire(2)] = None
    """Warning about bonds."""
    bypass_negative_yield_confirmation: Annotated[bool | None, Wire(3)] = None
    """Question about a yield to worst below zero."""
    bypass_called_bond_warning: Annotated[bool | None, Wire(4)] = None
    """Warning about bonds that have been called."""
    bypass_same_action_pair_trade_warning: Annotated[bool | None, Wire(5)] = None
    """Warning about a pair trade whose two sides have the same action."""
    bypass_flagged_accounts_warning: Annotated[bool | None, Wire(6)] = None
    """Warning about accounts that have been flagged."""
    bypass_price_based_volatility_warning: Annotated[bool | None, Wire(7)] = None
    """Warning about the risk of volatility orders based on a price."""
    bypass_redirect_order_warning: Annotated[bool | None, Wire(8)] = None
    """Warning that an order is redirected."""
    bypass_no_overfill_protection: Annotated[bool | None, Wire(9)] = None
    """Warning that a destination has no protection against overfills."""
    bypass_route_marketable_to_bbo: Annotated[bool | None, Wire(10)] = None
    """Question about routing a marketable order to the best bid or offer."""


class ApiSettings(FrozenValue, frozen=True):
    """How the bridge treats its clients."""

    read_only_api: Annotated[bool | None, Wire(1)] = None
    """Clients may not place orders."""
    total_quantity_for_mutual_funds: Annotated[bool | None, Wire(2)] = None
    """Orders for mutual funds have a quantity instead of an amount of money."""
    download_open_orders_on_connection: Annotated[bool | None, Wire(3)] = None
    """A client that connects gets the open orders unasked."""
    include_virtual_fx_positions: Annotated[bool | None, Wire(4)] = None
    """Positions include virtual ones in currencies."""
    prepare_daily_profit_and_loss: Annotated[bool | None, Wire(5)] = None
    """The day's profit and loss is computed, so that clients can subscribe to it."""
    send_status_updates_for_volatility_orders: Annotated[bool | None, Wire(6)] = None
    """Volatility orders report each change of their computed price."""
    encode_api_messages: Annotated[str | None, Wire(7)] = None
    """How other than ASCII is encoded, such as `osCodePage`."""
    socket_port: Annotated[int | None, Wire(8)] = None
    """Port that the bridge listens on."""
    use_negative_auto_range: Annotated[bool | None, Wire(9)] = None
    """Orders of other clients are bound to negative ids."""
    create_api_message_log_file: Annotated[bool | None, Wire(10)] = None
    """All messages of clients are logged to a file."""
    include_market_data_in_log_file: Annotated[bool | None, Wire(11)] = None
    """That file has market data too."""
    expose_trading_schedule_to_api: Annotated[bool | None, Wire(12)] = None
    """Clients can see the trading hours."""
    split_insured_deposit_from_cash_balance: Annotated[bool | None, Wire(13)] = None
    """Insured deposits are a value of their own, apart from the cash balance."""
    send_zero_positions_for_today_only: Annotated[bool | None, Wire(14)] = None
    """Positions of zero are sent only when they were closed today."""
    let_api_account_requests_switch_subscription: Annotated[bool | None, Wire(15)] = None
    """A client's request for an account switches the account that the bridge shows."""
    use_account_groups_with_allocation_methods: Annotated[bool | None, Wire(16)] = None
    """Advisors' groups come with allocation methods."""
    logging_level: Annotated[str | None, Wire(17)] = None
    """How much is logged: `system`, `error`, `warning`, `information`, `detail`."""
    master_client_id: Annotated[int | None, Wire(18)] = None
    """Client that sees the orders of all others."""
    bulk_data_timeout: Annotated[int | None, Wire(19)] = None
    """Seconds after which a transfer of much data is given up."""
    component_exchange_separator: Annotated[str | None, Wire(20)] = None
    """What separates an exchange from its component in names of exchanges."""
    show_forex_data_in_tenths_of_pips: Annotated[bool | None, Wire(21)] = None
    """Prices of currencies come in tenths of a pip."""
    allow_forex_trading_in_tenths_of_pips: Annotated[bool | None, Wire(22)] = None
    """Orders for currencies may have prices in tenths of a pip."""
    round_account_values_to_nearest_whole_number: Annotated[bool | None, Wire(23)] = None
    """Account values come without cents."""
    send_market_data_in_lots_for_us_stocks: Annotated[bool | None, Wire(24)] = None
    """Sizes of US stocks come in lots of 100 instead of shares."""
    show_advanced_order_reject_in_ui: Annotated[bool | None, Wire(25)] = None
    """The bridge's own windows always show why an order was refused."""
    reject_messages_above_maximum_rate: Annotated[bool | None, Wire(26)] = None
    """Messages above the permitted rate are refused instead of delayed."""
    maintain_connection_on_incorrect_fields: Annotated[bool | None, Wire(27)] = None
    """A message with wrong fields does not end the connection."""
    compatibility_mode_nasdaq_stocks: Annotated[bool | None, Wire(28)] = None
    """ISLAND stands for NASDAQ as the primary exchange of stocks."""
    send_instrument_timezone: Annotated[str | None, Wire(29)] = None
    """The zone in which times come, such as `utc`."""
    send_forex_data_in_compatibility_mode: Annotated[bool | None, Wire(30)] = None
    """Currencies come in compatibility mode for FX integer values."""
    maintain_and_resubmit_orders_on_reconnect: Annotated[bool | None, Wire(31)] = None
    """Orders given while the bridge has no connection are kept and sent when it is back."""
    historical_data_maximum_size: Annotated[int | None, Wire(32)] = None
    """Largest answer to a request for historical data."""
    auto_report_netting_event_contract_trades: Annotated[bool | None, Wire(33)] = None
    """Trades that net event contracts are reported."""
    option_exercise_request_type: Annotated[str | None, Wire(34)] = None
    """Whether a request to exercise an option can be taken back, such as `final`."""
    allow_localhost_only: Annotated[bool | None, Wire(35)] = None
    """Only clients on the bridge's own machine may connect."""
    trusted_ip_addresses: Annotated[tuple[str, ...], Wire(36)] = ()
    """Machines that may connect without a question; empty changes nothing."""


class ApiConfiguration(FrozenValue, frozen=True):
    """All that concerns clients."""

    precautions: Annotated[ApiPrecautions | None, Wire(1)] = None
    """Which questions are left out for their orders."""
    settings: Annotated[ApiSettings | None, Wire(2)] = None
    """How they are treated."""


class SmartRoutingConfiguration(FrozenValue, frozen=True):
    """How the bridge routes orders for SMART."""

    seek_price_improvement: Annotated[bool | None, Wire(1)] = None
    """Orders may wait for a better price."""
    pre_open_reroute: Annotated[bool | None, Wire(2)] = None
    """Orders are routed anew before the opening."""
    do_not_route_to_dark_pools: Annotated[bool | None, Wire(3)] = None
    """Dark pools are left out."""
    default_algorithm: Annotated[str | None, Wire(4)] = None
    """Routing for orders that name none, such as `SMART`."""


class OrdersConfiguration(FrozenValue, frozen=True):
    """All that concerns orders."""

    smart_routing: Annotated[SmartRoutingConfiguration | None, Wire(1)] = None
    """How orders for SMART are routed."""


class ConfigurationWarning(FrozenValue, frozen=True):
    """What the bridge warns of before it changes a setting; an update that accepts it goes through."""

    message_id: Annotated[int, Wire(1)] = 0
    """Number of the message, as in `MessageConfiguration`."""
    title: Annotated[str | None, Wire(2)] = None
    """What it is about."""
    message: Annotated[str | None, Wire(3)] = None
    """Its text."""
