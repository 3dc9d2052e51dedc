"""Account values and positions by account and model, each under a request id of its own."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Reply, message, stream
from ibkr_actors.base.messages.layouts import CONTRACT_ANSWER
from ibkr_actors.base.server_versions import PROTOBUF_ACCOUNTS
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import layout, within


@message(73, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class AccountUpdateMulti(Reply, frozen=True):
    """One value of one account or model, by name."""

    request_id: Annotated[int, Wire(1)] = -1
    account: Annotated[str, Wire(2)] = ""
    model_code: Annotated[str, Wire(3)] = ""
    key: Annotated[str, Wire(4)] = ""
    value: Annotated[str, Wire(5)] = ""
    currency: Annotated[str, Wire(6)] = ""


@message(74, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class AccountUpdateMultiEnd(Reply, frozen=True):
    """All values have been sent once; changes follow."""

    request_id: Annotated[int, Wire(1)] = -1


@message(77, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class CancelAccountUpdatesMulti(Cancellation, frozen=True):
    """End a subscription to account values."""


@message(
    76,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=1,
    replies=stream(AccountUpdateMulti, end=AccountUpdateMultiEnd, cancel=CancelAccountUpdatesMulti),
)
class AccountUpdatesMultiRequest(IdentifiedRequest, frozen=True):
    """Subscribe to the values of one account, or of one model."""

    account: Annotated[str, Wire(2)] = ""
    model_code: Annotated[str, Wire(3)] = ""
    ledger_and_net_liquidation: Annotated[bool, Wire(4)] = False
    """Only values by currency and the net liquidation value."""


@message(
    71,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=1,
    text=layout(
        "request_id", "account", within("contract", CONTRACT_ANSWER), "position", "average_cost", "model_code"
    ),
)
class PositionMulti(Reply, frozen=True):
    """One position of one account or model."""

    request_id: Annotated[int, Wire(1)] = -1
    account: Annotated[str, Wire(2)] = ""
    contract: Annotated[Contract, Wire(3)] = field(default_factory=Contract)
    position: Annotated[Decimal, Wire(4)] = Decimal(0)
    average_cost: Annotated[float, Wire(5)] = 0.0
    """Per unit, with commission and times the multiplier."""
    model_code: Annotated[str, Wire(6)] = ""


@message(72, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class PositionMultiEnd(Reply, frozen=True):
    """All positions have been sent once; changes follow."""

    request_id: Annotated[int, Wire(1)] = -1


@message(75, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class CancelPositionsMulti(Cancellation, frozen=True):
    """End a subscription to positions."""


@message(
    74,
    protobuf_since=PROTOBUF_ACCOUNTS,
    legacy_version=1,
    replies=stream(PositionMulti, end=PositionMultiEnd, cancel=CancelPositionsMulti),
)
class PositionsMultiRequest(IdentifiedRequest, frozen=True):
    """Subscribe to the positions of one account, or of one model."""

    account: Annotated[str, Wire(2)] = ""
    model_code: Annotated[str, Wire(3)] = ""
