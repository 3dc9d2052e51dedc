"""Options: chains, calculations, and the exercise of what one owns."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import (
    Cancellation,
    IdentifiedRequest,
    Replies,
    Reply,
    Request,
    many,
    message,
    one,
)
from ibkr_actors.base.messages.layouts import CONTRACT_HEAD, CONTRACT_QUERY, PERHAPS_COUNTED_OPTIONS
from ibkr_actors.base.messages.market_data import TickOptionComputation
from ibkr_actors.base.messages.orders import OpenOrder, OrderStatus
from ibkr_actors.base.server_versions import PROTOBUF_OPTION_CHAINS, PROTOBUF_OPTIONS
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.exercise_action import ExerciseAction
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.spelling import Moment
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word
from ibkr_actors.wire.fields import each, layout, within
from ibkr_actors.wire.tags import TagValue

# ---------------------------------------------------------------------------------------------------------- chains


@message(
    75,
    protobuf_since=PROTOBUF_OPTION_CHAINS,
    text=layout(
        "request_id",
        "exchange",
        "underlying_contract_id",
        "trading_class",
        "multiplier",
        each("expirations"),
        each("strikes"),
    ),
)
class OptionChain(Reply, frozen=True):
    """The options on an underlying that one exchange lists under one trading class.

    Not every strike has an option at every expiration.
    """

    request_id: Annotated[int, Wire(1)] = -1
    exchange: Annotated[str, Wire(2)] = ""
    underlying_contract_id: Annotated[int, Wire(3)] = 0
    trading_class: Annotated[str, Wire(4)] = ""
    multiplier: Annotated[str, Wire(5)] = ""
    expirations: Annotated[tuple[str, ...], Wire(6)] = ()
    """Each as YYYYMMDD."""
    strikes: Annotated[tuple[float, ...], Wire(7)] = ()
    """In the underlying's currency."""


@message(76, protobuf_since=PROTOBUF_OPTION_CHAINS)
class OptionChainsEnd(Reply, frozen=True):
    """The chains of all exchanges have been sent."""

    request_id: Annotated[int, Wire(1)] = -1


@message(78, protobuf_since=PROTOBUF_OPTION_CHAINS, replies=many(OptionChain, end=OptionChainsEnd))
class OptionChainsRequest(IdentifiedRequest, frozen=True):
    """Ask for expirations and strikes of all options on an underlying."""

    underlying_symbol: Annotated[str, Wire(2)] = ""
    futures_option_exchange: Annotated[str, Wire(3)] = ""
    """Of options on futures: only those of this exchange; empty for all, and for other options."""
    underlying_security_type: Annotated[Word[SecurityType], Wire(4)] = ""
    underlying_contract_id: Annotated[int, Wire(5)] = 0


# ---------------------------------------------------------------------------------------------------- calculations


@message(56, protobuf_since=PROTOBUF_OPTIONS, legacy_version=1)
class CancelCalculateImpliedVolatility(Cancellation, frozen=True):
    """End a calculation of a volatility."""


@message(
    54,
    protobuf_since=PROTOBUF_OPTIONS,
    legacy_version=3,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY),
        "option_price",
        "underlying_price",
        PERHAPS_COUNTED_OPTIONS,
    ),
    replies=one(TickOptionComputation, cancel=CancelCalculateImpliedVolatility),
)
class CalculateImpliedVolatilityRequest(IdentifiedRequest, frozen=True):
    """Ask for the volatility at which an option has a price; the answer has the tick type 53."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    option_price: Annotated[float, Wire(3)] = 0.0
    underlying_price: Annotated[float, Wire(4)] = 0.0
    options: Annotated[tuple[TagValue, ...], Wire(5)] = ()


@message(57, protobuf_since=PROTOBUF_OPTIONS, legacy_version=1)
class CancelCalculateOptionPrice(Cancellation, frozen=True):
    """End a calculation of a price."""


@message(
    55,
    protobuf_since=PROTOBUF_OPTIONS,
    legacy_version=3,
    text=layout(
        "request_id",
        within("contract", CONTRACT_QUERY),
        "volatility",
        "underlying_price",
        PERHAPS_COUNTED_OPTIONS,
    ),
    replies=one(TickOptionComputation, cancel=CancelCalculateOptionPrice),
)
class CalculateOptionPriceRequest(IdentifiedRequest, frozen=True):
    """Ask for the price that an option has at a volatility; the answer has the tick type 53."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    volatility: Annotated[float, Wire(3)] = 0.0
    """Per year: 0.25 is 25%."""
    underlying_price: Annotated[float, Wire(4)] = 0.0
    options: Annotated[tuple[TagValue, ...], Wire(5)] = ()


# -------------------------------------------------------------------------------------------------------- exercise


@message(
    21,
    protobuf_since=PROTOBUF_OPTIONS,
    legacy_version=2,
    text=layout(
        "order_id",
        within("contract", CONTRACT_HEAD, "exchange", "currency", "local_symbol", "trading_class"),
        "exercise_action",
        "exercise_quantity",
        "account",
        "override",
        "manual_order_time",
        "customer_account",
        "professional_customer",
    ),
    replies=Replies((OpenOrder, OrderStatus), errors_end=False),
)
class ExerciseOptionsRequest(Request, frozen=True):
    """Exercise options that one owns, or let them lapse. The bridge treats it as an order."""

    order_id: Annotated[int, Wire(1)] = 0
    """From the range of order ids, as that of any order."""
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    exercise_action: Annotated[Number[ExerciseAction], Wire(3)] = ExerciseAction.EXERCISE
    exercise_quantity: Annotated[int, Wire(4)] = 0
    """Number of options."""
    account: Annotated[str, Wire(5)] = ""
    override: Annotated[bool, Wire(6)] = False
    """Against what would happen by itself: exercise what is out of the money, or let lapse what is in it."""
    manual_order_time: Annotated[Moment, Wire(7, since=180)] = ""
    """When a person entered it: an aware `datetime`, "YYYYMMDD-HH:MM:SS" (UTC) or "YYYYMMDD HH:MM:SS zone"."""
    customer_account: Annotated[str, Wire(8, since=183)] = ""
    professional_customer: Annotated[bool, Wire(9, since=184)] = False
