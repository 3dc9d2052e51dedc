"""The vendor's names and ours, and values of the vendor's built from ours.

Responsible for:
1. `our_names`: for a class of the vendor's, each attribute's name and ours;
2. `to_vendor` and its shorthands (`vendor_contract`, `vendor_order`, ...): a value stated once, in our names,
   becomes an object of the vendor's;
3. `in_our_names`: what the vendor read, as a dict by our names.

Our names are the vendor's spelled as whole words in snake_case (`lmtPrice` is `limit_price`), so most follow
from `WHOLE_WORDS`; `EXCEPTIONS` lists the others. `test_harness` holds them against the fields of our classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final

from ibapi.commission_and_fees_report import CommissionAndFeesReport
from ibapi.common import (
    BarData,
    DepthMktDataDescription,
    FamilyCode,
    HistogramData,
    HistoricalSession,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    NewsProvider,
    PriceIncrement,
    SmartComponent,
    TickAttribBidAsk,
    TickAttribLast,
)
from ibapi.const import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INTEGER, UNSET_LONG
from ibapi.contract import ComboLeg, Contract, ContractDescription, ContractDetails, DeltaNeutralContract
from ibapi.execution import Execution, ExecutionFilter
from ibapi.ineligibility_reason import IneligibilityReason
from ibapi.order import Order, OrderComboLeg
from ibapi.order_cancel import OrderCancel
from ibapi.order_condition import (
    Create,
    ExecutionCondition,
    MarginCondition,
    PercentChangeCondition,
    PriceCondition,
    TimeCondition,
    VolumeCondition,
)
from ibapi.order_state import OrderAllocation, OrderState
from ibapi.scanner import ScannerSubscription
from ibapi.softdollartier import SoftDollarTier
from ibapi.tag_value import TagValue

from ibkr_actors.wire.fields import specification_of
from tests.oracles.vendor_client import plain

WHOLE_WORDS: Final[dict[str, str]] = {
    "alloc": "allocation",
    "amt": "amount",
    "aux": "auxiliary",
    "avg": "average",
    "con": "contract",
    "cum": "cumulative",
    "desc": "description",
    "descrip": "description",
    "ev": "economic_value",
    "exec": "execution",
    "ext": "external",
    "fa": "advisor",
    "init": "initial",
    "lmt": "limit",
    "maint": "maintenance",
    "max": "maximum",
    "mgmt": "management",
    "min": "minimum",
    "param": "parameter",
    "params": "parameters",
    "perm": "permanent",
    "pnl": "profit_and_loss",
    "pt": "profit_taker",
    "qty": "quantity",
    "ref": "reference",
    "rth": "regular_trading_hours",
    "sec": "security",
    "sl": "stop_loss",
    "subs": "subsequent",
    "tif": "time_in_force",
    "under": "underlying",
    "val": "value",
}

EXCEPTIONS: Final[dict[type, dict[str, str | None]]] = {
    BarData: {"wap": "average", "barCount": "count"},
    CommissionAndFeesReport: {"yield_": "bond_yield"},
    FamilyCode: {"familyCodeStr": "family_code"},
    ContractDetails: {
        "aggGroup": "aggregation_group",
        "contract": None,  # beside the details, in the message that holds both
        "ineligibilityReasonList": "ineligibility_reasons",
        "liquidHours": "liquid_hours_text",
        "marketRuleIds": "market_rule_ids_text",
        "orderTypes": "order_types_text",
        "tradingHours": "trading_hours_text",
        "validExchanges": "valid_exchanges_text",
        "lastTradeTime": None,  # cut off the contract's last trade date; we keep that whole
        "maturity": None,  # likewise, of a bond
        "notes": "bond_notes",
        "putable": "puttable",
        "secIdList": "security_ids",
    },
    Execution: {
        "acctNumber": "account",
        "optExerciseOrLapseType": "option_exercise_or_lapse_type",
        "pendingPriceRevision": "price_revision_pending",
    },
    DepthMktDataDescription: {"aggGroup": "aggregation_group", "listingExch": "listing_exchange"},
    ExecutionFilter: {"acctCode": "account", "lastNDays": "last_days"},
    HistoricalSession: {"startDateTime": "start", "endDateTime": "end"},
    HistoricalTickBidAsk: {
        "tickAttribBidAsk": "attributes",
        "priceBid": "bid_price",
        "priceAsk": "ask_price",
        "sizeBid": "bid_size",
        "sizeAsk": "ask_size",
    },
    HistoricalTickLast: {"tickAttribLast": "attributes"},
    IneligibilityReason: {"id_": "id"},
    Order: {
        "dontUseAutoPriceForHedge": "do_not_use_auto_price_for_hedge",
        "hedgeMaxSize": "hedge_max_size",
        "orderComboLegs": None,  # a price each: ours belong to the legs themselves
        "orderMiscOptions": "miscellaneous_options",
        "rule80A": "rule_80a",
    },
    OrderState: {"orderAllocations": "allocations"},
}
"""Names that don't follow from their words; None where we have no such attribute."""

