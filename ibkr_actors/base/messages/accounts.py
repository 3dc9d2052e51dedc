"""Accounts: values, portfolio, summary, positions, profit and loss."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import field

from ibkr_actors.base.message_codes import Ends
from ibkr_actors.base.messages.declaration import (
    Cancellation,
    IdentifiedRequest,
    Replies,
    Reply,
    Request,
    message,
    stream,
)
from ibkr_actors.base.messages.layouts import CONTRACT_ANSWER, CONTRACT_HEAD_SHORT
from ibkr_actors.base.server_versions import PROTOBUF_ACCOUNTS, PROTOBUF_PROFIT_AND_LOSS
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.account_summary_tag import AccountSummaryTag
from ibkr_actors.classes.spelling import CommaSeparated
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word
from ibkr_actors.wire.fields import at, layout, within
from ibkr_actors.wire.kinds import MAX_DOUBLE_TEXT


@message(6, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=2)
class AccountValue(Reply, frozen=True):
    """One value of an account, by name; the value is text, for some are words."""

    key: Annotated[str, Wire(1)] = ""
    value: Annotated[str, Wire(2)] = ""
    currency: Annotated[str, Wire(3)] = ""
    """Empty for what is no money; BASE for the sum in the account's currency."""
    account: Annotated[str, Wire(4)] = ""


@message(
    7,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=8,
    text=layout(
        within(
            "contract", CONTRACT_HEAD_SHORT, "primary_exchange", "currency", "local_symbol", "trading_class"
        ),
        "position",
        "market_price",
        "market_value",
        "average_cost",
        "unrealized_profit_and_loss",
        "realized_profit_and_loss",
        "account",
    ),
)
class PortfolioValue(Reply, frozen=True):
    """One position of an account with its value, in the contract's currency."""

    contract: Annotated[Contract, Wire(1)] = field(default_factory=Contract)
    position: Annotated[Decimal, Wire(2)] = Decimal(0)
    market_price: Annotated[float, Wire(3)] = 0.0
    market_value: Annotated[float, Wire(4)] = 0.0
    average_cost: Annotated[float, Wire(5)] = 0.0
    """Per unit, with commission and times the multiplier."""
    unrealized_profit_and_loss: Annotated[float | None, Wire(6)] = None
    realized_profit_and_loss: Annotated[float | None, Wire(7)] = None
    account: Annotated[str, Wire(8)] = ""


