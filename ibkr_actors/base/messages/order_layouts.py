"""The text forms of an order: the request that places it, and the message that tells about it.

Both hold the same `Order`; they differ in order of fields and in what they leave out. Fields named `constant` are
retired: the protocol keeps their place.
"""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.messages.layouts import (
    CONTRACT_HEAD_SHORT,
    CONTRACT_QUERY,
    DELTA_NEUTRAL,
    FULL_LEG,
)
from ibkr_actors.classes.orders.conditions import read_conditions, write_conditions
from ibkr_actors.wire.fields import (
    IS_POSITIVE,
    IS_SET,
    Test,
    at,
    constant,
    each,
    equals,
    irregular,
    layout,
    when,
    within,
)
from ibkr_actors.wire.kinds import MAX_DOUBLE_TEXT, OPTIONAL_FLOAT

ORDER_HEAD = layout(
    "action",
    "total_quantity",
    "order_type",
    "limit_price",
    "auxiliary_price",
    "time_in_force",
    "oca_group",
    "account",
    "open_close",
    "origin",
    "order_reference",
)
"""How every text form of an order begins."""

CLEARING_ECHO = layout(
    "model_code",
    "good_till_date",
    "rule_80a",
    "percent_offset",
    "settling_firm",
    "short_sale_slot",
    "designated_location",
    "exempt_code",
)
"""A run of fields in answers."""

_HEDGE_OF_VOLATILITY = when(
    "delta_neutral_order_type",
    IS_SET,
    "delta_neutral_contract_id",
    "delta_neutral_settling_firm",
    "delta_neutral_clearing_account",
    "delta_neutral_clearing_intent",
    "delta_neutral_open_close",
    "delta_neutral_short_sale",
    "delta_neutral_short_sale_slot",
    "delta_neutral_designated_location",
)

SCALE_SIZES = ("scale_initial_level_size", "scale_subsequent_level_size")

SCALE_PRICES = layout(
    "scale_price_increment",
    when(
        "scale_price_increment",
        IS_POSITIVE,
        "scale_price_adjust_value",
        "scale_price_adjust_interval",
        "scale_profit_offset",
        "scale_auto_reset",
        "scale_initial_position",
        "scale_initial_fill_quantity",
        "scale_random_percent",
    ),
)

SCALE_ECHO = layout(*(at(name, unset="2147483647") for name in SCALE_SIZES), SCALE_PRICES)
"""The scale fields in an answer."""

HEDGE = layout("hedge_type", when("hedge_type", IS_SET, "hedge_parameter"))

ALGO = layout("algo_strategy", when("algo_strategy", IS_SET, each("algo_parameters", "tag", "value")))

BENCHMARK = when(
    "order_type",
    equals("PEG BENCH", "PEGBENCH"),
    "reference_contract_id",
    "is_pegged_change_amount_decrease",
    "pegged_change_amount",
    "reference_change_amount",
    "reference_exchange_id",
)

CONDITIONS = layout(
    irregular("conditions", read_conditions, write_conditions),
    when("conditions", IS_SET, "conditions_ignore_regular_trading_hours", "conditions_cancel_order"),
)

RANGE = layout("starting_price", "stock_reference_price", "delta", "stock_range_lower", "stock_range_upper")

ADVISOR = layout("advisor_group", "advisor_method", "advisor_percentage", constant("", until=176))

_COMPETE_UP_TO_MIDPOINT = Test("{0} == float('inf')", "is infinity")

_PEG_BEST = equals("PEG BEST", "PEGBEST")
_PEG_MID = equals("PEG MID", "PEGMID")

OFFSETS = layout("mid_offset_at_whole", "mid_offset_at_half")

_IN_COMBINATION = equals("BAG")

PLACE_ORDER: Final = layout(
    "order_id",
    within("contract", CONTRACT_QUERY, "security_id_type", "security_id"),
    within(
        "order",
        ORDER_HEAD,
        "transmit",
        "parent_id",
        "block_order",
        "sweep_to_fill",
        "display_size",
        "trigger_method",
        "outside_regular_trading_hours",
        "hidden",
    ),
    when(
        "contract.security_type",
        _IN_COMBINATION,
        each("contract.combo_legs", FULL_LEG),
        each("contract.combo_legs", "price", joins=True),
        each("order.smart_combo_routing_parameters", "tag", "value"),
    ),
    constant(""),  # shares allocation
    within(
        "order",
        "discretionary_amount",
        "good_after_time",
        "good_till_date",
        ADVISOR,
        "model_code",
        "short_sale_slot",
        "designated_location",
        "exempt_code",
        "oca_type",
        "rule_80a",
        "settling_firm",
        "all_or_none",
        "minimum_quantity",
        "percent_offset",
        constant("0"),  # electronic trade only
        constant("0"),  # firm quote only
        constant(""),  # cap on the national best bid and offer
        "auction_strategy",
        RANGE,
        "override_percentage_constraints",
        "volatility",
        "volatility_type",
        "delta_neutral_order_type",
        "delta_neutral_auxiliary_price",
        _HEDGE_OF_VOLATILITY,
        "continuous_update",
        "reference_price_type",
        "trail_stop_price",
        "trailing_percent",
        *SCALE_SIZES,
        SCALE_PRICES,
        "scale_table",
        "active_start_time",
        "active_stop_time",
        HEDGE,
        "opt_out_smart_routing",
        "clearing_account",
        "clearing_intent",
        "not_held",
    ),
    within("contract", DELTA_NEUTRAL),
    within(
        "order",
        ALGO,
        "algo_id",
        "what_if",
        "miscellaneous_options",
        "solicited",
        "randomize_size",
        "randomize_price",
        BENCHMARK,
        CONDITIONS,
        "adjusted_order_type",
        "trigger_price",
        "limit_price_offset",
        "adjusted_stop_price",
        "adjusted_stop_limit_price",
        "adjusted_trailing_amount",
        "adjustable_trailing_unit",
        "external_operator",
        "soft_dollar_tier.name",
        "soft_dollar_tier.value",
        "cash_quantity",
        "mifid2_decision_maker",
        "mifid2_decision_algo",
        "mifid2_execution_trader",
        "mifid2_execution_algo",
        "do_not_use_auto_price_for_hedge",
        "is_oms_container",
        "discretionary_up_to_limit_price",
        "use_price_management_algo",
        "duration",
        "post_to_ats",
        "auto_cancel_parent",
        "advanced_error_override",
        "manual_order_time",
    ),
    when("contract.exchange", equals("IBKRATS"), "order.minimum_trade_quantity", since=170),
    when(
        "order.order_type",
        _PEG_BEST,
        "order.minimum_compete_size",
        "order.compete_against_best_offset",
        when("order.compete_against_best_offset", _COMPETE_UP_TO_MIDPOINT, within("order", OFFSETS)),
        since=170,
    ),
    when("order.order_type", _PEG_MID, within("order", OFFSETS), since=170),
    "order.customer_account",
    "order.professional_customer",
    constant("", since=187, until=189),  # request for quote, withdrawn
    constant("2147483647", since=187, until=189),
    "order.include_overnight",
    "order.manual_order_indicator",
    "order.imbalance_only",
)