CONDITIONS: Final[dict[str, type]] = {
    "price": PriceCondition,
    "time": TimeCondition,
    "margin": MarginCondition,
    "execution": ExecutionCondition,
    "volume": VolumeCondition,
    "percent_change": PercentChangeCondition,
}
for _condition in CONDITIONS.values():
    EXCEPTIONS[_condition] = {"condType": "type", "isConjunctionConnection": "conjunction"}

NAMED: Final[tuple[type, ...]] = (
    BarData,
    ComboLeg,
    CommissionAndFeesReport,
    Contract,
    ContractDescription,
    ContractDetails,
    DeltaNeutralContract,
    DepthMktDataDescription,
    Execution,
    ExecutionFilter,
    FamilyCode,
    HistogramData,
    HistoricalSession,
    HistoricalTick,
    HistoricalTickBidAsk,
    HistoricalTickLast,
    IneligibilityReason,
    NewsProvider,
    Order,
    OrderAllocation,
    OrderCancel,
    OrderState,
    PriceIncrement,
    ScannerSubscription,
    SmartComponent,
    SoftDollarTier,
    TagValue,
    TickAttribBidAsk,
    TickAttribLast,
    *CONDITIONS.values(),
)
"""The classes of the vendor's that have names here."""

NESTED: Final[dict[str, type]] = {
    "algoParams": TagValue,
    "comboLegs": ComboLeg,
    "deltaNeutralContract": DeltaNeutralContract,
    "ineligibilityReasonList": IneligibilityReason,
    "orderAllocations": OrderAllocation,
    "orderMiscOptions": TagValue,
    "secIdList": TagValue,
    "smartComboRoutingParams": TagValue,
    "softDollarTier": SoftDollarTier,
}
"""Attributes that hold an object, or a list of such."""

WIDE: Final = frozenset({"permId", "parentPermId"})
"""Attributes of 64 bits, which have an unset of their own."""

WITHOUT_COUNTERPART: Final[dict[type, frozenset[str]]] = {
    ComboLeg: frozenset({"price"}),  # see `vendor_order`
    ContractDetails: frozenset({"market_data_size_multiplier"}),
    HistoricalSession: frozenset({"time_zone"}),  # beside the sessions, in the schedule
    ScannerSubscription: frozenset({"filter_options", "subscription_options"}),  # see `vendor_scanner`
}
"""Fields of ours that the vendor's class has no attribute for."""

_WORD: Final = re.compile(r"[A-Z]{2,}(?=[A-Z][a-z]|\d|$)|[A-Z]?[a-z]+\d*|[A-Z]")


def our_names(vendor_class: type) -> Mapping[str, str]:
    """Our name of each attribute of a class of the vendor's, where we have one."""
    return _our_names(vendor_class)


@cache
def _our_names(vendor_class: type) -> Mapping[str, str]:
    exceptions = EXCEPTIONS.get(vendor_class, {})
    names = {
        attribute: exceptions.get(attribute, in_whole_words(attribute)) for attribute in vars(vendor_class())
    }
    return {attribute: name for attribute, name in names.items() if name is not None}


def in_whole_words(attribute: str) -> str:
    """`lmtPrice` is `limit_price`, `initMarginAfterOutsideRTH` is `initial_margin_after_outside_hours`."""
    words = [word.lower() for word in _WORD.findall(attribute)]
    name = "_".join(WHOLE_WORDS.get(word, word) for word in words)
    # Of the margins, not of the order that may fill at that time.
    return name.replace("outside_regular_trading", "outside") if attribute.endswith("OutsideRTH") else name


def vendor_names(vendor_class: type) -> Mapping[str, str]:
    """The attribute of the vendor's for each of our names."""
    return {name: attribute for attribute, name in our_names(vendor_class).items()}


# ---- ours to the vendor's