@message(8, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class AccountUpdateTime(Reply, frozen=True):
    """When the values of the account were computed: "HH:MM"."""

    time: Annotated[str, Wire(1)] = ""


@message(54, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class AccountDownloadEnd(Reply, frozen=True):
    """All values and positions of the account have been sent once; changes follow."""

    account: Annotated[str, Wire(1)] = ""


@message(63, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class AccountSummary(Reply, frozen=True):
    """One value of one account, asked for by its tag."""

    request_id: Annotated[int, Wire(1)] = -1
    account: Annotated[str, Wire(2)] = ""
    tag: Annotated[Word[AccountSummaryTag], Wire(3)] = ""
    value: Annotated[str, Wire(4)] = ""
    currency: Annotated[str, Wire(5)] = ""


@message(64, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class AccountSummaryEnd(Reply, frozen=True):
    """The whole summary has been sent once; changes follow."""

    request_id: Annotated[int, Wire(1)] = -1


@message(
    61,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=3,
    text=layout("account", within("contract", CONTRACT_ANSWER), "position", "average_cost"),
)
class Position(Reply, frozen=True):
    """One position of one account. The wire's name is PositionData."""

    account: Annotated[str, Wire(1)] = ""
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    position: Annotated[Decimal, Wire(3)] = Decimal(0)
    average_cost: Annotated[float, Wire(4)] = 0.0
    """Per unit, with commission and times the multiplier."""


@message(62, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class PositionEnd(Reply, frozen=True):
    """All positions have been sent once; changes follow."""


@message(
    94,
    protobuf_since=PROTOBUF_PROFIT_AND_LOSS,
    text=layout(
        "request_id",
        at("daily", unset=MAX_DOUBLE_TEXT),
        at("unrealized", unset=MAX_DOUBLE_TEXT),
        at("realized", unset=MAX_DOUBLE_TEXT),
    ),
)
class ProfitAndLoss(Reply, frozen=True):
    """Profit and loss of an account, in its base currency; None when the bridge can't tell."""

    request_id: Annotated[int, Wire(1)] = -1
    daily: Annotated[float | None, Wire(2)] = None
    unrealized: Annotated[float | None, Wire(3)] = None
    realized: Annotated[float | None, Wire(4)] = None


@message(
    95,
    protobuf_since=PROTOBUF_PROFIT_AND_LOSS,
    text=layout(
        "request_id",
        "position",
        at("daily", unset=MAX_DOUBLE_TEXT),
        at("unrealized", unset=MAX_DOUBLE_TEXT),
        at("realized", unset=MAX_DOUBLE_TEXT),
        at("value", unset=MAX_DOUBLE_TEXT),
    ),
)
class ProfitAndLossSingle(Reply, frozen=True):
    """Profit and loss of one position; None when the bridge can't tell."""

    request_id: Annotated[int, Wire(1)] = -1
    position: Annotated[Decimal, Wire(2)] = Decimal(0)
    daily: Annotated[float | None, Wire(3)] = None
    unrealized: Annotated[float | None, Wire(4)] = None
    realized: Annotated[float | None, Wire(5)] = None
    value: Annotated[float | None, Wire(6)] = None
    """Market value of the position."""


@message(
    6,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=2,
    replies=Replies(
        (AccountValue, PortfolioValue, AccountUpdateTime),
        AccountDownloadEnd,
        stream=True,
        cancelled_by_itself=True,
        unidentified=True,
        also_ended_by=frozenset((Ends.ACCOUNT_SUBSCRIPTION,)),
    ),
)
class AccountDataRequest(Request, frozen=True):
    """Subscribe to the values and positions of one account, or end that. One account at a time."""

    subscribe: Annotated[bool, Wire(1)] = True
    account: Annotated[str, Wire(2)] = ""


@message(63, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class CancelAccountSummary(Cancellation, frozen=True):
    """End a subscription to an account summary."""


@message(
    62,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=1,
    replies=stream(AccountSummary, end=AccountSummaryEnd, cancel=CancelAccountSummary),
)
class AccountSummaryRequest(IdentifiedRequest, frozen=True):
    """Subscribe to values of all accounts of a group, by tags. At most two at a time."""

    group: Annotated[str, Wire(2)] = "All"
    tags: Annotated[CommaSeparated, Wire(3)] = ",".join(AccountSummaryTag)
    """Members of `AccountSummaryTag` or texts one by one, or comma separated; all of them unless told otherwise.

    $LEDGER, $LEDGER:EUR and $LEDGER:ALL ask for values by currency.
    """


@message(64, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class CancelPositions(Request, frozen=True):
    """End the subscription to positions."""


@message(
    61,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=1,
    replies=stream(Position, end=PositionEnd, cancel=CancelPositions, unidentified=True),
)
class PositionsRequest(Request, frozen=True):
    """Subscribe to the positions of all accounts."""


@message(93, protobuf_since=PROTOBUF_PROFIT_AND_LOSS)
class CancelProfitAndLoss(Cancellation, frozen=True):
    """End a subscription to an account's profit and loss."""


@message(
    92, protobuf_since=PROTOBUF_PROFIT_AND_LOSS, replies=stream(ProfitAndLoss, cancel=CancelProfitAndLoss)
)
class ProfitAndLossRequest(IdentifiedRequest, frozen=True):
    """Subscribe to an account's profit and loss, about once a second."""

    account: Annotated[str, Wire(2)] = ""
    model_code: Annotated[str, Wire(3)] = ""


@message(95, protobuf_since=PROTOBUF_PROFIT_AND_LOSS)
class CancelProfitAndLossSingle(Cancellation, frozen=True):
    """End a subscription to a position's profit and loss."""


@message(
    94,
    protobuf_since=PROTOBUF_PROFIT_AND_LOSS,
    replies=stream(ProfitAndLossSingle, cancel=CancelProfitAndLossSingle),
)
class ProfitAndLossSingleRequest(IdentifiedRequest, frozen=True):
    """Subscribe to the profit and loss of one position, about once a second."""

    account: Annotated[str, Wire(2)] = ""
    model_code: Annotated[str, Wire(3)] = ""
    contract_id: Annotated[int, Wire(4)] = 0