_MARGINS = (
    "initial_margin_before",
    "maintenance_margin_before",
    "equity_with_loan_before",
    "initial_margin_change",
    "maintenance_margin_change",
    "equity_with_loan_change",
    "initial_margin_after",
    "maintenance_margin_after",
    "equity_with_loan_after",
)

_ORDER_STATE = layout(
    "status",
    *(at(name, unset=MAX_DOUBLE_TEXT) for name in _MARGINS),
    "commission_and_fees",
    "minimum_commission_and_fees",
    "maximum_commission_and_fees",
    "commission_and_fees_currency",
    "margin_currency",
    *(at(f"{name}_outside_hours", unset=MAX_DOUBLE_TEXT, since=195) for name in _MARGINS),
    at("suggested_size", unset="-9223372036854775808", since=195),
    "reject_reason",
    each(
        "allocations",
        "account",
        "position",
        "position_desired",
        "position_after",
        "desired_allocation_quantity",
        "allowed_allocation_quantity",
        "is_monetary",
        since=195,
    ),
    "warning_text",
)

OPEN_ORDER: Final = layout(
    "order_id",
    within("contract", CONTRACT_HEAD_SHORT, "exchange", "currency", "local_symbol", "trading_class"),
    within(
        "order",
        ORDER_HEAD,
        "client_id",
        "permanent_id",
        "outside_regular_trading_hours",
        "hidden",
        "discretionary_amount",
        "good_after_time",
        constant(""),  # shares allocation
        ADVISOR,
        CLEARING_ECHO,
        "auction_strategy",
        RANGE,
        at("display_size", unset="2147483647"),
        "block_order",
        "sweep_to_fill",
        "all_or_none",
        "minimum_quantity",
        "oca_type",
        constant("0"),  # electronic trade only
        constant("0"),  # firm quote only
        constant(""),  # cap on the national best bid and offer
        "parent_id",
        "trigger_method",
        "volatility",
        at("volatility_type", unset="0"),
        "delta_neutral_order_type",
        "delta_neutral_auxiliary_price",
        _HEDGE_OF_VOLATILITY,
        "continuous_update",
        at("reference_price_type", unset="0"),
        "trail_stop_price",
        "trailing_percent",
        "basis_points",
        "basis_points_type",
    ),
    "contract.combo_legs_description",
    each("contract.combo_legs", FULL_LEG),
    each("contract.combo_legs", "price", joins=True),
    each("order.smart_combo_routing_parameters", "tag", "value"),
    within(
        "order",
        SCALE_ECHO,
        HEDGE,
        "opt_out_smart_routing",
        "clearing_account",
        "clearing_intent",
        "not_held",
    ),
    within("contract", DELTA_NEUTRAL),
    within("order", ALGO, "solicited", "what_if"),
    within("order_state", _ORDER_STATE),
    within(
        "order",
        "randomize_size",
        "randomize_price",
        BENCHMARK,
        CONDITIONS,
        "adjusted_order_type",
        at("trigger_price", unset=MAX_DOUBLE_TEXT),
        at("trail_stop_price", unset=MAX_DOUBLE_TEXT, kind=OPTIONAL_FLOAT),
        at("limit_price_offset", unset=MAX_DOUBLE_TEXT),
        at("adjusted_stop_price", unset=MAX_DOUBLE_TEXT),
        at("adjusted_stop_limit_price", unset=MAX_DOUBLE_TEXT),
        at("adjusted_trailing_amount", unset=MAX_DOUBLE_TEXT),
        "adjustable_trailing_unit",
        "soft_dollar_tier.name",
        "soft_dollar_tier.value",
        "soft_dollar_tier.display_name",
        "cash_quantity",
        "do_not_use_auto_price_for_hedge",
        "is_oms_container",
        "discretionary_up_to_limit_price",
        at("use_price_management_algo", unset="0"),
        "duration",
        "post_to_ats",
        "auto_cancel_parent",
        "minimum_trade_quantity",
        "minimum_compete_size",
        "compete_against_best_offset",
        "mid_offset_at_whole",
        "mid_offset_at_half",
        "customer_account",
        "professional_customer",
        at("bond_accrued_interest", since=185),
        "include_overnight",
        at("external_operator", since=193),
        at("manual_order_indicator", since=193, unset="2147483647"),
        "submitter",
        "imbalance_only",
    ),
)
