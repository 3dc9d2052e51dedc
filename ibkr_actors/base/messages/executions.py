"""Executions and their commission."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import IdentifiedRequest, Reply, many, message
from ibkr_actors.base.messages.layouts import CONTRACT_ANSWER
from ibkr_actors.base.server_versions import PROTOBUF_COMMISSIONS, PROTOBUF_EXECUTIONS
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.execution import Execution, ExecutionFilter
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import at, each, layout, within
from ibkr_actors.wire.kinds import MAX_DOUBLE_TEXT


@message(
    11,
    protobuf_since=PROTOBUF_EXECUTIONS,
    text=layout(
        "request_id",
        "execution.order_id",
        within("contract", CONTRACT_ANSWER),
        within(
            "execution",
            "execution_id",
            "time",
            "account",
            "exchange",
            "side",
            "shares",
            "price",
            "permanent_id",
            "client_id",
            "liquidation",
            "cumulative_quantity",
            "average_price",
            "order_reference",
            "economic_value_rule",
            "economic_value_multiplier",
            "model_code",
            "last_liquidity",
            "price_revision_pending",
            "submitter",
        ),
    ),
)
class ExecutionDetails(Reply, frozen=True):
    """One execution; the request id is -1 when it just happened and nobody asked."""

    request_id: Annotated[int, Wire(1)] = -1
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    execution: Annotated[Execution, Wire(3)] = field(default_factory=Execution)


@message(55, protobuf_since=PROTOBUF_EXECUTIONS, legacy_version=1)
class ExecutionDetailsEnd(Reply, frozen=True):
    """All executions that were asked for have been sent."""

    request_id: Annotated[int, Wire(1)] = -1


@message(
    59,
    protobuf_since=PROTOBUF_COMMISSIONS,
    legacy_version=1,
    text=layout(
        "execution_id",
        "commission_and_fees",
        "currency",
        at("realized_profit_and_loss", unset=MAX_DOUBLE_TEXT),
        at("bond_yield", unset=MAX_DOUBLE_TEXT),
        "yield_redemption_date",
    ),
)
class CommissionAndFeesReport(Reply, frozen=True):
    """What an execution cost. Always behind its execution, sometimes by seconds."""

    execution_id: Annotated[str, Wire(1)] = ""
    commission_and_fees: Annotated[float, Wire(2)] = 0.0
    """In `currency`."""
    currency: Annotated[str, Wire(3)] = ""
    realized_profit_and_loss: Annotated[float | None, Wire(4)] = None
    """None for an execution that opened a position."""
    bond_yield: Annotated[float | None, Wire(5)] = None
    yield_redemption_date: Annotated[str, Wire(6)] = ""
    """YYYYMMDD."""


@message(
    7,
    protobuf_since=PROTOBUF_EXECUTIONS,
    legacy_version=3,
    text=layout(
        "request_id",
        within(
            "filter",
            "client_id",
            "account",
            "time",
            "symbol",
            "security_type",
            "exchange",
            "side",
            "last_days",
            each("specific_dates", since=200),
        ),
    ),
    replies=many(ExecutionDetails, CommissionAndFeesReport, end=ExecutionDetailsEnd),
)
class ExecutionRequest(IdentifiedRequest, frozen=True):
    """Ask for the executions of the day (or of the days in the filter)."""

    filter: Annotated[ExecutionFilter, Wire(2)] = field(default_factory=ExecutionFilter)