def to_vendor(vendor_class: type, value: Any = None, /, **names: Any) -> Any:
    """An object of the vendor's from one of our Structs, or a mapping, and from single values, in our names.

    None means unset, in the vendor's spelling for that attribute; an empty sequence leaves the vendor's
    default, which is None for some. Objects of the vendor's are taken as they are. Raises TypeError for an
    unknown name.
    """
    built = vendor_class()
    attributes = vendor_names(vendor_class)
    for name, item in {**_fields(vendor_class, value), **names}.items():
        if name not in attributes:
            raise TypeError(f"the vendor's {vendor_class.__name__} has no attribute {name!r} by our name")
        attribute = attributes[name]
        setattr(built, attribute, _converted(attribute, item, getattr(built, attribute)))
    return built


def _fields(vendor_class: type, value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return dict(value)
    left_out = WITHOUT_COUNTERPART.get(vendor_class, frozenset())
    # What has no `Wire` never travels: it is ours alone.
    return {name: getattr(value, name) for name in specification_of(type(value)) if name not in left_out}


def _converted(attribute: str, item: Any, default: Any) -> Any:
    match item:
        case None:
            return _unset(attribute, default)
        case Enum():
            return item.value
        case () | []:
            return default
        case list() | tuple():
            return [_element(attribute, element) for element in item]
        case float() if str(item) == "-0.0":
            return item  # equal to a default of zero, and other bytes
        case _ if item == default:
            return default  # in the vendor's own type, which it writes as it is: 0 and 0.0 differ in bytes
        case Decimal() if isinstance(default, float):
            return float(item)
        case _ if attribute in NESTED:
            return _element(attribute, item)
        case _:
            return item


def _element(attribute: str, element: Any) -> Any:
    if type(element).__module__.startswith("ibapi.") or isinstance(element, int | float | str):
        return element
    if attribute == "conditions":
        return to_vendor(type(Create(element.type)), element)
    return to_vendor(NESTED[attribute], element)


def _unset(attribute: str, default: Any) -> Any:
    match default:
        case bool() | None:
            return default
        case Decimal():
            return UNSET_DECIMAL
        case float():
            return UNSET_DOUBLE
        case int():
            return UNSET_LONG if attribute in WIDE else UNSET_INTEGER
        case str():
            return ""
        case _:
            return default


def vendor_contract(contract: Any = None, /, **names: Any) -> Any:
    """A contract of the vendor's. Prices of its legs are the order's business there: see `vendor_order`."""
    return to_vendor(Contract, contract, **names)


def vendor_order(order: Any = None, /, *, contract: Any = None, attached: Any = None, **names: Any) -> Any:
    """An order of the vendor's.

    `contract`, one of ours, gives the prices of its legs, which the vendor keeps with the order. `attached`,
    our attached orders, go into the order too.
    """
    built = to_vendor(Order, order, **{**_fields(Order, attached), **names})
    prices = [leg.price for leg in contract.combo_legs] if contract is not None else []
    if any(price is not None for price in prices):
        built.orderComboLegs = [_priced_leg(price) for price in prices]
    return built


def _priced_leg(price: float | None) -> Any:
    leg = OrderComboLeg()
    leg.price = UNSET_DOUBLE if price is None else price
    return leg


def vendor_condition(kind: str, /, **names: Any) -> Any:
    """A condition of the vendor's: price, time, margin, execution, volume or percent_change."""
    return to_vendor(CONDITIONS[kind], **names)


def vendor_cancellation(cancellation: Any = None, /, **names: Any) -> Any:
    """What goes with the cancellation of an order; the vendor's client wants one for each."""
    return to_vendor(OrderCancel, cancellation, **names)


def vendor_execution_filter(execution_filter: Any = None, /, **names: Any) -> Any:
    """A filter of executions."""
    return to_vendor(ExecutionFilter, execution_filter, **names)


def vendor_scanner(scanner: Any = None, /, **names: Any) -> Any:
    """A scan without its two lists of options: the vendor's client takes those as arguments of their own.

    `client.reqScannerSubscription(id, vendor_scanner(scan), vendor_tags(scan.subscription_options),
    vendor_tags(scan.filter_options))`
    """
    return to_vendor(ScannerSubscription, scanner, **names)


def vendor_tags(tags: Iterable[Any] = (), /, **named: str) -> list[Any]:
    """Tag-value pairs from ours, and from keywords."""
    return [TagValue(pair.tag, pair.value) for pair in tags] + [TagValue(*pair) for pair in named.items()]


# ---- the vendor's to ours


def in_our_names(value: Any) -> Any:
    """A value of the vendor's like `plain`, with our names for the attributes; those we lack are left out."""
    if type(value) in NAMED:
        return {
            name: in_our_names(getattr(value, attribute))
            for attribute, name in our_names(type(value)).items()
        }
    if isinstance(value, list | tuple):
        return [in_our_names(item) for item in value]
    return plain(value)
