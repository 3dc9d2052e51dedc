"""What the bridge knows beside contract details: searches, price increments, exchanges, tiers, families of accounts."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.base.messages.declaration import IdentifiedRequest, Reply, Request, message, one
from ibkr_actors.base.server_versions import PROTOBUF_REFERENCE_DATA
from ibkr_actors.classes.contracts.contract_description import ContractDescription
from ibkr_actors.classes.contracts.market_rule import PriceGrid
from ibkr_actors.classes.family_code import FamilyCode
from ibkr_actors.classes.orders.order import SoftDollarTier
from ibkr_actors.classes.price_increment import PriceIncrement
from ibkr_actors.classes.smart_component import SmartComponent
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import at, each, layout, within


@message(
    79,
    protobuf_since=PROTOBUF_REFERENCE_DATA,
    text=layout(
        "request_id",
        each(
            "contract_descriptions",
            within("contract", "contract_id", "symbol", "security_type", "primary_exchange", "currency"),
            each("derivative_security_types"),
            at("contract.description", since=176),
            "contract.issuer_id",
        ),
    ),
)
class SymbolSamples(Reply, frozen=True):
    """The contracts that a search found; not all that there are."""

    request_id: Annotated[int, Wire(1)] = -1
    contract_descriptions: Annotated[tuple[ContractDescription, ...], Wire(2)] = ()
    """At most 18 or so, the likeliest first; none when nothing fits."""


@message(81, protobuf_since=PROTOBUF_REFERENCE_DATA, replies=one(SymbolSamples))
class MatchingSymbolsRequest(IdentifiedRequest, frozen=True):
    """Search contracts by the beginning of a symbol, or by words of a name. About one search a second is answered."""

    pattern: Annotated[str, Wire(2)] = ""


@message(
    93,
    protobuf_since=PROTOBUF_REFERENCE_DATA,
    text=layout("market_rule_id", each("price_increments", "low_edge", "increment")),
)
class MarketRule(PriceGrid, Reply, frozen=True):
    """The increments of prices under one market rule, which also rounds prices: `rule.rounded(101.237)`."""

    market_rule_id: Annotated[int, Wire(1)] = 0
    price_increments: Annotated[tuple[PriceIncrement, ...], Wire(2)] = ()
    """By rising prices."""


@message(91, protobuf_since=PROTOBUF_REFERENCE_DATA, replies=one(MarketRule, unidentified=True))
class MarketRuleRequest(Request, frozen=True):
    """Ask for the increments of prices under a market rule; a contract's details name one rule for each exchange."""

    market_rule_id: Annotated[int, Wire(1)] = 0


@message(
    82,
    protobuf_since=PROTOBUF_REFERENCE_DATA,
    text=layout("request_id", each("smart_components", "bit_number", "exchange", "exchange_letter")),
)
class SmartComponents(Reply, frozen=True):
    """The exchanges behind a consolidated quote."""

    request_id: Annotated[int, Wire(1)] = -1
    smart_components: Annotated[tuple[SmartComponent, ...], Wire(2)] = ()


@message(83, protobuf_since=PROTOBUF_REFERENCE_DATA, replies=one(SmartComponents))
class SmartComponentsRequest(IdentifiedRequest, frozen=True):
    """Ask which exchanges are behind a consolidated quote."""

    bbo_exchange: Annotated[str, Wire(2)] = ""
    """The code that a stream of market data names in its request parameters, such as 9c0001."""


@message(
    77,
    protobuf_since=PROTOBUF_REFERENCE_DATA,
    text=layout("request_id", each("tiers", "name", "value", "display_name")),
)
class SoftDollarTiers(Reply, frozen=True):
    """The soft dollar tiers of the login."""

    request_id: Annotated[int, Wire(1)] = -1
    tiers: Annotated[tuple[SoftDollarTier, ...], Wire(2)] = ()
    """None for most: only registered advisors and funds have them."""


@message(79, protobuf_since=PROTOBUF_REFERENCE_DATA, replies=one(SoftDollarTiers))
class SoftDollarTiersRequest(IdentifiedRequest, frozen=True):
    """Ask for the soft dollar tiers of the login; an order names one of them."""


@message(
    78,
    protobuf_since=PROTOBUF_REFERENCE_DATA,
    text=layout(each("family_codes", "account_id", "family_code")),
)
class FamilyCodes(Reply, frozen=True):
    """The accounts of the login with their families."""

    family_codes: Annotated[tuple[FamilyCode, ...], Wire(1)] = ()


@message(80, protobuf_since=PROTOBUF_REFERENCE_DATA, replies=one(FamilyCodes, unidentified=True))
class FamilyCodesRequest(Request, frozen=True):
    """Ask which of the login's accounts belong to which family."""
