"""Contract details."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Reply, many, message
from ibkr_actors.base.messages.layouts import CONTRACT_QUERY, SHORT_STRIKE
from ibkr_actors.base.server_versions import CANCEL_CONTRACT_DATA, PROTOBUF_CONTRACTS
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import at, each, equals, layout, when, within

_SIZES = layout(
    "details.minimum_size",
    "details.size_increment",
    "details.suggested_size_increment",
)

_SECURITY_IDS = each("details.security_ids", "tag", "value")

_FUND = when(
    "contract.security_type",
    equals("FUND"),
    within(
        "details",
        "fund_name",
        "fund_family",
        "fund_type",
        "fund_front_load",
        "fund_back_load",
        "fund_back_load_time_interval",
        "fund_management_fee",
        "fund_closed",
        "fund_closed_for_new_investors",
        "fund_closed_for_new_money",
        "fund_notify_amount",
        "fund_minimum_initial_purchase",
        "fund_subsequent_minimum_purchase",
        "fund_blue_sky_states",
        "fund_blue_sky_territories",
        "fund_distribution_policy_indicator",
        "fund_asset_type",
    ),
    since=179,
)


@message(
    10,
    protobuf_since=PROTOBUF_CONTRACTS,
    legacy_version=8,
    legacy_until=163,
    text=layout(
        "request_id",
        within(
            "contract",
            "symbol",
            "security_type",
            "last_trade_date_or_contract_month",
            "last_trade_date",
            SHORT_STRIKE,
            "right",
            "exchange",
            "currency",
            "local_symbol",
        ),
        "details.market_name",
        "contract.trading_class",
        "contract.contract_id",
        "details.minimum_tick",
        "details.market_data_size_multiplier",
        "contract.multiplier",
        within(
            "details",
            "order_types_text",
            "valid_exchanges_text",
            "price_magnifier",
            "underlying_contract_id",
            "long_name",
        ),
        "contract.primary_exchange",
        within(
            "details",
            "contract_month",
            "industry",
            "category",
            "subcategory",
            "time_zone_id",
            "trading_hours_text",
            "liquid_hours_text",
            "economic_value_rule",
            "economic_value_multiplier",
        ),
        _SECURITY_IDS,
        within(
            "details",
            at("aggregation_group", unset="2147483647"),
            "underlying_symbol",
            "underlying_security_type",
            "market_rule_ids_text",
            "real_expiration_date",
            "stock_type",
        ),
        at("details.minimum_size", since=163, until=163),
        _SIZES,
        _FUND,
        each("details.ineligibility_reasons", "id", "description", since=186),
    ),
)
class ContractData(Reply, frozen=True):
    """One contract that fits a request for contract details."""

    request_id: Annotated[int, Wire(1)] = -1
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    details: Annotated[ContractDetails, Wire(3)] = field(default_factory=ContractDetails)

    def __str__(self) -> str:
        """The contract and its name in few words."""
        return f"{self.contract}, {self.details}"


@message(
    18,
    protobuf_since=PROTOBUF_CONTRACTS,
    legacy_version=6,
    legacy_until=163,
    text=layout(
        "request_id",
        "contract.symbol",
        "contract.security_type",
        "details.cusip",
        "details.coupon",
        "contract.last_trade_date_or_contract_month",
        within(
            "details",
            "issue_date",
            "ratings",
            "bond_type",
            "coupon_type",
            "convertible",
            "callable",
            "puttable",
            "description_append",
        ),
        "contract.exchange",
        "contract.currency",
        "details.market_name",
        "contract.trading_class",
        "contract.contract_id",
        within(
            "details",
            "minimum_tick",
            "market_data_size_multiplier",
            "order_types_text",
            "valid_exchanges_text",
            "next_option_date",
            "next_option_type",
            "next_option_partial",
            "bond_notes",
            "long_name",
            at("time_zone_id", since=188),
            at("trading_hours_text", since=188),
            at("liquid_hours_text", since=188),
            "economic_value_rule",
            "economic_value_multiplier",
        ),
        _SECURITY_IDS,
        at("details.aggregation_group", unset="2147483647"),
        "details.market_rule_ids_text",
        _SIZES,
    ),
)
class BondContractData(Reply, frozen=True):
    """One bond that fits a request for contract details."""

    request_id: Annotated[int, Wire(1)] = -1
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    details: Annotated[ContractDetails, Wire(3)] = field(default_factory=ContractDetails)


@message(52, protobuf_since=PROTOBUF_CONTRACTS, legacy_version=1)
class ContractDataEnd(Reply, frozen=True):
    """All contracts that fit have been sent."""

    request_id: Annotated[int, Wire(1)] = -1


@message(106, protobuf_since=CANCEL_CONTRACT_DATA, since=CANCEL_CONTRACT_DATA)
class CancelContractData(Cancellation, frozen=True):
    """End a request for contract details before all have come."""


@message(
    9,
    protobuf_since=PROTOBUF_CONTRACTS,
    legacy_version=8,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY, "include_expired", "security_id_type", "security_id", "issuer_id"),
    ),
    replies=many(ContractData, BondContractData, end=ContractDataEnd, cancel=CancelContractData),
)
class ContractDataRequest(IdentifiedRequest, frozen=True):
    """Ask for all contracts that fit a description, with their details."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
