"""Messages about the connection itself: start, accounts, order ids, notices, the bridge's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from ibkr_actors.base.messages.declaration import IdentifiedRequest, Reply, Request, message, one
from ibkr_actors.base.server_versions import PROTOBUF_ACCOUNTS, PROTOBUF_CONNECTION, PROTOBUF_REFERENCE_DATA
from ibkr_actors.classes.enum.server_log_level import ServerLogLevel
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number
from ibkr_actors.wire.fields import at, layout
from ibkr_actors.wire.kinds import ESCAPED_TEXT, LONG, OPTIONAL_LONG


@message(15, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1)
class ManagedAccounts(Reply, frozen=True):
    """The accounts of the login. Comes by itself after the start."""

    accounts_list: Annotated[str, Wire(1)] = ""
    """Comma separated; an advisor's list ends with a comma."""

    @property
    def accounts(self) -> tuple[str, ...]:
        """The account codes."""
        return tuple(code for code in self.accounts_list.split(",") if code)


@message(9, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class NextValidId(Reply, frozen=True):
    """The lowest order id that this client may use. Comes by itself after the start."""

    order_id: Annotated[int, Wire(1)] = 0


@message(
    4,
    protobuf_since=201,
    legacy_version=2,
    legacy_until=193,
    text=layout(
        "request_id",
        "code",
        "text",
        at("advanced_order_reject", since=166),
        at("time", since=194),
    ),
)
class Notice(Reply, frozen=True):
    """An error, a warning or a piece of information; `message_codes` says which, and what it ends."""

    request_id: Annotated[int, Wire(1)] = -1
    """The request or order that it is about; -1 for none."""
    time: Annotated[int | None, Wire(2, OPTIONAL_LONG)] = None
    """Epoch milliseconds; since server version 194."""
    code: Annotated[int, Wire(3)] = 0
    text: Annotated[str, Wire(4, ESCAPED_TEXT)] = ""
    advanced_order_reject: Annotated[str, Wire(5, ESCAPED_TEXT)] = ""
    """JSON with the details of a rejected order."""

    @property
    def at(self) -> datetime | None:
        """When it was made."""
        return None if self.time is None else datetime.fromtimestamp(self.time / 1000, UTC)


@message(49, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class CurrentTime(Reply, frozen=True):
    """The clock of the bridge."""

    time: Annotated[int, Wire(1, LONG)] = 0
    """Epoch seconds."""

    @property
    def at(self) -> datetime:
        """The time, aware."""
        return datetime.fromtimestamp(self.time, UTC)


@message(109, protobuf_since=PROTOBUF_CONNECTION, since=197)
class CurrentTimeInMilliseconds(Reply, frozen=True):
    """The clock of the bridge, finer."""

    time: Annotated[int, Wire(1, LONG)] = 0
    """Epoch milliseconds."""

    @property
    def at(self) -> datetime:
        """The time, aware."""
        return datetime.fromtimestamp(self.time / 1000, UTC)


@message(107, protobuf_since=PROTOBUF_REFERENCE_DATA, since=167)
class UserInfo(Reply, frozen=True):
    """Whose customer the login is."""

    request_id: Annotated[int, Wire(1)] = -1
    white_branding_id: Annotated[str, Wire(2)] = ""
    """The broker under whose name the login was made; empty for IB's own."""


@message(71, protobuf_since=PROTOBUF_CONNECTION, legacy_version=2)
class StartApiRequest(Request, frozen=True):
    """The first message of a client: who it is. Everything else waits for it."""

    client_id: Annotated[int, Wire(1)] = 0
    optional_capabilities: Annotated[str, Wire(2)] = ""


@message(
    17, protobuf_since=PROTOBUF_ACCOUNTS, legacy_version=1, replies=one(ManagedAccounts, unidentified=True)
)
class ManagedAccountsRequest(Request, frozen=True):
    """Ask for the accounts of the login again."""


@message(8, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1, replies=one(NextValidId, unidentified=True))
class IdsRequest(Request, frozen=True):
    """Ask for the next valid order id again."""

    number_of_ids: Annotated[int, Wire(1)] = 1
    """Ignored by the bridge."""


@message(
    49, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1, replies=one(CurrentTime, unidentified=True)
)
class CurrentTimeRequest(Request, frozen=True):
    """Ask for the bridge's clock."""


@message(
    105,
    protobuf_since=PROTOBUF_CONNECTION,
    since=197,
    replies=one(CurrentTimeInMilliseconds, unidentified=True),
)
class CurrentTimeInMillisecondsRequest(Request, frozen=True):
    """Ask for the bridge's clock, finer."""


@message(104, protobuf_since=PROTOBUF_REFERENCE_DATA, since=167, replies=one(UserInfo))
class UserInfoRequest(IdentifiedRequest, frozen=True):
    """Ask whose customer the login is."""


@message(14, protobuf_since=PROTOBUF_CONNECTION, legacy_version=1)
class SetServerLogLevelRequest(Request, frozen=True):
    """Say how much the bridge writes into its log of this client. Nothing answers but error 319, to a wrong level."""

    log_level: Annotated[Number[ServerLogLevel], Wire(1)] = ServerLogLevel.ERROR
